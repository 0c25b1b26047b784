"""The task list: what it shows of which tasks, from when to when, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from local.clock import ManualClock
from local.dashscope.engine import DashScope
from local.dashscope.errors import ApiError
from local.dashscope.limits import Settings
from local.dashscope.listing import Query
from local.dashscope.tasks import ApiKey, Fate
from local.state import State
from tests.unit.local_dashscope.fakes import COSPLAY, KEY, REPAINT, FakeStudio

HOUR = 3600.0
START = ManualClock().now()
OTHER_KEY = ApiKey("sk-other", "200002", KEY.account)
STRANGER = ApiKey("sk-stranger", "300003", "9000000000000009")


def vendor(**options: Any) -> tuple[DashScope, ManualClock]:
    clock = ManualClock()
    keys = (KEY, OTHER_KEY, STRANGER)
    return DashScope(State(), clock, Settings(**options), keys=keys, studio=FakeStudio()), clock


def five_tasks() -> tuple[DashScope, ManualClock]:
    """Numbers 1 to 5, an hour apart from START: cosplay but for 2, other key for 3, failed 4, running 5."""
    engine, clock = vendor()
    submissions = [(KEY, COSPLAY), (KEY, REPAINT), (OTHER_KEY, COSPLAY), (KEY, COSPLAY), (KEY, COSPLAY)]
    for number, (key, body) in enumerate(submissions, 1):
        if number == 4:
            engine.plan(Fate(code="InvalidFace", message="planned"))
        engine.submit(key, body)
        clock.sleep(HOUR if number < 5 else 1)
    return engine, clock


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (Query(), [5, 4, 3, 2, 1]),
        (Query(model="wanx-style-repaint-v1"), [2]),
        (Query(model="wanx-v9"), []),
        (Query(status="SUCCEEDED"), [3, 2, 1]),
        (Query(status="FAILED"), [4]),
        (Query(status="RUNNING"), [5]),
        (Query(api_key_id="200002"), [3]),
        (Query(api_key_id="300003"), []),
        (Query(model="wanx-style-cosplay-v1", status="SUCCEEDED", api_key_id="100001"), [1]),
        (Query(since=START + 2 * HOUR), [5, 4, 3]),
        (Query(until=START + 2 * HOUR), [3, 2, 1]),
        (Query(since=START + HOUR, until=START + 3 * HOUR), [4, 3, 2]),
        (Query(since=START + 1, until=START + HOUR - 1), []),
        (Query(page=1, size=2), [5, 4]),
        (Query(page=2, size=2), [3, 2]),
        (Query(page=3, size=2), [1]),
        (Query(page=4, size=2), []),
    ],
)
def test_the_list_shows_what_was_asked_for_newest_first(query: Query, numbers: list[int]) -> None:
    # Given five tasks of one account
    engine, _ = five_tasks()
    # When they are listed, Then those that fit are shown
    assert [task.number for task in engine.page(KEY, query).tasks] == numbers


def test_a_page_tells_how_many_there_are_on_all_of_them() -> None:
    engine, _ = five_tasks()
    page = engine.page(KEY, Query(page=2, size=2, model="wanx-style-cosplay-v1"))
    assert (page.total, page.number, page.size) == (4, 2, 2)


def test_one_task_can_be_asked_for_by_its_id() -> None:
    engine, _ = five_tasks()
    (task,) = engine.page(KEY, Query(status="FAILED")).tasks
    assert engine.page(KEY, Query(task_id=task.id)).tasks == [task]


def test_strangers_see_nothing_of_it() -> None:
    engine, _ = five_tasks()
    assert engine.page(STRANGER, Query()).total == 0


@pytest.mark.parametrize(
    ("since", "until"),
    [(START, START + 24 * HOUR + 1), (START + 1, START), (START - 48 * HOUR, START)],
    ids=["more than a day", "backwards", "two days"],
)
def test_a_window_of_more_than_a_day_or_none_is_refused(since: float, until: float) -> None:
    engine, _ = vendor()
    with pytest.raises(ApiError, match="400 InvalidParameter"):
        engine.page(KEY, Query(since=since, until=until))


def test_unless_asked_otherwise_the_list_goes_back_one_day() -> None:
    # Given a task that waited so long that it is still known a day after its submission
    engine, clock = vendor(seconds=30 * HOUR)
    old = engine.submit(KEY, COSPLAY)
    clock.sleep(24 * HOUR + 1)
    # When listed by default, Then it is missing, though it lives and an older window shows it
    assert engine.page(KEY, Query()).total == 0
    assert [task.id for task in engine.page(KEY, Query(since=START)).tasks] == [old.id]


def test_a_new_task_shows_only_after_the_lists_lag() -> None:
    # Given a list that lags by five seconds
    engine, clock = vendor(list_lag=5.0)
    task = engine.submit(KEY, COSPLAY)
    # When listed too early, Then it is missing, although it can be looked at
    clock.sleep(4.9)
    assert engine.page(KEY, Query()).total == 0
    assert engine.task(KEY, task.id) is not None
    # And afterwards it is there
    clock.sleep(0.1)
    assert engine.page(KEY, Query()).total == 1


def test_forgotten_tasks_leave_the_list() -> None:
    engine, clock = five_tasks()
    clock.sleep(22 * HOUR)
    assert [task.number for task in engine.page(KEY, Query(since=START)).tasks] == [5, 4, 3]
