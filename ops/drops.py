"""Drops photos into the bucket as a person would, and tells what becomes of each."""

from __future__ import annotations

import json
import mimetypes
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared import journal, keys
from shared.booth import Booth
from shared.errors import CosdropError, NotNow
from shared.job import Job, State
from shared.words import Words, words

LOOK_EVERY = 0.3
AWAY_AT_MOST = 30.0
"""Seconds for which a bucket that does not answer is asked again."""
REOPENS_WITHIN = 3.0
"""Seconds that an older job of the same photo is given to open again."""


class BadName(CosdropError):
    """A file cannot be dropped under its name; the text says why."""


@dataclass(frozen=True)
class Drop:
    """One photo that was dropped."""

    file: Path
    photo: str
    etag: str
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


def key_of(file: Path, route: str = "") -> str:
    """The key that `file` gets: `photos/[route/]name`. Raises BadName when no portrait could come of it."""
    photo = f"{keys.PHOTOS}{route + '/' if route else ''}{file.name}"
    if not keys.is_usable(photo):
        said = words("BadKey")
        raise BadName(f"{photo!r}: {said.en} {said.todo_en}")
    return photo


def plan(files: Sequence[Path], route: str = "") -> list[tuple[Path, str]]:
    """Every file with its key, before anything is uploaded. Raises BadName, also when two would get the same key."""
    planned = [(file, key_of(file, route)) for file in files]
    key, count = Counter(key for _, key in planned).most_common(1)[0]
    if count > 1:
        raise BadName(f"{count} of the files would become {key} and overwrite one another; drop them on two routes")
    return planned


def drop(booth: Booth, file: Path, photo: str) -> Drop:
    """Upload `file` as `photo`."""
    booth.objects.write(photo, file.read_bytes(), mimetypes.guess_type(file.name)[0] or "")
    head = booth.objects.head(photo)
    if head is None:
        raise NotNow(f"{photo} was deleted by somebody else just now")
    return Drop(file, photo, head.etag, keys.job_id(booth.bucket, photo, head.etag), head.modified_at)


def follow(booth: Booth, drops: Sequence[Drop]) -> Iterator[Outcome | Progress]:
    """Every change of every drop, until all have an outcome. Raises NotNow when the bucket is away for long."""
    open_drops, began = list(drops), time.monotonic()
    shown: dict[Drop, State] = {}
    while open_drops:
        for one in list(open_drops):
            found = _look_again(booth, one, patient=time.monotonic() < began + REOPENS_WITHIN)
            if isinstance(found, Outcome):
                open_drops.remove(one)
                yield found
            elif shown.get(one) is not found.state:
                shown[one] = found.state
                yield found
        time.sleep(LOOK_EVERY if open_drops else 0)


def _look_again(booth: Booth, one: Drop, *, patient: bool) -> Outcome | Progress:
    """`look`, repeated while the bucket is away for a moment."""
    gives_up = time.monotonic() + AWAY_AT_MOST
    while True:
        try:
            return look(booth, one, patient=patient)
        except NotNow:
            if time.monotonic() > gives_up:
                raise
            time.sleep(LOOK_EVERY)


def look(booth: Booth, one: Drop, *, patient: bool = False) -> Outcome | Progress:
    """Where the drop stands now. `patient`: an older job that has ended may yet open again for this drop."""
    job = journal.load(booth, one.job)
    if job.state is State.ABSENT:
        return _not_opened(booth, one)
    if patient and not job.state.is_open and job.dropped_at < one.dropped_at:
        return Progress(one, State.NEW)
    return _of_job(booth, one, job)


def _not_opened(booth: Booth, one: Drop) -> Outcome | Progress:
    """No event came yet; or none will do, for somebody was faster."""
    head = booth.objects.head(one.photo)
    if head is None:
        return Outcome(one, error=_overtaken(one, "Withdrawn"))
    return Progress(one, State.NEW) if head.etag == one.etag else Outcome(one, error=_overtaken(one, "Superseded"))


def _of_job(booth: Booth, one: Drop, job: Job) -> Outcome | Progress:
    if job.state is State.DONE:
        return Outcome(one, portrait=job.portrait)
    if job.state in (State.SUPERSEDED, State.WITHDRAWN):
        return Outcome(one, error=_overtaken(one, job.state.value.capitalize()))
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


def _error(booth: Booth, one: Drop) -> dict[str, Any] | None:
    content = booth.objects.read(keys.error_key(one.photo))
    found: dict[str, Any] | None = json.loads(content) if content else None
    return found if found and found.get("job") == one.job else None


def _overtaken(one: Drop, code: str) -> dict[str, Any]:
    """What is told of a photo that was overwritten or deleted: no error lies in the bucket for it."""
    said = _OVERTAKEN[code]
    told = {"code": code, "en": said.en, "zh": said.zh, "todo_en": said.todo_en, "todo_zh": said.todo_zh}
    return {**told, "request_id": "", "job": one.job, "final": True}


_OVERTAKEN = {
    "Superseded": Words(
        "The photo was overwritten.",
        "照片已被新的版本覆盖。",
        "Nothing: the newer one is worked on.",
        "无需操作：会处理新的照片。",
    ),
    "Withdrawn": Words(
        "The photo was deleted.", "照片已被删除。", "Drop it again if you want a portrait.", "如需肖像请重新放入。"
    ),
}
