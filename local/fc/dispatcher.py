"""Brings the engine's decisions to the instances and the queues, and what came of them back to the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.fc.engine import Fc, Invocation
from local.fc.errors import FcError, NoInstance, Outcome
from local.fc.instances import Instances
from local.fc.logs import Log, own
from local.fc.notices import Notice
from local.fc.queues import Refused, Send
from local.state import State

LOOK_AT_LEAST_EVERY = 0.5
"""Seconds: a clock that was put forward is noticed so soon."""

_SENDERS = 2
"""Threads that talk to queues."""


class Dispatcher:
    """Lives on one event loop; instances and queues block in threads of their own."""

    def __init__(self, engine: Fc, state: State, instances: Instances, send: Send, log: Log) -> None:
        self._engine, self._state, self._instances = engine, state, instances
        self._send, self._log = send, log
        self._wake = asyncio.Event()
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(engine.most_running, "fc")
        self._senders = ThreadPoolExecutor(_SENDERS, "fc-queues")

    def wake(self) -> None:
        """Look now: something was enqueued."""
        self._wake.set()

    async def run(self) -> None:
        """Start what is due, until closed."""
        # Not ended by cancelling: before Python 3.12 wait_for may swallow that when it is woken in the same moment.
        while not self._closed:
            self._wake.clear()
            started, told = self._engine.start_due(), self._engine.notices.start_due()
            self._state.commit()  # a tick that fired is in the queue before its function runs
            for invocation in started:
                self._spawn(self._deliver(invocation))
            for notice in told:
                self._spawn(self._tell(notice))
            self._instances.reap()
            await self._nap()

    async def invoke(self, function: str, event: bytes) -> tuple[str, Outcome]:
        """Run `function` synchronously; returns the request id and how it ended. Raises FcError."""
        request_id = self._engine.start_sync(function, event)
        try:
            return request_id, await self._call(function, request_id, event)
        except NoInstance as error:
            raise FcError(503, "ResourceThrottled", str(error)) from error
        finally:
            self._engine.finish_sync(function)
            self.wake()

    async def close(self) -> None:
        """End all instances. What was running stays in the queue and runs again at the next start."""
        self._closed = True
        self.wake()
        for task in self._tasks:
            task.cancel()
        await asyncio.get_running_loop().run_in_executor(None, self._instances.close)
        self._threads.shutdown()
        self._senders.shutdown()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, invocation: Invocation) -> None:
        event = invocation.payload.encode("latin-1")
        try:
            outcome = await self._call(invocation.function, invocation.id, event)
        except NoInstance:
            self._engine.put_back(invocation)
        else:
            self._engine.finish(invocation, outcome)
        self._state.commit()
        self.wake()

    async def _tell(self, notice: Notice) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._senders, self._send, notice.queue, notice.body.encode())
        except Refused as error:
            self._log(own("WARNING", f"queue {notice.queue} will not hear of it: {error}", request_id=notice.id))
            self._engine.notices.settle(notice)
        except Exception as error:  # whatever a client raises for a service that does not answer
            self._log(own("WARNING", f"queue {notice.queue} is asked again later: {error}", request_id=notice.id))
            self._engine.notices.put_off(notice)
        else:
            self._engine.notices.settle(notice)
        self._state.commit()
        self.wake()

    async def _call(self, function: str, request_id: str, event: bytes) -> Outcome:
        loop = asyncio.get_running_loop()
        outcome = await loop.run_in_executor(self._threads, self._instances.call, function, request_id, event)
        if outcome.error:
            told = outcome.body.decode("utf-8", "replace")
            self._log(own("ERROR", f"{outcome.error} ({outcome.kind}): {told}", function, request_id))
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
