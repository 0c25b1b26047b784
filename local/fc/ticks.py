"""When which timer fires next. Ticks missed while this machine slept are one."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from local.fc.cron import schedule
from local.fc.functions import Function, Timer


@dataclass(frozen=True, order=True)
class Tick:
    """One firing of a timer of `function`, at a moment in epoch seconds."""

    at: float
    order: int
    function: str = field(compare=False)
    timer: Timer = field(compare=False)

    def after(self, now: float) -> Tick:
        """The next tick that still lies ahead."""
        following = schedule(self.timer.cron)
        at = following(self.at)
        return Tick(at if at > now else following(now), self.order, self.function, self.timer)


class Ticks:
    """The timers of all functions. Those that are not enabled never fire."""

    def __init__(self, functions: Iterable[Function], now: float) -> None:
        timers = [(function.name, timer) for function in functions for timer in function.timers if timer.enabled]
        self._ahead = [Tick(now, order, name, timer).after(now) for order, (name, timer) in enumerate(timers)]
        heapq.heapify(self._ahead)

    @property
    def next(self) -> float | None:
        """When the next one fires."""
        return self._ahead[0].at if self._ahead else None

    def fired(self, now: float) -> Iterator[Tick]:
        """The ticks whose moment has come, each once."""
        while self._ahead and self._ahead[0].at <= now:
            yield heapq.heapreplace(self._ahead, self._ahead[0].after(now))
