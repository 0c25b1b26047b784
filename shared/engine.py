"""Performs what `decide` decides, one job at a time. All effects of a job's life happen here.

Order of every change: the marker it needs next, then the line in the log (the one atomic moment), then what follows
from it, and the marker it needed before last of all. So whoever finds a marker can finish what a crash cut off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from shared import job as jobs
from shared import journal, keys, message, notes, slot
from shared.booth import Booth
from shared.decide import decide
from shared.errors import BadResult, NotNow, Raced
from shared.facts import Ask, Copy, Facts, Post, Stored, Stuck, Wait, Write
from shared.gather import gather, holds, known_key_id, portraits
from shared.job import Job, State
from shared.message import Reminder
from shared.models import MODELS
from shared.models.contract import Accepted, Posted, Refusal, Unsent
from shared.picture import extension
from shared.slot import Slot


def step(booth: Booth, job: Job) -> tuple[Job, Wait | None]:
    """Bring `job` one line further. The wait is None when it changed: ask again.

    Raises Raced when another invocation changed it meanwhile, NotNow when a service is away.
    """
    facts, stale = Facts(), job.marker
    while True:
        action = decide(job, facts, booth.clock.now(), booth.policy)
        match action:
            case Ask(fact):
                facts = gather(booth, job, facts, fact)
            case Post():
                job, posted = _post(booth, job, facts, action)
                facts = Facts(posted=posted)
            case Copy():
                facts = replace(facts, copied=_copy(booth, job))
            case Write(op, fields):
                if fields.get("how") == "adopted":
                    _claim(booth, job, fields["task_id"])
                return write(booth, job, op, fields, stale), None
            case Wait():
                _drop_marker(booth, stale, job)
                return job, action


def write(booth: Booth, job: Job, op: str, fields: Mapping[str, Any], stale: str = "") -> Job:
    """Append one line and do all that follows from it; `stale` is the marker that stood for the job so far."""
    after = record(booth, job, op, fields)
    if op == "returned" and after.held in _shared_holds(after):
        booth.objects.write(f"{keys.HELD}{after.held}/{after.code}", b"")  # said once, for every job to see
    stood = stale or job.marker
    settle(booth, after, stood, before=job)
    if job.marker != stood:
        _drop_marker(booth, job.marker, after)  # the one that `submitting` needed, and no task came of it
    return after


def record(booth: Booth, job: Job, op: str, fields: Mapping[str, Any]) -> Job:
    """The next marker and the line, and nothing that follows from it. Raises Raced."""
    entry = journal.line(booth, op, fields)
    marker = jobs.apply(job, entry).marker
    if marker and marker != job.marker:
        _put_marker(booth, marker, job.key or fields["key"])
    try:
        after = journal.append(booth, job, entry)
    except Raced:
        if marker != job.marker:
            _drop_marker(booth, marker, journal.load(booth, job.id))
        raise
    booth.log(op, job=after.id, photo=after.key, state=after.state.value, **_telling(fields))
    return after


def settle(booth: Booth, job: Job, stale: str, before: Job | None = None) -> None:
    """Make the bucket say what the log says, then remove the marker that is no longer true. Harmless when repeated.

    `before` is the job that has just changed; without it (a crash cut somebody off) everything is made sure.
    """
    if job.state is not State.ABSENT:
        _put_word(booth, job, before)
    if before is None and job.marker and job.marker != stale:
        _put_marker(booth, job.marker, job.key)
    if not job.uses_slot and (before.uses_slot if before is not None else not _may_be_about_to_submit(job)):
        free_slot(booth, job, missed=before is not None and _was_put_off(job))
    if job.marker != stale and job.state is State.RUNNING:
        _remind(booth, job)
    if job.marker != stale and job.state is State.FINISHED:
        _learn_key_id(booth, job)
    _drop_marker(booth, stale, job)


def _put_word(booth: Booth, job: Job, before: Job | None) -> None:
    if job.state in (State.REFUSED, State.EXPIRED):
        notes.put(booth, job, job.code, final=True)
    elif job.has_note:
        notes.put(booth, job, job.code, final=False)
    elif not job.state.is_open or before is None or before.has_note or job.op == "reopened":
        notes.drop(booth, job)


def _may_be_about_to_submit(job: Job) -> bool:
    """Whether a live holder may stand between slot and `submitting`; the poller frees such a slot, after a while."""
    return job.state is State.NEW and not job.held


def _put_marker(booth: Booth, marker: str, photo: str) -> None:
    # The photo's key inside lets the poller open the job when a crash came between marker and log.
    booth.objects.write(marker, photo.encode(), "text/plain; charset=utf-8")


def _drop_marker(booth: Booth, marker: str, job: Job) -> None:
    if marker and marker != job.marker:
        booth.objects.delete(marker)


def _shared_holds(job: Job) -> tuple[str, ...]:
    return ("account", f"model.{job.model}")


def _was_put_off(job: Job) -> bool:
    return job.state is State.NEW and job.op == "returned" and not job.held


# --- the slot ----------------------------------------------------------------------------------------------------


def free_slot(booth: Booth, job: Job, *, missed: bool = False) -> None:
    """Free the slot if `job` still holds it; nothing otherwise. `missed`: the service put its submission off."""
    held = journal.read_slot(booth)
    if held.holder != job.id:
        return
    now = booth.clock.now()
    bought = job.state in (State.FINISHED, State.DONE)
    posted_at = job.submitted_at if job.submitted_at >= held.taken_at else now
    try:
        journal.write_slot(booth, held, slot.free(held, now, posted_at=posted_at, bought=bought, missed=missed))
    except Raced:
        free_slot(booth, job, missed=missed)


def _take_slot(booth: Booth, job: Job, read: Slot) -> None:
    if read.holder != job.id:
        journal.write_slot(booth, read, slot.take(read, job.id, booth.clock.now()))


# --- submitting --------------------------------------------------------------------------------------------------


def _post(booth: Booth, job: Job, facts: Facts, post: Post) -> tuple[Job, Posted]:
    """Slot, then the intent in the log, then the POST, at once and once; then whose task it is."""
    assert facts.turn is not None
    body = _body(booth, job, post)
    if post.probes is not None:
        booth.objects.write(f"{keys.HELD}{post.probes.reason}/{post.probes.code}", b"")  # the next probe waits anew
    _take_slot(booth, job, facts.turn.slot)
    job = _record_intent(booth, job, post)
    posted = booth.tasks.submit(MODELS[post.recipe.model], body)
    booth.log("posted", job=job.id, photo=job.key, answer=type(posted).__name__, **_answer(posted))
    if isinstance(posted, Accepted):
        # Claimed before it is logged: whoever looks for a lost task never takes one that is another job's.
        journal.claim(booth, posted.task_id, job.id)
        if post.probes is not None:
            release(booth, post.probes.reason)
    return job, posted


def _record_intent(booth: Booth, job: Job, post: Post) -> Job:
    try:
        return record(booth, job, "submitting", _intent(booth, post))
    except Raced:
        rival = journal.load(booth, job.id)
        if not rival.uses_slot:
            free_slot(booth, rival)
        raise


def _intent(booth: Booth, post: Post) -> dict[str, Any]:
    # With which key: were it rotated now, the task list would show this task under the old one.
    key = {"key_print": booth.key_print, "key_id": booth.key_id}
    return {"model": post.recipe.model, "recipe": post.recipe.digest, **key}


def _body(booth: Booth, job: Job, post: Post) -> dict[str, Any]:
    recipe, model = post.recipe, MODELS[post.recipe.model]
    face = booth.objects.link(job.key, post.process, booth.link_seconds)
    template = booth.objects.link(recipe.template, recipe.process, booth.link_seconds) if recipe.template else ""
    return {"model": model.name, "input": model.build(face, template, recipe.options)}


def _claim(booth: Booth, job: Job, task_id: str) -> None:
    """Before it is logged, as after a POST. Raises Raced when another job was first."""
    if journal.claim(booth, task_id, job.id) != job.id:
        raise Raced(f"task {task_id} belongs to another job")


def _answer(posted: Posted) -> dict[str, str]:
    match posted:
        case Accepted(task_id, request_id):
            return {"task": task_id, "dashscope_request": request_id}
        case Refusal(code, message, request_id):
            return {"code": code, "message": message, "dashscope_request": request_id}
        case Unsent(reason):
            return {"reason": reason}
        case _:
            return {"reason": posted.reason}


def release(booth: Booth, reason: str) -> None:
    """End what held all jobs for `reason`; they go on one by one."""
    for hold in holds(booth):
        if hold.reason == reason:
            booth.objects.delete(f"{keys.HELD}{hold.reason}/{hold.code}")
    booth.log("released", reason=reason)


def _remind(booth: Booth, job: Job) -> None:
    now = booth.clock.now()
    not_before = now + booth.policy.look
    try:
        booth.queue.send(message.encode(Reminder(job.id, job.task_id, not_before)), math.ceil(not_before - now))
    except NotNow as away:
        # Only a reminder: the marker stands for the job as well.
        booth.log("queue_away", job=job.id, reason=str(away))


def _learn_key_id(booth: Booth, job: Job) -> None:
    """Once per API key: how the task list names it, read off a task that is certainly ours."""
    if booth.key_id or job.key_print != booth.key_print or known_key_id(booth, job.key_print):
        return
    mine = (one.key_id for one in booth.tasks.list(job.model) if one.task_id == job.task_id)
    key_id = next(mine, "")
    if key_id:
        booth.objects.write(keys.ACCOUNT + booth.key_print, key_id.encode())


# --- the result --------------------------------------------------------------------------------------------------


def _copy(booth: Booth, job: Job) -> Stored | Stuck:
    """Link anew (it is never recorded), fetch, verify, PUT, HEAD: only then is it stored."""
    report = booth.tasks.query(MODELS[job.model], job.task_id)
    try:
        picture = booth.tasks.fetch(report.link)
        kind = extension(picture)
    except BadResult as bad:
        booth.log("parked", job=job.id, photo=job.key, code=bad.code, reason=str(bad))
        return Stuck(bad.code)
    key = keys.portrait_key(job.key, kind)
    meta = {"job": job.id, "task": job.task_id, "model": job.model, "recipe": job.recipe, "photo": quote(job.key)}
    booth.objects.write(key, picture, f"image/{'jpeg' if kind == 'jpg' else kind}", meta)
    stored = portraits(booth, job.key)
    if (key, job.id) not in stored:
        return Stuck("Unreachable")
    for other, _ in stored:
        if other != key:
            booth.objects.delete(other)  # an older portrait of the same photo in another format
    return Stored(key)


def _telling(fields: Mapping[str, Any]) -> dict[str, Any]:
    # `request_id` on a log line is Function Compute's: the invocation that wrote it.
    told = {name: value for name, value in fields.items() if name in ("code", "reason", "task_id", "how")}
    return told | ({"dashscope_request": fields["request_id"]} if fields.get("request_id") else {})
