"""The operations of Function Compute's APIs, once the request is known to be honest."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.fc import described
from local.fc.dispatcher import Dispatcher
from local.fc.engine import Fc
from local.fc.errors import FcError
from local.fc.functions import Function
from local.state import State

MOST_A_PAGE = "100"


class Api:
    """One method for each operation. All raise FcError."""

    def __init__(self, engine: Fc, state: State, dispatcher: Dispatcher) -> None:
        self._engine, self._state, self._dispatcher = engine, state, dispatcher

    async def invoke(self, request: Request) -> Response:
        """InvokeFunction, alike in both versions."""
        function, event = request.path_params["function"], await request.body()
        _refuse_qualifier(request)
        kind = request.headers.get("x-fc-invocation-type", "Sync")
        if kind == "Async":
            request_id = self._engine.enqueue(function, event, "api")
            self._state.commit()
            self._dispatcher.wake()
            return Response(status_code=202, headers={"X-Fc-Request-Id": request_id})
        if kind != "Sync":
            raise FcError(400, "InvalidArgument", f"invocation type '{kind}' is neither Sync nor Async")
        request_id, outcome = await self._dispatcher.invoke(function, event)
        failed = {"X-Fc-Error-Type": outcome.error} if outcome.error else {}
        # FC answers 200 even when the function failed; the header alone tells.
        return Response(outcome.body, headers={"X-Fc-Request-Id": request_id, **failed})

    async def function(self, request: Request) -> Response:
        """GetFunction."""
        found = self._find(request)
        return self._json(described.function(found, self._engine.arn(found.name)))

    async def functions(self, request: Request) -> Response:
        """ListFunctions."""
        items = [described.function(one, self._engine.arn(one.name)) for one in self._engine.functions.values()]
        return self._json(_page(request, "functions", "functionName", items))

    async def async_config(self, request: Request) -> Response:
        """GetAsyncInvokeConfig."""
        found = self._find(request)
        return self._json(described.async_config(found, self._engine.arn(found.name)))

    async def concurrency(self, request: Request) -> Response:
        """GetConcurrencyConfig."""
        found = self._find(request)
        reserved = found.reserved_concurrency
        limit = {} if reserved is None else {"reservedConcurrency": reserved}
        return self._json({"functionArn": self._engine.arn(found.name), **limit})

    async def triggers(self, request: Request) -> Response:
        """ListTriggers."""
        found, engine = self._find(request), self._engine
        items = described.triggers(found, engine.arn(found.name), engine.account_id, engine.region)
        return self._json(_page(request, "triggers", "triggerName", items))

    def _find(self, request: Request) -> Function:
        _refuse_qualifier(request)
        return self._engine.find(request.path_params["function"])

    def _json(self, content: dict[str, Any]) -> Response:
        return JSONResponse(content, headers={"X-Fc-Request-Id": self._engine.request_id()})


def _refuse_qualifier(request: Request) -> None:
    if (qualifier := request.query_params.get("qualifier", "LATEST")) != "LATEST":
        raise FcError(404, "AliasNotFound", f"there is no version or alias '{qualifier}' here, only LATEST")


def _page(request: Request, kind: str, key: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """The items after `nextToken` whose `key` begins with `prefix`, in its order, and the next token if any."""
    query = request.query_params
    limit = query.get("limit", MOST_A_PAGE)
    if not limit.isdigit() or int(limit) < 1:
        raise FcError(400, "InvalidArgument", f"limit '{limit}' is not a number from 1 on")
    named = sorted(items, key=lambda one: str(one[key]))
    prefix, after = query.get("prefix", ""), query.get("nextToken", "")
    rest = [one for one in named if one[key].startswith(prefix) and one[key] > after]
    shown = rest[: min(int(limit), int(MOST_A_PAGE))]
    return {kind: shown, **({"nextToken": shown[-1][key]} if len(rest) > len(shown) else {})}
