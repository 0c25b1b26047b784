"""How the booth stands, in six figures that do not overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from shared import journal, keys
from shared.booth import Booth
from shared.openings import list_open
from shared.ports import Entry


@dataclass(frozen=True)
class Status:
    """Counts of photos; `oldest_seconds` is how long the oldest open one has been waiting for its end."""

    waiting: int
    in_flight: int
    portraits: int
    errors: int
    held: int
    oldest_seconds: int | None

    def told(self) -> dict[str, int | None]:
        """As `--json` prints it."""
        return asdict(self)


def status(booth: Booth) -> Status:
    """Look at markers, portraits and errors. A job held has a note among the errors; it counts as held alone."""
    opened = list_open(booth)
    jobs = {keys.marker_job(marker): journal.load(booth, keys.marker_job(marker)) for marker in opened.all}
    alive = [job for job in jobs.values() if job.state.is_open]
    notes = {keys.error_key(job.key) for job in alive if job.has_note}
    kinds = [keys.marker_kind(job.marker).partition(".")[0] for job in alive]
    oldest = min((job.opened_at for job in alive), default=None)
    return Status(
        waiting=kinds.count("waiting"),
        in_flight=kinds.count("running") + kinds.count("finished"),
        portraits=sum(1 for _ in everything(booth, keys.PORTRAITS)),
        errors=sum(1 for entry in everything(booth, keys.ERRORS) if entry.key not in notes),
        held=kinds.count("held"),
        oldest_seconds=None if oldest is None else max(0, round(booth.clock.now() - oldest)),
    )


def everything(booth: Booth, prefix: str) -> Iterator[Entry]:
    """Every object below `prefix`, page by page."""
    after = ""
    while True:
        page = booth.objects.list(prefix, after=after)
        yield from page.entries
        if page.is_complete:
            return
        after = page.entries[-1].key
