"""A client of DashScope as the vendor's pages teach it: plain `requests`, a bearer key, JSON."""

from __future__ import annotations

import time
from typing import Any

import requests

from local.clock import ManualClock
from local.dashscope.engine import DashScope
from tests.unit.local_dashscope.fakes import COSPLAY

SUBMIT = "/api/v1/services/aigc/image-generation/generation"

Json = dict[str, Any]


class Client:
    """One account's `requests` calls, and the clock of the server they go to."""

    def __init__(self, url: str, clock: ManualClock, engine: DashScope) -> None:
        self.url, self.clock, self.engine = url, clock, engine
        self.key = "sk-local"

    def call(self, verb: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        return requests.request(verb, self.url + path, headers=headers, timeout=10, **options)

    def submit(self, body: Any = COSPLAY, **options: Any) -> requests.Response:
        options.setdefault("headers", {"X-DashScope-Async": "enable"})
        return self.call("POST", SUBMIT, json=body, **options)

    def task(self, body: Json = COSPLAY) -> str:
        """The id of a task submitted when the rate allows."""
        self.clock.sleep(0.5)
        answer = self.submit(body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["output"]["task_id"])

    def look(self, task_id: str) -> Json:
        answer = self.call("GET", f"/api/v1/tasks/{task_id}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def status(self, task_id: str) -> str:
        return str(self.look(task_id)["output"]["task_status"])

    def listed(self, **query: Any) -> Json:
        found: Json = self.call("GET", "/api/v1/tasks/", params=query).json()
        return found


def eventually(client: Client, task_id: str, *expected: str) -> Json:
    """The answer about a task once its status is as expected; real time, for what really takes some."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        client.clock.sleep(1)  # or the 20 looks a second that the account has would be used up
        answer = client.look(task_id)
        if answer["output"]["task_status"] in expected:
            return answer
    raise AssertionError(f"still {answer['output']['task_status']}")
