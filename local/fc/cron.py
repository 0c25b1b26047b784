"""When a timer trigger fires: six-field cron with an optional `CRON_TZ=`, and `@every <n>m`.

The syntax is that of https://help.aliyun.com/document_detail/171746.html; UTC unless a zone is named.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_EVERY = re.compile(r"@every (\d+)m")
_ZONE = re.compile(r"(?:CRON_)?TZ=(\S+)\s+(.*)")
_HORIZON = 8 * 366 * 86_400
"""Seconds: a leap day may be eight years off; what has not come by then never comes."""

_QUARTER = 15 * 60
"""Seconds: clocks are put forward and back at quarters of an hour."""


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    def parse(self, text: str) -> frozenset[int]:
        return frozenset().union(*(self._part(part) for part in text.split(",")))

    def _part(self, text: str) -> frozenset[int]:
        span, _, step = text.partition("/")
        low, high = self._span(span, open_ended=bool(step))
        if not (self.low <= low <= high <= self.high) or step == "0":
            raise ValueError(f"{self.name} {text!r} is not within {self.low}-{self.high}")
        return frozenset(range(low, high + 1, int(step or 1)))

    def _span(self, text: str, *, open_ended: bool) -> tuple[int, int]:
        if text in ("*", "?"):
            return self.low, self.high
        first, dash, last = text.partition("-")
        low = self._number(first)
        if dash:
            return low, self._number(last)
        return low, self.high if open_ended else low

    def _number(self, text: str) -> int:
        return self.low + self.words.index(text.upper()) if text.upper() in self.words else int(text)


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 1, 7, _WEEKDAYS),
)


def schedule(expression: str) -> Callable[[float], float]:
    """The function from a moment to the next firing after it, both in seconds since the epoch.

    Raises ValueError for an expression that Function Compute would refuse, five-field cron among them.
    """
    if every := _EVERY.fullmatch(expression.strip()):
        if (minutes := int(every[1])) < 1:
            raise ValueError(f"{expression!r}: the interval is at least one minute")
        return lambda after: after + 60 * minutes
    return _Cron(expression).next


class _Cron:
    def __init__(self, expression: str) -> None:
        zoned = _ZONE.fullmatch(expression.strip())
        self._zone = _zone(zoned[1] if zoned else "UTC")
        texts = (zoned[2] if zoned else expression).split()
        if len(texts) != len(_FIELDS):
            raise ValueError(f"{expression!r} has {len(texts)} fields; FC wants second minute hour day month weekday")
        self._allowed = [field.parse(text) for field, text in zip(_FIELDS, texts, strict=True)]
        # Classic cron: when both the day and the weekday are named, either will do.
        self._either_day = all(text not in ("*", "?") for text in (texts[3], texts[5]))

    def next(self, after: float) -> float:
        at = math.floor(after) + 1
        while at - after < _HORIZON:
            local = self._local(at)
            goal = self._goal(local)
            if goal == local:
                return float(at)
            at = self._towards(at, local, goal)
        raise ValueError("the cron expression names a day that never comes")

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at, self._zone).replace(tzinfo=None)

    def _towards(self, at: int, local: datetime, goal: datetime) -> int:
        """The moment of `goal`, or one before it when the clock is put forward or back on the way there.

        So an hour left out does not fire and an hour repeated fires twice, both of which FC's manual announces.
        """
        midnight = local.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        for landmark in (goal, min(goal, midnight)):
            there = at + round((landmark - local).total_seconds())
            if self._local(there) == landmark:
                return there
        return at + _QUARTER - at % _QUARTER

    def _goal(self, moment: datetime) -> datetime:
        """`moment` itself if it fires, else the start of the next month, day, hour, minute or second."""
        seconds, minutes, hours, _, months, _ = self._allowed
        midnight = moment.replace(hour=0, minute=0, second=0)
        if moment.month not in months:
            return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)
        if not self._fires_on(moment):
            return midnight + timedelta(days=1)
        if moment.hour not in hours:
            return moment.replace(minute=0, second=0) + timedelta(hours=1)
        if moment.minute not in minutes:
            return moment.replace(second=0) + timedelta(minutes=1)
        if moment.second not in seconds:
            return moment + timedelta(seconds=1)
        return moment

    def _fires_on(self, moment: datetime) -> bool:
        day, weekday = moment.day in self._allowed[3], moment.isoweekday() in self._allowed[5]
        return (day or weekday) if self._either_day else (day and weekday)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}") from error
