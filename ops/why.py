"""What happened to a photo: the log of its job, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared import job as jobs
from shared import keys
from shared.booth import Booth
from shared.errors import CosdropError
from shared.gather import portraits
from shared.job import Job, Line


class Unheard(CosdropError):
    """Nothing is known of a photo; the text says what to look at."""


@dataclass(frozen=True)
class Story:
    """A job and the lines of its log."""

    job: Job
    lines: Sequence[Line]

    def told(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"job": self.job.id, "state": self.job.state.value, "held": self.job.held, "lines": list(self.lines)}


@dataclass(frozen=True)
class Answer:
    """All that is known of a photo: its stories, oldest first, and the error or note that lies there for it."""

    photo: str
    stories: Sequence[Story]
    error: dict[str, Any] | None

    def told(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"photo": self.photo, "jobs": [story.told() for story in self.stories], "error": self.error}


def why(booth: Booth, photo: str) -> Answer:
    """What happened to `photo`. Raises Unheard when nothing is known of it."""
    content = booth.objects.read(keys.error_key(photo))
    error: dict[str, Any] | None = json.loads(content) if content else None
    found = [_story(booth, job) for job in dict.fromkeys(_jobs(booth, photo, error)) if job]
    told = sorted((story for story in found if story.lines), key=lambda story: story.lines[0]["at"])
    if not told and error is None:
        raise Unheard(
            f"nothing is known of {photo}: is it the full key, such as photos/me.jpg, and did its upload end?"
        )
    return Answer(photo, told, error)


def _jobs(booth: Booth, photo: str, error: dict[str, Any] | None) -> Iterator[str]:
    """The jobs that can be found: of what lies there now, of its portrait and of its error."""
    if keys.is_usable(photo):
        head = booth.objects.head(photo)
        yield keys.job_id(booth.bucket, photo, head.etag) if head else ""
        yield from (job for _, job in portraits(booth, photo))
    yield error["job"] if error else ""


def sentence(line: Line) -> str:
    """One line of a log in plain words."""
    return _SENTENCES.get(line["op"], str(line["op"])).format_map(_Told(line))


def _story(booth: Booth, job_id: str) -> Story:
    log = booth.objects.read(keys.job_log(job_id)) or b""
    lines = jobs.decode(log)
    return Story(jobs.fold(job_id, lines, len(log)), lines)


class _Told(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"


_SENTENCES = {
    "opened": "dropped; the job was opened",
    "reopened": "dropped anew; the job was opened again",
    "released": "the slot it held was freed for the next",
    "submitting": "its turn: about to be submitted to {model}",
    "returned": "not accepted ({code}); back in line, nothing bought",
    "submitted": "accepted as task {task_id} ({how})",
    "looked": "the task list was looked at",
    "lost": "DashScope does not know the task any more; looked at on",
    "failed": "the task failed ({code}); tried again, nothing bought",
    "finished": "the portrait is ready at DashScope",
    "parked": "the portrait could not be saved yet ({code})",
    "held": "held: {reason} ({code})",
    "resumed": "goes on",
    "done": "saved as {portrait}",
    "refused": "refused: {code}",
    "expired": "given up: {code}",
    "superseded": "the photo was overwritten; the newer one goes on",
    "withdrawn": "the photo was deleted",
}
