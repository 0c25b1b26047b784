"""A photo was dropped: record its job and bring it as far as it goes now."""

from __future__ import annotations

from shared import journal, keys, notes
from shared.booth import Booth
from shared.engine import settle, step, write
from shared.errors import Raced
from shared.facts import Wait
from shared.job import Job, State
from shared.ports import Entry

_PATIENCE = 8
"""Races lost in a row before the poller is left to go on."""


def take_in(booth: Booth, key: str, etag: str = "") -> Job | None:
    """Open the job of the photo at `key` if there is none yet, and go on with it. None: there is nothing to do."""
    if not keys.is_photo(key):
        booth.log("ignored", photo=key, reason="not a photo's key")
        return None
    if not keys.is_usable(key):
        _refuse_key(booth, key, etag)
        return None
    head = booth.objects.head(key)
    if head is None:
        booth.log("ignored", photo=key, reason="deleted before its turn")
        return None
    job = journal.load(booth, keys.job_id(booth.bucket, key, head.etag))
    if job.state is State.ABSENT:
        job = _open(booth, job, {"key": key, "etag": head.etag, "dropped_at": head.modified_at})
    else:
        booth.log("known", job=job.id, photo=key, state=job.state.value)
    return advance(booth, job)


def advance(booth: Booth, job: Job) -> Job:
    """Go on with `job` until it must wait."""
    for _ in range(_PATIENCE):
        wait: Wait | None = None
        try:
            while wait is None:
                job, wait = step(booth, job)
            return job
        except Raced:
            job = journal.load(booth, job.id)
    return job


def enlist(booth: Booth, entry: Entry) -> Job:
    """Open the job of a photo that is older than the stack; it waits behind everything dropped anew."""
    job = journal.load(booth, keys.job_id(booth.bucket, entry.key, entry.etag))
    if job.state is not State.ABSENT:
        return job
    fields = {"key": entry.key, "etag": entry.etag, "dropped_at": entry.modified_at, "backfill": True}
    return _open(booth, job, fields)


def _open(booth: Booth, job: Job, fields: dict[str, object]) -> Job:
    try:
        return write(booth, job, "opened", fields)
    except Raced:
        return journal.load(booth, job.id)


def _refuse_key(booth: Booth, key: str, etag: str) -> None:
    job = Job(keys.job_id(booth.bucket, key, etag), key, etag, dropped_at=booth.clock.now())
    notes.put(booth, job, "BadKey", final=True)
    booth.log("refused", job=job.id, photo=key, code="BadKey")


def reopen(booth: Booth, marker: str) -> Job:
    """The job of a marker; opened now when a crash came between its marker and its log. Stale markers are removed."""
    job = journal.load(booth, keys.marker_job(marker))
    if job.state is State.ABSENT:
        photo = (booth.objects.read(marker) or b"").decode()
        opened = take_in(booth, photo) if photo else None
        job = opened or job
    if job.marker != marker:
        settle(booth, job, marker)
    return job
