"""The HTTP skin: every request is verified, understood, performed, committed and only then answered.

A receive that finds nothing waits here, not in the engine, for as long as its caller would.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from itertools import count

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.clock import Clock
from local.credential import Credential
from local.mns import wire
from local.mns.engine import Mns
from local.mns.errors import MnsError
from local.mns.operations import Call, Reply, patience, perform, understand
from local.mns.signature import verify
from local.state import State

TICK = 0.02
"""Real seconds between two looks of a waiting receive: no timer can tell how the engine's time passes."""


def app(
    engine: Mns,
    state: State,
    *,
    credentials: Collection[Credential],
    wall: Clock,
    on_call: Callable[[str], None] = lambda operation: None,
) -> Starlette:
    """The server. `wall` judges the dates of signatures, the engine's clock all else.

    `on_call` hears the vendor's name of each authenticated operation; `credentials` may change while it runs.
    """
    skin = _Skin(engine, state, credentials, wall, on_call)
    return Starlette(
        routes=[
            Route("/_local/health", skin.health),
            Route("/_local/calls", skin.called),
            Route("/{path:path}", skin.answer, methods=["GET", "PUT", "POST", "DELETE"]),
        ]
    )


class _Skin:
    def __init__(
        self,
        engine: Mns,
        state: State,
        credentials: Collection[Credential],
        wall: Clock,
        on_call: Callable[[str], None],
    ) -> None:
        self._engine, self._state = engine, state
        self._credentials, self._wall = credentials, wall
        self._on_call = on_call
        self._calls: Counter[str] = Counter()
        self._numbers = count(1)

    async def health(self, request: Request) -> Response:
        return Response()

    async def called(self, request: Request) -> Response:
        return JSONResponse(self._calls)

    async def answer(self, request: Request) -> Response:
        """The one way through: nothing is answered before it is committed."""
        request_id = f"{int(self._wall.now()):08X}{next(self._numbers):016X}"
        try:
            reply = await self._perform(request)
        except MnsError as error:
            host = request.headers.get("host", "")
            reply = Reply(error.status, wire.error(error, request_id, host))
        except ClientDisconnect:  # half a request: nothing was done, and nobody listens
            return Response()
        self._state.commit()
        return Response(reply.body, reply.status, headers=_headers(request_id) | dict(reply.headers))

    async def _perform(self, request: Request) -> Reply:
        target, headers = _target(request), dict(request.headers)
        verify(request.method, target, headers, self._credentials, self._wall.now())
        call = understand(request.method, target, headers, await request.body())
        self._calls[call.operation] += 1
        self._on_call(call.operation)
        return await self._patiently(call, request)

    async def _patiently(self, call: Call, request: Request) -> Reply:
        """Perform `call`; while its queue is empty, look again until its time is over on either clock.

        On either, as a virtual clock that stands still must not hold a client for ever. A client that hung up
        gets nothing: a message given to it would be hidden for its whole visibility timeout.
        """
        seconds = patience(self._engine, call)
        now, real_now = self._engine.clock.now, asyncio.get_running_loop().time
        end, real_end = now() + seconds, real_now() + seconds
        while True:
            try:
                return perform(self._engine, call)
            except MnsError as error:
                if error.code != "MessageNotExist" or now() >= end or real_now() >= real_end:
                    raise
            await asyncio.sleep(TICK)
            if await request.is_disconnected():
                raise MnsError("MessageNotExist")


def _target(request: Request) -> str:
    """Path and query exactly as sent: that is what the client has signed."""
    path, query = request.scope["raw_path"], request.scope["query_string"]
    return str((path + b"?" + query if query else path).decode("latin-1"))


def _headers(request_id: str) -> dict[str, str]:
    """On every answer, also on 204. The Python SDK looks the request id up in lower case only."""
    return {
        "Server": "AliyunMQS",
        "Content-Type": "text/xml;charset=utf-8",
        "x-mns-version": "2015-06-06",
        "x-mns-request-id": request_id,
    }
