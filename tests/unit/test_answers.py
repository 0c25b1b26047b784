"""DashScope's answers: the examples of the vendor's own pages, their oddities, and what is missing or unknown."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from shared.models import answers, cosplay, style_repaint
from shared.models.contract import Accepted, Ambiguous, Listed, Refusal, Report, Status, deadline

# The examples of the page "Cosplay动漫人物生成". That of the submission lacks a comma and is no JSON.
SUBMITTED = """
{
  "output": {
    "task_id": "xxxxxxxx",
    "task_status": "PENDING"
  }
  "request_id": "7574ee8f-38a3-4b1e-9280-11c33ab46e51"
}"""
REFUSED = """
{
  "code":"InvalidApiKey",
  "message":"Invalid API-key provided.",
  "request_id":"fb53c4ec-1c12-4fc4-a580-cdb7c3261fc1"
}"""
RUNNING = """
{
  "request_id":"e5d70b02-ebd3-98ce-9fe8-759d7d7b107d",
  "output":{
    "task_id":"86ecf553-d340-4e21-af6e-a0c6a421c010",
    "task_status":"RUNNING",
    "task_metrics":{"TOTAL":1, "SUCCEEDED":1, "FAILED":0}
  }
}"""
SUCCEEDED = """
{
  "request_id":"<your request id>",
  "output":{
    "task_id":"<your task id>",
    "task_status":"SUCCEEDED",
    "submit_time":"xxx",
    "scheduled_time":"xxx",
    "end_time":"xxx",
    "error_message":"Success",
    "start_time":"xxx",
    "model_index":0,
    "error_code":0,
    "result_url":"http://oss.aliyuncs.com/xxx/abc.jpg"
  },
  "usage":{"image_count":1}
}"""
FAILED = """
{
  "request_id": "<your request id>",
  "output": {
    "task_id": "<your task id>",
    "task_status": "FAILED",
    "submit_time": "xxx",
    "scheduled_time": "xxx",
    "end_time": "xxx",
    "code": "InvalidImageResolution",
    "message": "The input image resolution is too large or small"
  },
  "usage": {"image_num": 0}
}"""


def report(text: str) -> Report:
    return answers.report(cosplay.MODEL, json.loads(text))


def of(status: str, **output: Any) -> Report:
    return answers.report(style_repaint.MODEL, {"request_id": "r", "output": {"task_status": status, **output}})


def test_the_pages_submission_is_read_once_its_comma_is_there() -> None:
    mended = json.loads(SUBMITTED.replace("}\n", "},\n", 1))
    assert answers.posted(200, mended) == Accepted("xxxxxxxx", "7574ee8f-38a3-4b1e-9280-11c33ab46e51")


def test_the_pages_refusal_is_read() -> None:
    refusal = answers.posted(401, json.loads(REFUSED))
    request_id = "fb53c4ec-1c12-4fc4-a580-cdb7c3261fc1"
    assert refusal == Refusal("InvalidApiKey", "Invalid API-key provided.", request_id, 401)


def test_the_pages_running_task_is_not_taken_for_a_success() -> None:
    # Its task_metrics count it as SUCCEEDED already.
    assert report(RUNNING) == Report(Status.RUNNING, "e5d70b02-ebd3-98ce-9fe8-759d7d7b107d")


def test_the_pages_success_is_read_though_it_carries_an_error_code() -> None:
    link = "http://oss.aliyuncs.com/xxx/abc.jpg"
    assert report(SUCCEEDED) == Report(Status.SUCCEEDED, "<your request id>", link=link, images=1)


def test_the_pages_failure_is_read() -> None:
    failure = Refusal(
        "InvalidImageResolution", "The input image resolution is too large or small", "<your request id>", 0
    )
    assert report(FAILED) == Report(Status.FAILED, "<your request id>", failure=failure)


@pytest.mark.parametrize(("spelling", "images"), [("image_count", 1), ("image_num", 1), ("images", 0)])
def test_both_spellings_of_the_usage_are_read(spelling: str, images: int) -> None:
    assert answers.report(cosplay.MODEL, {**json.loads(SUCCEEDED), "usage": {spelling: 1}}).images == images


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, None),
        (200, {}),
        (200, {"output": None}),
        (200, {"output": "accepted"}),
        (200, {"output": {"task_status": "PENDING"}, "request_id": "r"}),
        (200, {"output": {"task_id": ""}}),
        (502, None),
        (400, None),
    ],
)
def test_an_answer_that_says_neither_yes_nor_no_is_ambiguous(status: int, body: dict[str, Any] | None) -> None:
    assert isinstance(answers.posted(status, body), Ambiguous)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"code": "Throttling"}, Refusal("Throttling", "", "", 429)),
        ({"message": "too fast", "request_id": None}, Refusal("", "too fast", "", 429)),
        ({"code": None, "output": {}}, Refusal("", "", "", 429)),
    ],
)
def test_a_refusal_may_lack_fields(body: dict[str, Any], refusal: Refusal) -> None:
    assert answers.posted(429, body) == refusal


@pytest.mark.parametrize("body", [{}, {"output": None}, {"output": []}, {"output": {"task_status": None}}])
def test_a_report_without_a_state_is_looked_at_again(body: dict[str, Any]) -> None:
    assert answers.report(cosplay.MODEL, body) == Report(Status.UNKNOWN)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("PENDING", Status.PENDING),
        ("UNKNOWN", Status.UNKNOWN),
        ("SUSPENDED", Status.UNKNOWN),  # a state the vendor may add
        ("succeeded", Status.UNKNOWN),
    ],
)
def test_only_the_documented_states_are_ends(text: str, status: Status) -> None:
    assert of(text) == Report(status, "r")


def test_a_cancelled_task_has_failed_with_a_code_of_its_own() -> None:
    assert of("CANCELED").failure == Refusal("CANCELED", "the task was cancelled", "r")


def test_the_repaint_models_result_is_the_first_of_a_list() -> None:
    assert of("SUCCEEDED", results=[{"url": "http://oss.aliyuncs.com/xxx/abc.jpg"}]).link.endswith("abc.jpg")


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ({"results": [{"code": "DataInspectionFailed", "message": "no"}]}, "DataInspectionFailed"),
        ({"results": [{}]}, "InternalError.NoResult"),
        ({"results": []}, "InternalError.NoResult"),
        ({}, "InternalError.NoResult"),
    ],
)
def test_a_success_without_a_result_is_a_failure(output: dict[str, Any], code: str) -> None:
    failure = of("SUCCEEDED", **output).failure
    assert failure is not None
    assert failure.code == code


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-04-15 14:09:23.434", datetime(2025, 4, 15, 6, 9, 23, 434_000, timezone.utc)),
        ("2025-04-15 14:09:23", datetime(2025, 4, 15, 6, 9, 23, 0, timezone.utc)),
        ("2025-01-01 00:00:00.000", datetime(2024, 12, 31, 16, 0, 0, 0, timezone.utc)),
    ],
)
def test_times_are_chinas_with_or_without_milliseconds(text: str, utc: datetime) -> None:
    assert answers.china_time(text) == utc.timestamp()


@pytest.mark.parametrize("text", ["xxx", "", "2025-04-15", "2025-04-15T14:09:23Z", "1744783762"])
def test_a_time_that_cannot_be_read_is_zero(text: str) -> None:
    assert answers.china_time(text) == 0.0


@pytest.mark.parametrize(
    ("link", "ends"),
    [
        ("http://h/a.jpg?Expires=1744783762&OSSAccessKeyId=k&Signature=s", 1744783762.0),
        ("http://h/a.jpg?x-oss-date=20250415T060922Z&x-oss-expires=86400&x-oss-signature=s", 1744783762.0),
        ("http://h/a.jpg", 0.0),
        ("http://h/a.jpg?Expires=soon", 0.0),
        ("http://h/a.jpg?x-oss-date=20250415T060922Z", 0.0),
        ("http://[h/a.jpg?Expires=1", 0.0),
        ("", 0.0),
    ],
)
def test_a_link_tells_when_it_ends(link: str, ends: float) -> None:
    assert answers.link_expires(link) == ends


@pytest.mark.parametrize(
    ("ended", "expires", "last"),
    [
        (1000.0, 1000.0 + 86_400, 1000.0 + 86_400),
        (1000.0, 1000.0 + 600, 1000.0 + 600),  # a link that dies early
        (1000.0, 1000.0 + 7 * 86_400, 1000.0 + 86_400),  # the task is forgotten first
        (0.0, 0.0, 500.0 + 86_400),  # no end is known: from the submission on
    ],
)
def test_the_deadline_is_the_earlier_of_link_and_task(ended: float, expires: float, last: float) -> None:
    report = Report(Status.SUCCEEDED, link="http://h/a", ended_at=ended, link_expires=expires)
    assert deadline(report, submitted_at=500.0) == last


def test_the_task_list_is_flat_and_in_milliseconds() -> None:
    body = {
        "data": [
            {"task_id": "t1", "api_key_id": 100001, "gmt_create": 1744697363434, "status": "RUNNING"},
            {"task_id": "t2", "start_time": 1744697363000},
        ],
        "total": 2,
    }
    first, second = answers.listed(body)
    assert first == Listed("t1", "100001", 1744697363.434, "RUNNING")
    assert second == Listed("t2", "", 1744697363.0, "")


def test_an_empty_task_list_may_lack_its_data() -> None:
    assert answers.listed({"total": 0}) == answers.listed({"data": None}) == []
