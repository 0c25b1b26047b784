"""The queue service under a clock that stands still until it is told to pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from local.clock import ManualClock
from local.mns.engine import Mns
from local.mns.errors import MnsError
from local.mns.records import Draft, Queue
from local.state import State

QUEUE = "tasks"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def mns(clock: ManualClock) -> Mns:
    engine = Mns(State(), clock)
    engine.create_queue(QUEUE)
    return engine


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(MnsError) as refused:
        act()
    return refused.value.code


def bodies(mns: Mns, most: int = 16) -> list[str]:
    """What a receive gives; nothing for an empty queue."""
    try:
        return [message.body for message in mns.receive(QUEUE, most)]
    except MnsError as error:
        assert error.code == "MessageNotExist"
        return []


def send(mns: Mns, *texts: str, **draft: Any) -> None:
    for text in texts:
        mns.send(QUEUE, Draft(text, **draft))


# --- queues


def test_a_new_queue_has_the_documented_defaults(mns: Mns, clock: ManualClock) -> None:
    born = int(clock.now())
    assert mns.queue(QUEUE) == Queue(QUEUE, 30, 65_536, 345_600, 0, 0, False, born, born)


def test_creating_twice_is_no_error_only_with_the_same_attributes(mns: Mns, clock: ManualClock) -> None:
    assert mns.create_queue("other", delay_seconds=5) is True
    clock.sleep(60)
    assert mns.create_queue("other", delay_seconds=5) is False
    assert refusal(lambda: mns.create_queue("other", delay_seconds=6)) == "QueueAlreadyExist"
    assert refusal(lambda: mns.create_queue("other")) == "QueueAlreadyExist"
    assert mns.queue("other").delay_seconds == 5


def test_setting_changes_only_what_is_named(mns: Mns, clock: ManualClock) -> None:
    # Given
    before = mns.queue(QUEUE)
    clock.sleep(100)
    # When
    mns.set_queue(QUEUE, visibility_timeout=60)
    # Then
    after = mns.queue(QUEUE)
    assert (after.visibility_timeout, after.delay_seconds) == (60, before.delay_seconds)
    assert (after.created, after.modified) == (before.created, before.modified + 100)


@pytest.mark.parametrize(
    ("attribute", "low", "high"),
    [
        ("visibility_timeout", 1, 43_200),
        ("maximum_message_size", 1024, 65_536),
        ("message_retention_period", 60, 604_800),
        ("delay_seconds", 0, 604_800),
        ("polling_wait_seconds", 0, 30),
    ],
)
def test_attributes_have_limits(mns: Mns, attribute: str, low: int, high: int) -> None:
    for value in (low, high):
        mns.set_queue(QUEUE, **{attribute: value})
        assert getattr(mns.queue(QUEUE), attribute) == value
    for value in (low - 1, high + 1):
        assert refusal(partial(mns.set_queue, QUEUE, **{attribute: value})) == "InvalidArgument"
    assert getattr(mns.queue(QUEUE), attribute) == high


@pytest.mark.parametrize("name", ["a", "9-lives", "A" * 120])
def test_good_names(mns: Mns, name: str) -> None:
    assert mns.create_queue(name) is True


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "QueueNameLengthError"),
        ("a" * 121, "QueueNameLengthError"),
        ("-a", "InvalidQueueName"),
        ("a_b", "InvalidQueueName"),
        ("照片", "InvalidQueueName"),
        ("a\n", "InvalidQueueName"),
    ],
)
def test_bad_names(mns: Mns, name: str, code: str) -> None:
    assert refusal(lambda: mns.create_queue(name)) == code


def test_queues_are_listed_by_name_page_by_page(mns: Mns) -> None:
    # Given
    for name in ("b-2", "a", "b-1", "b-3"):
        mns.create_queue(name)
    # When
    first, marker = mns.list_queues(prefix="b-", most=2)
    second, end = mns.list_queues(prefix="b-", marker=marker, most=2)
    # Then
    assert [queue.name for queue in first + second] == ["b-1", "b-2", "b-3"]
    assert end == ""
    assert refusal(lambda: mns.list_queues(most=1001)) == "InvalidArgument"


def test_a_deleted_queue_takes_its_messages_along_and_may_come_again(mns: Mns) -> None:
    # Given
    send(mns, "old")
    # When
    mns.delete_queue(QUEUE)
    mns.delete_queue(QUEUE)  # of a missing queue: no error
    # Then
    assert refusal(lambda: mns.receive(QUEUE)) == "QueueNotExist"
    mns.create_queue(QUEUE)
    assert bodies(mns) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda mns: mns.queue("none"),
        lambda mns: mns.set_queue("none", delay_seconds=1),
        lambda mns: mns.census("none"),
        lambda mns: mns.send("none", Draft("x")),
        lambda mns: mns.send_batch("none", [Draft("x")]),
        lambda mns: mns.receive("none"),
        lambda mns: mns.peek("none"),
        lambda mns: mns.delete("none", "whatever"),
        lambda mns: mns.delete_batch("none", ["whatever"]),
        lambda mns: mns.change_visibility("none", "whatever", 1),
    ],
)
def test_an_unknown_queue_is_said_to_be_unknown(mns: Mns, act: Callable[[Mns], object]) -> None:
    assert refusal(lambda: act(mns)) == "QueueNotExist"


def test_the_account_remembers_its_logging_bucket(mns: Mns) -> None:
    assert mns.account().logging_bucket == ""
    mns.set_account("logs")
    assert mns.account().logging_bucket == "logs"


# --- messages


def test_a_message_is_received_once_then_deleted(mns: Mns, clock: ManualClock) -> None:
    # Given
    sent = mns.send(QUEUE, Draft("照片"))
    clock.sleep(5)
    # When
    (received,) = mns.receive(QUEUE)
    # Then
    at = int(clock.now() * 1000)
    assert (received.id, received.body) == (sent.id, "照片")
    assert received.md5 == md5("照片".encode()).hexdigest().upper()
    assert (received.enqueued, received.first_dequeued, received.visible_at) == (at - 5000, at, at + 30_000)
    assert (received.dequeue_count, received.priority) == (1, 8)
    assert bodies(mns) == []
    mns.delete(QUEUE, received.handle)
    clock.sleep(31)
    assert bodies(mns) == []


def test_ids_and_handles_have_the_documented_shapes(mns: Mns) -> None:
    send(mns, "a", "b")
    first, second = mns.receive(QUEUE, 2)
    assert first.id < second.id
    for message in (first, second):
        assert len(message.id) == 32 and set(message.id) <= set("0123456789ABCDEF")
        assert message.handle.startswith(message.id + "-")


def test_lower_priority_numbers_come_first_then_older_messages(mns: Mns) -> None:
    send(mns, "usual 1")
    send(mns, "last", priority=16)
    send(mns, "first", priority=1)
    send(mns, "usual 2")
    assert bodies(mns) == ["first", "usual 1", "usual 2", "last"]


def test_a_delay_hides_a_message_and_overrides_the_queues(mns: Mns, clock: ManualClock) -> None:
    # Given
    mns.set_queue(QUEUE, delay_seconds=10)
    send(mns, "queue's")
    send(mns, "own", delay_seconds=20)
    send(mns, "none", delay_seconds=0)
    # Then
    assert bodies(mns) == ["none"]
    clock.sleep(9.999)
    assert bodies(mns) == []
    clock.sleep(0.001)
    assert bodies(mns) == ["queue's"]
    clock.sleep(10)
    assert bodies(mns) == ["own"]


def test_only_a_delayed_message_has_a_handle_when_sent_and_it_cancels(mns: Mns, clock: ManualClock) -> None:
    # Given
    assert mns.send(QUEUE, Draft("now")).handles == 0
    delayed = mns.send(QUEUE, Draft("later", delay_seconds=10))
    assert delayed.handles == 1
    # When
    mns.delete(QUEUE, delayed.handle)
    # Then
    clock.sleep(10)
    assert bodies(mns) == ["now"]


def test_a_message_not_deleted_comes_again(mns: Mns, clock: ManualClock) -> None:
    # Given
    send(mns, "again")
    (first,) = mns.receive(QUEUE)
    # When
    clock.sleep(29.999)
    assert bodies(mns) == []
    clock.sleep(0.001)
    (second,) = mns.receive(QUEUE)
    # Then
    assert (second.id, second.dequeue_count, second.first_dequeued) == (first.id, 2, first.first_dequeued)
    assert second.handle != first.handle


def test_a_handle_dies_when_its_message_is_visible_again(mns: Mns, clock: ManualClock) -> None:
    # Given
    send(mns, "x")
    (first,) = mns.receive(QUEUE)
    # When nobody has received it since
    clock.sleep(30)
    assert refusal(lambda: mns.delete(QUEUE, first.handle)) == "MessageNotExist"
    # When somebody has
    (second,) = mns.receive(QUEUE)
    assert refusal(lambda: mns.delete(QUEUE, first.handle)) == "MessageNotExist"
    assert refusal(lambda: mns.change_visibility(QUEUE, first.handle, 5)) == "MessageNotExist"
    # Then only the newest works, and only once
    mns.delete(QUEUE, second.handle)
    assert refusal(lambda: mns.delete(QUEUE, second.handle)) == "MessageNotExist"


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "abc",
        "0" * 32,
        f"{'0' * 32}-",
        f"{'0' * 32}-!!!!",
        f"{'0' * 32}-abc",  # bad padding
        f"{'0' * 32}-YWJj",  # "abc"
        f"{'0' * 32}-MSAy",  # "1 2"
        f"{'g' * 32}-MSAyIDM=",
    ],
)
def test_what_is_no_handle_is_said_to_be_none(mns: Mns, handle: str) -> None:
    assert refusal(lambda: mns.delete(QUEUE, handle)) == "ReceiptHandleError"


def test_a_handle_of_another_queue_finds_nothing(mns: Mns) -> None:
    mns.create_queue("other")
    send(mns, "x")
    (received,) = mns.receive(QUEUE)
    assert refusal(lambda: mns.delete("other", received.handle)) == "MessageNotExist"


def test_visibility_can_be_prolonged_and_cut_short(mns: Mns, clock: ManualClock) -> None:
    # Given
    send(mns, "long", "short")
    long, short = mns.receive(QUEUE, 2)
    # When
    prolonged = mns.change_visibility(QUEUE, long.handle, 100)
    mns.change_visibility(QUEUE, short.handle, 1)
    # Then
    assert prolonged.visible_at == int(clock.now() * 1000) + 100_000
    clock.sleep(1)
    assert bodies(mns) == ["short"]
    clock.sleep(98.999)
    assert "long" not in bodies(mns)
    clock.sleep(0.001)
    assert "long" in bodies(mns)


def test_a_changed_handle_differs_and_both_live_until_the_new_time(mns: Mns, clock: ManualClock) -> None:
    # Given the same timeout, at the same moment
    send(mns, "x")
    (received,) = mns.receive(QUEUE)
    changed = mns.change_visibility(QUEUE, received.handle, 30)
    assert changed.handle != received.handle
    # When the old one is used once more, after its own time
    longer = mns.change_visibility(QUEUE, received.handle, 60)
    clock.sleep(59.999)
    # Then the PHP SDK is content: it deletes with the old handle
    mns.delete(QUEUE, received.handle)
    assert refusal(lambda: mns.delete(QUEUE, longer.handle)) == "MessageNotExist"


@pytest.mark.parametrize("seconds", [0, -1, 43_201])
def test_visibility_has_limits(mns: Mns, seconds: int) -> None:
    send(mns, "x")
    (received,) = mns.receive(QUEUE)
    assert refusal(lambda: mns.change_visibility(QUEUE, received.handle, seconds)) == "InvalidArgument"


def test_retention_counts_from_sending_whatever_the_state(mns: Mns, clock: ManualClock) -> None:
    # Given three messages that live for a minute: one waiting, one received, one delayed beyond its life
    mns.set_queue(QUEUE, message_retention_period=60)
    send(mns, "received", priority=1)
    send(mns, "waiting")
    send(mns, "delayed", delay_seconds=100)
    (received,) = mns.receive(QUEUE)
    mns.change_visibility(QUEUE, received.handle, 100)
    # When
    clock.sleep(59.999)
    assert sum(mns.census(QUEUE).values()) == 3
    clock.sleep(0.001)
    # Then
    assert refusal(lambda: mns.peek(QUEUE)) == "MessageNotExist"
    assert refusal(lambda: mns.delete(QUEUE, received.handle)) == "MessageNotExist"
    assert sum(mns.census(QUEUE).values()) == 0
    clock.sleep(50)
    assert bodies(mns) == []


def test_peeking_shows_what_receiving_would_give_and_changes_nothing(mns: Mns) -> None:
    send(mns, "b", "c")
    send(mns, "a", priority=1)
    for _ in range(2):
        assert [message.body for message in mns.peek(QUEUE, 2)] == ["a", "b"]
    assert [message.dequeue_count for message in mns.peek(QUEUE, 16)] == [0, 0, 0]
    assert bodies(mns) == ["a", "b", "c"]
    assert refusal(lambda: mns.peek(QUEUE)) == "MessageNotExist"


def test_the_census_counts_states(mns: Mns, clock: ManualClock) -> None:
    send(mns, "1", "2", "3")
    send(mns, "4", delay_seconds=10)
    mns.receive(QUEUE)
    assert mns.census(QUEUE) == {"active": 2, "inactive": 1, "delayed": 1}
    clock.sleep(30)
    assert mns.census(QUEUE) == {"active": 4}


@pytest.mark.parametrize(
    "draft",
    [
        Draft(""),
        Draft("x" * 1025),
        Draft("照" * 342),  # 1026 bytes
        Draft("x", delay_seconds=-1),
        Draft("x", delay_seconds=604_801),
        Draft("x", priority=0),
        Draft("x", priority=17),
    ],
)
def test_what_a_message_may_be_is_limited(mns: Mns, draft: Draft) -> None:
    mns.set_queue(QUEUE, maximum_message_size=1024)
    assert refusal(lambda: mns.send(QUEUE, draft)) == "InvalidArgument"
    send(mns, "x" * 1024, "照" * 341)
    assert len(bodies(mns)) == 2


@pytest.mark.parametrize("count", [0, 17])
def test_a_batch_has_one_to_sixteen(mns: Mns, count: int) -> None:
    assert refusal(lambda: mns.send_batch(QUEUE, [Draft("x")] * count)) == "InvalidArgument"
    assert refusal(lambda: mns.receive(QUEUE, count)) == "InvalidArgument"
    assert refusal(lambda: mns.peek(QUEUE, count)) == "InvalidArgument"
    assert refusal(lambda: mns.delete_batch(QUEUE, ["x"] * count)) == "InvalidArgument"


def test_a_batch_of_more_than_64_kilobytes_is_refused_whole(mns: Mns) -> None:
    assert refusal(lambda: mns.send_batch(QUEUE, [Draft("x" * 32_768), Draft("x" * 32_769)])) == "InvalidArgument"
    assert bodies(mns) == []
    mns.send_batch(QUEUE, [Draft("x" * 32_768)] * 2)
    assert len(bodies(mns)) == 2


def test_a_bad_message_does_not_keep_the_rest_of_its_batch_out(mns: Mns) -> None:
    # When
    good, bad, better = mns.send_batch(QUEUE, [Draft("a"), Draft("b", priority=17), Draft("c")])
    # Then
    assert isinstance(bad, MnsError) and bad.code == "InvalidArgument"
    assert not isinstance(good, MnsError) and not isinstance(better, MnsError)
    assert bodies(mns) == ["a", "c"]


def test_a_batch_delete_tells_which_handles_failed(mns: Mns, clock: ManualClock) -> None:
    # Given
    send(mns, "a", "b")
    a, b = (message.handle for message in mns.receive(QUEUE, 2))
    # When
    failures = mns.delete_batch(QUEUE, [a, "rubbish", a, b])
    # Then
    assert [(handle, error.code) for handle, error in failures] == [
        ("rubbish", "ReceiptHandleError"),
        (a, "MessageNotExist"),
    ]
    clock.sleep(30)
    assert bodies(mns) == []


# --- across restarts


def test_all_is_remembered_by_the_state_alone(tmp_path: Path, clock: ManualClock) -> None:
    # Given messages in every state
    state = State(tmp_path)
    mns = Mns(state, clock)
    mns.create_queue(QUEUE)
    send(mns, "held", "free")
    send(mns, "late", delay_seconds=10, user_properties=[["k", "v", "STRING"]])
    mns.set_account("logs")
    (held,) = mns.receive(QUEUE)
    state.close()
    # When
    again = Mns(State(tmp_path), clock)
    # Then
    assert again.census(QUEUE) == {"active": 1, "inactive": 1, "delayed": 1}
    assert bodies(again) == ["free"]
    again.delete(QUEUE, held.handle)
    assert again.account().logging_bucket == "logs"
    clock.sleep(10)
    (late,) = again.receive(QUEUE, 16)
    assert (late.body, late.user_properties) == ("late", [["k", "v", "STRING"]])
    assert again.send(QUEUE, Draft("new")).id > late.id


def test_nothing_is_left_in_the_tables_of_an_emptied_queue(clock: ManualClock) -> None:
    # Given enough traffic to rearrange the heaps several times
    state = State()
    mns = Mns(state, clock)
    mns.create_queue(QUEUE)
    for number in range(1000):
        send(mns, str(number))
        (received,) = mns.receive(QUEUE)
        assert received.body == str(number)
        mns.delete(QUEUE, received.handle)
    # Then
    assert mns.census(QUEUE) == {}
    mns.delete_queue(QUEUE)
    assert mns.list_queues() == ([], "")
