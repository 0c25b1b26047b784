"""What an account may do here, and how fast. The numbers are the vendor's; a test may set others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from local.dashscope.errors import too_fast


@dataclass(frozen=True)
class Settings:
    """How this DashScope behaves, where the vendor's pages leave it open or a test wants it otherwise."""

    policy: Literal["queue", "refuse"] = "queue"
    """A second task of an account waits as PENDING, or is refused with 429: the pages allow both readings."""
    seconds: float | Callable[[int], float] = 2.0
    """How long a run takes; a function is given the task's number."""
    quota: int | None = None
    """Pictures an account may have of each model; failures are free."""
    list_lag: float = 0.0
    """Seconds before a new task shows in the task list."""
    submissions_per_second: int = 2
    looks_per_second: int = 20
    """For getting, listing and cancelling, each."""
    seed: int = 0
    """From which all ids follow."""

    def seconds_of(self, number: int) -> float:
        """How long the run of task `number` takes."""
        return self.seconds(number) if callable(self.seconds) else self.seconds


class Rate:
    """At most `limit` requests within any second, counting only those it lets through."""

    def __init__(self, limit: int) -> None:
        self._recent: deque[float] = deque(maxlen=limit)

    def admit(self, now: float) -> None:
        """Let one request through, or refuse it with Throttling.RateQuota."""
        if len(self._recent) == self._recent.maxlen and now - self._recent[0] < 1:
            raise too_fast()
        self._recent.append(now)
