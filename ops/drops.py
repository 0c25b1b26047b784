"""Drops photos into the bucket as a person would, and tells what becomes of each."""

from __future__ import annotations

import json
import mimetypes
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared import journal, keys
from shared.booth import Booth
from shared.gather import portraits
from shared.job import Job, State

LOOK_EVERY = 0.3
REOPENS_WITHIN = 5.0
"""Seconds that an older job of the same photo is given to open again."""


@dataclass(frozen=True)
class Drop:
    """One photo that was dropped."""

    file: Path
    photo: str
    job: str
    dropped_at: float


@dataclass(frozen=True)
class Outcome:
    """What became of it: a portrait's key, or the readable error object."""

    drop: Drop
    portrait: str | None = None
    error: dict[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"photo": self.drop.photo, "portrait": self.portrait, "error": self.error}


@dataclass(frozen=True)
class Progress:
    """Where a drop stands before it has an outcome."""

    drop: Drop
    state: State


def drop(booth: Booth, file: Path, route: str = "") -> Drop:
    """Upload `file` as `photos/[route/]name`."""
    photo = f"{keys.PHOTOS}{route + '/' if route else ''}{file.name}"
    booth.objects.write(photo, file.read_bytes(), mimetypes.guess_type(file.name)[0] or "")
    head = booth.objects.head(photo) if keys.is_usable(photo) else None
    etag = head.etag if head else ""
    return Drop(file, photo, keys.job_id(booth.bucket, photo, etag), head.modified_at if head else booth.clock.now())


def follow(booth: Booth, drops: Sequence[Drop]) -> Iterator[Outcome | Progress]:
    """Every change of every drop, until all have an outcome."""
    open_drops, began = list(drops), time.monotonic()
    shown: dict[Drop, State] = {}
    while open_drops:
        for one in list(open_drops):
            found = look(booth, one, patient=time.monotonic() < began + REOPENS_WITHIN)
            if isinstance(found, Outcome):
                open_drops.remove(one)
                yield found
            elif shown.get(one) is not found.state:
                shown[one] = found.state
                yield found
        time.sleep(LOOK_EVERY if open_drops else 0)


def look(booth: Booth, one: Drop, *, patient: bool = False) -> Outcome | Progress:
    """Where the drop stands now. `patient`: an older job that has ended may yet open again for this drop."""
    job = journal.load(booth, one.job)
    if job.state is State.ABSENT or (patient and not job.state.is_open and job.dropped_at < one.dropped_at):
        error = _error(booth, one)
        return Outcome(one, error=error) if error and job.state is State.ABSENT else Progress(one, State.NEW)
    return _of_job(booth, one, job)


def _of_job(booth: Booth, one: Drop, job: Job) -> Outcome | Progress:
    if job.state is State.DONE:
        return Outcome(one, portrait=job.portrait)
    if job.state in (State.SUPERSEDED, State.WITHDRAWN):
        return Outcome(one, error=_overtaken(job))
    if job.held or not job.state.is_open:
        error = _error(booth, one)
        return Outcome(one, error=error) if error else Progress(one, job.state)
    return Progress(one, job.state)


def save(booth: Booth, outcome: Outcome, folder: Path) -> Path:
    """Download the portrait of `outcome` into `folder`."""
    assert outcome.portrait is not None
    target = folder / outcome.portrait
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(booth.objects.read(outcome.portrait) or b"")
    return target


def stored_portraits(booth: Booth, photo: str) -> list[str]:
    """Keys of the portraits that lie there for `photo`."""
    return [key for key, _ in portraits(booth, photo)]


def _error(booth: Booth, one: Drop) -> dict[str, Any] | None:
    content = booth.objects.read(keys.error_key(one.photo))
    found: dict[str, Any] | None = json.loads(content) if content else None
    return found if found and found.get("job") == one.job else None


def _overtaken(job: Job) -> dict[str, Any]:
    overwritten = job.state is State.SUPERSEDED
    return {
        "code": "Superseded" if overwritten else "Withdrawn",
        "en": "The photo was overwritten." if overwritten else "The photo was deleted.",
        "zh": "照片已被新的版本覆盖。" if overwritten else "照片已被删除。",
        "todo_en": "Nothing: the newer one is worked on." if overwritten else "Drop it again if you want a portrait.",
        "todo_zh": "无需操作:会处理新的照片。" if overwritten else "如需肖像请重新放入。",
        "request_id": "",
        "job": job.id,
        "final": True,
    }
