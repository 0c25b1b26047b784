"""The heaps of one queue, when so much has become stale in them that they are arranged anew."""

from __future__ import annotations

import pickle
from dataclasses import replace

from local.mns.lane import Lane
from local.mns.records import Message


def message(number: int, visible_at: int = 0) -> Message:
    return Message(f"{number:032X}", "x", "", 8, enqueued=0, visible_at=visible_at, expires_at=10_000_000)


def test_ready_messages_are_given_once_after_the_heaps_were_arranged_anew() -> None:
    # Given three that are ready, and one that is hidden
    lane = Lane({})
    for number in range(3):
        lane.put(message(number))
    hidden = message(3, visible_at=1000)
    lane.put(hidden)
    assert len(lane.peek(16, now=0)) == 3
    # When the hidden one changes more often than the heaps are long
    for handles in range(1, 500):
        lane.put(replace(hidden, handles=handles, visible_at=1000 + handles))
    # Then
    assert [taken.id for taken in lane.take(16, now=0)] == [message(number).id for number in range(3)]
    assert lane.take(16, now=1498) == []
    assert [taken.handles for taken in lane.take(16, now=1499)] == [499]


def test_what_is_gone_takes_no_room() -> None:
    # When many messages come and go
    lane = Lane({})
    for number in range(10_000):
        lane.put(message(number))
        (taken,) = lane.take(1, now=0)
        del lane.messages[taken.id]
    # Then
    assert len(pickle.dumps(lane)) < 10_000


def test_heaps_are_built_from_what_is_in_the_table() -> None:
    kept = {number.id: number for number in (message(2), message(1, visible_at=5), message(0))}
    lane = Lane(kept)
    assert [taken.id for taken in lane.take(16, now=5)] == sorted(kept)


def test_clearing_leaves_nothing() -> None:
    lane = Lane({})
    lane.put(message(1))
    lane.clear()
    assert lane.take(16, now=10) == []
    assert len(lane.messages) == 0
