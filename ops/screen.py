"""What a person sees: on standard error, so that standard output stays for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ops.drops import Drop, Outcome
from ops.drops import Progress as Moved
from ops.status import Status
from ops.why import Answer, Story, sentence
from shared.job import State

screen = Console(stderr=True, highlight=False, markup=False)

INDENT = 9
"""Columns of `  done   `, `  error  ` and `  held   `."""
_WORDS = {
    State.NEW: "waiting for its turn:",
    State.SUBMITTING: "submitting",
    State.RUNNING: "painting",
    State.FINISHED: "saving",
}
_NEAREST = tuple(reversed(_WORDS))
"""States from nearly done to hardly begun."""


def say(text: str) -> None:
    """One line, which a narrow terminal folds by itself: paths and commands stay whole when copied."""
    screen.print(text, soft_wrap=True)


def show(moves: Iterable[Moved | Outcome], count: int) -> list[Outcome]:
    """Follow `count` drops on the screen until all have an outcome; returns the outcomes."""
    outcomes: list[Outcome] = []
    states: dict[Drop, State] = {}
    said: set[str] = set()
    with _bar() as bar:
        task = bar.add_task("", total=count)
        for move in moves:
            if isinstance(move, Outcome):
                outcomes.append(move)
                states.pop(move.drop, None)
                _show_ending(move, said)
            else:
                states[move.drop] = move.state
            bar.update(task, completed=len(outcomes), description=_at_work(states))
    return outcomes


def show_status(status: Status) -> None:
    """The figures as a small table."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    rows = [
        (status.waiting, "waiting for their turn"),
        (status.in_flight, "being painted or saved"),
        (status.portraits, "portraits"),
        (status.errors, "errors"),
        (status.held, "held"),
    ]
    for figure, words in rows:
        table.add_row(f"  {figure}", words, style="bold" if figure else "dim")
    screen.print(table)
    if status.oldest_seconds is not None:
        say(f"the oldest was dropped {_span(status.oldest_seconds)} ago")


def show_answer(answer: Answer) -> None:
    """The life of a photo as a timeline, and what it all came to."""
    say(answer.photo)
    for story in answer.stories:
        _show_story(story)
    if answer.error is not None:
        _show_error(answer.error, answer.error["code"])


def _show_story(story: Story) -> None:
    began = story.lines[0]["at"]
    state = "held" if story.job.held else story.job.state.value
    screen.print(Text.assemble((state, "bold"), (f"  {_time(began, '%Y-%m-%d')}, job {story.job.id}", "dim")))
    table = Table.grid(padding=(0, 2))
    for _ in range(2):
        table.add_column(style="dim", justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for line in story.lines:
        table.add_row(f"  {_time(line['at'], '%H:%M:%S')}", f"{line['at'] - began:+.1f} s", sentence(line))
    screen.print(table)


def _span(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 3600} h {seconds % 3600 // 60} min"


def _time(at: float, form: str) -> str:
    return datetime.fromtimestamp(at).strftime(form)


def _show_ending(outcome: Outcome, said: set[str]) -> None:
    """One line, and below an error its words: once, however many photos they are about."""
    if outcome.error is None:
        screen.print(Text.assemble(("  done   ", "green"), outcome.portrait or ""), soft_wrap=True)
        return
    words = outcome.error["en"] + outcome.error["todo_en"]
    _show_error(outcome.error, outcome.drop.photo + (", as above" if words in said else ""), words not in said)
    said.add(words)


def _show_error(error: Mapping[str, Any], heading: str, in_full: bool = True) -> None:
    kind = ("  error  ", "red") if error["final"] else ("  held   ", "yellow")
    screen.print(Text.assemble(kind, heading), soft_wrap=True)
    for words in (error["en"], error["todo_en"]) if in_full else ():
        screen.print(Padding(Text(words), (0, 0, 0, INDENT), expand=False))


def _at_work(states: Mapping[Drop, State]) -> str:
    """The drop that is nearest to its end: the one that a person watches."""
    working = ((state, drop) for state in _NEAREST for drop, at in states.items() if at is state)
    state, drop = next(working, (None, None))
    return f"{_WORDS[state]} {drop.photo}" if state and drop else ""


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(finished_text=" "),
        MofNCompleteColumn(),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=screen,
    )
