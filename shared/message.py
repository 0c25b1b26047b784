"""What lies on the queue: "look at this task at that time". A reminder only; the log is the truth. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

FORMAT = 1
_JOB, _TASK = re.compile(r"[0-9a-f]{24}"), re.compile(r"[\w-]{1,100}")
"""They become parts of keys and links."""


@dataclass(frozen=True)
class Reminder:
    """Look at `task_id` of `job`, not before `not_before` (epoch seconds)."""

    job: str
    task_id: str
    not_before: float


def encode(reminder: Reminder) -> str:
    """The body of a message: ASCII JSON, because XML carries it and the SDK filters no control characters."""
    body = {"v": FORMAT, "job": reminder.job, "task_id": reminder.task_id}
    return json.dumps({**body, "not_before": round(reminder.not_before, 3)})


def decode(body: str) -> Reminder | None:
    """The reminder, or None when the message is not one of ours."""
    try:
        told = json.loads(body)
        reminder = Reminder(told["job"], told["task_id"], float(told["not_before"]))
        return reminder if _JOB.fullmatch(reminder.job) and _TASK.fullmatch(reminder.task_id) else None
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
