"""What must be true of a life, whatever went wrong in it. Each check returns sentences; none is good."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from local.dashscope.tasks import SUCCEEDED
from shared import keys
from shared.job import Job, State
from shared.openings import sort
from tests.simulation.stage import Stage
from tests.world.world import STRANGER

Check = Callable[[Stage], Iterator[str]]


def nothing_lost(s: Stage) -> Iterator[str]:
    """Every photo that lies there has one portrait or one readable error, or is held with a reason."""
    for photo in s.keys(keys.PHOTOS):
        job = s.job(photo)
        has_error = s.bucket.head(keys.error_key(photo)) is not None
        if job.state is State.DONE:
            yield from _portrait_is_its_own(s, photo, job)
            if has_error:
                yield f"{photo}: a portrait and an error"
        elif job.held or job.state in (State.REFUSED, State.EXPIRED):
            yield from _says_why(s, photo, job)
        else:
            yield f"{photo}: {job.state.value} in the end"


def _portrait_is_its_own(s: Stage, photo: str, job: Job) -> Iterator[str]:
    head = s.bucket.head(job.portrait)
    if head is None or head.meta.get("job") != job.id:
        yield f"{photo}: its portrait {job.portrait} is missing or another job's"
    if len(s.keys(keys.portrait_stem(photo))) != 1:
        yield f"{photo}: {s.keys(keys.portrait_stem(photo))} portraits"


def _says_why(s: Stage, photo: str, job: Job) -> Iterator[str]:
    said = json.loads(s.bucket.read(keys.error_key(photo)) or b"{}")
    if said.get("job") != job.id or not said.get("todo_en") or not said.get("todo_zh"):
        yield f"{photo}: {job.state.value} {job.held} without a word about it"
    elif said["final"] is bool(job.held):
        yield f"{photo}: final={said['final']} but held={job.held!r}"


def nothing_paid_twice(s: Stage) -> Iterator[str]:
    """At most one image bought per drop, unless an operator asked."""
    may = Counter(s.drops) + Counter(s.asked)
    ours = (task for task in s.studio.made if task.api_key_id != STRANGER.id)
    bought = Counter(_photo_of(task.input["face_image_url"]) for task in ours)
    for photo, times in bought.items():
        if times > may[photo]:
            yield f"{photo}: bought {times} times for {may[photo]} drops"


def all_settled(s: Stage) -> Iterator[str]:
    """Nothing is at work any more: no marker but those of held jobs, and the slot is free."""
    opened = sort(s.keys(keys.OPEN))
    for marker in (*opened.finished, *opened.running, *opened.waiting):
        yield f"{marker} is still there"
    slots = s.keys(keys.SLOT)
    last = json.loads((s.bucket.read(slots[-1]) or b"").splitlines()[-1]) if slots else {"job": ""}
    if last["job"]:
        yield f"the slot is still held by {last['job']}"


def limits_kept(s: Stage) -> Iterator[str]:
    """Never more than two submissions in a second, nor the day's budget passed."""
    times = sorted(task.submitted for task in s.vendor.tasks() if task.api_key_id != STRANGER.id)
    for first, third in zip(times, times[2:], strict=False):
        if third - first < 1:
            yield f"three submissions within {third - first:.2f} s"
    most = s.booth.policy.max_images_per_day
    days = Counter(int((task.ended or 0) + 8 * 3600) // 86_400 for task in s.vendor.tasks() if task.status == SUCCEEDED)
    if most is not None and any(count > most for count in days.values()):
        yield f"{max(days.values())} images bought in a day of {most}"


def one_at_a_time(s: Stage) -> Iterator[str]:
    """Never two of our tasks in flight."""
    ours = sorted((one for one in s.vendor.tasks() if one.api_key_id != STRANGER.id), key=lambda one: one.submitted)
    for before, after in pairwise(ours):
        if before.ended is None or before.ended > after.submitted:
            yield f"task {after.number} was submitted while {before.number} was in flight"


def nobody_blamed(s: Stage) -> Iterator[str]:
    """Nobody's photo is refused for what was not its fault."""
    for photo in s.keys(keys.PHOTOS):
        job = s.job(photo)
        if job.state is State.REFUSED and job.code.startswith(("Throttling", "Unreachable", "NotInTaskList")):
            yield f"{photo}: refused for {job.code}"


def nothing_leaks(s: Stage) -> Iterator[str]:
    """No signed link in any log line, record or error; nothing of ours is written where it would trigger us."""
    for line in s.lines:
        if "SECRET" in line:
            yield f"a log line tells a signature: {line}"
    for key in (*s.keys(keys.OURS), *s.keys(keys.ERRORS)):
        if b"SECRET" in (s.bucket.read(key) or b""):
            yield f"{key} tells a signature"
    for call in s.faulty.trace:
        if "objects.write photos/" in call or "objects.append photos/" in call or "objects.delete photos/" in call:
            yield f"the booth touched a photo: {call}"


def no_bugs(s: Stage) -> Iterator[str]:
    """Nothing was raised that nobody foresaw."""
    for bug in s.bugs:
        yield f"{type(bug).__name__}: {bug}"


CHECKS: tuple[Check, ...] = (
    nothing_lost,
    nothing_paid_twice,
    all_settled,
    limits_kept,
    one_at_a_time,
    nobody_blamed,
    nothing_leaks,
    no_bugs,
)


def violations(s: Stage) -> list[str]:
    """All sentences of all checks."""
    return [f"{check.__name__}: {said}" for check in CHECKS for said in check(s)]


def _photo_of(link: str) -> str:
    return link.partition("?")[0].partition(".example/")[2]
