"""The task list: a day at most, newest first, in pages.

Source: https://help.aliyun.com/zh/model-studio/manage-asynchronous-tasks
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from local.dashscope.errors import invalid_parameter
from local.dashscope.tasks import Task

WINDOW = 24 * 3600
"""Seconds that one list may span."""


@dataclass(frozen=True)
class Query:
    """What to list. None means any; times are seconds since the epoch, of submission, both included."""

    task_id: str | None = None
    model: str | None = None
    status: str | None = None
    api_key_id: str | None = None
    since: float | None = None
    until: float | None = None
    page: int = 1
    size: int = 10

    def window(self, now: float) -> tuple[float, float]:
        """From when to when to list: an end not given lies a day from the other, or is now."""
        until = self.until
        if until is None:
            until = now if self.since is None else self.since + WINDOW
        since = until - WINDOW if self.since is None else self.since
        if not 0 <= until - since <= WINDOW:
            raise invalid_parameter("start_time")
        return since, until

    def fits(self, task: Task) -> bool:
        """Whether `task` is asked for, its time apart."""
        return (
            self.task_id in (None, task.id)
            and self.model in (None, task.model)
            and self.status in (None, task.status)
            and self.api_key_id in (None, task.api_key_id)
        )


@dataclass(frozen=True)
class Page:
    """One page of a list; `total` counts the tasks of all pages."""

    tasks: list[Task]
    total: int
    number: int
    size: int


def page(newest_first: Iterable[Task], query: Query, now: float, lag: float) -> Page:
    """The page asked for, of the tasks that have been there for `lag` seconds."""
    since, until = query.window(now)
    recent = takewhile(lambda task: task.submitted >= since, newest_first)
    found = [task for task in recent if task.submitted <= min(until, now - lag) and query.fits(task)]
    start = (query.page - 1) * query.size
    return Page(found[start : start + query.size], len(found), query.page, query.size)
