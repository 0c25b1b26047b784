"""DashScope's JSON: answers as the vendor's pages show them, oddities included, and the task list's query.

Sources: the models' pages, and https://help.aliyun.com/zh/model-studio/manage-asynchronous-tasks
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from local.dashscope.errors import ApiError, invalid_parameter
from local.dashscope.listing import Page, Query
from local.dashscope.models import MODELS
from local.dashscope.tasks import FAILED, KEPT, PENDING, RUNNING, SUCCEEDED, UNKNOWN, Task

Json = dict[str, Any]

CHINA = timezone(timedelta(hours=8))
"""Times are written in it, without saying so."""


def refusal(error: ApiError, request_id: str) -> Json:
    """The body of a refused request."""
    return {"code": error.code, "message": error.message, "request_id": request_id}


def submission(task: Task) -> Json:
    """The answer to an accepted submission."""
    return {"output": {"task_status": PENDING, "task_id": task.id}, "request_id": task.request_id}


def no_task(task_id: str, request_id: str) -> Json:
    """The answer about a task that never was, is forgotten or is somebody else's; it comes with HTTP 200."""
    return {"request_id": request_id, "output": {"task_id": task_id, "task_status": UNKNOWN}}


def task_answer(task: Task, request_id: str, link: str, *, milliseconds: bool = True) -> Json:
    """The answer about one task; `link` is where its result can be fetched, once it has one."""
    output: Json = {"task_id": task.id, "task_status": task.status}
    answer: Json = {"request_id": request_id, "output": output}
    if task.status in (PENDING, RUNNING):
        output["task_metrics"] = _metrics(task)
        return answer
    output |= _times(task, milliseconds)
    if task.status == SUCCEEDED:
        output |= _success(task, link)
        answer["usage"] = {"image_count": 1}
    if task.status == FAILED:
        output |= {"code": task.code, "message": task.message}
        answer["usage"] = {"image_num": 0}  # the vendor's spelling for failures only
    return answer


def _metrics(task: Task) -> Json:
    # The vendor's own example of a RUNNING task already counts it as succeeded: not a field to trust.
    return {"TOTAL": 1, "SUCCEEDED": int(task.status == RUNNING), "FAILED": 0}


def _success(task: Task, link: str) -> Json:
    model = MODELS[task.model]
    return {
        "error_code": 0,
        "error_message": "Success",
        model.index: task.input[model.index],
        **model.result(link),
    }


def _times(task: Task, milliseconds: bool) -> Json:
    times = {"submit_time": task.submitted, "scheduled_time": task.scheduled, "end_time": task.ended}
    if task.status == SUCCEEDED:
        times["start_time"] = task.scheduled
    return {name: clock_time(at, milliseconds) for name, at in times.items() if at is not None}


def clock_time(at: float, milliseconds: bool = True) -> str:
    """`YYYY-MM-DD HH:mm:ss.SSS` in China; the vendor sometimes leaves the milliseconds out."""
    # Rounded as a whole number first, or a fraction's float error would show as the millisecond before.
    whole, rest = divmod(epoch_ms(at), 1000)
    text = datetime.fromtimestamp(whole, CHINA).strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{rest:03d}" if milliseconds else text


def epoch_ms(at: float) -> int:
    """Milliseconds since the epoch."""
    return round(at * 1000)


def result_path(task: Task) -> str:
    """Where the result of `task` lies on this server."""
    return f"/results/{task.id}/portrait.{MODELS[task.model].suffix}"


def result_expiry(task: Task) -> int:
    """Until when (Unix seconds) the result can be fetched."""
    return int((task.ended or 0) + KEPT)


def listing(page: Page, request_id: str) -> Json:
    """The answer of the task list: flat, with neither inputs nor results."""
    return {
        "request_id": request_id,
        "data": [_row(task) for task in page.tasks],
        "total": page.total,
        "total_page": -(-page.total // page.size),
        "page_no": page.number,
        "page_size": page.size,
    }


def _row(task: Task) -> Json:
    times = {"gmt_create": task.submitted, "start_time": task.scheduled, "end_time": task.ended}
    return {
        "api_key_id": task.api_key_id,
        "caller_parent_id": task.account,
        "caller_uid": task.account,
        **{name: epoch_ms(at) for name, at in times.items() if at is not None},
        "model_name": task.model,
        "region": "cn-beijing",
        "request_id": task.request_id,
        "status": task.status,
        "task_id": task.id,
        "user_api_unique_key": f"apikey:v1:aigc:image-generation:generation:{task.model}",
    }


def query(given: Mapping[str, str]) -> Query:
    """The task list's query parameters; InvalidParameter for what cannot be read."""
    return Query(
        task_id=given.get("task_id"),
        model=given.get("model_name"),
        status=given.get("status"),
        api_key_id=given.get("api_key_id"),
        since=_moment(given, "start_time"),
        until=_moment(given, "end_time"),
        page=_count(given, "page_no", 1),
        size=_count(given, "page_size", 10),
    )


def _moment(given: Mapping[str, str], name: str) -> float | None:
    """YYYYMMDDhhmmss; the pages do not name the zone, so it is taken for China's like all other times."""
    if name not in given:
        return None
    try:
        return datetime.strptime(given[name], "%Y%m%d%H%M%S").replace(tzinfo=CHINA).timestamp()
    except ValueError:
        raise invalid_parameter(name) from None


def _count(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise invalid_parameter(name)
    return int(text)
