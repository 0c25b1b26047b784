"""What happened to a photo: the log of its job, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared import job as jobs
from shared import keys
from shared.booth import Booth
from shared.gather import portraits
from shared.job import Job, Line


@dataclass(frozen=True)
class Story:
    """A job and the lines of its log."""

    job: Job
    lines: Sequence[Line]

    def told(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"job": self.job.id, "state": self.job.state.value, "held": self.job.held, "lines": list(self.lines)}


def stories(booth: Booth, photo: str) -> list[Story]:
    """Every job of `photo` that can be found: of what lies there now, of its portrait and of its error."""
    head = booth.objects.head(photo) if keys.is_usable(photo) else None
    named = [keys.job_id(booth.bucket, photo, head.etag)] if head else []
    named += [job for _, job in portraits(booth, photo)] if keys.is_usable(photo) else []
    error = booth.objects.head(keys.error_key(photo))
    named += [error.meta.get("job", "")] if error else []
    found = [_story(booth, job) for job in dict.fromkeys(named) if job]
    return sorted((story for story in found if story.lines), key=lambda story: story.lines[0]["at"])


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
