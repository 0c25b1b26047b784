"""Append-only logs on plain OSS: AppendObject at the position that was read is a compare-and-set, the only one OSS has.

Source: help.aliyun.com/zh/oss/developer-reference/appendobject (409 PositionNotEqualToLength).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared import job as jobs
from shared import keys, slot
from shared.booth import Booth
from shared.errors import NotNow, Raced
from shared.job import FORMAT, Job, Line
from shared.slot import Slot

_TRIES = 3


def load(booth: Booth, job_id: str) -> Job:
    """The job as its log tells now; state ABSENT when there is no log."""
    log = booth.objects.read(keys.job_log(job_id)) or b""
    return jobs.fold(job_id, jobs.decode(log), len(log))


def line(booth: Booth, op: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A line that is ready to be appended: with its format, its own random name and the time."""
    return {"v": FORMAT, "id": booth.new_id(), "at": round(booth.clock.now(), 3), "op": op, **fields}


def append(booth: Booth, job: Job, entry: Line) -> Job:
    """Append one line to the job's log; the job after it. Raises Raced when somebody else was first."""
    position = _append(booth, keys.job_log(job.id), job.position, entry)
    return replace(jobs.apply(job, entry), position=position)


def claim(booth: Booth, task_id: str, job_id: str) -> str:
    """Which job the task belongs to: `job_id` from now on, unless another claimed it before."""
    key = keys.TASKS + task_id
    try:
        _append(booth, key, 0, {"id": booth.new_id(), "job": job_id})
    except Raced:
        return claimed_by(booth, task_id)
    return job_id


def claimed_by(booth: Booth, task_id: str) -> str:
    """The job that claimed the task, or ""."""
    lines = jobs.decode(booth.objects.read(keys.TASKS + task_id) or b"")
    return str(lines[0]["job"]) if lines else ""


def read_slot(booth: Booth) -> Slot:
    """The slot as its last line tells."""
    files = booth.objects.list(keys.SLOT).entries
    if not files:
        return Slot()
    last = files[-1]
    # A line is far shorter than this; reading only the tail keeps the cost the same however long the log is.
    start = max(0, last.size - 1024)
    tail = booth.objects.read(last.key, start) or b""
    entry = json.loads(tail.splitlines()[-1])
    return slot.from_line(entry, int(last.key[len(keys.SLOT) :].partition(".")[0]), start + len(tail))


def write_slot(booth: Booth, slot_read: Slot, changed: Slot) -> Slot:
    """Append the changed slot where it was read. Raises Raced when somebody else was first."""
    file, position = (slot_read.file + 1, 0) if slot_read.is_full else (slot_read.file, slot_read.position)
    fields = slot.to_line(changed)
    entry = line(booth, fields.pop("op"), fields)
    return slot.from_line(entry, file, _append(booth, f"{keys.SLOT}{file:06d}.log", position, entry))


def _append(booth: Booth, key: str, position: int, entry: Line) -> int:
    """Where the log ends after `entry`. The same line at the same position again is harmless, so doubt is repeated."""
    data = jobs.encode(entry)
    for attempt in range(_TRIES):
        try:
            if booth.objects.append(key, position, data):
                return position + len(data)
        except NotNow:
            if attempt == _TRIES - 1:
                raise
            continue
        # Refused: either a rival was first, or this very line arrived and only its reply was lost.
        if (booth.objects.read(key, position) or b"").startswith(data):
            return position + len(data)
        break
    raise Raced(f"{key} has grown past {position}")
