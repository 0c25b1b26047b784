"""The JSON of the answers, compared with the vendor's examples field by field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from local.dashscope import wire
from local.dashscope.errors import ApiError, slot_taken
from local.dashscope.listing import Page, Query
from local.dashscope.tasks import Task
from tests.unit.local_dashscope.fakes import COSPLAY, REPAINT

# 2025-04-15 14:09:23.434 in China: a time that a real answer showed, beside a link that expired a day later
ENDED = 1744697363.434
TASK = Task(
    number=1,
    id="86ecf553-d340-4e21-af6e-a0c6a421c010",
    request_id="7574ee8f-38a3-4b1e-9280-11c33ab46e51",
    account="1000000000000001",
    api_key_id="100001",
    model="wanx-style-cosplay-v1",
    input=COSPLAY["input"],
    seconds=2.0,
    submitted=ENDED - 9.25,
    scheduled=ENDED - 7,
    ended=ENDED,
)
REPAINTED = replace(TASK, model="wanx-style-repaint-v1", input=REPAINT["input"])
TIMES = {
    "submit_time": "2025-04-15 14:09:14.184",
    "scheduled_time": "2025-04-15 14:09:16.434",
    "end_time": "2025-04-15 14:09:23.434",
}
SUCCESS = {"start_time": TIMES["scheduled_time"], "error_code": 0, "error_message": "Success"}
LINK = "http://127.0.0.1:8000/results/x/portrait.jpg?Expires=1"


@pytest.mark.parametrize(
    ("task", "output", "usage"),
    [
        (
            replace(TASK, status="PENDING", scheduled=None, ended=None),
            {"task_metrics": {"TOTAL": 1, "SUCCEEDED": 0, "FAILED": 0}},
            None,
        ),
        (
            replace(TASK, status="RUNNING", ended=None),
            {"task_metrics": {"TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0}},
            None,
        ),
        (
            replace(TASK, status="SUCCEEDED"),
            {**TIMES, **SUCCESS, "model_index": 1, "result_url": LINK},
            {"image_count": 1},
        ),
        (
            replace(REPAINTED, status="SUCCEEDED"),
            {**TIMES, **SUCCESS, "style_index": 3, "results": [{"url": LINK}]},
            {"image_count": 1},
        ),
        (
            replace(TASK, status="FAILED", code="InvalidFace", message="no face"),
            {**TIMES, "code": "InvalidFace", "message": "no face"},
            {"image_num": 0},
        ),
        (
            replace(TASK, status="CANCELED", scheduled=None),
            {"submit_time": TIMES["submit_time"], "end_time": TIMES["end_time"]},
            None,
        ),
    ],
    ids=lambda value: value.status + value.model[10:13] if isinstance(value, Task) else "",
)
def test_a_task_is_answered_as_documented(task: Task, output: Any, usage: Any) -> None:
    answer = wire.task_answer(task, "request", LINK)
    assert answer["output"] == {"task_id": task.id, "task_status": task.status, **output}
    assert answer.get("usage") == usage
    assert answer["request_id"] == "request"


def test_a_task_fated_to_fail_does_not_say_so_while_it_runs() -> None:
    doomed = replace(TASK, status="RUNNING", ended=None, code="InvalidFace", message="no face")
    assert "code" not in wire.task_answer(doomed, "request", "")["output"]


def test_milliseconds_can_be_left_out() -> None:
    answer = wire.task_answer(replace(TASK, status="SUCCEEDED"), "request", LINK, milliseconds=False)
    assert answer["output"]["end_time"] == "2025-04-15 14:09:23"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0.0, "1970-01-01 08:00:00.000"),
        (1700000000.0005, "2023-11-15 06:13:20.000"),
        (1700000000.9996, "2023-11-15 06:13:21.000"),
        (1709222399.999, "2024-02-29 23:59:59.999"),
    ],
)
def test_times_are_chinas_to_the_nearest_millisecond(at: float, text: str) -> None:
    assert wire.clock_time(at) == text


def test_a_result_expires_a_day_after_the_end() -> None:
    assert wire.result_expiry(TASK) == 1744783763  # the whole second: the real link said one less


def test_the_submission_and_the_unknown_task_are_answered_as_documented() -> None:
    assert wire.submission(TASK) == {
        "output": {"task_id": TASK.id, "task_status": "PENDING"},
        "request_id": TASK.request_id,
    }
    assert wire.no_task("x", "r") == {"request_id": "r", "output": {"task_id": "x", "task_status": "UNKNOWN"}}


def test_a_refusal_has_code_message_and_request_id() -> None:
    assert wire.refusal(slot_taken(), "r") == {
        "code": "Throttling",
        "message": "Requests throttling triggered.",
        "request_id": "r",
    }


def test_the_list_is_flat_in_epoch_milliseconds_and_tells_neither_input_nor_result() -> None:
    running = replace(TASK, status="RUNNING", ended=None)
    answer = wire.listing(Page([replace(TASK, status="SUCCEEDED"), running], total=12, number=2, size=5), "r")
    row = {
        "api_key_id": "100001",
        "caller_parent_id": "1000000000000001",
        "caller_uid": "1000000000000001",
        "gmt_create": 1744697354184,
        "start_time": 1744697356434,
        "end_time": 1744697363434,
        "model_name": "wanx-style-cosplay-v1",
        "region": "cn-beijing",
        "request_id": TASK.request_id,
        "status": "SUCCEEDED",
        "task_id": TASK.id,
        "user_api_unique_key": "apikey:v1:aigc:image-generation:generation:wanx-style-cosplay-v1",
    }
    assert answer["data"][0] == row
    assert "end_time" not in answer["data"][1]
    assert {name: answer[name] for name in ("total", "total_page", "page_no", "page_size", "request_id")} == {
        "total": 12,
        "total_page": 3,
        "page_no": 2,
        "page_size": 5,
        "request_id": "r",
    }


def test_the_lists_query_is_read_in_china_time() -> None:
    given = {
        "start_time": "20250415140923",
        "end_time": "20250415150923",
        "model_name": "m",
        "status": "FAILED",
        "api_key_id": "1",
        "task_id": "t",
        "page_no": "2",
        "page_size": "50",
        "region": "cn-beijing",
    }
    assert wire.query(given) == Query(
        task_id="t",
        model="m",
        status="FAILED",
        api_key_id="1",
        since=1744697363,
        until=1744700963,
        page=2,
        size=50,
    )
    assert wire.query({}) == Query()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("start_time", "2025-04-15 14:09:23"),
        ("start_time", ""),
        ("end_time", "20251301000000"),
        ("page_no", "0"),
        ("page_no", "-1"),
        ("page_size", "ten"),
        ("page_size", "²"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(ApiError) as refused:
        wire.query({name: text})
    assert (refused.value.code, name in refused.value.message) == ("InvalidParameter", True)
