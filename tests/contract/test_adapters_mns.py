"""The queue's adapter against the local MNS, and against servers that are away, hang or answer nonsense."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Iterator

import pytest

from local.mns.records import Draft
from shared.aliyun.credentials import Credentials
from shared.aliyun.mns import BATCH, MnsQueue
from shared.keys import job_id
from shared.message import Reminder, decode, encode
from tests.contract.stack import LASTING, QUEUE, TEMPORARY, Stack, Stages, listening, not_now


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with listening() as stages:
        yield stages


@pytest.fixture
def stack(stages: Stages) -> Stack:
    return Stack(stages)


@pytest.fixture
def queue(stack: Stack) -> MnsQueue:
    return MnsQueue(stack.settings(), TEMPORARY)


def bodies(queue: MnsQueue) -> list[str]:
    return [message.body for message in queue.receive()]


# --- the port


@pytest.mark.parametrize("credentials", [LASTING, TEMPORARY], ids=["lasting key", "temporary key"])
def test_a_reminder_is_sent_received_and_deleted(stack: Stack, credentials: Credentials) -> None:
    # Given
    queue = MnsQueue(stack.settings(), credentials)
    reminder = Reminder(
        job_id("booth", "photos/a.jpg", "ETAG"), "86ecf553-d340-4e21-af6e-a0c6a421c010", 1_700_000_000.5
    )
    # When
    queue.send(encode(reminder))
    (received,) = queue.receive()
    # Then
    assert decode(received.body) == reminder
    queue.delete(received.handle)
    stack.clock.sleep(31)
    assert queue.receive() == ()


@pytest.mark.parametrize(
    "body", ["plain", "一张照片 📷", "<a> & </a> ]]>", " \r\n padded ", json.dumps({"v": 1}), "x" * 9000]
)
def test_any_text_makes_the_round_trip(queue: MnsQueue, body: str) -> None:
    queue.send(body)
    assert bodies(queue) == [body]


def test_an_empty_queue_gives_nothing_at_once(stack: Stack, queue: MnsQueue) -> None:
    """Waiting would be billed as run time, even where the queue waits by default."""
    stack.mns.set_queue(QUEUE, polling_wait_seconds=30)
    began = time.monotonic()
    assert queue.receive() == ()
    assert time.monotonic() - began < 5


def test_sixteen_come_at_once(queue: MnsQueue) -> None:
    for number in range(BATCH + 1):
        queue.send(str(number))
    assert bodies(queue) == [str(number) for number in range(BATCH)]
    assert bodies(queue) == [str(BATCH)]


def test_a_delayed_message_comes_when_its_time_has_come(stack: Stack, queue: MnsQueue) -> None:
    queue.send("later", 600)
    stack.clock.sleep(599)
    assert queue.receive() == ()
    stack.clock.sleep(1)
    assert bodies(queue) == ["later"]


def test_a_delay_of_none_overrides_the_queues(stack: Stack, queue: MnsQueue) -> None:
    stack.mns.set_queue(QUEUE, delay_seconds=600)
    queue.send("now")
    assert bodies(queue) == ["now"]


def test_a_postponed_message_stays_away_so_long(stack: Stack, queue: MnsQueue) -> None:
    # Given
    queue.send("x")
    (received,) = queue.receive()
    # When
    queue.postpone(received.handle, 3600)
    # Then
    stack.clock.sleep(3599)
    assert queue.receive() == ()
    stack.clock.sleep(1)
    assert bodies(queue) == ["x"]


def test_handles_of_what_is_gone_are_passed_over(stack: Stack, queue: MnsQueue) -> None:
    # Given a message deleted, one that came again since, and no message at all
    for body in ("deleted", "again"):
        queue.send(body)
    deleted, again = queue.receive()
    queue.delete(deleted.handle)
    stack.clock.sleep(31)
    assert bodies(queue) == ["again"]
    # Then
    for handle in (deleted.handle, again.handle, "rubbish"):
        queue.delete(handle)
        queue.postpone(handle, 60)
    stack.clock.sleep(31)
    assert bodies(queue) == ["again"]


@pytest.mark.parametrize("seconds", [0, 43_201])
def test_a_time_that_the_service_does_not_take_is_not_passed_over(queue: MnsQueue, seconds: int) -> None:
    queue.send("x")
    (received,) = queue.receive()
    not_now(lambda: queue.postpone(received.handle, seconds))


# --- messages of others


def test_properties_of_others_harm_nobody(stack: Stack, queue: MnsQueue) -> None:
    stack.mns.send(QUEUE, Draft("abc", user_properties=[("colour", "red", "STRING")]))
    queue.send("ours")
    assert bodies(queue) == ["abc", "ours"]


def test_bodies_of_others_come_as_they_are_and_keep_their_handles(stack: Stack, queue: MnsQueue) -> None:
    """With the SDK's own decoding one body that is no base64 makes the whole batch unreadable, and undeletable."""
    # Given
    binary = b64encode(b"\x89PNG\r\n\x1a\n\x00").decode()
    foreign = ["abc", '{"task": 1}', "!!not base64!!", "照片", "abcd", binary, "a\nb", "x" * 63]
    for body in foreign:
        stack.mns.send(QUEUE, Draft(body))
    queue.send("ours")
    # When
    received = queue.receive()
    # Then
    assert [message.body for message in received[:-1]] == foreign
    assert received[-1].body == "ours"
    assert all(decode(message.body) is None for message in received)
    for message in received:
        queue.delete(message.handle)
    stack.clock.sleep(31)
    assert queue.receive() == ()


def test_what_others_send_in_base64_is_decoded(stack: Stack, queue: MnsQueue) -> None:
    stack.mns.send(QUEUE, Draft(b64encode("照片".encode()).decode()))
    assert bodies(queue) == ["照片"]


# --- strangers, and the log


def test_a_wrong_secret_is_refused(stack: Stack) -> None:
    stranger = MnsQueue(stack.settings(), Credentials(LASTING.access_key_id, TEMPORARY.access_key_secret))
    assert not_now(stranger.receive).startswith("MNS answered SignatureDoesNotMatch (request ")


def test_nothing_is_printed(queue: MnsQueue, capfd: pytest.CaptureFixture[str]) -> None:
    """The SDK prints what it signs and the secret it signs with; on Function Compute that is the log."""
    queue.send("x")
    (message,) = queue.receive()
    queue.postpone(message.handle, 60)
    queue.delete(message.handle)
    assert capfd.readouterr() == ("", "")
