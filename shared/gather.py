"""Looks at what `decide` asks for: one function per fact, each a call or a few, none with an effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shared import journal, keys, recipe
from shared.booth import Booth
from shared.errors import NotNow
from shared.facts import Candidates, Fact, Facts, Gone, Hold, Turn
from shared.fit import Look, fit, is_processable
from shared.job import Job, State
from shared.models import MODELS
from shared.models.contract import Listed, Report, Status
from shared.ports import Head, Unreadable
from shared.recipe import Recipe, Trouble

CLOCK_SKEW = 5.0
"""Seconds by which DashScope's clock may differ from ours."""


def gather(booth: Booth, job: Job, facts: Facts, fact: Fact) -> Facts:
    """`facts` with `fact` looked at."""
    found: Mapping[str, Any] = {fact.value: _LOOKERS[fact](booth, job)}
    return replace(facts, **found)


def _photo(booth: Booth, job: Job) -> Head | Gone:
    return booth.objects.head(job.key) or Gone()


def _look(booth: Booth, job: Job) -> Look | Unreadable:
    return look_at(booth, job.key)


def look_at(booth: Booth, key: str) -> Look | Unreadable:
    """Size, format and orientation of a picture in the bucket."""
    info = booth.objects.info(key)
    if isinstance(info, Unreadable):
        return info
    return Look(
        width=int(info["ImageWidth"]),
        height=int(info["ImageHeight"]),
        format=info["Format"].lower(),
        orientation=_orientation(info.get("Orientation", "1")),
        size=int(info["FileSize"]),
    )


def _orientation(text: str) -> int:
    return int(text) if text.isdecimal() and 1 <= int(text) <= 8 else 1


def _portrait(booth: Booth, job: Job) -> str:
    """`<job> <key>` of the stored portrait; "" when there is none. This job's own is preferred."""
    found = [f"{booth_job} {key}" for key, booth_job in portraits(booth, job.key)]
    return next((text for text in found if text.startswith(job.id)), found[0] if found else "")


def portraits(booth: Booth, photo: str) -> list[tuple[str, str]]:
    """Every stored portrait of `photo`: its key and the job it names."""
    stem = keys.portrait_stem(photo)
    wanted = {stem + extension for extension in keys.PORTRAIT_EXTENSIONS}
    listed = [entry.key for entry in booth.objects.list(stem).entries if entry.key in wanted]
    heads = [(key, booth.objects.head(key)) for key in listed]
    return [(key, head.meta.get("job", "")) for key, head in heads if head is not None]


def holds(booth: Booth) -> tuple[Hold, ...]:
    """What holds all jobs, or all of a model: objects `.cosdrop/held/<reason>/<code>`, a LIST for all of them."""
    found = []
    for entry in booth.objects.list(keys.HELD).entries:
        reason, _, code = entry.key[len(keys.HELD) :].partition("/")
        probe_at = float("inf") if reason == "paused" else entry.modified_at + booth.probe_seconds
        found.append(Hold(reason, code, probe_at))
    return tuple(found)


def _recipe(booth: Booth, job: Job) -> Recipe | Trouble:
    entries = booth.objects.list(keys.template_stem(job.route)).entries
    options = recipe.options_key(entries, job.route)
    content = (booth.objects.read(options) or b"") if options else b""
    wanted = recipe.wish(entries, job.route, content, booth.model)
    if isinstance(wanted, Trouble) or not wanted.template:
        return wanted if isinstance(wanted, Trouble) else recipe.recipe(wanted, "", "")
    head, look = booth.objects.head(wanted.template), look_at(booth, wanted.template)
    if head is None or isinstance(look, Unreadable) or not is_processable(look):
        return Trouble("BadTemplate")
    return recipe.recipe(wanted, head.etag, fit(look))


def _turn(booth: Booth, job: Job) -> Turn:
    slot = journal.read_slot(booth)
    kinds = ("waiting", "backfill") if job.is_backfill else ("waiting",)
    limit = 1 + len(booth.passed_over)
    line = [entry.key for kind in kinds for entry in booth.objects.list(f"{keys.OPEN}{kind}/", limit).entries]
    next_ones = (one for one in map(keys.marker_job, line) if one == job.id or one not in booth.passed_over)
    is_first = slot.holder == job.id or next(next_ones, job.id) == job.id
    return Turn(slot, is_first)


def _task(booth: Booth, job: Job) -> Report:
    report = booth.tasks.query(MODELS[job.model], job.task_id)
    if report.status in (Status.FAILED, Status.CANCELED) and report.failure is None:
        raise NotNow(f"task {job.task_id} is {report.status.value} without a reason")
    return report


def _listed(booth: Booth, job: Job) -> Candidates:
    listed = booth.tasks.list(job.model)
    if job.state is State.RUNNING:
        return Candidates(claimed=job.task_id if any(one.task_id == job.task_id for one in listed) else "")
    key_id = job.key_id or known_key_id(booth, job.key_print)
    inside = [one for one in listed if _in_window(booth, job, one)]
    owners = [(one, journal.claimed_by(booth, one.task_id)) for one in inside if one.key_id == key_id or not key_id]
    claimed = next((one.task_id for one, owner in owners if owner == job.id), "")
    free = tuple(one.task_id for one, owner in owners if not owner)
    return Candidates(claimed, free, 0) if key_id else Candidates(claimed, (), len(free))


def _in_window(booth: Booth, job: Job, one: Listed) -> bool:
    return job.since - CLOCK_SKEW <= one.made_at <= job.since + booth.policy.grace


def known_key_id(booth: Booth, key_print: str) -> str:
    """The `api_key_id` of one of our keys as the deployer named it or an earlier task of it showed it, or ""."""
    if booth.key_id and key_print == booth.key_print:
        return booth.key_id
    return (booth.objects.read(keys.ACCOUNT + key_print) or b"").decode()


_LOOKERS: dict[Fact, Callable[[Booth, Job], Any]] = {
    Fact.PHOTO: _photo,
    Fact.LOOK: _look,
    Fact.PORTRAIT: _portrait,
    Fact.HOLDS: lambda booth, job: holds(booth),
    Fact.RECIPE: _recipe,
    Fact.TURN: _turn,
    Fact.TASK: _task,
    Fact.LISTED: _listed,
}
