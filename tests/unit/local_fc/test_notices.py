from __future__ import annotations

import pytest

from local.clock import ManualClock
from local.fc.notices import TRIED_AT_MOST, Notice, Notices
from local.state import State


def notices() -> tuple[Notices, ManualClock]:
    clock = ManualClock()
    return Notices(State(), clock), clock


def start_one(line: Notices) -> Notice:
    (notice,) = line.start_due()
    return notice


def test_a_notice_is_delivered_once() -> None:
    line, _ = notices()
    line.add("1-request", "done", "小明".encode())
    notice = start_one(line)
    assert (notice.id, notice.queue, notice.body) == ("1-request", "done", "小明")
    assert line.start_due() == []
    line.settle(notice)
    assert line.next is None


def test_a_queue_that_does_not_answer_is_tried_for_half_an_hour() -> None:
    # Given a queue that never answers
    line, clock = notices()
    line.add("1-request", "done", b"")
    began, tries = clock.now(), 0
    # When it is tried until nothing is due any more
    while (due := line.next) is not None:
        clock.sleep(due - clock.now())
        line.put_off(start_one(line))
        tries += 1
    # Then that took half an hour and little more, each wait twice the one before
    assert tries == 12
    assert TRIED_AT_MOST <= clock.now() - began < 2 * TRIED_AT_MOST


def test_a_notice_that_is_put_off_waits() -> None:
    line, clock = notices()
    line.add("1-request", "done", b"")
    line.put_off(start_one(line))
    assert (line.start_due(), line.next) == ([], clock.now() + 1)


def test_the_oldest_notice_goes_first() -> None:
    line, clock = notices()
    for id in ("1-a", "1-b"):
        line.add(id, "done", b"")
        clock.sleep(1)
    assert [notice.id for notice in line.start_due()] == ["1-a", "1-b"]


def test_a_settled_notice_is_not_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("state")
    state = State(folder)
    line = Notices(state, ManualClock())
    line.add("1-request", "done", b"")
    line.settle(start_one(line))
    state.close()
    assert Notices(State(folder), ManualClock()).next is None
