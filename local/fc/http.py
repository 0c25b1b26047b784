"""The HTTP skin of the local Function Compute: both of its APIs, and a door for the local OSS.

Where FC would be told of an upload inside the cloud, the local OSS server posts it to `/_local/oss-event`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.clock import Clock
from local.credential import Credential
from local.fc import signature_2016, signature_acs3
from local.fc.api import Api
from local.fc.dispatcher import Dispatcher
from local.fc.engine import Fc
from local.fc.errors import FcError
from local.fc.instances import Instances
from local.fc.logs import Log
from local.fc.queues import Send, nowhere
from local.state import State

INVOKE_2016 = "/2016-08-15/services/{service}/functions/{function}/invocations"
"""FC 3.0 knows no services; any name will do here, and a `.qualifier` behind it too."""

FUNCTIONS = "/2023-03-30/functions"
ONE = f"{FUNCTIONS}/{{function}}"

Endpoint = Callable[[Request], Awaitable[Response]]


def app(  # noqa: PLR0913 - the collaborators, then keywords
    engine: Fc,
    state: State,
    *,
    instances: Instances,
    credentials: Collection[Credential],
    wall: Clock,
    send: Send = nowhere,
    on_call: Callable[[str], None] = lambda operation: None,
    log: Log = lambda line: None,
) -> Starlette:
    """The server over `engine`; while it lives, timers fire and the queue is worked off.

    `wall` judges the dates of signatures, the engine's clock all else; `credentials` may change while it runs. `send`
    takes what queues are to be told. `log` hears of failed runs; what functions print goes to that of `instances`.
    """
    dispatcher = Dispatcher(engine, state, instances, send, log)
    door, local = _Door(engine, credentials, wall, on_call), _Local(engine, state, dispatcher)
    api = Api(engine, state, dispatcher)
    routes = [
        Route(INVOKE_2016, door.signed("InvokeFunction", api.invoke), methods=["POST"]),
        Route(f"{ONE}/invocations", door.signed("InvokeFunction", api.invoke), methods=["POST"]),
        Route(f"{ONE}/async-invoke-config", door.signed("GetAsyncInvokeConfig", api.async_config), methods=["GET"]),
        Route(f"{ONE}/concurrency", door.signed("GetConcurrencyConfig", api.concurrency), methods=["GET"]),
        Route(f"{ONE}/triggers", door.signed("ListTriggers", api.triggers), methods=["GET"]),
        Route(ONE, door.signed("GetFunction", api.function), methods=["GET"]),
        Route(FUNCTIONS, door.signed("ListFunctions", api.functions), methods=["GET"]),
        Route("/_local/oss-event", door.unsigned(local.take_oss_event), methods=["POST"]),
        Route("/_local/calls", door.count, methods=["GET"]),
        Route("/_local/health", local.health, methods=["GET"]),
        Route("/{anything:path}", door.unsigned(_not_supported), methods=["GET", "POST", "PUT", "DELETE"]),
    ]
    return Starlette(routes=routes, lifespan=local.lifespan)


class _Door:
    """The one place all requests pass: signatures are verified, and refusals leave in the form of their API."""

    def __init__(
        self, engine: Fc, credentials: Collection[Credential], wall: Clock, on_call: Callable[[str], None]
    ) -> None:
        self._engine, self._credentials, self._wall, self._on_call = engine, credentials, wall, on_call
        self._calls: Counter[str] = Counter()

    def signed(self, operation: str, endpoint: Endpoint) -> Endpoint:
        """`endpoint` for requests with a good signature, each counted as `operation`."""

        async def verified(request: Request) -> Response:
            await self._verify(request)
            self._calls[operation] += 1
            self._on_call(operation)
            return await endpoint(request)

        return self.unsigned(verified)

    def unsigned(self, endpoint: Endpoint) -> Endpoint:
        """`endpoint` for whoever comes."""

        async def answered(request: Request) -> Response:
            try:
                return await endpoint(request)
            except FcError as error:
                request_id = self._engine.request_id()
                body = _refusal(error, request_id, newer=_is_newer(request))
                return JSONResponse(body, error.status, headers={"X-Fc-Request-Id": request_id})

        return answered

    async def count(self, _request: Request) -> Response:
        return JSONResponse(self._calls)

    async def _verify(self, request: Request) -> None:
        method, headers, now = request.method, request.headers, self._wall.now()
        if not _is_newer(request):
            signature_2016.verify(method, request.scope["path"], headers, self._credentials, now)
            return
        path, query = request.scope["raw_path"].decode("ascii"), request.scope["query_string"].decode("ascii")
        signed = signature_acs3.Signed(method, f"{path}?{query}", headers, await request.body())
        signature_acs3.verify(signed, self._credentials, now)


class _Local:
    """What is not Function Compute's: its life in this process, and the way in for events of the local OSS."""

    def __init__(self, engine: Fc, state: State, dispatcher: Dispatcher) -> None:
        self._engine, self._state, self._dispatcher = engine, state, dispatcher
        self._running: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._running = asyncio.create_task(self._dispatcher.run())
        yield
        await self._dispatcher.close()
        await self._running

    async def take_oss_event(self, request: Request) -> Response:
        """The body is what an OSS trigger delivers; answers the request ids of the invocations it caused."""
        try:
            request_ids = self._engine.enqueue_oss((await request.json())["events"])
        except (ValueError, KeyError, TypeError) as error:
            raise FcError(400, "InvalidArgument", f"not an OSS event: {error!r}") from error
        self._state.commit()
        self._dispatcher.wake()
        return JSONResponse({"requestIds": request_ids}, status_code=202)

    async def health(self, _request: Request) -> Response:
        stopped = self._running is None or self._running.done()
        return Response(status_code=503 if stopped else 200)


async def _not_supported(request: Request) -> Response:
    raise FcError(400, "PathNotSupported", f"'{request.url.path}' against '{request.method}' is not supported")


def _is_newer(request: Request) -> bool:
    return str(request.scope["path"]).startswith(FUNCTIONS)


def _refusal(error: FcError, request_id: str, *, newer: bool) -> dict[str, str]:
    if newer:
        return {"Code": error.code, "Message": error.message, "RequestId": request_id}
    return {"ErrorCode": error.code, "ErrorMessage": error.message}
