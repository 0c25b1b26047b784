"""DashScope's task life: two submissions a second, one task at a time, and all forgotten a day after its end.

Nothing happens by itself: every call first brings the tasks up to the clock. A task found RUNNING after a kill
has no picture yet, so it is made again; the client sees one long run.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from local.clock import Clock
from local.dashscope import errors, models
from local.dashscope.account import Account
from local.dashscope.limits import Rate, Settings
from local.dashscope.listing import Page, Query, page
from local.dashscope.models import Model
from local.dashscope.tasks import (
    CANCELED,
    FAILED,
    KEPT,
    PENDING,
    RUNNING,
    SUCCEEDED,
    ApiKey,
    Count,
    Failure,
    Fate,
    Picture,
    Studio,
    Task,
)
from local.state import State


class DashScope:
    """The vendor, for any number of accounts.

    With a `studio`, pictures are made within the call that finds them due. Without one, whoever drives the
    engine makes what `due` lists and hands it to `finish`.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        settings: Settings | None = None,
        *,
        keys: Iterable[ApiKey] = (ApiKey(),),
        studio: Studio | None = None,
    ) -> None:
        self.clock, self.settings = clock, settings or Settings()
        self.gone: set[str] = set()
        """Names of models that are no longer offered."""
        self._studio, self._blobs = studio, state.blobs
        self._tasks, self._counts = state.table("task", Task), state.table("count", Count)
        self._keys = {key.secret: key for key in keys}
        self._fates: deque[Fate] = deque()
        self._rates: dict[tuple[str, str], Rate] = {}
        self._accounts: defaultdict[str, Account] = defaultdict(Account)
        self._ended: list[tuple[float, str]] = []  # a heap: what ended first is forgotten first
        for task in sorted(self._tasks.values(), key=lambda task: task.number):
            self._accounts[task.account].remember(task)
            if task.ended is not None:
                heapq.heappush(self._ended, (task.ended, task.id))

    # --- what an account may ask for

    def authenticate(self, secret: str) -> ApiKey:
        """The key with this secret, or InvalidApiKey."""
        if secret not in self._keys:
            raise errors.invalid_api_key()
        return self._keys[secret]

    def submit(self, key: ApiKey, body: Any) -> Task:
        """Accept a task: `body` is `{"model": …, "input": {…}}`. After any ApiError nothing was accepted."""
        self._admit(key, "submit", self.settings.submissions_per_second)
        model, given = models.asked(body, self.gone)
        if self.settings.quota is not None and self._made(key.account, model.name) >= self.settings.quota:
            raise errors.quota_used_up()
        if self.settings.policy == "refuse" and self._accounts[key.account].busy:
            raise errors.slot_taken()
        task = self._new_task(key, model, given)
        self._tasks[task.id] = task
        self._accounts[key.account].remember(task)
        return task

    def task(self, key: ApiKey, task_id: str) -> Task | None:
        """The account's task; None if there is none, whatever the reason."""
        self._admit(key, "task", self.settings.looks_per_second)
        return self._own(key, task_id)

    def cancel(self, key: ApiKey, task_id: str) -> None:
        """Cancel a task that still waits, or UnsupportedOperation."""
        self._admit(key, "cancel", self.settings.looks_per_second)
        task = self._own(key, task_id)
        if task is None or task.status != PENDING:
            raise errors.not_pending()
        self._accounts[key.account].waiting.remove(task_id)
        self._end(task, CANCELED, self.clock.now())

    def page(self, key: ApiKey, query: Query) -> Page:
        """One page of the account's tasks, newest first."""
        self._admit(key, "page", self.settings.looks_per_second)
        newest_first = (self._tasks[task_id] for task_id in reversed(self._accounts[key.account].known))
        return page(newest_first, query, self.clock.now(), self.settings.list_lag)

    def result(self, task_id: str) -> bytes | None:
        """The picture of a task that succeeded and is not yet forgotten."""
        self.advance()
        task = self._tasks.get(task_id)
        return self._blobs.read(task.picture) if task and task.picture else None

    # --- how tasks move on

    def advance(self) -> None:
        """Bring every task up to the clock: start, end and forget what is due."""
        now = self.clock.now()
        for account in self._accounts.values():
            while self._start_next(account) and self._end_running(account, now):
                pass
        while self._ended and self._ended[0][0] + KEPT <= now:
            self._forget(heapq.heappop(self._ended)[1])

    def due(self) -> list[Task]:
        """Tasks whose run is over but for their picture, which `finish` awaits."""
        now = self.clock.now()
        running = [self._tasks[it.running] for it in self._accounts.values() if it.running is not None]
        return [task for task in running if _due(task) <= now]

    def finish(self, task_id: str, outcome: Picture | Failure) -> None:
        """End a running task now, with what was made of it."""
        self._finish(self._tasks[task_id], outcome, self.clock.now())

    def plan(self, fate: Fate) -> None:
        """Decide about the next submission not yet decided about. A restart forgets plans not yet used."""
        self._fates.append(fate)

    def tasks(self) -> list[Task]:
        """All tasks of all accounts, oldest first."""
        self.advance()
        return sorted(self._tasks.values(), key=lambda task: task.number)

    def _start_next(self, account: Account) -> bool:
        """Whether a task runs, be it only now."""
        if account.running is None and account.waiting:
            task = self._tasks[account.waiting.popleft()]
            # Nobody may have looked since the slot became free, so the start may be long past.
            start = max(task.submitted, account.free_since)
            self._tasks[task.id] = replace(task, status=RUNNING, scheduled=start)
            account.running = task.id
        return account.running is not None

    def _end_running(self, account: Account, now: float) -> bool:
        """Whether the running task ended."""
        task = self._tasks[account.running or ""]
        outcome = self._outcome(task) if _due(task) <= now else None
        if outcome is None:
            return False
        self._finish(task, outcome, _due(task))
        return True

    def _outcome(self, task: Task) -> Picture | Failure | None:
        if task.code:
            return Failure(task.code, task.message)
        return self._studio.make(task) if self._studio else None

    def _finish(self, task: Task, outcome: Picture | Failure, at: float) -> None:
        self._accounts[task.account].leave(at)
        if isinstance(outcome, Failure):
            self._end(replace(task, code=outcome.code, message=outcome.message), FAILED, at)
        else:
            self._count(_pictures(task.account, task.model))
            self._end(replace(task, picture=self._blobs.write(outcome.data)), SUCCEEDED, at)

    def _end(self, task: Task, status: str, at: float) -> None:
        self._tasks[task.id] = replace(task, status=status, ended=at)
        heapq.heappush(self._ended, (at, task.id))

    def _forget(self, task_id: str) -> None:
        task = self._tasks.pop(task_id)
        del self._accounts[task.account].known[task_id]
        if task.picture:
            self._blobs.drop(task.picture)

    # --- small things

    def _admit(self, key: ApiKey, call: str, per_second: int) -> None:
        self._rates.setdefault((key.account, call), Rate(per_second)).admit(self.clock.now())
        self.advance()

    def _own(self, key: ApiKey, task_id: str) -> Task | None:
        task = self._tasks.get(task_id)
        return task if task and task.account == key.account else None

    def _new_task(self, key: ApiKey, model: Model, given: Mapping[str, Any]) -> Task:
        number = self._count("tasks")
        fate = self._fates.popleft() if self._fates else Fate()
        return Task(
            number=number,
            id=self._uuid("task", number),
            request_id=self._uuid("request", number),
            account=key.account,
            api_key_id=key.id,
            model=model.name,
            input=dict(given),
            seconds=self.settings.seconds_of(number) if fate.seconds is None else fate.seconds,
            submitted=self.clock.now(),
            code=fate.code,
            message=fate.message,
        )

    def _made(self, account: str, model: str) -> int:
        return self._counts.get(_pictures(account, model), Count(0)).value

    def _count(self, name: str) -> int:
        value = self._counts.get(name, Count(0)).value + 1
        self._counts[name] = Count(value)
        return value

    def _uuid(self, kind: str, number: int) -> str:
        digest = hashlib.md5(f"{self.settings.seed}/{kind}/{number}".encode()).digest()
        return str(UUID(bytes=digest, version=4))


def _due(task: Task) -> float:
    return (task.scheduled or 0.0) + task.seconds


def _pictures(account: str, model: str) -> str:
    return f"pictures/{account}/{model}"
