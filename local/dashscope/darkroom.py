"""Has due pictures made while the server runs: in a thread, so that no poll waits for one.

A kill in the middle loses nothing but work: the task is still RUNNING in the state, hence due again.
"""

from __future__ import annotations

import logging

import anyio
import anyio.to_thread

from local.dashscope.engine import DashScope
from local.dashscope.tasks import Failure, Picture, Studio, Task
from local.state import State

log = logging.getLogger(__name__)

LOOK_EVERY = 0.05
"""Seconds between two looks for pictures that are due."""
BROKE = Failure("InternalError.Algo", "An internal error has occured during execution.")


async def make_pictures(engine: DashScope, state: State, studio: Studio) -> None:
    """Make what is due, one after the other, until cancelled. Only `studio` ever leaves the server's own thread."""
    while True:
        engine.advance()
        for task in engine.due():
            outcome = await anyio.to_thread.run_sync(_made, studio, task, abandon_on_cancel=True)
            engine.finish(task.id, outcome)
        state.commit()
        await anyio.sleep(LOOK_EVERY)


def _made(studio: Studio, task: Task) -> Picture | Failure:
    """What `studio` makes of `task`. If it breaks, that is the vendor's "algorithm error", not the server's end."""
    try:
        return studio.make(task)
    except Exception:
        log.exception("the studio broke on task %s", task.id)
        return BROKE
