"""What a kill leaves behind, and what the next process makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.clock import ManualClock
from local.dashscope.engine import DashScope
from local.dashscope.errors import ApiError
from local.dashscope.limits import Settings
from local.dashscope.tasks import Fate, Picture
from local.state import State
from tests.unit.local_dashscope.fakes import COSPLAY, KEY, FakeStudio


def process(folder: Path, clock: ManualClock, studio: FakeStudio | None, **options: Any) -> tuple[State, DashScope]:
    """The engine as a newly started process finds it; nothing of an earlier one is closed or told."""
    state = State(folder)
    return state, DashScope(state, clock, Settings(seconds=2.0, **options), studio=studio)


def test_a_task_killed_in_the_middle_of_its_run_is_simply_run_again(tmp_path: Path) -> None:
    # Given a task that is running, and due, when the process dies without its picture
    clock = ManualClock()
    state, engine = process(tmp_path, clock, None)
    task = engine.submit(KEY, COSPLAY)
    clock.sleep(2)
    engine.advance()
    state.commit()
    assert [it.id for it in engine.due()] == [task.id]
    # When another process takes over
    studio = FakeStudio()
    _, engine = process(tmp_path, clock, studio)
    # Then it makes the picture, once
    done = engine.task(KEY, task.id)
    assert done is not None
    assert done.status == "SUCCEEDED"
    assert studio.asked == [task.id]


def test_a_picture_made_but_not_committed_is_made_again_and_counted_once(tmp_path: Path) -> None:
    # Given a run whose end was never committed
    clock = ManualClock()
    state, engine = process(tmp_path, clock, FakeStudio())
    task = engine.submit(KEY, COSPLAY)
    engine.advance()
    state.commit()
    clock.sleep(2)
    engine.advance()
    # When another process takes over, with a quota of two pictures
    state, engine = process(tmp_path, clock, FakeStudio(), quota=2)
    assert engine.result(task.id) == f"picture of {task.id}".encode()
    # Then one of the two is left
    engine.submit(KEY, COSPLAY)
    clock.sleep(2)
    engine.advance()
    with pytest.raises(ApiError, match="FreeTierOnly"):
        engine.submit(KEY, COSPLAY)


def test_the_queue_its_order_and_the_fates_in_it_survive(tmp_path: Path) -> None:
    # Given one running, one doomed and one ordinary task waiting, and one cancelled
    clock = ManualClock()
    state, engine = process(tmp_path, clock, FakeStudio())
    engine.plan(Fate(seconds=5.0))
    engine.plan(Fate(code="InvalidFace", message="planned"))
    tasks = []
    for _ in range(4):
        clock.sleep(0.5)
        tasks.append(engine.submit(KEY, COSPLAY).id)
    engine.cancel(KEY, tasks[3])
    state.commit()
    # When another process takes over and time passes
    _, engine = process(tmp_path, clock, FakeStudio())
    clock.sleep(60)
    # Then they run in order of submission, each to its own end
    found = engine.tasks()
    assert [task.id for task in found] == tasks
    assert [task.status for task in found] == ["SUCCEEDED", "FAILED", "SUCCEEDED", "CANCELED"]
    assert [found[1].scheduled, found[2].scheduled] == [found[0].ended, found[1].ended]


def test_a_task_waiting_when_the_slot_became_free_starts_at_that_moment(tmp_path: Path) -> None:
    # Given a kill just after one task was finished, before the next one was started
    clock = ManualClock()
    state, engine = process(tmp_path, clock, None)
    first, second = engine.submit(KEY, COSPLAY), engine.submit(KEY, COSPLAY)
    engine.advance()
    clock.sleep(2)
    engine.finish(first.id, Picture(b"done"))
    freed = clock.now()
    state.commit()
    # When another process takes over later
    clock.sleep(1)
    _, engine = process(tmp_path, clock, None)
    # Then the run does not begin before the slot was free
    task = engine.task(KEY, second.id)
    assert task is not None
    assert (task.status, task.scheduled) == ("RUNNING", freed)


def test_ids_go_on_and_the_ended_are_still_forgotten_in_time(tmp_path: Path) -> None:
    # Given a task that ended before the kill
    clock = ManualClock()
    state, engine = process(tmp_path, clock, FakeStudio())
    before = engine.submit(KEY, COSPLAY)
    clock.sleep(2)
    engine.advance()
    state.commit()
    # When another process takes over
    _, engine = process(tmp_path, clock, FakeStudio())
    after = engine.submit(KEY, COSPLAY)
    # Then its first task has a new id, and the old one is gone a day after its end
    assert after.id != before.id
    assert after.number == before.number + 1
    clock.sleep(24 * 3600)
    assert engine.task(KEY, before.id) is None
    assert engine.task(KEY, after.id) is not None
