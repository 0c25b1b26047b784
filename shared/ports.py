"""The four doors to the outside. Everything that has an effect goes through one of them; adapters are thin.

Every call may raise `NotNow`, and every call may be repeated after it, but for `Tasks.submit`: there the doubt is a
value (`models.contract.Ambiguous`), so that nobody can overlook it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.models.contract import Listed, Model, Posted, Report


@dataclass(frozen=True)
class Head:
    """What HEAD tells of an object."""

    etag: str
    size: int
    modified_at: float
    """Last-Modified, epoch seconds."""
    meta: Mapping[str, str]
    """`x-oss-meta-*` without the prefix, lower case."""


@dataclass(frozen=True)
class Entry:
    """One line of a listing."""

    key: str
    size: int
    modified_at: float
    etag: str = ""


@dataclass(frozen=True)
class Listing:
    """One page of keys, in order."""

    entries: Sequence[Entry]
    is_complete: bool
    """Whether nothing follows."""


@dataclass(frozen=True)
class Unreadable:
    """OSS's image processing could not read a picture: its code."""

    code: str


class Objects(Protocol):
    """The bucket."""

    def head(self, key: str) -> Head | None:
        """None when there is no such object."""
        ...

    def read(self, key: str, start: int = 0) -> bytes | None:
        """The bytes from `start` on; None when there is no such object."""
        ...

    def write(self, key: str, data: bytes, content_type: str = "", meta: Mapping[str, str] | None = None) -> None:
        """Put the object, replacing what was there."""
        ...

    def append(self, key: str, position: int, data: bytes) -> bool:
        """Compare-and-set: True when the object was exactly `position` bytes long and now ends in `data`.

        False when it was not. Source: help.aliyun.com/zh/oss/developer-reference/appendobject.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove the object; no error when there is none."""
        ...

    def list(self, prefix: str, limit: int = 1000, after: str = "") -> Listing:
        """The first `limit` (at most 1,000) keys below `prefix` that come behind `after`."""
        ...

    def info(self, key: str) -> Mapping[str, str] | Unreadable:
        """`image/info`: ImageWidth, ImageHeight, Format, FileSize, Orientation …, all text. Raced when it has gone."""
        ...

    def link(self, key: str, process: str, seconds: int) -> str:
        """A signed GET link that DashScope can reach, with `process` signed in. No call is made."""
        ...


@dataclass(frozen=True)
class Message:
    """One received message."""

    handle: str
    body: str


class Queue(Protocol):
    """The message queue: reminders to look at a task. Losing all of them loses nothing."""

    def send(self, body: str, delay: int = 0) -> None:
        """Enqueue; visible after `delay` seconds."""
        ...

    def receive(self) -> Sequence[Message]:
        """Up to 16 messages, without waiting; empty when there are none."""
        ...

    def postpone(self, handle: str, seconds: int) -> None:
        """Show the message again in `seconds` (1 to 43,200); nothing happens when it is gone."""
        ...

    def delete(self, handle: str) -> None:
        """Remove the message; nothing happens when it is gone."""
        ...


class Tasks(Protocol):
    """DashScope's asynchronous tasks."""

    def submit(self, model: Model, body: Mapping[str, Any]) -> Posted:
        """POST once. Never repeats by itself."""
        ...

    def query(self, model: Model, task_id: str) -> Report:
        """State of one task."""
        ...

    def list(self, model_name: str) -> Sequence[Listed]:
        """All pages of the last 24 hours' tasks of that model in this account."""
        ...

    def cancel(self, task_id: str) -> bool:
        """Whether a PENDING task was cancelled."""
        ...

    def fetch(self, link: str) -> bytes:
        """The result's bytes. Raises BadResult when link or content does not pass the checks."""
        ...


class Clock(Protocol):
    """Time."""

    def now(self) -> float:
        """Epoch seconds."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...
