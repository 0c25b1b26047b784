"""What queues are told of ended invocations, over the wire to the local MNS by the unmodified aliyun-mns 1.1.5."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import requests
from mns.account import Account
from mns.mns_exception import MNSServerException

from local.clock import WallClock
from local.fc.functions import Destination, Function
from local.fc.logs import Line
from local.fc.notices import Notice
from local.fc.queues import Refused, Send, nowhere, sender
from local.mns.engine import Mns
from local.mns.http import app
from local.serving import in_thread
from local.state import State
from tests.contract.fc_server import KEY, serving
from tests.contract.scripted import answer, scripted
from tests.contract.stack import closed_port

PATIENCE = 20


@dataclass(frozen=True)
class Mailbox:
    """A local MNS with the queue `done`."""

    endpoint: str

    def queue(self, name: str = "done") -> Any:
        account = Account(self.endpoint, KEY.id, KEY.secret)
        account.mns_client.set_keep_alive(False)
        return account.get_queue(name)

    def read(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.queue().receive_message(PATIENCE).message_body)
        return told


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    state, clock = State(), WallClock()
    engine = Mns(state, clock)
    engine.create_queue("done")
    with in_thread(app(engine, state, credentials=[KEY], wall=clock)) as endpoint:
        yield Mailbox(endpoint)


def two_functions(folder: Path, queue: str = "done") -> tuple[Function, Function]:
    to = Destination(f"acs:mns:cn-beijing:42:/queues/{queue}/messages")
    succeeds = Function("echo", folder, "index.echo", timeout=20, on_success=to)
    return succeeds, Function("fail", folder, "index.fail", timeout=20, retries=0, on_failure=to)


ENDINGS = [("echo", "", "heard 小明"), ("fail", "UnhandledInvocationError", "something is wrong")]


@pytest.mark.parametrize(("function", "error", "words"), ENDINGS)
def test_a_queue_is_told_how_an_asynchronous_call_ended(
    tmp_path: Path, mailbox: Mailbox, function: str, error: str, words: str
) -> None:
    # Given functions whose endings go to a queue
    with serving(tmp_path, *two_functions(tmp_path), send=sender(mailbox.endpoint, KEY)) as booth:
        # When one of them is called asynchronously
        booth.invoke(function, "小明".encode(), **{"x-fc-invocation-type": "Async"})
        notice = mailbox.read()
    # Then the message says it as a function would be told
    assert (notice["requestPayload"], notice["requestContext"]["condition"]) == ("小明", error)
    assert notice["requestContext"]["functionArn"] == f"acs:fc:cn-beijing:42:functions/{function}"
    assert words in notice["responsePayload"]


def left(folder: Path) -> list[str]:
    """The queues that are still to be told."""
    state = State(folder / "state")
    queues = [notice.queue for notice in state.table("notice", Notice).values()]
    state.close()
    return queues


def until_tried(folder: Path, function: Function, send: Send) -> str:
    """Let `function` succeed once; returns what is said of its destination, once that was also taken note of."""
    said: SimpleQueue[Line] = SimpleQueue()
    with serving(folder, function, send=send, log=said.put) as booth:
        booth.invoke(function.name, b"photo", **{"x-fc-invocation-type": "Async"})
        line = said.get(timeout=PATIENCE)
        # The server takes note in the same breath in which it speaks: before it answers another request.
        assert requests.get(f"{booth.endpoint}/_local/health", timeout=PATIENCE).ok
    return line.text


def test_a_queue_that_is_not_there_is_not_asked_again(tmp_path: Path, mailbox: Mailbox) -> None:
    function, _ = two_functions(tmp_path, "nowhere")
    said = until_tried(tmp_path, function, sender(mailbox.endpoint, KEY))
    assert "queue nowhere will not hear of it" in said
    assert left(tmp_path) == []


def test_a_service_that_does_not_answer_is_asked_again_even_after_a_restart(tmp_path: Path, mailbox: Mailbox) -> None:
    # Given a queue service that is down while an invocation ends
    function, _ = two_functions(tmp_path)
    said = until_tried(tmp_path, function, sender(closed_port(), KEY))
    assert "asked again" in said
    assert left(tmp_path) == ["done"]
    # When both are back
    with serving(tmp_path, function, send=sender(mailbox.endpoint, KEY)):
        notice = mailbox.read()
    # Then the queue is told
    assert notice["requestPayload"] == "photo"


def test_without_a_queue_service_nothing_is_kept_for_one(tmp_path: Path) -> None:
    function, _ = two_functions(tmp_path)
    assert "without MNS" in until_tried(tmp_path, function, nowhere)
    assert left(tmp_path) == []


BROKEN = b"<Error><Code>InternalError</Code><Message>no</Message><RequestId>1</RequestId><HostId>h</HostId></Error>"


def test_a_failure_of_the_service_itself_is_no_refusal() -> None:
    with (
        scripted(answer(500, BROKEN, "x-mns-request-id: 1")) as service,
        pytest.raises(MNSServerException, match="InternalError"),
    ):
        sender(service.url, KEY)("done", b"body")


def test_a_message_for_no_queue_is_refused_for_good(mailbox: Mailbox) -> None:
    with pytest.raises(Refused, match="QueueNotExist"):
        sender(mailbox.endpoint, KEY)("nowhere", b"body")
