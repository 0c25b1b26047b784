"""The tasks' adapter against the local DashScope: every method of the port, over real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from local.dashscope.limits import Settings as Limits
from local.dashscope.tasks import Fate
from shared.models import MODELS
from shared.models.contract import Accepted, Listed, Refusal, Report, Status
from shared.models.dashscope import DashScopeTasks
from tests.contract.stack import API_KEY, Stack, Stages, listening
from tests.unit.local_dashscope.fakes import COSPLAY, REPAINT, with_input

MODEL = MODELS["wanx-style-cosplay-v1"]
POST = "POST /api/v1/services/aigc/image-generation/generation"
DAY = 86_400


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with listening() as stages:
        yield stages


@pytest.fixture
def stack(stages: Stages) -> Stack:
    return Stack(stages)


@pytest.fixture
def tasks(stack: Stack) -> DashScopeTasks:
    return DashScopeTasks(stack.settings())


def submitted(stack: Stack, tasks: DashScopeTasks, body: dict[str, Any] = COSPLAY) -> str:
    """The id of a task submitted when the rate allows."""
    stack.clock.sleep(0.5)
    posted = tasks.submit(MODEL, body)
    assert isinstance(posted, Accepted), posted
    return posted.task_id


# --- submit


@pytest.mark.parametrize("body", [COSPLAY, REPAINT], ids=["cosplay", "repaint"])
def test_a_good_submission_is_accepted_with_one_post(stack: Stack, tasks: DashScopeTasks, body: dict[str, Any]) -> None:
    # When
    posted = tasks.submit(MODELS[body["model"]], body)
    # Then
    (task,) = stack.dashscope.tasks()
    assert posted == Accepted(task.id, task.request_id)
    assert (task.input, task.api_key_id) == (body["input"], API_KEY.id)
    assert stack.stages.dashscope.seen == [POST]


def used_up(stack: Stack) -> None:
    """Spend the account's only picture."""
    stack.dashscope.submit(API_KEY, COSPLAY)
    stack.clock.sleep(10)
    stack.dashscope.tasks()


def busy(stack: Stack) -> None:
    stack.dashscope.submit(API_KEY, COSPLAY)


def hasty(stack: Stack) -> None:
    for _ in range(2):
        stack.dashscope.submit(API_KEY, COSPLAY)


def retired(stack: Stack) -> None:
    stack.dashscope.gone.add(MODEL.name)


def as_usual(stack: Stack) -> None:
    """Nothing has happened before."""


REFUSALS: list[tuple[int, str, Callable[[Stack], None], dict[str, Any]]] = [
    (400, "InvalidParameter", as_usual, with_input(COSPLAY, face_image_url=None)),
    (400, "InvalidParameter", as_usual, with_input(COSPLAY, model_index=7)),
    (400, "InvalidParameter", as_usual, {**COSPLAY, "model": "no-such-model"}),
    (400, "InvalidParameter", as_usual, {}),
    (404, "ModelNotFound", retired, COSPLAY),
    (403, "AllocationQuota.FreeTierOnly", used_up, COSPLAY),
    (429, "Throttling.RateQuota", hasty, COSPLAY),
    (429, "Throttling", busy, COSPLAY),
]


@pytest.mark.parametrize(("status", "code", "before", "body"), REFUSALS)
def test_a_refusal_is_told_as_it_is_after_one_post(
    stages: Stages, status: int, code: str, before: Callable[[Stack], None], body: dict[str, Any]
) -> None:
    # Given
    stack = Stack(stages, Limits(policy="refuse", quota=1) if before in (busy, used_up) else Limits())
    before(stack)
    made = len(stack.dashscope.tasks())
    # When
    posted = DashScopeTasks(stack.settings()).submit(MODEL, body)
    # Then
    assert isinstance(posted, Refusal)
    assert (posted.status, posted.code) == (status, code)
    assert posted.message and len(posted.request_id) == 36
    assert (stages.dashscope.seen, len(stack.dashscope.tasks())) == ([POST], made)


@pytest.mark.parametrize(
    ("changes", "path", "refusal"),
    [
        ({"api_key": "sk-nobodys"}, MODEL.path, (401, "InvalidApiKey")),
        ({}, "image-generation/elsewhere", (404, "NotFound")),
    ],
    ids=["wrong key", "wrong path"],
)
def test_so_are_a_wrong_key_and_a_wrong_path(
    stack: Stack, changes: dict[str, Any], path: str, refusal: tuple[int, str]
) -> None:
    posted = DashScopeTasks(stack.settings(**changes)).submit(replace(MODEL, path=path), COSPLAY)
    assert isinstance(posted, Refusal)
    assert (posted.status, posted.code) == refusal
    assert len(stack.stages.dashscope.seen) == 1


# --- query


def test_a_task_is_followed_from_pending_to_its_result(stack: Stack, tasks: DashScopeTasks) -> None:
    # Given two tasks: one runs, one waits
    began = stack.clock.now()
    first, second = (submitted(stack, tasks) for _ in range(2))
    assert tasks.query(MODEL, first).status is Status.RUNNING
    assert tasks.query(MODEL, second).status is Status.PENDING
    # When
    stack.clock.sleep(10)
    report = tasks.query(MODEL, first)
    # Then
    ended = began + 0.5 + 2
    assert (report.status, report.failure, report.images) == (Status.SUCCEEDED, None, 1)
    assert report.ended_at == pytest.approx(ended, abs=0.002)
    assert report.link_expires == int(ended + DAY)
    assert tasks.fetch(report.link) == f"picture of {first}".encode()
    # When a day has passed, nobody remembers
    stack.clock.sleep(DAY)
    forgotten = tasks.query(MODEL, first)
    assert forgotten == Report(Status.UNKNOWN, forgotten.request_id)


def test_a_failed_task_says_why(stack: Stack, tasks: DashScopeTasks) -> None:
    stack.dashscope.plan(Fate(code="InvalidFace", message="The input image has no valid face"))
    task_id = submitted(stack, tasks)
    stack.clock.sleep(10)
    report = tasks.query(MODEL, task_id)
    assert report.failure is not None
    assert (report.failure.code, report.failure.message) == ("InvalidFace", "The input image has no valid face")
    assert (report.status, report.images, report.link) == (Status.FAILED, 0, "")


def test_the_other_models_result_is_read_as_well(stack: Stack, tasks: DashScopeTasks) -> None:
    task_id = submitted(stack, tasks, REPAINT)
    stack.clock.sleep(10)
    report = tasks.query(MODELS["wanx-style-repaint-v1"], task_id)
    assert tasks.fetch(report.link) == f"picture of {task_id}".encode()


# --- list


def test_the_list_is_read_to_its_last_page_and_of_one_model_only(stack: Stack, tasks: DashScopeTasks) -> None:
    # Given 205 tasks of the model, at 100 a page, and one of another
    made = {}
    for number in range(206):
        stack.clock.sleep(0.5)
        task = stack.dashscope.submit(API_KEY, REPAINT if number == 7 else COSPLAY)
        made[task.id] = stack.clock.now()
    other = stack.dashscope.tasks()[7].id
    # When
    found = tasks.list(MODEL.name)
    # Then
    assert [one.task_id for one in found] == [task_id for task_id in reversed(made) if task_id != other]
    assert stack.stages.dashscope.seen == ["GET /api/v1/tasks"] * 3
    for one in found:
        assert one.made_at == pytest.approx(made[one.task_id], abs=0.001)
    assert {one.key_id for one in found} == {API_KEY.id}


def test_an_empty_list_is_one_call(stack: Stack, tasks: DashScopeTasks) -> None:
    assert tasks.list(MODEL.name) == []
    assert stack.stages.dashscope.seen == ["GET /api/v1/tasks"]


def test_the_list_tells_the_status(stack: Stack, tasks: DashScopeTasks) -> None:
    task_id = submitted(stack, tasks)
    (one,) = tasks.list(MODEL.name)
    assert one == Listed(task_id, API_KEY.id, one.made_at, "RUNNING")


# --- cancel


def test_only_a_task_that_waits_is_cancelled(stack: Stack, tasks: DashScopeTasks) -> None:
    running, waiting = (submitted(stack, tasks) for _ in range(2))
    assert [tasks.cancel(task_id) for task_id in (running, waiting, waiting, "no-such-task")] == [
        False,
        True,
        False,
        False,
    ]
    report = tasks.query(MODEL, waiting)
    assert (report.status, report.failure and report.failure.code) == (Status.CANCELED, "CANCELED")
