"""The asynchronous side of Function Compute as pure decisions: what runs when, what runs again, who is told.

Every accepted invocation is a row until it has ended, so what was running when the process died runs again.
See https://www.alibabacloud.com/help/en/functioncompute/fc/error-handling-1-2
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from local.clock import Clock
from local.fc.errors import EXPIRED, FcError, Outcome
from local.fc.events import destination_payload, matches, oss_payload, timer_payload
from local.fc.functions import Destination, Function
from local.fc.notices import Notices
from local.fc.ticks import Ticks
from local.state import State

SYNC_LIMIT = 32 * 1024 * 1024
ASYNC_LIMIT = 128 * 1024
"""Bytes of an event."""

FIRST_BACKOFF = 0.5
"""Seconds after the first 429; each further one doubles them."""

THROTTLED_AT_MOST = 5 * 3600.0
"""Seconds for which an invocation is tried against 429, whatever its age limit."""

RETRY_SPACING = 1.0
"""Seconds before the first retry of a function error, then doubling. The vendor names no figure; short suits a demo."""


@dataclass(frozen=True)
class Invocation:
    """One accepted event. `payload` is latin-1 text, in which every byte has its character; times in seconds."""

    id: str
    function: str
    payload: str
    source: str
    accepted: float
    due: float
    runs: int = 0
    throttled: int = 0


class Fc:
    """The queue, the timers and the concurrency limits of `functions`.

    `max_instances` is how many calls of one function this machine runs at once. What goes beyond it waits;
    FC would have scaled out. What goes beyond a function's reserved concurrency is throttled, as on FC.
    """

    def __init__(  # noqa: PLR0913 - two collaborators, the rest are settings with names
        self,
        state: State,
        clock: Clock,
        functions: Iterable[Function],
        *,
        region: str = "cn-beijing",
        account_id: str = "1000000000000001",
        max_instances: int = 8,
        rng: random.Random | None = None,
    ) -> None:
        self.functions = {function.name: function for function in functions}
        self.region, self.account_id, self.max_instances = region, account_id, max_instances
        self.clock = clock
        self._rng = rng or random.Random()
        self._accepted = state.table("invocation", Invocation)
        self._running: Counter[str] = Counter()
        self._order = itertools.count()
        self._waiting: dict[str, list[tuple[float, int, str]]] = {name: [] for name in self.functions}
        for invocation in sorted(self._accepted.values(), key=lambda each: (each.accepted, each.id)):
            self._line_up(invocation)
        self._ticks = Ticks(self.functions.values(), clock.now())
        self.notices = Notices(state, clock)

    @property
    def most_running(self) -> int:
        """How many invocations can run at once, all functions together."""
        limits = (each.reserved_concurrency for each in self.functions.values())
        return max(1, sum(self.max_instances if limit is None else limit for limit in limits))

    # --- what others ask for

    def find(self, function: str) -> Function:
        """The function of that name. Raises FcError 404."""
        if function not in self.functions:
            raise FcError(404, "FunctionNotFound", f"function '{function}' does not exist")
        return self.functions[function]

    def enqueue(self, function: str, payload: bytes, source: str) -> str:
        """Accept an asynchronous invocation; returns its request id. Raises FcError 404, 400 EntityTooLarge."""
        self._check(function, payload, ASYNC_LIMIT)
        now = self.clock.now()
        invocation = Invocation(self.request_id(), function, payload.decode("latin-1"), source, now, now)
        self._accepted[invocation.id] = invocation
        self._line_up(invocation)
        return invocation.id

    def enqueue_oss(self, events: Iterable[dict[str, object]]) -> list[str]:
        """Accept one invocation for each pair of an event and a trigger that wants it; returns the request ids."""
        return [
            self.enqueue(function.name, oss_payload(event), "oss")
            for event in events
            for function in self.functions.values()
            if any(matches(trigger, event) for trigger in function.oss_triggers)
        ]

    def start_sync(self, function: str, payload: bytes) -> str:
        """Take an instance for a synchronous invocation; returns its request id. Raises FcError 404, 400 or 429."""
        self._check(function, payload, SYNC_LIMIT)
        if not (self._unreserved(function) and self._has_room(function)):
            raise FcError(429, "ResourceExhausted", f"concurrency limit of function '{function}' exceeded")
        self._running[function] += 1
        return self.request_id()

    def finish_sync(self, function: str) -> None:
        """Give the instance back."""
        self._running[function] -= 1

    # --- what the dispatcher does

    def start_due(self) -> list[Invocation]:
        """The invocations to run now, oldest first by function. Each holds an instance until `finish`."""
        for tick in self._ticks.fired(self.clock.now()):
            self.enqueue(tick.function, timer_payload(tick.timer, tick.at), "timer")
        return [invocation for name in self.functions for invocation in self._start(name)]

    def finish(self, invocation: Invocation, outcome: Outcome) -> None:
        """Take note of how a started invocation ended: done, to be tried again, or given up."""
        function = self.functions[invocation.function]
        self._running[function.name] -= 1
        ran = replace(invocation, runs=invocation.runs + 1)
        if outcome.error and invocation.runs < function.retries:
            self._put_off(replace(ran, throttled=0), RETRY_SPACING * 2**invocation.runs)
        else:
            self._end(ran, outcome)

    def put_back(self, invocation: Invocation) -> None:
        """A started invocation found no instance on this machine: it is tried again like one that was throttled."""
        self._running[invocation.function] -= 1
        self._throttle(invocation)

    def next_due(self) -> float | None:
        """When `start_due` will next have something to do, or None while only a finish can bring it."""
        moments = [line[0][0] for name, line in self._waiting.items() if line and self._has_room(name)]
        moments += [moment for moment in (self._ticks.next, self.notices.next) if moment is not None]
        return min(moments, default=None)

    def arn(self, function: str) -> str:
        """The ARN of a function."""
        return f"acs:fc:{self.region}:{self.account_id}:functions/{function}"

    def request_id(self) -> str:
        """A fresh request id in FC's form: version, hexadecimal time, randomness."""
        bits = self._rng.getrandbits(80)
        return f"1-{int(self.clock.now()):08x}-{bits >> 48:08x}-{bits & 0xFFFFFFFFFFFF:012x}"

    # --- inside

    def _check(self, function: str, payload: bytes, limit: int) -> None:
        self.find(function)
        if len(payload) > limit:
            raise FcError(400, "EntityTooLarge", f"payload size exceeds maximum allowed size ({limit} bytes)")

    def _start(self, name: str) -> Iterable[Invocation]:
        now, line = self.clock.now(), self._waiting[name]
        while line and line[0][0] <= now and self._has_room(name):
            invocation = self._accepted[heapq.heappop(line)[2]]
            if now - invocation.accepted > self._patience(invocation):
                self._end(invocation, Outcome(b"", EXPIRED))
            elif self._unreserved(name):
                self._running[name] += 1
                yield invocation
            else:
                self._throttle(invocation)

    def _patience(self, invocation: Invocation) -> float:
        age = self.functions[invocation.function].max_age
        return min(age, THROTTLED_AT_MOST) if invocation.throttled else age

    def _has_room(self, name: str) -> bool:
        # A function with a reserved limit is never short of room: it is throttled instead.
        return self._running[name] < self.max_instances or self.functions[name].reserved_concurrency is not None

    def _unreserved(self, name: str) -> bool:
        reserved = self.functions[name].reserved_concurrency
        return reserved is None or self._running[name] < reserved

    def _throttle(self, invocation: Invocation) -> None:
        backoff = FIRST_BACKOFF * 2**invocation.throttled
        self._put_off(replace(invocation, throttled=invocation.throttled + 1), backoff)

    def _put_off(self, invocation: Invocation, seconds: float) -> None:
        later = replace(invocation, due=self.clock.now() + seconds)
        self._accepted[later.id] = later
        self._line_up(later)

    def _line_up(self, invocation: Invocation) -> None:
        # A function that s.yaml no longer has keeps its rows, should it come back.
        if invocation.function in self._waiting:
            entry = (invocation.due, next(self._order), invocation.id)
            heapq.heappush(self._waiting[invocation.function], entry)

    def _end(self, invocation: Invocation, outcome: Outcome) -> None:
        del self._accepted[invocation.id]
        function = self.functions[invocation.function]
        destination = function.on_failure if outcome.error else function.on_success
        # Timer invocations have no destinations: https://www.alibabacloud.com/help/doc-detail/181866.htm
        if destination and invocation.source != "timer":
            self._tell(destination, invocation, outcome)

    def _tell(self, destination: Destination, invocation: Invocation, outcome: Outcome) -> None:
        notice = self._notice(invocation, outcome)
        if destination.queue:
            self.notices.add(invocation.id, destination.queue, notice)
            return
        # What the destination refuses with a 4xx is dropped.
        with suppress(FcError):
            self.enqueue(destination.function, notice, "destination")

    def _notice(self, invocation: Invocation, outcome: Outcome) -> bytes:
        request = {
            "requestId": invocation.id,
            "functionArn": self.arn(invocation.function),
            "approximateInvokeCount": invocation.runs,
        }
        received = invocation.payload.encode("latin-1")
        return destination_payload(
            request=request, error=outcome.error, received=received, answered=outcome.body, at=self.clock.now()
        )
