"""What queues are told of ended invocations: kept until it was delivered, refused, or half an hour had passed.

https://www.alibabacloud.com/help/en/fc/user-guide/result-callback
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

from local.clock import Clock
from local.state import State

TRIED_AT_MOST = 30 * 60.0
"""Seconds for which a queue that does not answer is tried."""

FIRST_BACKOFF = 1.0
"""Seconds after the first failure; each further one doubles them."""


@dataclass(frozen=True)
class Notice:
    """One message on its way to `queue`. Times in epoch seconds."""

    id: str
    queue: str
    body: str
    since: float
    due: float
    tries: int = 0


class Notices:
    """The notices not yet delivered, each a row: a kill loses none. Raises nothing."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._clock = clock
        self._rows = state.table("notice", Notice)
        self._waiting = [(row.due, row.id) for row in self._rows.values()]
        heapq.heapify(self._waiting)

    @property
    def next(self) -> float | None:
        """When the next one is to be delivered."""
        return self._waiting[0][0] if self._waiting else None

    def add(self, id: str, queue: str, body: bytes) -> None:
        """Tell `queue`, as soon as may be, of the invocation `id`."""
        now = self._clock.now()
        self._wait(Notice(id, queue, body.decode(), now, now))

    def start_due(self) -> list[Notice]:
        """The notices to deliver now. Each is out of the line until `settle` or `put_off`."""
        started = []
        while self._waiting and self._waiting[0][0] <= self._clock.now():
            started.append(self._rows[heapq.heappop(self._waiting)[1]])
        return started

    def settle(self, notice: Notice) -> None:
        """It was delivered, or refused for good."""
        del self._rows[notice.id]

    def put_off(self, notice: Notice) -> None:
        """The queue did not take it now: try again later, or give it up when its time is over."""
        now = self._clock.now()
        if now - notice.since >= TRIED_AT_MOST:
            self.settle(notice)
        else:
            self._wait(replace(notice, due=now + FIRST_BACKOFF * 2**notice.tries, tries=notice.tries + 1))

    def _wait(self, notice: Notice) -> None:
        self._rows[notice.id] = notice
        heapq.heappush(self._waiting, (notice.due, notice.id))
