"""Reads DashScope's JSON into values. Pure, and tolerant of every oddity that the vendor's own examples show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.models.contract import Accepted, Ambiguous, Listed, Model, Posted, Refusal, Report, Status

_CHINA = timezone(timedelta(hours=8))
_TIME_FORMATS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S")


def posted(status: int, body: Mapping[str, Any] | None) -> Posted:
    """The outcome of a submission. `body` is None when the answer was no JSON object."""
    if body is None:
        return Ambiguous(f"answer {status} that is no JSON")
    task_id = _output(body).get("task_id")
    request_id = str(body.get("request_id") or "")
    if 200 <= status < 300:
        return Accepted(str(task_id), request_id) if task_id else Ambiguous(f"answer {status} without a task_id")
    return refusal(body, request_id, status)


def refusal(body: Mapping[str, Any], request_id: str = "", status: int = 0) -> Refusal:
    """`code` and `message` of an error answer, or of the `output` of a FAILED task."""
    return Refusal(str(body.get("code") or ""), str(body.get("message") or ""), request_id, status)


def report(model: Model, body: Mapping[str, Any]) -> Report:
    """The state of one task from the answer of `GET /tasks/{id}`."""
    output = _output(body)
    status = _status(str(output.get("task_status") or ""))
    request_id = str(body.get("request_id") or "")
    link = model.result(output) if status is Status.SUCCEEDED else ""
    return Report(
        status,
        request_id,
        failure=_failure(status, output, link, request_id),
        link=link,
        images=_images(body.get("usage") or {}),
        ended_at=china_time(str(output.get("end_time") or "")),
        link_expires=link_expires(link),
    )


def listed(body: Mapping[str, Any]) -> list[Listed]:
    """One page of `GET /tasks`: flat `data`, times in epoch milliseconds."""
    return [
        Listed(
            task_id=str(one["task_id"]),
            key_id=str(one.get("api_key_id") or ""),
            made_at=float(one.get("gmt_create") or one.get("start_time") or 0) / 1000,
            status=str(one.get("status") or ""),
        )
        for one in body.get("data") or []
    ]


def china_time(text: str) -> float:
    """Epoch seconds of a vendor's time: China time without a zone, milliseconds now and then; 0 when unreadable."""
    for form in _TIME_FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=_CHINA).timestamp()
        except ValueError:
            continue
    return 0.0


def link_expires(link: str) -> float:
    """When a signed link ends: `Expires` (OSS V1) or `x-oss-date` + `x-oss-expires` (V4); 0 when it tells not."""
    try:
        query = parse_qs(urlsplit(link).query)
        if "Expires" in query:
            return float(query["Expires"][0])
        signed = datetime.strptime(query["x-oss-date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        return signed.timestamp() + float(query["x-oss-expires"][0])
    except (KeyError, ValueError):
        return 0.0


def _output(body: Mapping[str, Any]) -> Mapping[str, Any]:
    output = body.get("output")
    return output if isinstance(output, dict) else {}


def _status(text: str) -> Status:
    # A state that the vendor may add one day is looked at again, never taken for an end.
    return Status(text) if text in Status.__members__ else Status.UNKNOWN


def _failure(status: Status, output: Mapping[str, Any], link: str, request_id: str) -> Refusal | None:
    if status is Status.CANCELED:
        return Refusal("CANCELED", "the task was cancelled", request_id)
    if status is Status.FAILED:
        return refusal(output, request_id)
    if status is Status.SUCCEEDED and not link:
        # Models with several results report a failure per result, in a task that SUCCEEDED.
        results = output.get("results") or [{}]
        return refusal({"code": "InternalError.NoResult", **results[0]}, request_id)
    return None


def _images(usage: Mapping[str, Any]) -> int:
    # The vendor's page spells it image_count on success and image_num on failure.
    return int(usage.get("image_count") or usage.get("image_num") or 0)
