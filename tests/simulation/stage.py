"""A world with a timetable: what people, events, outages and minutes do in virtual time, whoever sleeps meanwhile."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import replace

from functions.poller.index import poll
from functions.submit.index import submit
from local.clock import ManualClock
from local.dashscope.limits import Settings as VendorSettings
from local.dashscope.tasks import Fate
from shared import keys
from shared.errors import NotNow, Raced
from shared.facts import Policy
from tests.simulation.faults import FaultyWire, Kind, Outage, Plan
from tests.world import World, jpeg
from tests.world.wire import Killed

RETRIES = 3
"""How often Function Compute delivers an asynchronous event again after a function error."""
POLICY = Policy(grace=450, list_lag=120, look=3, max_attempts=3)


class Timetable(ManualClock):
    """Virtual time in which things are planned: sleeping lets them happen, one inside the other's sleep."""

    def __init__(self) -> None:
        super().__init__()
        self._plans: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Plan `act` for `when`, epoch seconds."""
        heapq.heappush(self._plans, (when, next(self._serial), act))

    def sleep(self, seconds: float) -> None:
        """Let time pass, and what is planned in it happen."""
        target = self.now() + max(0.0, seconds)
        while self._plans and self._plans[0][0] <= target:
            when, _, act = heapq.heappop(self._plans)
            super().sleep(when - self.now())
            act()
        super().sleep(target - self.now())

    @property
    def is_empty(self) -> bool:
        """Whether nothing is planned any more."""
        return not self._plans


class Stage(World):
    """One booth in which anything may go wrong. Times in scenarios are seconds after its birth."""

    def __init__(
        self,
        plan: Plan | None = None,
        *,
        policy: Policy = POLICY,
        vendor: VendorSettings | None = None,
        knows_key: bool = True,
    ) -> None:
        self.timetable = Timetable()
        self.faulty = FaultyWire(self.timetable, plan or {})
        super().__init__(policy, vendor, clock=self.timetable, wire=self.faulty)
        self.booth = replace(self.booth, key_id=self.key.id if knows_key else "")
        self.birth = self.clock.now()
        self.faulty.rivals = {Kind.RIVAL_EVENT: self.hear_all, Kind.RIVAL_TICK: self.poll_once}
        self.bugs: list[BaseException] = []
        self.drops: list[str] = []
        """Keys of all photos ever dropped, one entry per drop."""
        self.asked: list[str] = []
        """Keys whose portrait an operator asked for anew."""

    def at(self, seconds: float, act: Callable[[], None]) -> None:
        """Plan `act` for `seconds` after the birth."""
        self.timetable.at(self.birth + seconds, act)

    def upload(self, name: str, color: str = "orange", *, heard: bool = True) -> None:
        """A person drops a photo; its event arrives at once, or never."""
        key = keys.PHOTOS + name
        etag = self.put(key, jpeg(color=color))
        self.drops.append(key)
        if heard:
            self.hear(name, etag)

    def hear(self, name: str, etag: str = "", attempt: int = 0) -> None:
        """The photo's event is delivered, again after a failure as Function Compute does."""
        try:
            submit(self.booth, self.event(keys.PHOTOS + name, etag))
        except (Killed, Exception) as error:
            self._suspect(error)
            if attempt < RETRIES:
                again = self.clock.now() + 2.0**attempt
                self.timetable.at(again, lambda: self.hear(name, etag, attempt + 1))

    def hear_all(self) -> None:
        """The event of every photo that lies there, once more."""
        for photo in self.keys(keys.PHOTOS):
            self.hear(photo.removeprefix(keys.PHOTOS), attempt=RETRIES)

    def poll_once(self) -> None:
        """One invocation of the poller; it may die."""
        try:
            poll(self.booth, self.timer())
        except (Killed, Exception) as error:
            self._suspect(error)

    def minute(self) -> None:
        """One tick of the timer. While the last invocation still runs, the event lapses with its age."""
        began = self.clock.now()
        self.poll_once()
        self.clock.sleep(max(0.0, began + 60 - self.clock.now()))

    def next_task(self, *, code: str = "", seconds: float | None = None, times: int = 1) -> None:
        """Decide the fate of the next tasks."""
        for _ in range(times):
            self.vendor.plan(Fate(code=code, message=code, seconds=seconds))

    def junk(self, name: str) -> None:
        """A person drops something that is no picture."""
        etag = self.put(keys.PHOTOS + name, b"no picture")
        self.drops.append(keys.PHOTOS + name)
        self.hear(name, etag)

    def blind(self, begin: float, end: float) -> None:
        """DashScope answers UNKNOWN about every task between two moments."""
        self.at(begin, lambda: self.tasks.see(False))
        self.at(end, lambda: self.tasks.see(True))

    def other_program(self, seconds: float) -> None:
        """Another program of the account submits a task."""
        self.stranger(seconds)

    def out(self, call: str, begin: float, end: float) -> None:
        """A service is away between two moments, seconds after the birth."""
        self.faulty.outages.append(Outage(call, self.birth + begin, self.birth + end))

    def _suspect(self, error: BaseException) -> None:
        # Dying, services that are away and lost races are part of life; everything else is a bug of ours.
        if not isinstance(error, (Killed, NotNow, Raced)):
            self.bugs.append(error)
