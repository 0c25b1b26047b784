"""The one generation slot: an append-only log in which every line carries the whole state, so the last one suffices.

Never a counter and never a lock object that is deleted: both leak when a reply is lost. It also keeps what belongs
to the slot's account: the 0.5 s between submissions, the back-off after a refusal, and the day's images. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

SPACING = 0.5
"""Seconds between submissions: two a second per account (vendor's page of wanx-style-cosplay-v1)."""
LONGEST_BACKOFF = 60.0
CHINA = 8 * 3600
FILE_LIMIT = 1_000_000
"""Bytes after which the next file begins."""


@dataclass(frozen=True)
class Slot:
    """The slot as the last line of its log tells. Times are epoch seconds."""

    file: int = 1
    position: int = 0
    holder: str = ""
    """The job that may have a task in flight; empty when the slot is free."""
    taken_at: float = 0.0
    ready_at: float = 0.0
    """No submission before."""
    misses: int = 0
    """Submissions in a row that the service put off."""
    day: int = 0
    """The day that `bought` counts, in days since the epoch, China time (the vendor's)."""
    bought: int = 0

    def bought_on(self, now: float) -> int:
        """Images bought on the day of `now`."""
        return self.bought if self.day == china_day(now) else 0

    @property
    def is_full(self) -> bool:
        """Whether the next line belongs into the next file."""
        return self.position >= FILE_LIMIT


def china_day(now: float) -> int:
    """The day of `now` in UTC+8, in days since the epoch."""
    return int((now + CHINA) // 86_400)


def day_ends(now: float) -> float:
    """When the day of `now` ends in UTC+8."""
    return (china_day(now) + 1) * 86_400.0 - CHINA


def take(slot: Slot, job: str, now: float) -> Slot:
    """The slot in the hands of `job`."""
    return replace(slot, holder=job, taken_at=now)


def free(slot: Slot, now: float, *, posted_at: float, bought: bool = False, missed: bool = False) -> Slot:
    """The slot free again. `bought`: its task SUCCEEDED. `missed`: the service put the submission off.

    `posted_at` is the latest moment at which the POST may have gone out: spacing counts from there.
    """
    misses = slot.misses + 1 if missed else 0
    pause = min(LONGEST_BACKOFF, SPACING * 2**misses) if missed else 0.0
    return replace(
        slot,
        holder="",
        ready_at=max(posted_at + SPACING, now + pause),
        misses=misses,
        day=china_day(now),
        bought=slot.bought_on(now) + bought,
    )


def to_line(slot: Slot) -> dict[str, Any]:
    """What is written of it; position and file are where it is written."""
    return {
        "op": "take" if slot.holder else "free",
        "job": slot.holder,
        "taken_at": slot.taken_at,
        "ready_at": slot.ready_at,
        "misses": slot.misses,
        "day": slot.day,
        "bought": slot.bought,
    }


def from_line(line: Mapping[str, Any], file: int, position: int) -> Slot:
    """The slot after `line`, the last of its file, which is `position` bytes long."""
    return Slot(
        file=file,
        position=position,
        holder=line["job"],
        taken_at=line["taken_at"],
        ready_at=line["ready_at"],
        misses=line["misses"],
        day=line["day"],
        bought=line["bought"],
    )
