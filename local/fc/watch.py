"""Keeps an eye on a process while it answers: whether its time is over, and whether it took more memory than it may."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

LOOK_EVERY = 0.1
"""Seconds."""

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_MB = 1024 * 1024


def peak_memory(pid: int) -> int:
    """The most bytes that process `pid` ever held resident; 0 where the system does not say (there is no /proc).

    The resident set, not the address space: Python with oss2 maps far more than it uses. Its children do not count.
    """
    try:
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


class Watch:
    """Calls `end` once, from a thread of its own, when `seconds` have passed or `memory` (MB) was exceeded.

    A context: what the process does within it is watched. A short peak is still seen when the context closes.
    """

    def __init__(self, pid: int, seconds: float, memory: int, end: Callable[[], None]) -> None:
        self.timed_out = self.out_of_memory = False
        self.peak = 0
        self._pid, self._memory, self._end = pid, memory * _MB, end
        self._deadline = time.monotonic() + seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()
        if not (self.timed_out or self.out_of_memory):
            self._weigh()

    def _look(self) -> None:
        while not self._done.wait(min(LOOK_EVERY, max(0.0, self._deadline - time.monotonic()))):
            self._weigh()
            self.timed_out = not self.out_of_memory and time.monotonic() >= self._deadline
            if self.timed_out:
                self._end()
            if self.timed_out or self.out_of_memory:
                return

    def _weigh(self) -> None:
        self.peak = max(self.peak, peak_memory(self._pid))
        if self.peak > self._memory:
            self.out_of_memory = True
            self._end()
