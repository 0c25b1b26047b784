"""Fetching results over real sockets: whole, from where they may come, and what is bad told from what comes later."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.dashscope.tasks import Task
from shared.errors import BadResult
from shared.models import MODELS
from shared.models.dashscope import DashScopeTasks
from shared.models.results import MOST_BYTES
from tests.contract.scripted import Scripted, answer, scripted
from tests.contract.stack import API_KEY, Stack, Stages, all_at, closed_port, is_discreet, listening, meddle, not_now
from tests.unit.local_dashscope.fakes import COSPLAY

MODEL = MODELS["wanx-style-cosplay-v1"]
SIGNED = "?Expires=1700000000&OSSAccessKeyId=LTAI&Signature=abc"


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with listening() as stages:
        yield stages


@pytest.fixture
def stack(stages: Stages) -> Stack:
    return Stack(stages)


def fetched(server: Scripted) -> bytes:
    """What the adapter fetches from `server`, which is allowed to have results."""
    host = server.url.removeprefix("http://")
    return DashScopeTasks(all_at(server.url, result_hosts=(host,))).fetch(f"{server.url}/portrait.jpg{SIGNED}")


def bad_result(call: Callable[[], object]) -> tuple[str, str]:
    """Code and words of the BadResult that `call` raises."""
    with pytest.raises(BadResult) as raised:
        call()
    assert is_discreet(str(raised.value))
    return raised.value.code, str(raised.value)


# --- from the local DashScope


def finished(stack: Stack) -> tuple[Task, str]:
    """A task that has a result, and the link to it."""
    task = stack.dashscope.submit(API_KEY, COSPLAY)
    stack.clock.sleep(10)
    return task, DashScopeTasks(stack.settings()).query(MODEL, task.id).link


def test_a_result_is_fetched_from_a_loopback_host_that_is_named_with_its_port(stack: Stack) -> None:
    task, link = finished(stack)
    assert DashScopeTasks(stack.settings()).fetch(link) == f"picture of {task.id}".encode()


@pytest.mark.parametrize("hosts", [(".aliyuncs.com",), ("127.0.0.1",), ("127.0.0.1:1",), ("localhost:{port}",), ()])
def test_and_from_no_other(stack: Stack, hosts: tuple[str, ...]) -> None:
    # Given
    _, link = finished(stack)
    stack.stages.dashscope.seen.clear()
    named = tuple(host.format(port=urlsplit(link).port) for host in hosts)
    # When
    code, _ = bad_result(lambda: DashScopeTasks(stack.settings(result_hosts=named)).fetch(link))
    # Then
    assert (code, stack.stages.dashscope.seen) == ("BadResultLink", [])


def test_a_link_that_was_altered_or_is_over_is_bad(stack: Stack) -> None:
    _, link = finished(stack)
    tasks = DashScopeTasks(stack.settings())
    assert bad_result(lambda: tasks.fetch(link.replace("portrait", "other"))) == (
        "BadResultLink",
        "the result's host answered 403",
    )
    stack.clock.sleep(86_400)
    assert bad_result(lambda: tasks.fetch(link)) == ("BadResultLink", "the result's host answered 403")


# --- links that lead nowhere good


@pytest.mark.parametrize(
    "link",
    [
        "",
        "https://a.aliyuncs.com:8443/x",
        "https://a.aliyuncs.com:99999/x",
        "https://a.aliyuncs.com:port/x",
        "https://[::1/x",
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_a_link_to_anywhere_else_is_bad_and_not_called(link: str) -> None:
    assert bad_result(lambda: DashScopeTasks(all_at(closed_port())).fetch(link + SIGNED))[0] == "BadResultLink"


@pytest.mark.parametrize("host", ["a..aliyuncs.com", f"{'a' * 64}.aliyuncs.com"])
def test_a_name_that_none_can_have_has_no_address(host: str) -> None:
    tasks = DashScopeTasks(all_at(closed_port()))
    assert not_now(lambda: tasks.fetch(f"https://{host}/x")) == f"the result's host {host} has no address now"


def test_a_known_name_at_a_private_address_is_bad_and_not_called() -> None:
    with scripted(answer(200, b"secret")) as server:
        tasks = DashScopeTasks(all_at(server.url, result_hosts=("localhost",)))
        code, words = bad_result(lambda: tasks.fetch(f"http://localhost/x{SIGNED}"))
    assert (code, "private address" in words, server.requests) == ("BadResultLink", True, [])


# --- answers


def test_the_bytes_come_as_they_lie_there_and_no_key_is_shown() -> None:
    data = bytes(range(256)) * 1000
    with scripted(answer(200, data)) as server:
        assert fetched(server) == data
    (request,) = server.requests
    head = request.lower()
    assert b"authorization" not in head and API_KEY.secret.encode() not in head
    assert b"accept-encoding: identity" in head


def test_neither_proxy_nor_netrc_of_the_environment_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meddle(monkeypatch, tmp_path)
    with scripted(answer(200, b"data")) as server:
        assert fetched(server) == b"data"
    assert b"uthorization" not in server.requests[0]


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_bad_and_not_followed(status: int) -> None:
    with scripted(answer(200, b"elsewhere")) as elsewhere:
        with scripted(answer(status, b"", f"Location: {elsewhere.url}/x")) as server:
            assert bad_result(lambda: fetched(server)) == ("BadResultLink", f"the result's host answered {status}")
        assert elsewhere.requests == []


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_refusal_is_bad(status: int) -> None:
    with scripted(answer(status)) as server:
        assert bad_result(lambda: fetched(server)) == ("BadResultLink", f"the result's host answered {status}")


@pytest.mark.parametrize(
    "trouble",
    [
        answer(500),
        answer(503),
        answer(429),
        b"",
        b"garbage",
        answer(200, b"0123456789")[:-1],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n5\r\n mo",
        answer(200, gzip.compress(b"data"), "Content-Encoding: gzip")[:-3],
    ],
    ids=["500", "503", "429", "hangs up", "garbage", "cut off", "cut off in a chunk", "cut off compressed"],
)
def test_what_may_come_later_is_not_bad(trouble: bytes) -> None:
    with scripted(trouble) as server:
        not_now(lambda: fetched(server))
    assert len(server.requests) == 1


def test_what_was_compressed_all_the_same_is_unpacked() -> None:
    with scripted(answer(200, gzip.compress(b"data"), "Content-Encoding: gzip")) as server:
        assert fetched(server) == b"data"


def test_when_nobody_listens_it_may_come_later() -> None:
    away = closed_port()
    tasks = DashScopeTasks(all_at(away, result_hosts=(away.removeprefix("http://"),)))
    assert not_now(lambda: tasks.fetch(f"{away}/x{SIGNED}")) == "the result could not be fetched (ConnectionError)"


@pytest.mark.parametrize("packed", [False, True])
def test_more_than_the_most_is_bad(packed: bool) -> None:
    data = bytes(MOST_BYTES + 1)
    reply = answer(200, gzip.compress(data, 1), "Content-Encoding: gzip") if packed else answer(200, data)
    with scripted(reply) as server:
        assert bad_result(lambda: fetched(server)) == ("BadResult", f"more than {MOST_BYTES} bytes")


def test_the_most_is_not_more_than_the_most() -> None:
    with scripted(answer(200, bytes(MOST_BYTES))) as server:
        assert len(fetched(server)) == MOST_BYTES
