"""Finds photos whose event was lost: now and then `photos/` is compared with the logs.

Bounded and resumable: a sweep that does not fit into its share goes on at the next tick. Photos older than the stack
are never touched here: a first deployment buys nothing by surprise (`cosdrop backfill` is for them).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from shared import journal, keys
from shared.booth import Booth
from shared.intake import take_in
from shared.job import State
from shared.ports import Entry

SETTLING = 300.0
"""A photo younger than this may still get its event; the next sweep looks at it."""
BIRTH_MARGIN = 600.0
"""Photos dropped this long before the first tick are the stack's own: the trigger may have missed them."""
PAGES, FINDS = 5, 100
"""Listing pages and found photos per share."""


@dataclass(frozen=True)
class Progress:
    """How far the comparison has come; all but the cursor are epoch seconds."""

    since: float
    """Photos dropped before were compared by an earlier sweep, or are older than the stack."""
    began: float
    """When the running sweep began, or the last one, when the cursor is empty."""
    cursor: str = ""
    """The key behind which the running sweep goes on."""


def sweep(booth: Booth, is_over: Callable[[], bool]) -> None:
    """One tick's share of the comparison."""
    now = booth.clock.now()
    progress = _read(booth)
    if progress is None:
        _write(booth, Progress(since=now - BIRTH_MARGIN, began=now))
        return
    if not progress.cursor:
        progress = replace(progress, began=now)
    _write(booth, _share(booth, progress, is_over))


def _share(booth: Booth, progress: Progress, is_over: Callable[[], bool]) -> Progress:
    cursor, found = progress.cursor or keys.PHOTOS, 0
    for _ in range(PAGES):
        page = booth.objects.list(keys.PHOTOS, after=cursor)
        for entry in page.entries:
            if found >= FINDS or is_over():
                return replace(progress, cursor=cursor)
            if _is_unknown(booth, entry, progress):
                booth.log("found", photo=entry.key, reason="no event came for it")
                take_in(booth, entry.key, entry.etag)
                found += 1
            cursor = entry.key
        if page.is_complete:
            return Progress(since=progress.began - SETTLING, began=progress.began)
    return replace(progress, cursor=cursor)


def _is_unknown(booth: Booth, entry: Entry, progress: Progress) -> bool:
    """Whether the photo was dropped since the last sweep and no job answers that drop."""
    settled = entry.modified_at <= progress.began - SETTLING
    if not settled or entry.modified_at < progress.since or not keys.is_photo(entry.key):
        return False
    job = journal.load(booth, keys.job_id(booth.bucket, entry.key, entry.etag))
    return job.state is State.ABSENT or (not job.state.is_open and job.dropped_at < entry.modified_at)


def _read(booth: Booth) -> Progress | None:
    told = booth.objects.read(keys.SWEEP)
    return Progress(**json.loads(told)) if told else None


def _write(booth: Booth, progress: Progress) -> None:
    booth.objects.write(keys.SWEEP, json.dumps(asdict(progress)).encode(), "application/json")
