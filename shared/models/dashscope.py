"""DashScope's asynchronous task API by plain `requests`: the official SDK repeats POSTs, and a POST costs money.

Source: the vendor's page of wanx-style-cosplay-v1, and help.aliyun.com/zh/model-studio/manage-asynchronous-tasks.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from shared.errors import NotNow
from shared.models import answers, results
from shared.models.contract import Ambiguous, Listed, Model, Posted, Report, Unsent
from shared.settings import POST_TIMEOUT, Settings

T = TypeVar("T")
_TIMEOUT = (3.05, 10.0)
_PAGE = 100
_MOST_PAGES = 50


class DashScopeTasks:
    """`Tasks` over HTTP."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._base = f"{settings.dashscope_endpoint}/api/v1"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(_headers(settings))

    def submit(self, model: Model, body: Mapping[str, Any]) -> Posted:
        """POST, once. A connection of its own: a kept one may be dead, and that would look like a lost answer."""
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.post(
                    f"{self._base}/services/aigc/{model.path}",
                    json=body,
                    headers={**_headers(self._settings), "X-DashScope-Async": "enable"},
                    timeout=(_TIMEOUT[0], POST_TIMEOUT),
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                told = type(error).__name__
                return Unsent(told) if never_left(error) else Ambiguous(told)
        return answers.posted(answer.status_code, _object(answer))

    def query(self, model: Model, task_id: str) -> Report:
        """GET /tasks/{id}."""
        return _read(partial(answers.report, model), self._get(f"/tasks/{task_id}", {}))

    def list(self, model_name: str) -> Sequence[Listed]:
        """GET /tasks: the last 24 h are its default, which avoids saying times in a zone nobody documents."""
        found: list[Listed] = []
        for page in range(1, _MOST_PAGES + 1):
            body = self._get("/tasks", {"model_name": model_name, "page_no": page, "page_size": _PAGE})
            found += _read(answers.listed, body)
            if page >= _read(_pages, body):
                return found
        raise NotNow(f"the task list has more than {_MOST_PAGES} pages")

    def cancel(self, task_id: str) -> bool:
        """POST /tasks/{id}/cancel: only PENDING tasks can be."""
        path = f"/tasks/{task_id}/cancel"
        answer = self._ask("POST", path)
        body = _object(answer) or {}
        if answer.status_code != 200 and body.get("code") != "UnsupportedOperation":
            raise _not_now(answer, path)
        return answer.status_code == 200

    def fetch(self, link: str) -> bytes:
        """The result's bytes."""
        return results.fetch(link, self._settings.result_hosts)

    def _get(self, path: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = self._ask("GET", path, params)
        body = _object(answer)
        if answer.status_code != 200 or body is None:
            raise _not_now(answer, path)
        return body

    def _ask(self, verb: str, path: str, params: Mapping[str, Any] | None = None) -> requests.Response:
        try:
            return self._session.request(
                verb, self._base + path, params=params, timeout=_TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise NotNow(f"DashScope could not be asked ({type(error).__name__})") from None


def _not_now(answer: requests.Response, path: str) -> NotNow:
    code = (_object(answer) or {}).get("code", "")
    return NotNow(f"DashScope answered {answer.status_code} {code} to {path}")


def never_left(error: requests.RequestException) -> bool:
    """Whether the request certainly did not reach the service: no connection was made, or its certificate is wrong."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, NewConnectionError):
        return True
    return any(isinstance(told, ssl.SSLCertVerificationError) for told in getattr(reason, "args", ()))


def _headers(settings: Settings) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {settings.api_key}"}
    return headers | {"X-DashScope-WorkSpace": settings.workspace} if settings.workspace else headers


def _object(answer: requests.Response) -> dict[str, Any] | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _pages(body: Mapping[str, Any]) -> int:
    return int(body.get("total_page") or 0)


def _read(reader: Callable[[Mapping[str, Any]], T], body: Mapping[str, Any]) -> T:
    """What `reader` makes of an answer; NotNow when it has not the shape that the vendor's pages show."""
    try:
        return reader(body)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotNow(f"DashScope's answer could not be read ({type(error).__name__})") from None
