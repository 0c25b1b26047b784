"""What an operator may ask for: the only ways in which a portrait can be bought again, or a trace be removed.

Every verb first says what it would do, as a list of deeds; doing them is a second step, which `--dry-run` leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ops.status import everything
from shared import job as jobs
from shared import journal, keys
from shared.booth import Booth
from shared.engine import release, write
from shared.errors import CosdropError
from shared.gather import holds, portraits
from shared.intake import enlist
from shared.job import Job, State


class NotPossible(CosdropError):
    """The verb does not fit the state that the photo is in; the text says why and what would."""


@dataclass(frozen=True)
class Deed:
    """One thing that a verb does, in words, and the doing."""

    what: str
    photo: str
    act: Callable[[], object]

    def told(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"photo": self.photo, "what": self.what}


def retry(booth: Booth, photo: str) -> list[Deed]:
    """Make the portrait of `photo` anew. It may buy it again: that is what is asked for. Raises NotPossible."""
    job = _current(booth, photo)
    if job.state.is_open and not job.held:
        raise NotPossible(f"{photo} is at work ({job.state.value}); `cosdrop why {photo}` tells more")
    return [_reopening(booth, job)]


def retry_all(booth: Booth, states: Sequence[State]) -> list[Deed]:
    """The same for every photo whose job ended in one of `states`."""
    return [_reopening(booth, job) for job in _ended(booth) if job.state in states and _still_lies_there(booth, job)]


def adopt(booth: Booth, photo: str, task_id: str) -> list[Deed]:
    """Say that `task_id` is the task of `photo`, whose submission is unsure. Raises NotPossible."""
    job = _current(booth, photo)
    if job.state is not State.SUBMITTING or not job.held:
        raise NotPossible(f"{photo} is not held for an unsure submission ({job.state.value})")
    owner = journal.claimed_by(booth, task_id)
    if owner not in ("", job.id):
        raise NotPossible(f"task {task_id} belongs to job {owner} already")

    def act() -> None:
        journal.claim(booth, task_id, job.id)
        write(booth, job, "submitted", {"task_id": task_id, "request_id": "", "how": "operator"})

    return [Deed(f"take task {task_id} for it", photo, act)]


def pause(booth: Booth) -> list[Deed]:
    """Submit nothing more until `resume`; what is at DashScope already is still looked at and saved."""
    return [Deed("pause all submissions", "", partial(booth.objects.write, f"{keys.HELD}paused/Paused", b""))]


def resume(booth: Booth) -> list[Deed]:
    """End the pause, and try at once what the account or a model refused."""
    reasons = dict.fromkeys(hold.reason for hold in holds(booth))
    return [Deed(f"end the hold '{reason}'", "", partial(release, booth, reason)) for reason in reasons]


def purge(booth: Booth, photo: str) -> list[Deed]:
    """Leave nothing of `photo`: neither picture nor portrait, error, log, marker nor claim."""
    found = _all_jobs(booth, photo)
    deeds = [
        Deed("close its job", photo, partial(write, booth, job, "withdrawn", {"how": "operator"}))
        for job in found
        if job.state.is_open
    ]
    named = [photo, *(key for key, _ in portraits(booth, photo)), keys.error_key(photo)]
    named += [key for job in found for key in (*_claims(booth, job), keys.job_log(job.id))]
    there = [key for key in named if booth.objects.head(key) is not None]
    return deeds + [Deed(f"delete {key}", photo, partial(booth.objects.delete, key)) for key in there]


def backfill(booth: Booth, prefix: str = keys.PHOTOS) -> list[Deed]:
    """Put photos that no job knows in line, behind everything dropped anew."""
    deeds = []
    for entry in everything(booth, prefix):
        if keys.is_photo(entry.key) and keys.is_usable(entry.key):
            job = journal.load(booth, keys.job_id(booth.bucket, entry.key, entry.etag))
            if job.state is State.ABSENT:
                deeds.append(Deed("put in line", entry.key, partial(enlist, booth, entry)))
    return deeds


# --- finding -----------------------------------------------------------------------------------------------------


def _current(booth: Booth, photo: str) -> Job:
    head = booth.objects.head(photo) if keys.is_usable(photo) else None
    job = journal.load(booth, keys.job_id(booth.bucket, photo, head.etag)) if head else None
    if job is None or job.state is State.ABSENT:
        raise NotPossible(f"no job is known of {photo}: is it the full key, and does the photo still lie there?")
    return job


def _ended(booth: Booth) -> Iterator[Job]:
    for entry in everything(booth, keys.JOBS):
        job = journal.load(booth, entry.key.rpartition("/")[2].removesuffix(".log"))
        if not job.state.is_open:
            yield job


def _still_lies_there(booth: Booth, job: Job) -> bool:
    head = booth.objects.head(job.key)
    return head is not None and head.etag == job.etag


def _all_jobs(booth: Booth, photo: str) -> list[Job]:
    """Every job that `photo` ever had, overwritten versions included: only the logs themselves know them all."""
    every = (entry.key.rpartition("/")[2].removesuffix(".log") for entry in everything(booth, keys.JOBS))
    return [job for job in (journal.load(booth, one) for one in every) if job.key == photo]


def _claims(booth: Booth, job: Job) -> list[str]:
    lines = jobs.decode(booth.objects.read(keys.job_log(job.id)) or b"")
    return [keys.TASKS + line["task_id"] for line in lines if line["op"] == "submitted"]


# --- doing -------------------------------------------------------------------------------------------------------


def _reopening(booth: Booth, job: Job) -> Deed:
    fields = {"dropped_at": job.dropped_at, "how": "operator"}
    return Deed(
        f"try again (was {job.held or job.state.value})", job.key, partial(write, booth, job, "reopened", fields)
    )
