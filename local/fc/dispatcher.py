"""Brings the engine's decisions to the instances, and what came of them back to the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.fc.engine import Fc, Invocation, Outcome
from local.fc.instance import Log
from local.fc.instances import Instances
from local.state import State

LOOK_AT_LEAST_EVERY = 0.5
"""Seconds: a clock that was put forward is noticed so soon."""


class Dispatcher:
    """Lives on one event loop; the instances block in threads of their own."""

    def __init__(self, engine: Fc, state: State, instances: Instances, log: Log) -> None:
        self._engine, self._state, self._instances = engine, state, instances
        self._log = log
        self._wake = asyncio.Event()
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(engine.most_running, "fc")

    def wake(self) -> None:
        """Look now: something was enqueued."""
        self._wake.set()

    async def run(self) -> None:
        """Start what is due, until closed."""
        # Not ended by cancelling: before Python 3.12 wait_for may swallow that when it is woken in the same moment.
        while not self._closed:
            self._wake.clear()
            started = self._engine.start_due()
            self._state.commit()  # a tick that fired is in the queue before its function runs
            for invocation in started:
                self._spawn(self._deliver(invocation))
            self._instances.reap()
            await self._nap()

    async def invoke(self, function: str, event: bytes) -> tuple[str, Outcome]:
        """Run `function` synchronously; returns the request id and how it ended. Raises FcError."""
        request_id = self._engine.start_sync(function, event)
        try:
            return request_id, await self._call(function, request_id, event)
        finally:
            self._engine.finish_sync(function)
            self.wake()

    async def close(self) -> None:
        """End all instances. What was running stays in the queue and runs again at the next start."""
        self._closed = True
        self.wake()
        for task in self._tasks:
            task.cancel()
        self._instances.close()
        self._threads.shutdown()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, invocation: Invocation) -> None:
        event = invocation.payload.encode("latin-1")
        outcome = await self._call(invocation.function, invocation.id, event)
        self._engine.finish(invocation, outcome)
        self._state.commit()
        self.wake()

    async def _call(self, function: str, request_id: str, event: bytes) -> Outcome:
        loop = asyncio.get_running_loop()
        outcome = await loop.run_in_executor(self._threads, self._instances.call, function, request_id, event)
        if outcome.error:
            self._log(function, f"{request_id} {outcome.error}: {outcome.body.decode('utf-8', 'replace')}")
        return outcome

    async def _nap(self) -> None:
        due = self._engine.next_due()
        seconds = LOOK_AT_LEAST_EVERY if due is None else due - self._engine.clock.now()
        try:
            await asyncio.wait_for(self._wake.wait(), min(max(seconds, 0), LOOK_AT_LEAST_EVERY))
        except asyncio.TimeoutError:
            return

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
