"""DashScope's HTTP: bearer keys, JSON answers, and the result links that OSS would serve.

Every request with a key passes through `_Skin._answer`, which commits before it answers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.dashscope import errors, wire
from local.dashscope.darkroom import make_pictures
from local.dashscope.engine import DashScope
from local.dashscope.errors import ApiError
from local.dashscope.links import Links
from local.dashscope.tasks import ApiKey, Fate, Studio, Task
from local.dashscope.wire import Json
from local.state import State


def app(
    engine: DashScope,
    state: State,
    *,
    studio: Studio | None = None,
    on_call: Callable[[str], None] = lambda operation: None,
    milliseconds: bool = True,
) -> Starlette:
    """The server. `studio` makes the pictures of an engine that has none; its times may lack `milliseconds`."""
    skin = _Skin(engine, state, studio, on_call, milliseconds)
    return Starlette(
        routes=skin.routes(),
        lifespan=skin.lifespan,
        exception_handlers={404: _not_served, 405: _not_served},
    )


class _Skin:
    def __init__(
        self,
        engine: DashScope,
        state: State,
        studio: Studio | None,
        on_call: Callable[[str], None],
        milliseconds: bool,
    ) -> None:
        self._engine, self._state, self._studio = engine, state, studio
        self._on_call, self._milliseconds = on_call, milliseconds
        self._calls: Counter[str] = Counter()
        # Anyone may read the seed, so this keeps nobody out; it lets a link be tampered with and found out.
        self._links = Links(f"result links of seed {engine.settings.seed}")

    def routes(self) -> list[Route]:
        """Paths of the vendor, with and without the slash that the pages put at an end or leave out, and ours."""
        submit, tasks = "/api/v1/services/aigc/image-generation/generation", "/api/v1/tasks"
        return [
            *(Route(submit + end, self.create, methods=["POST"]) for end in ("", "/")),
            *(Route(tasks + end, self.page, methods=["GET"]) for end in ("", "/")),
            Route(tasks + "/{task_id}", self.get, methods=["GET"]),
            Route(tasks + "/{task_id}/cancel", self.cancel, methods=["POST"]),
            Route("/results/{task_id}/{name}", self.result, methods=["GET"]),
            Route("/_local/next", self.plan, methods=["POST"]),
            Route("/_local/tasks", self.peek, methods=["GET"]),
            Route("/_local/calls", self.calls, methods=["GET"]),
            Route("/_local/health", self.health, methods=["GET"]),
        ]

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            if self._studio is not None:
                group.start_soon(make_pictures, self._engine, self._state, self._studio)
            yield
            group.cancel_scope.cancel()

    # --- the vendor's calls

    async def create(self, request: Request) -> Response:
        body = await request.body()

        def work(key: ApiKey) -> Json:
            if request.headers.get("x-dashscope-async") != "enable":
                raise errors.synchronous_call()
            return wire.submission(self._engine.submit(key, _parsed(body)))

        return self._answer(request, "CreateTask", work)

    async def get(self, request: Request) -> Response:
        task_id = request.path_params["task_id"]

        def work(key: ApiKey) -> Json:
            task = self._engine.task(key, task_id)
            if task is None:
                return wire.no_task(task_id, str(uuid4()))
            link = self._link(request, task) if task.picture else ""
            return wire.task_answer(task, str(uuid4()), link, milliseconds=self._milliseconds)

        return self._answer(request, "GetTask", work)

    async def page(self, request: Request) -> Response:
        def work(key: ApiKey) -> Json:
            page = self._engine.page(key, wire.query(request.query_params))
            return wire.listing(page, str(uuid4()))

        return self._answer(request, "ListTasks", work)

    async def cancel(self, request: Request) -> Response:
        def work(key: ApiKey) -> Json:
            self._engine.cancel(key, request.path_params["task_id"])
            return {"request_id": str(uuid4())}

        return self._answer(request, "CancelTask", work)

    async def result(self, request: Request) -> Response:
        """The picture behind a signed link, as OSS would serve it: no key, and errors in XML."""
        try:
            now = self._engine.clock.now()
            self._links.check(request.method, request.url.path, request.query_params, now)
            data = self._engine.result(request.path_params["task_id"])
            if data is None:
                raise ApiError(404, "NoSuchKey", "The specified key does not exist.")
        except ApiError as error:
            return _xml(error)
        finally:
            self._state.commit()
        self._called("GetObject")
        return Response(data, media_type=_media_type(request.url.path))

    def _answer(self, request: Request, operation: str, work: Callable[[ApiKey], Json]) -> Response:
        try:
            key = self._engine.authenticate(_bearer(request))
            self._called(operation)
            response: Response = JSONResponse(work(key))
        except ApiError as error:
            response = _refusal(error)
        self._state.commit()
        return response

    def _called(self, operation: str) -> None:
        self._calls[operation] += 1
        self._on_call(operation)

    def _link(self, request: Request, task: Task) -> str:
        base = str(request.base_url).rstrip("/")
        return self._links.url(base, wire.result_path(task), wire.result_expiry(task))

    # --- ours, without a key

    async def plan(self, request: Request) -> Response:
        """Decide the next task's fate: `{"code": …, "message": …}` to fail, `{"seconds": n}` to run so long."""
        try:
            self._engine.plan(_fate(_parsed(await request.body())))
        except ApiError as error:
            return _refusal(error)
        return Response(status_code=204)

    async def peek(self, request: Request) -> Response:
        """All tasks of all accounts, without their inputs: those are signed links."""
        tasks = self._engine.tasks()
        self._state.commit()
        return JSONResponse([_shown(task) for task in tasks])

    async def calls(self, request: Request) -> Response:
        return JSONResponse(self._calls)

    async def health(self, request: Request) -> Response:
        return Response()


def _bearer(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise errors.invalid_json() from None


def _fate(given: Any) -> Fate:
    fields = given if isinstance(given, dict) else {}
    code, message, seconds = (fields.get(name) for name in ("code", "message", "seconds"))
    if isinstance(code, str) and code:
        return Fate(code=code, message=str(message or ""))
    if isinstance(seconds, (int, float)) and seconds >= 0:
        return Fate(seconds=float(seconds))
    raise errors.invalid_parameter("code or seconds")


def _shown(task: Task) -> Json:
    return {name: value for name, value in asdict(task).items() if name not in ("input", "picture")}


def _media_type(path: str) -> str:
    return "image/jpeg" if path.endswith(".jpg") else "image/png"


def _refusal(error: ApiError) -> Response:
    return JSONResponse(wire.refusal(error, str(uuid4())), error.status)


def _not_served(request: Request, _: Exception) -> Response:
    return _refusal(errors.no_such_path())


def _xml(error: ApiError) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error>'
        f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message><RequestId>{uuid4()}</RequestId></Error>"
    )
    return Response(body, error.status, media_type="application/xml")
