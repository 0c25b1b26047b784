"""What DashScope may be asked and what it may answer, as values for `decide`. No I/O.

Source: the vendor's pages "Cosplay动漫人物生成" (wanx-style-cosplay-v1) and of the asynchronous task API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

DAY = 86_400.0
"""Tasks and results are kept for 24 h after the end."""

Options = Mapping[str, int]


@dataclass(frozen=True)
class Model:
    """One model: how its input is built and its result read."""

    name: str
    path: str
    """Below `/api/v1/services/aigc/`."""
    options: Options
    """Every option it knows, with its default."""
    build: Callable[[str, str, Options], dict[str, Any]]
    """(face link, template link or "", options) -> `input`."""
    result: Callable[[Mapping[str, Any]], str]
    """`output` of a SUCCEEDED task -> result link, or "" when there is none."""
    uses_template: Callable[[Options], bool]
    price_cny: float
    """Per successful image; see docs/costs.md for the date."""


@dataclass(frozen=True)
class Accepted:
    """The task exists."""

    task_id: str
    request_id: str


@dataclass(frozen=True)
class Refusal:
    """A clear answer that there is no task, or the reason why one FAILED."""

    code: str
    message: str
    request_id: str = ""
    status: int = 0
    """HTTP status; 0 when the code came inside a FAILED task."""


@dataclass(frozen=True)
class Unsent:
    """The request certainly never left: safe to send later."""

    reason: str


@dataclass(frozen=True)
class Ambiguous:
    """The request left and no clear answer came: there may be a task."""

    reason: str


Posted = Accepted | Refusal | Unsent | Ambiguous


class Status(str, Enum):
    """Task states (vendor's page), and CANCELED of the task API."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Report:
    """What `GET /tasks/{id}` says of one task. Times are epoch seconds, 0 when not given."""

    status: Status
    request_id: str = ""
    failure: Refusal | None = None
    link: str = field(default="", repr=False)
    """Signed: never logged, never recorded."""
    images: int = 0
    """What the vendor counts as made, and bills."""
    ended_at: float = 0.0
    link_expires: float = 0.0


@dataclass(frozen=True)
class Listed:
    """One entry of `GET /tasks`."""

    task_id: str
    key_id: str
    """`api_key_id`: whose key made it."""
    made_at: float
    status: str


def deadline(report: Report, submitted_at: float) -> float:
    """When the result is gone: the earlier of the link's own expiry and 24 h after the end.

    Without an end, 24 h after submission: the end cannot be earlier than that, so this never promises too much.
    """
    ended = report.ended_at or submitted_at
    return min(ended + DAY, report.link_expires or float("inf"))
