"""Which result links are fetched, and what of the answer is believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from local.serving import in_thread
from shared.errors import BadResult, NotNow
from shared.models import results

ALLOWED = (".aliyuncs.com", "results.example", "127.0.0.1:9000")
QUERY = "?Expires=1744783762&OSSAccessKeyId=k&Signature=a%2Bb%3D"


def public(host: str) -> Iterable[str]:
    return ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]


@pytest.mark.parametrize(
    ("link", "fetched"),
    [
        ("http://dashscope-result-sh.oss-cn-shanghai.aliyuncs.com/a/b.jpg", None),  # the vendor's are http
        ("https://dashscope-7c2c.oss-accelerate.aliyuncs.com/a%20b.jpg", None),
        ("http://RESULT.OSS-CN-BEIJING.ALIYUNCS.COM/a.jpg", "https://result.oss-cn-beijing.aliyuncs.com/a.jpg"),
        ("http://a.aliyuncs.com:80/a.jpg", "https://a.aliyuncs.com/a.jpg"),
        ("https://a.aliyuncs.com:443/a.jpg", "https://a.aliyuncs.com/a.jpg"),
        ("http://results.example/a.jpg", None),
    ],
)
def test_a_good_link_is_fetched_by_https_with_its_query_untouched(link: str, fetched: str | None) -> None:
    expected = fetched or link.replace("http://", "https://")
    assert results.checked(link + QUERY, ALLOWED, public) == expected + QUERY


@pytest.mark.parametrize(
    "link",
    [
        "",
        "a.jpg",
        "//a.aliyuncs.com/a.jpg",
        "ftp://a.aliyuncs.com/a.jpg",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://aliyuncs.com/a.jpg",
        "https://evilaliyuncs.com/a.jpg",
        "https://a.aliyuncs.com.evil.example/a.jpg",
        "https://a.aliyuncs.com@evil.example/a.jpg",
        "https://evil.example/a.aliyuncs.com/a.jpg",
        "https://evil.example#a.aliyuncs.com",
        "https://evil.example?a.aliyuncs.com",
        "https://user:word@a.aliyuncs.com/a.jpg",
        "https://@a.aliyuncs.com/a.jpg",
        "https://a.aliyuncs.com:8443/a.jpg",
        "https://a.aliyuncs.com:99999/a.jpg",
        "https://a.aliyuncs.com:x/a.jpg",
        "https://[::1/a.jpg",
        "https://[::1]/a.jpg",
        "https://sub.results.example/a.jpg",
        "http://127.0.0.1/a.jpg",
        "http://127.0.0.1:9001/a.jpg",
        "http://localhost:9000/a.jpg",
        "http://user@127.0.0.1:9000/a.jpg",
        "ftp://127.0.0.1:9000/a.jpg",
        "http://2130706433:9000/a.jpg",
    ],
)
def test_any_other_link_is_refused_without_telling_its_signature(link: str) -> None:
    with pytest.raises(BadResult) as bad:
        results.checked(link + QUERY, ALLOWED, public)
    assert bad.value.code == "BadResultLink"
    assert "Signature" not in str(bad.value)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.100.100.200",  # the metadata service of Alibaba Cloud
        "169.254.169.254",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.1",
    ],
)
def test_a_host_at_a_private_address_is_refused_even_among_public_ones(address: str) -> None:
    with pytest.raises(BadResult, match="private address"):
        results.checked("http://a.aliyuncs.com/a.jpg", ALLOWED, lambda host: ["93.184.216.34", address])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_loopback_address_is_taken_only_where_host_and_port_are_named(scheme: str) -> None:
    link = f"{scheme}://127.0.0.1:9000/results/a.jpg{QUERY}"
    assert results.checked(link, ALLOWED, public) == link
    with pytest.raises(BadResult):
        results.checked(link, (".aliyuncs.com",), public)


def test_a_host_without_an_address_may_have_one_later() -> None:
    with pytest.raises(NotNow, match="has no address now"):
        results.resolve("a.invalid")


# --- what comes back, over a real socket ---------------------------------------------------------------------------


async def _answer(request: Request) -> Response:
    kind = request.path_params["kind"]
    if kind == "redirect":
        return RedirectResponse("http://169.254.169.254/latest/meta-data")
    if kind == "large":
        return StreamingResponse(bytes(2**20) for _ in range(21))
    return Response(b"picture" if kind == "200" else b"<Error/>", int(kind))


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with in_thread(Starlette(routes=[Route("/{kind}", _answer)])) as url:
        yield url.removeprefix("http://")


def test_the_bytes_behind_a_good_link_are_returned(host: str) -> None:
    assert results.fetch(f"http://{host}/200{QUERY}", [host]) == b"picture"


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("403", BadResult, "BadResultLink"),
        ("404", BadResult, "BadResultLink"),
        ("redirect", BadResult, "BadResultLink"),
        ("large", BadResult, "BadResult"),
        ("429", NotNow, ""),
        ("500", NotNow, ""),
        ("503", NotNow, ""),
    ],
)
def test_other_answers_are_told_apart(host: str, kind: str, error: type[Exception], code: str) -> None:
    with pytest.raises(error) as bad:
        results.fetch(f"http://{host}/{kind}{QUERY}", [host])
    assert getattr(bad.value, "code", "") == code
    assert "Signature" not in str(bad.value)


def test_a_host_that_is_away_is_asked_again_later() -> None:
    with pytest.raises(NotNow) as away:
        results.fetch(f"http://127.0.0.1:9/a.jpg{QUERY}", ["127.0.0.1:9"])
    assert "Signature" not in str(away.value)
    assert not isinstance(away.value.__cause__, requests.RequestException)  # its text holds the whole link
