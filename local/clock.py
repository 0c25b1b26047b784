"""The clocks of the local stack. Every engine is given one; none looks at the time by itself."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What time it is, and the means to let it pass."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` of this clock have passed."""
        ...


class WallClock:
    """Real time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for `seconds`."""
        time.sleep(max(0.0, seconds))


class ManualClock:
    """Virtual time: it stands still until told to pass, and sleeping costs nothing."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        """Seconds since the epoch, as last set."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self._now += max(0.0, seconds)
