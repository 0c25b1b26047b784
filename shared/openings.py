"""The open jobs, as their markers in `.cosdrop/open/` show them: one LIST, in order of arrival and of deadline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shared import keys
from shared.booth import Booth


@dataclass(frozen=True)
class Openings:
    """Markers by kind, each in order of the time in its name."""

    finished: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    """In line: first what was dropped anew, then what is older than the stack."""
    held: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every marker seen."""
        return self.finished + self.running + self.waiting + self.held


def list_open(booth: Booth) -> Openings:
    """Up to 1,000 markers in one call; beyond that one call per kind, so that no kind hides another."""
    page = booth.objects.list(keys.OPEN)
    markers = [entry.key for entry in page.entries]
    if not page.is_complete:
        markers = [
            key for kind in ("backfill", "finished", "held", "running", "waiting") for key in _of_kind(booth, kind)
        ]
    return sort(markers)


def sort(markers: Iterable[str]) -> Openings:
    """Markers by kind."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for marker in sorted(markers):
        found[keys.marker_kind(marker).partition(".")[0]].append(marker)
    line = (*found["waiting"], *found["backfill"])
    return Openings(tuple(found["finished"]), tuple(found["running"]), line, tuple(found["held"]))


def _of_kind(booth: Booth, kind: str) -> list[str]:
    return [entry.key for entry in booth.objects.list(keys.OPEN + kind).entries]
