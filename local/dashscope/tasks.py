"""What the engine keeps of a task, and what it asks of whoever makes the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

PENDING = "PENDING"
RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
CANCELED = "CANCELED"
UNKNOWN = "UNKNOWN"

KEPT = 24 * 3600
"""Seconds for which a task and its result outlive the task's end."""


@dataclass(frozen=True)
class ApiKey:
    """One key of an account. Limits are counted and tasks are seen per account; `id` tells its keys apart."""

    secret: str = "sk-local"  # noqa: S105  it opens a server on loopback and nothing else
    id: str = "100001"
    account: str = "1000000000000001"


@dataclass(frozen=True)
class Task:
    """One generation. Times are seconds since the epoch, None for what has not happened."""

    number: int
    """Its place among all tasks ever submitted here."""
    id: str
    request_id: str
    """Of the submission: the task list shows it, no other answer does."""
    account: str
    api_key_id: str
    model: str
    input: dict[str, Any]
    seconds: float
    """How long the run takes at least."""
    submitted: float
    scheduled: float | None = None
    ended: float | None = None
    status: str = PENDING
    code: str = ""
    """Why it failed, or, until it ends, why it is going to fail."""
    message: str = ""
    picture: str = ""
    """The blob that holds the result."""


@dataclass(frozen=True)
class Count:
    """A number that outlives a restart."""

    value: int


@dataclass(frozen=True)
class Fate:
    """What a test has decided about a task to come: that it fails with `code`, or how long it runs."""

    code: str = ""
    message: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Picture:
    """A finished picture, encoded as its model promises."""

    data: bytes


@dataclass(frozen=True)
class Failure:
    """Why there is no picture, in the vendor's words."""

    code: str
    message: str


class Studio(Protocol):
    """Whoever makes the pictures."""

    def make(self, task: Task) -> Picture | Failure:
        """The picture `task.input` asks for. It may be asked for again: a kill loses the unfinished."""
        ...
