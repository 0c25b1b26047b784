"""A job is its log: lines of JSON, each appended once, folded into one value here. Pure.

The log is the truth; markers, messages and notes only point to it. A line of an operation that this version does not
know is skipped, so that an older version can read a newer log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from shared import keys

Line = Mapping[str, Any]
"""One line of a log. Always there: `v` (format, 1), `id` (its own random name), `at` (epoch seconds), `op`."""

Fields = dict[str, Any]
"""What a line changes of a job."""

FORMAT = 1


class State(str, Enum):
    """Where a job stands."""

    ABSENT = "absent"  # nothing is logged yet
    NEW = "new"  # waits for its turn
    SUBMITTING = "submitting"  # the POST is about to be sent, or was: only the task list knows
    RUNNING = "running"  # DashScope gave a task_id
    FINISHED = "finished"  # the result is ready there, not yet here
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"  # the photo was overwritten: the newer job answers
    WITHDRAWN = "withdrawn"  # the photo was deleted

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self in _OPEN


_OPEN = {State.NEW, State.SUBMITTING, State.RUNNING, State.FINISHED}


@dataclass(frozen=True)
class Job:
    """One version of one photo on one route, as its log tells. Times are epoch seconds."""

    id: str
    key: str = ""
    etag: str = ""
    dropped_at: float = 0.0
    """Last-Modified of the photo that this job answers."""
    opened_at: float = 0.0
    is_backfill: bool = False
    """Older than the stack: it waits behind everything dropped anew."""
    state: State = State.ABSENT
    since: float = 0.0
    """When it entered its state."""
    op: str = ""
    """The latest line's operation."""
    held: str = ""
    """Why it is held (`paused`, `account`, `template.hero` …); empty when it is not."""
    held_at: float = 0.0
    code: str = ""
    """The last thing that was said about it: a code of `words.py` or of the vendor."""
    attempts: int = 0
    """Tasks that were accepted and FAILED."""
    posts: int = 0
    recipe: str = ""
    """Digest of model, template and options of the latest task."""
    model: str = ""
    key_print: str = ""
    """Fingerprint of the API key that the latest task was submitted with, and how the task list names that key."""
    key_id: str = ""
    task_id: str = ""
    request_id: str = ""
    submitted_at: float = 0.0
    deadline: float = 0.0
    """When DashScope forgets the result."""
    tries: int = 0
    """Copies that failed."""
    looks: int = 0
    """How often in a row the task list said the same (`saw`)."""
    saw: str = ""
    looked_at: float = 0.0
    lost: bool = False
    """The task became unknown to DashScope; it no longer keeps the slot."""
    portrait: str = ""
    position: int = 0
    """Bytes of log read: where the next line goes."""

    @property
    def uses_slot(self) -> bool:
        """Whether this job may have a task in flight."""
        return self.state in (State.SUBMITTING, State.RUNNING) and not self.held and not self.lost

    @property
    def has_note(self) -> bool:
        """Whether a note in `errors/` says why it takes longer."""
        return self.state.is_open and bool(self.held or self.tries)

    @property
    def route(self) -> str:
        """The photo's route."""
        return keys.route(self.key)

    @property
    def marker(self) -> str:
        """The key of its open-job marker; empty when it is closed."""
        if not self.state.is_open:
            return ""
        if self.held:
            return keys.marker(f"held.{self.held}", self.opened_at, self.id)
        if self.state is State.FINISHED:
            return keys.marker("finished", self.deadline, self.id)
        line = "backfill" if self.is_backfill else "waiting"
        return keys.marker(line if self.state is State.NEW else "running", self.opened_at, self.id)


Change = Callable[[Job, Line], Fields]


def fold(job_id: str, lines: Iterable[Line], position: int = 0) -> Job:
    """The job that `lines` tell of; `position` is how many bytes they are."""
    job = Job(job_id)
    for line in lines:
        job = apply(job, line)
    return replace(job, position=position)


def apply(job: Job, line: Line) -> Job:
    """The job after one more line."""
    change = _CHANGES.get(line["op"])
    if change is None:
        return job
    told: Fields = {"op": line["op"], "code": line.get("code", ""), **change(job, line)}
    if told.get("state", job.state) is not job.state:
        told["since"] = line["at"]
    if told.get("held") not in (None, "", job.held):
        told["held_at"] = line["at"]
    return replace(job, **told)


def encode(line: Line) -> bytes:
    """One line as it lies in the log."""
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode(log: bytes) -> list[dict[str, Any]]:
    """The lines of a log."""
    return [json.loads(line) for line in log.splitlines()]


_UNSEEN: Mapping[str, Any] = {"looks": 0, "saw": "", "looked_at": 0.0}
"""The task list was not looked at yet."""


def _opened(job: Job, line: Line) -> Fields:
    told = {name: line[name] for name in ("key", "etag", "dropped_at")}
    return {**told, "opened_at": line["at"], "is_backfill": line.get("backfill", False), "state": State.NEW}


def _reopened(job: Job, line: Line) -> Fields:
    kept = {"id", "key", "etag", "position"}
    fresh = {one.name: one.default for one in fields(Job) if one.name not in kept}
    told = {"dropped_at": line["dropped_at"], "opened_at": line["at"], "since": line["at"]}
    return {**fresh, **told, "op": line["op"], "posts": max(1, job.posts), "state": State.NEW}


def _submitting(job: Job, line: Line) -> Fields:
    told = {name: line.get(name, "") for name in ("model", "recipe", "key_print", "key_id")}
    return {**told, **_UNSEEN, "state": State.SUBMITTING, "held": "", "posts": job.posts + 1}


def _submitted(job: Job, line: Line) -> Fields:
    told = {"task_id": line["task_id"], "request_id": line["request_id"], "submitted_at": line["at"]}
    return {**told, **_UNSEEN, "state": State.RUNNING, "held": "", "lost": False}


def _looked(job: Job, line: Line) -> Fields:
    same = line["saw"] == job.saw and job.looks > 0
    return {"saw": line["saw"], "looks": job.looks + 1 if same else 1, "looked_at": line["at"], "code": job.code}


def _failed(job: Job, line: Line) -> Fields:
    back = {"state": State.NEW, "held": "", "attempts": job.attempts + 1}
    return {**back, "tries": 0, "task_id": "", "lost": False}


def _finished(job: Job, line: Line) -> Fields:
    return {"state": State.FINISHED, "deadline": line["deadline"], "held": "", "lost": False}


def _closing(state: State) -> Change:
    return lambda job, line: {"state": state, "held": "", "request_id": line.get("request_id", job.request_id)}


_CHANGES: dict[str, Change] = {
    "opened": _opened,  # key, etag, dropped_at (backfill)
    "reopened": _reopened,  # dropped_at: the same photo was dropped anew
    "released": lambda job, line: {},  # only takes the position, so that a late holder's `submitting` fails
    "submitting": _submitting,  # model, recipe, key_print, key_id: written before the POST
    # code: there is no task, and no attempt is burned (held: why nobody's would do)
    "returned": lambda job, line: {"state": State.NEW, "held": line.get("held", "")},
    "submitted": _submitted,  # task_id, request_id, how: post | adopted
    "looked": _looked,  # saw: the task list's answer, in short
    "lost": lambda job, line: {"lost": True},  # DashScope does not know the task: the slot goes on
    "failed": _failed,  # code: the task FAILED and may be tried again
    "finished": _finished,  # deadline
    # code: the copy failed; tried again until the deadline
    "parked": lambda job, line: {"tries": job.tries + 1, "looked_at": line["at"]},
    "held": lambda job, line: {"held": line["reason"]},  # reason, code
    "resumed": lambda job, line: {"held": "", **_UNSEEN},  # (code: of the hold that it probes)
    "done": lambda job, line: {"state": State.DONE, "held": "", "portrait": line["portrait"]},  # portrait
    "refused": _closing(State.REFUSED),  # code, request_id
    "expired": _closing(State.EXPIRED),  # code
    "superseded": _closing(State.SUPERSEDED),
    "withdrawn": _closing(State.WITHDRAWN),
}
