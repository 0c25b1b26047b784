"""What functions print: one line each, with its function, its request and its level; kept whole, shown readably.

A line of Python's logging says its level itself, as FC's runtimes format it; lines of JSON show as `event key=value`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_LOGGED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (\S*) \[([A-Z]+)\] (.*)", re.DOTALL)
_MARK = re.compile(r"(.*?)(FC (?:Initialize|Invoke|PreStop) (?:Start|End) RequestId: (\S+))")
_KEPT = re.compile(r"(\S+) (\S+) ([A-Z]+) (\S+) \| (.*)", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """One line of a function's log, `at` an epoch time; `level` is one of LEVELS."""

    at: float
    function: str
    request_id: str
    level: str
    text: str


Log = Callable[[Line], None]


def own(level: str, text: str, function: str = "-", request_id: str = "") -> Line:
    """What the runner itself has to say, now; of a function and a request if it is of them."""
    return Line(time.time(), function, request_id, level, text)


def heard(at: float, function: str, request_id: str, raw: str) -> Line:
    """What `function` printed while it worked on `request_id`."""
    if (logged := _LOGGED.fullmatch(raw)) and logged[2] in LEVELS:
        return Line(at, function, logged[1] or request_id, logged[2], logged[3])
    told = _event(raw)
    level = str(told.get("level", "INFO")).upper() if told else "INFO"
    return Line(at, function, request_id, level if level in LEVELS else "INFO", raw)


class Reader:
    """Turns what one instance of `function` writes into lines; FC's own marks tell the request it works on."""

    def __init__(self, function: str) -> None:
        self._function, self._request_id = function, ""

    def lines(self, at: float, raw: str) -> Iterator[Line]:
        """The one or two lines that `raw` is: a mark may stand behind a last line without its end."""
        marked = _MARK.fullmatch(raw)
        text = marked[1] if marked else raw
        if text or not marked:
            yield heard(at, self._function, self._request_id, text)
        if marked:
            self._request_id = marked[3]
            yield Line(at, self._function, marked[3], "DEBUG", marked[2])


def render(line: Line) -> str:
    """`line` as the terminal shows it, in local time; of the request id its last six figures."""
    milliseconds = int(line.at * 1000) % 1000
    clock = f"{time.strftime('%H:%M:%S', time.localtime(line.at))}.{milliseconds:03d}"
    return f"{clock} {line.function} {line.request_id[-6:] or '-':6} {line.level:7} {_readable(line)}"


def keep(line: Line) -> str:
    """`line` as a log file keeps it, nothing left out: `<UTC> <request id> <level> <function> | <text>`."""
    moment = datetime.fromtimestamp(line.at, timezone.utc).isoformat(timespec="milliseconds")
    return f"{moment} {line.request_id or '-'} {line.level} {line.function} | {line.text}"


def kept(text: str) -> Line | None:
    """The line that `keep` made `text` of; None for a line of another kind, such as a server's own trouble."""
    found = _KEPT.fullmatch(text)
    if found is None or found[3] not in LEVELS:
        return None
    at = datetime.fromisoformat(found[1]).timestamp()
    return Line(at, found[4], "" if found[2] == "-" else found[2], found[3], found[5])


@dataclass(frozen=True)
class Filter:
    """Which lines somebody wants to see: the least level for each function, '' standing for all others."""

    least: Mapping[str, str]

    @classmethod
    def read(cls, text: str) -> Filter:
        """`poller:warning,submit` shows poller's warnings and what is worse, and all of submit; `:error` all errors.

        A name matches the end of a function's, too: `poller` is `cosdrop-poller`. Raises ValueError.
        """
        pairs = (part.strip().partition(":") for part in text.split(",") if part.strip())
        least = {name: (level or "DEBUG").upper() for name, _, level in pairs}
        for level in least.values():
            if level not in LEVELS:
                raise ValueError(f"{level} is no level; there are {', '.join(LEVELS).lower()}")
        return cls(least or {"": "DEBUG"})

    def shows(self, line: Line) -> bool:
        """Is `line` wanted?"""
        named = [least for name, least in self.least.items() if name and f"-{line.function}".endswith(f"-{name}")]
        least = named[0] if named else self.least.get("")
        return least is not None and LEVELS.index(line.level) >= LEVELS.index(least)


def _readable(line: Line) -> str:
    told = _event(line.text)
    if told is None:
        return line.text
    # Level and request id stand at the head of the line already.
    rest = {key: value for key, value in told.items() if key not in ("event", "level")}
    if rest.get("request_id") == line.request_id:
        del rest["request_id"]
    return " ".join([str(told["event"]), *(f"{key}={_short(value)}" for key, value in rest.items())])


def _short(value: Any) -> str:
    """A value as `key=value` shows it: quoted when it could be taken for more than one."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False) if not text or re.search(r"[\s=\"]", text) else text


def _event(raw: str) -> dict[str, Any] | None:
    if not raw.startswith("{"):
        return None
    try:
        told = json.loads(raw)
    except ValueError:
        return None
    return told if isinstance(told, dict) and isinstance(told.get("event"), str) else None
