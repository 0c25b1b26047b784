"""Carries the outbox's events to Function Compute, at least once: an event is forgotten only when it was accepted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import requests
from starlette.applications import Starlette

from local.oss.engine import Oss
from local.oss.events import Event

LOOK_EVERY = 0.02
RETRY_AFTER = 0.5
"""Seconds."""

Payload = Callable[[Event], dict[str, Any]]


def delivering(oss: Oss, target: str, payload: Payload) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """A lifespan: while the server lives, events are posted to `target` in the order they were made."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_deliver(oss, target, payload))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return lifespan


async def _deliver(oss: Oss, target: str, payload: Payload) -> None:
    with requests.Session() as session:
        session.trust_env = False
        while True:
            waiting = oss.outbox.waiting()
            for event in waiting:
                # In the loop's own thread again once posted: the engine is never touched from another.
                while not await asyncio.to_thread(_posted, session, target, payload(event)):
                    await asyncio.sleep(RETRY_AFTER)
                oss.outbox.delivered(event.id)
                oss.state.commit()
            await asyncio.sleep(LOOK_EVERY)


def _posted(session: requests.Session, target: str, body: dict[str, Any]) -> bool:
    """Whether it was taken, or refused for good (4xx)."""
    try:
        return session.post(target, json=body, timeout=10).status_code < 500
    except requests.RequestException:
        return False
