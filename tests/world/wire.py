"""Every call of the booth to the outside goes over this wire: counted, and cut where a test wants it cut."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from shared.errors import NotNow

ALWAYS = math.inf
Error = BaseException | type[BaseException]
P = ParamSpec("P")
R = TypeVar("R")


class Killed(BaseException):
    """The function died here. Not an Exception: nothing in the code may catch it."""


@dataclass
class Cut:
    """Where and how the wire is cut."""

    call: str
    error: Error
    arrives: bool
    times: float
    skip: int

    def hits(self, call: str) -> bool:
        """Whether it cuts `call`; `skip` such calls pass before, and after `times` it is worn out."""
        if self.times <= 0 or not fnmatchcase(call, self.call):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Wire:
    """The one place through which all calls pass. A call is `door.method`, and ` key` when it is about a key."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._cuts: list[Cut] = []

    def cut(self, call: str, error: Error = NotNow, *, arrives: bool = False, times: float = 1, skip: int = 0) -> None:
        """Fail calls that match the glob `call`; with `arrives` they have their effect, and only the reply is lost."""
        self._cuts.append(Cut(call, error, arrives, times, skip))

    def mend(self) -> None:
        """Undo every cut."""
        self._cuts.clear()

    def carry(self, call: str, about: str, act: Callable[[], R]) -> R:
        """Perform `act`, unless the wire is cut here."""
        self.calls[call] += 1
        cut = next((cut for cut in self._cuts if cut.hits(f"{call} {about}".rstrip())), None)
        if cut is None:
            return act()
        if cut.arrives:
            act()
        raise cut.error


class Door(Protocol):
    """What a port needs for its calls to be carried."""

    name: str
    wire: Wire


D = TypeVar("D", bound=Door)


def carried(act: Callable[Concatenate[D, P], R]) -> Callable[Concatenate[D, P], R]:
    """A method of a door whose calls go over its wire."""

    @wraps(act)
    def over_the_wire(door: D, /, *args: P.args, **kwargs: P.kwargs) -> R:
        about = args[0] if args and isinstance(args[0], str) else ""
        return door.wire.carry(f"{door.name}.{act.__name__}", about, lambda: act(door, *args, **kwargs))

    return over_the_wire
