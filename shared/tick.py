"""The poller's minute: results saved by deadline, tasks looked at, the next photo submitted when the slot gets free.

It stays while there is work, until just before the next tick; with nothing to do it makes two calls and is gone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TypeVar

from shared import journal, keys, message
from shared.booth import Booth
from shared.engine import free_slot, record, step
from shared.errors import NotNow, Raced
from shared.facts import Wait
from shared.intake import advance, reopen
from shared.job import Job, State
from shared.openings import Openings, list_open
from shared.ports import Message
from shared.sweep import sweep

URGENT = 3600.0
"""A result this close to its deadline is saved before anything else."""
TAKE_GRACE = 10.0
"""How long a holder may be between taking the slot and writing `submitting`."""
PAUSE = 5.0
"""Seconds until a job is tried again after a service was away; doubled each time within a tick."""
OWN_REASONS = ("held.unsure", "held.request")
"""Reasons that are each job's own; all others are shared, and one job speaks for all."""
NEVER = math.inf

T = TypeVar("T")


def run(booth: Booth, ends_at: float, *, sweeps: bool = False) -> None:
    """Work until there is nothing to do, or the next thing to do lies beyond `ends_at` (epoch seconds).

    `sweeps`: look for photos whose event was lost, first.

    A job that fails in a way nobody foresaw stops no other; its error is raised at the end, for the platform to see.
    """
    tick = _Tick(booth, ends_at)
    if sweeps:
        tick.sweep()
    while True:
        due = tick.round()
        if due > ends_at or tick.is_over():
            break
        booth.clock.sleep(max(0.0, due - booth.clock.now()))
    if tick.trouble is not None:
        raise tick.trouble


class _Tick:
    """One tick's rounds, and what they have seen."""

    def __init__(self, booth: Booth, ends_at: float) -> None:
        self._booth, self._ends_at = booth, ends_at
        self._seen: dict[str, Job] = {}
        self._due = NEVER
        self._pause = PAUSE
        self._is_first = True
        self._slot_is_free = False
        self.trouble: Exception | None = None

    def is_over(self) -> bool:
        return self._booth.clock.now() >= self._ends_at

    def sweep(self) -> None:
        self._guard(partial(sweep, self._booth, self.is_over))

    def round(self) -> float:
        """Look once at everything that is open; returns when the next thing is due, epoch seconds."""
        self._seen, self._due = {}, NEVER
        received = self._receive()
        opened = list_open(self._booth)
        if opened.all or received:
            self._work(opened)
            self._answer(received, opened)
        self._is_first = False
        return self._due

    def _receive(self) -> Sequence[Message]:
        try:
            return self._booth.queue.receive()
        except NotNow as away:
            # Its messages are only reminders: the markers stand for the jobs as well.
            self._booth.log("queue_away", reason=str(away))
            return ()

    def _work(self, opened: Openings) -> None:
        now = self._booth.clock.now()
        urgent = [marker for marker in opened.finished if _time_in(marker) < now + URGENT]
        self._each(urgent, self._save)
        if opened.running or opened.waiting:
            holder = self._guard(self._repair_slot) or ""
            self._each(dict.fromkeys([*opened.running, holder] if holder else opened.running), self._look)
        if self._is_first:
            self._wake(opened.held)
        if self._slot_is_free:
            self._each(opened.waiting, self._submit)
        patient = [marker for marker in opened.finished if marker not in urgent]
        if not self._each(patient, self._save_next) and len(patient) > 1:
            self._want(self._booth.clock.now())

    # --- one job at a time ---------------------------------------------------------------------------------------

    def _each(self, markers: Iterable[str], act: Callable[[str], bool]) -> bool:
        """`act` on each, in order, until it says no or the time is over; whether it came to the end."""
        return all(not self.is_over() and self._guard(partial(act, marker)) is not False for marker in markers)

    def _guard(self, act: Callable[[], T]) -> T | None:
        try:
            return act()
        except (NotNow, Raced) as away:
            self._booth.log("away", reason=str(away))
            self._want(self._booth.clock.now() + self._pause)
            self._pause *= 2
        except Exception as error:
            self._booth.log("trouble", kind=type(error).__name__, reason=str(error))
            self.trouble = self.trouble or error
        return None

    def _save(self, marker: str) -> bool:
        self._note(*self._step(marker))
        return True

    def _save_next(self, marker: str) -> bool:
        """Whether to try the next one: one is saved a round, and tasks are looked at before the others."""
        job, wait = self._step(marker)
        self._note(job, wait)
        return wait is not None

    def _look(self, marker: str) -> bool:
        job, wait = self._step(marker)
        self._slot_is_free = self._slot_is_free or not job.uses_slot
        self._note(job, wait)
        return True

    def _submit(self, marker: str) -> bool:
        """Whether the next in line may be tried as well."""
        try:
            return self._try_submit(marker)
        except Raced:
            raise
        except Exception:
            # A photo that cannot be looked at, whyever, is no reason for all behind it to wait as well.
            passed_over = self._booth.passed_over | {keys.marker_job(marker)}
            self._booth = replace(self._booth, passed_over=passed_over)
            raise

    def _try_submit(self, marker: str) -> bool:
        job = self._remember(reopen(self._booth, marker))
        wait: Wait | None = None
        while wait is None and job.state is State.NEW:
            job, wait = step(self._booth, job)
        if job.state is State.RUNNING:
            wait = Wait(job.submitted_at + self._booth.policy.look)
        self._note(job, wait)
        return bool(job.held) or not (job.state is State.NEW or job.uses_slot)

    def _step(self, marker: str) -> tuple[Job, Wait | None]:
        job = reopen(self._booth, marker)
        return step(self._booth, job) if job.state.is_open else (job, None)

    def _wake(self, held: Sequence[str]) -> None:
        """One job of every reason is asked whether it may go on; when it may, so may the others."""
        for kind, markers in groupby(held, keys.marker_kind):
            self._each(list(markers), self._try_held if kind in OWN_REASONS else self._try_shared)

    def _try_held(self, marker: str) -> bool:
        self._note(*self._step(marker))
        return True

    def _try_shared(self, marker: str) -> bool:
        job, wait = self._step(marker)
        self._note(job, wait)
        return not (job.held or job.code)  # a code: it goes on to probe what still holds, and probes alone

    def _remember(self, job: Job) -> Job:
        self._seen[job.id] = job
        return job

    def _note(self, job: Job, wait: Wait | None) -> None:
        self._remember(job)
        if job.state.is_open:
            self._want(wait.until if wait is not None else self._booth.clock.now())

    def _want(self, due: float) -> None:
        self._due = min(self._due, due)

    # --- slot and messages ---------------------------------------------------------------------------------------

    def _repair_slot(self) -> str:
        """Free a slot that a crash left behind; returns the marker of its holder when that one is at work."""
        slot = journal.read_slot(self._booth)
        self._slot_is_free = not slot.holder
        if not slot.holder:
            return ""
        job = journal.load(self._booth, slot.holder)
        if job.uses_slot:
            return job.marker
        if job.state is State.NEW and self._booth.clock.now() < slot.taken_at + TAKE_GRACE:
            self._want(slot.taken_at + TAKE_GRACE)
            return ""
        if job.state is State.NEW:
            # Takes the position that a late holder read, so that its `submitting` fails.
            job = record(self._booth, job, "released", {})
        free_slot(self._booth, job)
        self._slot_is_free = True
        return ""

    def _answer(self, received: Sequence[Message], opened: Openings) -> None:
        for one in received:
            self._guard(partial(self._answer_one, one, opened))

    def _answer_one(self, one: Message, opened: Openings) -> None:
        reminder = message.decode(one.body)
        if reminder is None:
            self._bury(one)
            return
        job = self._seen.get(reminder.job) or journal.load(self._booth, reminder.job)
        if not job.state.is_open:
            self._booth.queue.delete(one.handle)
            return
        if job.id not in {keys.marker_job(marker) for marker in opened.all} and job.id not in self._seen:
            self._seen[job.id] = advance(self._booth, job)
        self._booth.queue.postpone(one.handle, self._seconds_until_due())

    def _seconds_until_due(self) -> int:
        away = self._due - self._booth.clock.now()
        return max(1, min(60, math.ceil(away))) if away < NEVER else 60

    def _bury(self, one: Message) -> None:
        """Somebody else's message: kept for the operator, then taken off the queue, which must not stop for it."""
        name = f"{keys.POISON}{round(self._booth.clock.now() * 1000)}-{self._booth.new_id()}"
        self._booth.objects.write(name, one.body.encode("utf-8", "replace"), "text/plain; charset=utf-8")
        self._booth.queue.delete(one.handle)
        self._booth.log("poison", kept=name)


def _time_in(marker: str) -> float:
    return int(marker.rpartition("/")[2].partition("-")[0]) / 1000
