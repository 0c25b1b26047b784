"""The readable object in `errors/`: a final refusal, or a note that vanishes when its photo goes on."""

from __future__ import annotations

import json
from urllib.parse import quote

from shared import keys
from shared.booth import Booth
from shared.job import Job, State
from shared.ports import Head
from shared.words import words


def put(booth: Booth, job: Job, code: str, *, final: bool) -> None:
    """Write what happened to the job's photo and what to do, unless a newer job's word stands there."""
    key = keys.error_key(job.key)
    if _newer_speaks(booth.objects.head(key), job):
        return
    said = words(code, job.held, route=job.route)
    body = {
        "code": code,
        "en": said.en,
        "zh": said.zh,
        "todo_en": said.todo_en,
        "todo_zh": said.todo_zh,
        "request_id": job.request_id,
        "job": job.id,
        "final": final,
    }
    data = json.dumps(body, ensure_ascii=False, indent=2).encode()
    meta = {"job": job.id, "dropped-at": f"{job.dropped_at:.0f}", "code": quote(code)}
    booth.objects.write(key, data, "application/json; charset=utf-8", meta)


def drop(booth: Booth, job: Job) -> None:
    """Remove what this job had to say and, when it has its portrait, what older ones of the same photo had.

    Last-Modified has whole seconds, so which of two jobs is older may be unknowable: only one that has just seen its
    own photo lie there is certainly the newest.
    """
    key = keys.error_key(job.key)
    head = booth.objects.head(key)
    if head is None:
        return
    is_mine = head.meta.get("job") == job.id
    if is_mine or (job.state is State.DONE and not _newer_speaks(head, job)):
        booth.objects.delete(key)


def _newer_speaks(head: Head | None, job: Job) -> bool:
    if head is None or head.meta.get("job") == job.id:
        return False
    return float(head.meta.get("dropped-at", 0)) > job.dropped_at
