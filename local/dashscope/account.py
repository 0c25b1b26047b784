"""One account's tasks in their order: which it knows, which wait, which one runs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from local.dashscope.tasks import CANCELED, PENDING, RUNNING, Task


@dataclass
class Account:
    """Only ids; the tasks themselves lie in the state, from which this can always be built again.

    One slot over all models: the pages say "per account" in one place and "per model" in another, and a client that
    keeps to the stricter reading is right under both.
    """

    known: dict[str, None] = field(default_factory=dict)
    """In order of submission."""
    waiting: deque[str] = field(default_factory=deque)
    running: str | None = None
    free_since: float = 0.0
    """When the last task left the slot, in seconds since the epoch."""

    @property
    def busy(self) -> bool:
        """Whether a task runs or waits to."""
        return self.running is not None or bool(self.waiting)

    def remember(self, task: Task) -> None:
        """Give `task` its place: a new one, or one kept over a restart."""
        self.known[task.id] = None
        if task.status == PENDING:
            self.waiting.append(task.id)
        elif task.status == RUNNING:
            self.running = task.id
        elif task.status != CANCELED:  # which never held the slot
            self.free_since = max(self.free_since, task.ended or 0.0)

    def leave(self, at: float) -> None:
        """The running task ended."""
        self.running, self.free_since = None, at
