"""The HTTP skin of the local Function Compute: InvokeFunction of the 2016-08-15 API, and a door for the local OSS.

Where FC would be told of an upload inside the cloud, the local OSS server posts it to `/_local/oss-event`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.clock import Clock
from local.credential import Credential
from local.fc.dispatcher import Dispatcher
from local.fc.engine import Fc, FcError
from local.fc.instance import Log
from local.fc.instances import Instances
from local.fc.signature import verify
from local.state import State

INVOKE = "/2016-08-15/services/{service}/functions/{function}/invocations"
"""FC 3.0 knows no services; any name will do here, and a `.qualifier` behind it too."""

Endpoint = Callable[[Request], Awaitable[Response]]


def app(  # noqa: PLR0913 - the collaborators, then keywords
    engine: Fc,
    state: State,
    *,
    instances: Instances,
    credentials: Collection[Credential],
    wall: Clock,
    on_call: Callable[[str], None] = lambda operation: None,
    log: Log = lambda function, line: None,
) -> Starlette:
    """The server over `engine`; while it lives, timers fire and the queue is worked off.

    `wall` judges the dates of signatures, the engine's clock all else; `credentials` may change while it runs. `log`
    hears of failed runs; what functions print goes to the log of `instances`.
    """
    skin = _Skin(engine, state, Dispatcher(engine, state, instances, log), on_call)

    async def invoke(request: Request) -> Response:
        verify(request.method, request.scope["path"], request.headers, credentials, wall.now())
        return await skin.invoke(request)

    routes = [
        Route(INVOKE, _answer(engine, invoke), methods=["POST"]),
        Route("/_local/oss-event", _answer(engine, skin.take_oss_event), methods=["POST"]),
        Route("/_local/calls", skin.count, methods=["GET"]),
        Route("/_local/health", skin.health, methods=["GET"]),
        Route("/{anything:path}", _answer(engine, _not_supported), methods=["GET", "POST", "PUT", "DELETE"]),
    ]
    return Starlette(routes=routes, lifespan=skin.lifespan)


class _Skin:
    def __init__(self, engine: Fc, state: State, dispatcher: Dispatcher, on_call: Callable[[str], None]) -> None:
        self._engine, self._state, self._dispatcher = engine, state, dispatcher
        self._on_call = on_call
        self._calls: Counter[str] = Counter()
        self._running: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._running = asyncio.create_task(self._dispatcher.run())
        yield
        await self._dispatcher.close()
        await self._running

    async def invoke(self, request: Request) -> Response:
        self._count("InvokeFunction")
        function, event = request.path_params["function"], await request.body()
        if request.headers.get("x-fc-invocation-type", "Sync") == "Async":
            request_id = self._engine.enqueue(function, event, "api")
            self._accept()
            return Response(status_code=202, headers={"X-Fc-Request-Id": request_id})
        request_id, outcome = await self._dispatcher.invoke(function, event)
        failed = {"X-Fc-Error-Type": outcome.error} if outcome.error else {}
        # FC answers 200 even when the function failed; the header alone tells.
        return Response(outcome.body, headers={"X-Fc-Request-Id": request_id, **failed})

    async def take_oss_event(self, request: Request) -> Response:
        """The body is what an OSS trigger delivers; answers the request ids of the invocations it caused."""
        try:
            request_ids = self._engine.enqueue_oss((await request.json())["events"])
        except (ValueError, KeyError, TypeError) as error:
            raise FcError(400, "InvalidArgument", f"not an OSS event: {error!r}") from error
        self._accept()
        return JSONResponse({"requestIds": request_ids}, status_code=202)

    async def count(self, _request: Request) -> Response:
        return JSONResponse(self._calls)

    async def health(self, _request: Request) -> Response:
        stopped = self._running is None or self._running.done()
        return Response(status_code=503 if stopped else 200)

    def _count(self, operation: str) -> None:
        self._calls[operation] += 1
        self._on_call(operation)

    def _accept(self) -> None:
        self._state.commit()
        self._dispatcher.wake()


async def _not_supported(request: Request) -> Response:
    raise FcError(400, "PathNotSupported", f"'{request.url.path}' against '{request.method}' is not supported")


def _answer(engine: Fc, endpoint: Endpoint) -> Endpoint:
    """The one place all requests pass: refusals leave in the vendor's form, with a request id."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except FcError as error:
            body: dict[str, Any] = {"ErrorCode": error.code, "ErrorMessage": error.message}
            return JSONResponse(body, error.status, headers={"X-Fc-Request-Id": engine.request_id()})

    return answered
