"""What a person sees: on standard error, so that standard output stays for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ops.drops import Outcome
from ops.drops import Progress as Moved
from ops.status import Status
from ops.why import Story, sentence
from shared.job import State

screen = Console(stderr=True, highlight=False)

_WORDS = {
    State.NEW: "waits for its turn",
    State.SUBMITTING: "is being submitted",
    State.RUNNING: "is being painted",
    State.FINISHED: "is being saved",
}


def show(moves: Iterable[Moved | Outcome], count: int) -> list[Outcome]:
    """Follow `count` drops on the screen until all have an outcome; returns the outcomes."""
    outcomes: list[Outcome] = []
    with _bar() as bar:
        task = bar.add_task("", total=count)
        for move in moves:
            if isinstance(move, Outcome):
                outcomes.append(move)
                bar.console.print(_ending(move))
                bar.advance(task)
            else:
                bar.update(task, description=f"{move.drop.photo} {_WORDS.get(move.state, move.state.value)}")
        bar.update(task, description="all told")
    return outcomes


def show_status(status: Status) -> None:
    """The six figures as a small table."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="bold")
    table.add_column()
    rows = [
        (status.waiting, "waiting for their turn"),
        (status.in_flight, "being painted or saved"),
        (status.portraits, "portraits"),
        (status.errors, "errors"),
        (status.held, "held"),
    ]
    for figure, words in rows:
        table.add_row(str(figure), words)
    if status.oldest_seconds is not None:
        table.add_row(f"{status.oldest_seconds} s", "is how long the oldest has been at it")
    screen.print(table)


def show_story(photo: str, stories: Sequence[Story]) -> None:
    """The life of a photo as a timeline."""
    for story in stories:
        screen.print(Text.assemble((photo, "bold"), f"  job {story.job.id}  ", (story.job.state.value, "cyan")))
        began = story.lines[0]["at"]
        for line in story.lines:
            when = datetime.fromtimestamp(line["at"]).strftime("%Y-%m-%d %H:%M:%S")
            screen.print(Text.assemble((when, "dim"), f"  {line['at'] - began:+8.1f} s  ", sentence(line)))


def _ending(outcome: Outcome) -> Text:
    if outcome.portrait is not None:
        return Text.assemble(("  done  ", "green"), outcome.portrait)
    error = outcome.error or {}
    kind = ("  error ", "red") if error.get("final", True) else ("  held  ", "yellow")
    return Text.assemble(kind, outcome.drop.photo, "\n        ", error.get("en", ""), " ", error.get("todo_en", ""))


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        MofNCompleteColumn(),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=screen,
    )
