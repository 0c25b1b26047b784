"""Six ways in which a call can go wrong, placed by the number of the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from typing import TypeVar

from local.clock import Clock
from shared.errors import NotNow
from tests.world.ports import NeverLeft
from tests.world.wire import Killed, Wire

R = TypeVar("R")


class Kind(str, Enum):
    """What goes wrong."""

    CRASH_BEFORE = "crash_before"  # the function dies; the call was never made
    CRASH_AFTER = "crash_after"  # the function dies; the call took effect
    ERROR_BEFORE = "error_before"  # the call fails and had no effect
    REPLY_LOST = "reply_lost"  # the call fails and took effect
    RIVAL_EVENT = "rival_event"  # just before the call, every photo's event is delivered once more, and served
    RIVAL_TICK = "rival_tick"  # just before the call, another poller runs from beginning to end


FAULTS = (Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.ERROR_BEFORE, Kind.REPLY_LOST)
RIVALS = (Kind.RIVAL_EVENT, Kind.RIVAL_TICK)
Plan = Mapping[int, Kind]


@dataclass(frozen=True)
class Outage:
    """Calls that match the glob `call` fail from `begin` to `end`, epoch seconds."""

    call: str
    begin: float
    end: float


class FaultyWire(Wire):
    """Numbers every call, keeps a trace, and makes those go wrong that the plan names or an outage covers."""

    def __init__(self, clock: Clock, plan: Plan) -> None:
        super().__init__()
        self._clock, self._plan = clock, plan
        self.outages: list[Outage] = []
        self.rivals: Mapping[Kind, Callable[[], None]] = {}
        self.trace: list[str] = []

    def carry(self, call: str, about: str, act: Callable[[], R]) -> R:
        """Perform `act`, or fail as planned."""
        kind = self._plan.get(len(self.trace))
        self.trace.append(f"{len(self.trace):4d}  {self._clock.now():.1f}  {call} {about} {kind.value if kind else ''}")
        if kind is not None and kind in self.rivals:
            self.rivals[kind]()
        if self._is_out(call):
            raise NeverLeft(f"{call} is out")
        if kind is Kind.CRASH_BEFORE:
            raise Killed
        if kind is Kind.ERROR_BEFORE:
            raise NeverLeft(call)
        answer = super().carry(call, about, act)
        if kind is Kind.CRASH_AFTER:
            raise Killed
        if kind is Kind.REPLY_LOST:
            raise NotNow(call)
        return answer

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        self._plan, self.outages = {}, []
        self.mend()

    def _is_out(self, call: str) -> bool:
        now = self._clock.now()
        return any(fnmatchcase(call, one.call) and one.begin <= now < one.end for one in self.outages)


def parse(text: str) -> dict[int, Kind]:
    """`16:crash_after,40:reply_lost` as a plan."""
    pairs = (one.partition(":") for one in text.split(",") if one)
    return {int(number): Kind(kind) for number, _, kind in pairs}


def to_text(plan: Plan) -> str:
    """A plan as `parse` reads it."""
    return ",".join(f"{number}:{kind.value}" for number, kind in sorted(plan.items()))
