"""A task's life: when it starts, when it ends, how it ends, and when it is forgotten."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.clock import ManualClock
from local.dashscope.engine import DashScope
from local.dashscope.errors import ApiError
from local.dashscope.limits import Settings
from local.dashscope.listing import Query
from local.dashscope.tasks import ApiKey, Failure, Fate, Picture, Task
from local.state import State
from tests.unit.local_dashscope.fakes import COSPLAY, KEY, REPAINT, FakeStudio

DAY = 24 * 3600


class Vendor:
    """An engine under a clock of the test's own."""

    def __init__(self, studio: FakeStudio | None = None, **options: Any) -> None:
        self.clock, self.state = ManualClock(), State()
        self.start = self.clock.now()
        self.studio = studio or FakeStudio()
        self.engine = DashScope(self.state, self.clock, Settings(**options), studio=self.studio)

    def submit(self, body: dict[str, Any] = COSPLAY) -> str:
        """A task submitted when the rate allows; its id."""
        self.clock.sleep(0.5)
        return self.engine.submit(KEY, body).id

    def status(self, task_id: str) -> str:
        task = self.engine.task(KEY, task_id)
        return task.status if task else "none"

    def look(self, task_id: str) -> Task:
        task = self.engine.task(KEY, task_id)
        assert task is not None
        return task


@pytest.mark.parametrize("body", [COSPLAY, REPAINT], ids=["cosplay", "repaint"])
@pytest.mark.parametrize("policy", ["queue", "refuse"])
def test_a_task_waits_then_runs_then_succeeds(body: dict[str, Any], policy: str) -> None:
    # Given a run of 2 seconds
    vendor = Vendor(policy=policy, seconds=2.0)
    # When a task is submitted
    task = vendor.engine.submit(KEY, body)
    # Then it is answered as waiting, found running, and succeeds after its time
    assert task.status == "PENDING"
    assert vendor.status(task.id) == "RUNNING"
    vendor.clock.sleep(1.999)
    assert vendor.status(task.id) == "RUNNING"
    vendor.clock.sleep(0.001)
    done = vendor.look(task.id)
    assert done.status == "SUCCEEDED"
    assert (done.submitted, done.scheduled, done.ended) == (vendor.start, vendor.start, vendor.start + 2)
    assert vendor.engine.result(task.id) == f"picture of {task.id}".encode()


def test_under_the_queue_policy_tasks_run_one_after_the_other_in_order() -> None:
    # Given three tasks half a second apart
    vendor = Vendor(policy="queue", seconds=2.0)
    tasks = [vendor.submit() for _ in range(3)]
    assert [vendor.status(task) for task in tasks] == ["RUNNING", "PENDING", "PENDING"]
    # When nobody looks for a long time
    vendor.clock.sleep(3600)
    # Then each started the moment the one before it ended
    seen = [vendor.look(task) for task in tasks]
    first = vendor.start + 0.5
    assert [(it.scheduled, it.ended) for it in seen] == [
        (first, first + 2),
        (first + 2, first + 4),
        (first + 4, first + 6),
    ]
    assert vendor.studio.asked == tasks


def test_under_the_refuse_policy_a_second_task_is_refused_until_the_first_ends() -> None:
    # Given a live task
    vendor = Vendor(policy="refuse", seconds=2.0)
    vendor.submit()
    # When another comes, Then it is refused and leaves no trace
    with pytest.raises(ApiError) as refused:
        vendor.submit()
    assert (refused.value.status, refused.value.code) == (429, "Throttling")
    assert len(vendor.engine.tasks()) == 1
    # And once the first has ended there is room
    vendor.clock.sleep(2)
    assert vendor.status(vendor.submit()) == "RUNNING"


def test_accounts_do_not_wait_for_each_other() -> None:
    # Given two accounts
    mine, theirs = ApiKey("mine", "1", "alice"), ApiKey("theirs", "2", "bob")
    engine = DashScope(State(), ManualClock(), keys=[mine, theirs])
    # When each submits, Then both run
    engine.submit(mine, COSPLAY)
    engine.submit(theirs, COSPLAY)
    engine.advance()
    assert [task.status for task in engine.tasks()] == ["RUNNING", "RUNNING"]


def test_the_keys_of_one_account_share_its_slot_and_see_each_others_tasks() -> None:
    # Given two keys of one account, and one of another
    ours, other, stranger = ApiKey("a", "1", "alice"), ApiKey("b", "2", "alice"), ApiKey("c", "3", "bob")
    engine = DashScope(State(), ManualClock(), keys=[ours, other, stranger])
    # When both keys submit
    first, second = engine.submit(ours, COSPLAY), engine.submit(other, COSPLAY)
    # Then the second waits, either key sees both, and the stranger none
    seen = engine.task(other, first.id), engine.task(ours, second.id)
    assert [task and task.status for task in seen] == ["RUNNING", "PENDING"]
    assert (first.api_key_id, second.api_key_id) == ("1", "2")
    assert engine.task(stranger, first.id) is None


def test_a_studio_that_fails_makes_the_task_fail_in_its_words() -> None:
    # Given a studio that finds no face
    vendor = Vendor(FakeStudio(Failure("InvalidFace", "The input image has no valid face")))
    # When a task ends
    task_id = vendor.submit()
    vendor.clock.sleep(2)
    # Then it failed, without a result
    task = vendor.look(task_id)
    assert (task.status, task.code, task.message) == (
        "FAILED",
        "InvalidFace",
        "The input image has no valid face",
    )
    assert vendor.engine.result(task_id) is None


def test_planned_fates_meet_the_next_submissions_in_turn() -> None:
    # Given a plan: the next task fails, the one after it takes a minute
    vendor = Vendor(seconds=2.0)
    vendor.engine.plan(Fate(code="InternalError.Timeout", message="three hours"))
    vendor.engine.plan(Fate(seconds=60.0))
    # When three are submitted and run
    failing, slow, usual = (vendor.submit() for _ in range(3))
    vendor.clock.sleep(3600)
    # Then each had its fate, the third the usual one
    tasks = [vendor.look(it) for it in (failing, slow, usual)]
    assert [task.status for task in tasks] == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    assert [(task.ended or 0) - (task.scheduled or 0) for task in tasks] == [2, 60, 2]
    assert vendor.studio.asked == [slow, usual]


def test_the_run_time_may_depend_on_the_task() -> None:
    # Given runs of 10, 20, 30 … seconds
    vendor = Vendor(seconds=lambda number: 10.0 * number)
    # When two have run
    tasks = [vendor.submit() for _ in range(2)]
    vendor.clock.sleep(60)
    # Then the second took 20
    assert [task.seconds for task in map(vendor.look, tasks)] == [10, 20]


def test_a_waiting_task_can_be_cancelled_and_gives_up_its_turn() -> None:
    # Given one running task and two waiting ones
    vendor = Vendor(seconds=2.0)
    running, cancelled, last = (vendor.submit() for _ in range(3))
    # When the middle one is cancelled
    vendor.engine.cancel(KEY, cancelled)
    vendor.clock.sleep(10)
    # Then it never ran, and the last ran right after the first
    assert (vendor.status(cancelled), vendor.look(cancelled).scheduled) == ("CANCELED", None)
    assert vendor.look(last).scheduled == vendor.look(running).ended


@pytest.mark.parametrize("after", [0.0, 5.0], ids=["running", "succeeded"])
def test_what_no_longer_waits_cannot_be_cancelled(after: float) -> None:
    # Given a task that has left the queue
    vendor = Vendor(seconds=2.0)
    task_id = vendor.submit()
    vendor.clock.sleep(after)
    # When it is cancelled, Then that is refused
    with pytest.raises(ApiError, match="400 UnsupportedOperation"):
        vendor.engine.cancel(KEY, task_id)


def test_a_task_that_is_not_ones_own_cannot_be_cancelled() -> None:
    # Given a stranger's waiting task
    mine, theirs = ApiKey("mine", "1", "alice"), ApiKey("theirs", "2", "bob")
    engine = DashScope(State(), ManualClock(), keys=[mine, theirs])
    waiting = [engine.submit(theirs, COSPLAY) for _ in range(2)][-1]
    # When I cancel it, Then that is refused and it waits on
    with pytest.raises(ApiError, match="UnsupportedOperation"):
        engine.cancel(mine, waiting.id)
    task = engine.task(theirs, waiting.id)
    assert task is not None
    assert task.status == "PENDING"


def test_a_day_after_its_end_a_task_is_forgotten_with_its_picture() -> None:
    # Given a task that ended
    vendor = Vendor(seconds=2.0)
    task_id = vendor.submit()
    vendor.clock.sleep(2)
    picture = vendor.look(task_id).picture
    # When a day has nearly passed, Then it is still there
    vendor.clock.sleep(DAY - 0.001)
    assert vendor.status(task_id) == "SUCCEEDED"
    # When the day is full, Then task, result and bytes are gone
    vendor.clock.sleep(0.001)
    assert vendor.status(task_id) == "none"
    assert vendor.engine.result(task_id) is None
    vendor.state.commit()
    with pytest.raises(KeyError):
        vendor.state.blobs.read(picture)


def test_the_day_counts_from_the_end_of_the_run_not_from_anyones_look() -> None:
    # Given a task at which nobody looked for a day and a bit
    vendor = Vendor(seconds=2.0)
    task_id = vendor.submit()
    vendor.clock.sleep(DAY + 2)
    # When somebody does, Then it is too late
    assert vendor.status(task_id) == "none"


def test_without_a_studio_a_due_task_runs_on_until_it_is_finished() -> None:
    # Given an engine driven from outside
    clock = ManualClock()
    engine = DashScope(State(), clock, Settings(seconds=2.0))
    first, second = engine.submit(KEY, COSPLAY), engine.submit(KEY, COSPLAY)
    # When its time is over
    engine.advance()
    assert engine.due() == []
    clock.sleep(2)
    engine.advance()
    # Then it is due, but still running
    assert [task.id for task in engine.due()] == [first.id]
    assert engine.due()[0].status == "RUNNING"
    # And when the picture comes late, the run ends only now and the next begins
    clock.sleep(1)
    engine.finish(first.id, Picture(b"late"))
    ended, started = engine.task(KEY, first.id), engine.task(KEY, second.id)
    assert ended is not None
    assert started is not None
    assert (ended.status, ended.ended) == ("SUCCEEDED", clock.now())
    assert (started.status, started.scheduled) == ("RUNNING", clock.now())


def test_ids_follow_from_the_seed_and_never_repeat() -> None:
    # Given the same submissions under two seeds
    def ids(seed: int) -> list[str]:
        vendor = Vendor(seed=seed)
        tasks = [vendor.look(vendor.submit()) for _ in range(50)]
        return [name for task in tasks for name in (task.id, task.request_id)]

    # Then one seed gives the same ids again, the other gives others, and none twice
    assert ids(1) == ids(1)
    assert len(set(ids(1) + ids(2))) == 200


steps = st.lists(
    st.tuples(st.sampled_from(["submit", "cancel", "look", "fail"]), st.floats(0, 4), st.integers(0, 9)),
    max_size=40,
)


@given(steps=steps, policy=st.sampled_from(["queue", "refuse"]))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_runs_never_overlap_and_nothing_is_lost(
    steps: list[tuple[str, float, int]], policy: str
) -> None:
    # Given any sequence of submissions, cancellations and looks
    vendor = Vendor(policy=policy, seconds=2.0)
    accepted: list[str] = []
    for step, pause, which in steps:
        vendor.clock.sleep(pause)
        try:
            if step == "submit":
                accepted.append(vendor.engine.submit(KEY, COSPLAY).id)
            elif step == "fail":
                vendor.engine.plan(Fate(code="InternalError", message="planned"))
            elif accepted and step == "cancel":
                vendor.engine.cancel(KEY, accepted[which % len(accepted)])
            elif accepted:
                vendor.engine.task(KEY, accepted[which % len(accepted)])
        except ApiError:
            pass  # refusals are part of the story
    # When all has come to rest
    vendor.clock.sleep(3600)
    tasks = vendor.engine.tasks()
    # Then every accepted task ended, and no two runs share a moment
    assert [task.id for task in tasks] == accepted
    assert {task.status for task in tasks} <= {"SUCCEEDED", "FAILED", "CANCELED"}
    runs = [(task.scheduled, task.ended) for task in tasks if task.scheduled is not None and task.ended]
    assert all(before[1] <= after[0] for before, after in pairwise(runs))
    assert vendor.engine.page(KEY, Query()).total == len(accepted)
