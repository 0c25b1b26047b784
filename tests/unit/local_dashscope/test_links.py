"""Result links: good for one verb, one path and one day."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from local.dashscope.errors import ApiError
from local.dashscope.links import Links

LINKS = Links("secret")
PATH = "/results/1/portrait.jpg"
URL = LINKS.url("http://127.0.0.1:8000", PATH, 1000)
QUERY = {name: values[0] for name, values in parse_qs(urlsplit(URL).query).items()}


def test_a_link_is_an_http_link_with_the_three_fields_of_v1() -> None:
    assert URL.startswith("http://127.0.0.1:8000/results/1/portrait.jpg?Expires=1000&OSSAccessKeyId=")
    assert list(QUERY) == ["Expires", "OSSAccessKeyId", "Signature"]


def test_a_link_is_good_up_to_its_last_second() -> None:
    LINKS.check("GET", PATH, QUERY, now=1000.0)
    with pytest.raises(ApiError, match="403 AccessDenied: Request has expired"):
        LINKS.check("GET", PATH, QUERY, now=1000.1)


@pytest.mark.parametrize(
    ("verb", "path", "changes", "code"),
    [
        ("HEAD", PATH, {}, "SignatureDoesNotMatch"),
        ("GET", "/results/2/portrait.jpg", {}, "SignatureDoesNotMatch"),
        ("GET", PATH, {"Expires": "2000"}, "SignatureDoesNotMatch"),
        ("GET", PATH, {"Signature": "AAAA"}, "SignatureDoesNotMatch"),
        ("GET", PATH, {"Signature": "中文"}, "SignatureDoesNotMatch"),
        ("GET", PATH, {"Signature": ""}, "AccessDenied"),
        ("GET", PATH, {"Expires": ""}, "AccessDenied"),
        ("GET", PATH, {"Expires": "soon"}, "AccessDenied"),
        ("GET", PATH, {"OSSAccessKeyId": "LTAI-other"}, "AccessDenied"),
    ],
)
def test_a_link_that_was_changed_is_refused(verb: str, path: str, changes: dict[str, str], code: str) -> None:
    with pytest.raises(ApiError) as refused:
        LINKS.check(verb, path, {**QUERY, **changes}, now=0.0)
    assert (refused.value.status, refused.value.code) == (403, code)


def test_another_servers_link_is_refused() -> None:
    with pytest.raises(ApiError, match="SignatureDoesNotMatch"):
        Links("another").check("GET", PATH, QUERY, now=0.0)
