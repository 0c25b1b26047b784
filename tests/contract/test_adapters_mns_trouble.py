"""The queue's adapter when MNS is away, hangs, answers nonsense or refuses."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from mns.account import Account
from mns.mns_exception import MNSClientNetworkException

from shared.aliyun.mns import MnsQueue
from tests.contract.scripted import answer, scripted, silent
from tests.contract.stack import QUEUE, TEMPORARY, all_at, closed_port, not_now

CALLS: dict[str, Callable[[MnsQueue], object]] = {
    "send": lambda queue: queue.send("body"),
    "receive": lambda queue: queue.receive(),
    "postpone": lambda queue: queue.postpone("a-handle", 60),
    "delete": lambda queue: queue.delete("a-handle"),
}


def at(url: str, timeout: float = 20.0) -> MnsQueue:
    """The adapter of a queue at `url`."""
    return MnsQueue(all_at(url), TEMPORARY, timeout)


@pytest.mark.parametrize("name", CALLS)
def test_when_nobody_listens_every_call_says_not_now(name: str) -> None:
    words = not_now(lambda: CALLS[name](at(closed_port())))
    assert words == "MNS gave no usable answer (MNSClientNetworkException)"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", CALLS)
def test_a_server_that_says_nothing_is_not_waited_for_long(scheme: str, name: str) -> None:
    """Over https the SDK has no time-out and ignores the one that it is given."""
    with silent() as host:
        queue = at(f"{scheme}://{host}", timeout=0.1)
        began = time.monotonic()
        assert not_now(lambda: CALLS[name](queue)).startswith("MNS gave no usable answer")
    assert time.monotonic() - began < 1


def test_the_sdk_by_itself_waits_for_ever_over_https() -> None:
    with silent(0.4) as host:
        account = Account(f"https://{host}", "ak", "secret")
        account.mns_client.set_connection_timeout(0.05)
        began = time.monotonic()
        with pytest.raises(MNSClientNetworkException):  # only as the server hangs up
            account.get_queue(QUEUE).receive_message()
    assert time.monotonic() - began > 0.3


DAMAGED = [
    b"",
    answer(502, b"<html>Bad Gateway</html>"),
    answer(200, b"<html/>"),
    answer(200),
    answer(302),
    b"nonsense",
]
PROPERTIES = answer(
    200,
    b"<Messages><Message><MessageBody>x</MessageBody><UserProperties><PropertyValue><Name>a</Name></PropertyValue>"
    b"</UserProperties></Message></Messages>",
)


@pytest.mark.parametrize("damaged", [*DAMAGED, PROPERTIES])
def test_an_answer_that_cannot_be_understood_is_no_empty_queue(damaged: bytes) -> None:
    with scripted(damaged) as server:
        assert not_now(lambda: at(server.url).receive()).startswith("MNS gave no usable answer")


@pytest.mark.parametrize("name", CALLS)
def test_the_services_own_code_is_kept_and_no_more(name: str) -> None:
    words = f"<Message>{TEMPORARY.security_token}</Message><RequestId>5FA1</RequestId><HostId>h</HostId>"
    with scripted(answer(404, f"<Error><Code>QueueNotExist</Code>{words}</Error>".encode())) as server:
        assert not_now(lambda: CALLS[name](at(server.url))) == "MNS answered QueueNotExist (request 5FA1)"
