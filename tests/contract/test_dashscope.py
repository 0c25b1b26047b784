"""The local DashScope over the wire, driven by plain `requests` as the vendor's pages tell to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
import requests

from local.clock import ManualClock
from local.dashscope.engine import DashScope
from local.dashscope.http import app
from local.dashscope.limits import Settings
from local.dashscope.tasks import ApiKey
from local.serving import in_thread
from local.state import State
from tests.contract.dashscope_client import SUBMIT, Client, Json
from tests.unit.local_dashscope.fakes import COSPLAY, REPAINT, FakeStudio, with_input

DAY = 24 * 3600
OTHER_KEY = ApiKey("sk-other", "200002")
STRANGER = ApiKey("sk-stranger", "300003", "9000000000000009")

Serve = Callable[..., Client]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers whose engine makes its pictures at once; keywords are Settings."""
    with ExitStack() as servers:

        def start(state: State | None = None, milliseconds: bool = True, **options: Any) -> Client:
            state, clock = state or State(), ManualClock()
            keys = (ApiKey(), OTHER_KEY, STRANGER)
            engine = DashScope(state, clock, Settings(**options), keys=keys, studio=FakeStudio())
            served = app(engine, state, milliseconds=milliseconds)
            return Client(servers.enter_context(in_thread(served)), clock, engine)

        yield start


# --- a task's whole life


@pytest.mark.parametrize("policy", ["queue", "refuse"])
@pytest.mark.parametrize(
    ("body", "name", "media_type"),
    [(COSPLAY, "model_index", "image/jpeg"), (REPAINT, "style_index", "image/png")],
    ids=["cosplay", "repaint"],
)
def test_a_task_lives_from_submission_to_oblivion(
    serve: Serve, policy: str, body: Json, name: str, media_type: str
) -> None:
    # Given a server
    client = serve(policy=policy, seconds=2.0)
    # When a task is submitted
    submitted = client.submit(body)
    # Then the answer has exactly what the page shows
    assert submitted.status_code == 200
    assert set(submitted.json()) == {"output", "request_id"}
    assert submitted.json()["output"]["task_status"] == "PENDING"
    task_id = submitted.json()["output"]["task_id"]
    # While it runs, there is no result
    running = client.look(task_id)["output"]
    assert running["task_status"] == "RUNNING"
    assert set(running) == {"task_id", "task_status", "task_metrics"}
    # When it has run, it has one, in the shape of its model
    client.clock.sleep(2)
    answer = client.look(task_id)
    output = answer["output"]
    assert (output["task_status"], output["error_code"], output["error_message"]) == ("SUCCEEDED", 0, "Success")
    assert output[name] == body["input"][name]
    assert output["end_time"] == "2023-11-15 06:13:22.000"
    assert answer["usage"] == {"image_count": 1}
    link = output["result_url"] if body is COSPLAY else output["results"][0]["url"]
    # And the link, which needs no key, leads to the picture
    result = requests.get(link, timeout=10)
    assert result.content == f"picture of {task_id}".encode()
    assert result.headers["Content-Type"] == media_type
    assert result.headers["Content-Length"] == str(len(result.content))
    # When a day has passed since the end, both are gone
    client.clock.sleep(DAY + 1)
    assert client.look(task_id)["output"] == {"task_id": task_id, "task_status": "UNKNOWN"}
    assert requests.get(link, timeout=10).status_code == 403


def test_over_the_limit_a_task_is_queued_under_one_policy(serve: Serve) -> None:
    client = serve(policy="queue", seconds=2.0)
    first, second = client.task(), client.task()
    assert (client.status(first), client.status(second)) == ("RUNNING", "PENDING")
    client.clock.sleep(2)
    assert (client.status(first), client.status(second)) == ("SUCCEEDED", "RUNNING")


def test_over_the_limit_a_task_is_refused_under_the_other(serve: Serve) -> None:
    client = serve(policy="refuse", seconds=2.0)
    client.task()
    refused = client.submit()
    assert (refused.status_code, refused.json()["code"]) == (429, "Throttling")
    client.clock.sleep(2)
    assert client.submit().status_code == 200


def test_a_planned_failure_is_told_as_the_vendor_tells_it(serve: Serve) -> None:
    # Given a plan for the next task
    client = serve()
    plan = {"code": "InvalidImageResolution", "message": "The input image resolution is too large or small"}
    assert requests.post(client.url + "/_local/next", json=plan, timeout=10).status_code == 204
    # When it ends
    task_id = client.task()
    client.clock.sleep(2)
    # Then it failed so, with the usage that failures have
    answer = client.look(task_id)
    assert answer["output"]["task_status"] == "FAILED"
    assert {name: answer["output"][name] for name in plan} == plan
    assert set(answer["output"]) == {
        *("task_id", "task_status", "submit_time", "scheduled_time", "end_time", "code", "message")
    }
    assert answer["usage"] == {"image_num": 0}


def test_a_planned_run_takes_as_long_as_planned(serve: Serve) -> None:
    client = serve()
    assert requests.post(client.url + "/_local/next", json={"seconds": 60}, timeout=10).status_code == 204
    task_id = client.task()
    client.clock.sleep(59)
    assert client.status(task_id) == "RUNNING"
    client.clock.sleep(1)
    assert client.status(task_id) == "SUCCEEDED"


@pytest.mark.parametrize("plan", ["", "[]", "{}", '{"code": ""}', '{"seconds": "2"}', '{"seconds": -1}'])
def test_a_plan_that_says_nothing_is_refused(serve: Serve, plan: str) -> None:
    assert requests.post(serve().url + "/_local/next", data=plan, timeout=10).status_code == 400


def test_a_waiting_task_is_cancelled_and_a_running_one_is_not(serve: Serve) -> None:
    # Given one task running and one waiting
    client = serve()
    running, waiting = client.task(), client.task()
    # When both are cancelled
    answers = [client.call("POST", f"/api/v1/tasks/{it}/cancel") for it in (running, waiting)]
    # Then only the waiting one is
    assert [it.status_code for it in answers] == [400, 200]
    assert answers[0].json()["code"] == "UnsupportedOperation"
    assert set(answers[1].json()) == {"request_id"}
    assert client.status(waiting) == "CANCELED"


def test_the_milliseconds_can_be_switched_off(serve: Serve) -> None:
    client = serve(milliseconds=False)
    task_id = client.task()
    client.clock.sleep(2)
    assert client.look(task_id)["output"]["end_time"] == "2023-11-15 06:13:22"


# --- refusals


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"Authorization": ""}, COSPLAY, 401, "InvalidApiKey"),
        ({"Authorization": "Bearer sk-wrong"}, COSPLAY, 401, "InvalidApiKey"),
        ({"Authorization": "sk-local"}, COSPLAY, 401, "InvalidApiKey"),
        ({"Authorization": "Basic sk-local"}, COSPLAY, 401, "InvalidApiKey"),
        ({"X-DashScope-Async": None}, COSPLAY, 403, "AccessDenied"),
        ({"X-DashScope-Async": "disable"}, COSPLAY, 403, "AccessDenied"),
        ({}, {**COSPLAY, "model": "wanx-v9"}, 400, "InvalidParameter"),
        ({}, {**COSPLAY, "model": "wanx-style-repaint-v1"}, 400, "InvalidParameter"),
        ({}, with_input(COSPLAY, model_index="1"), 400, "InvalidParameter"),
        ({}, with_input(REPAINT, style_index=-1), 400, "InvalidParameter"),
        ({}, [COSPLAY], 400, "InvalidParameter"),
    ],
)
def test_a_bad_submission_is_refused_in_the_vendors_form(
    serve: Serve, headers: dict[str, str | None], body: Any, status: int, code: str
) -> None:
    client = serve()
    refused = client.submit(body, headers={"X-DashScope-Async": "enable", **headers})
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert set(refused.json()) == {"code", "message", "request_id"}
    assert refused.headers["Content-Length"] == str(len(refused.content))
    assert client.listed()["total"] == 0


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'{"model": "x"} trailing'])
def test_what_is_not_json_is_refused(serve: Serve, data: bytes) -> None:
    refused = serve().call("POST", SUBMIT, data=data, headers={"X-DashScope-Async": "enable"})
    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidParameter")


def test_a_third_submission_in_a_second_is_too_fast(serve: Serve) -> None:
    client = serve()
    answers = [client.submit() for _ in range(3)]
    assert [it.status_code for it in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "Throttling.RateQuota"
    assert answers[2].json()["message"] == "Requests rate limit exceeded, please try again later."


def test_a_retired_model_is_not_found(serve: Serve) -> None:
    client = serve()
    client.engine.gone.add("wanx-style-cosplay-v1")
    refused = client.submit()
    assert (refused.status_code, refused.json()["code"]) == (404, "ModelNotFound")


def test_a_used_up_quota_is_forbidden(serve: Serve) -> None:
    client = serve(quota=1)
    client.task()
    client.clock.sleep(2)
    refused = client.submit()
    assert (refused.status_code, refused.json()["code"]) == (403, "AllocationQuota.FreeTierOnly")


@pytest.mark.parametrize(
    ("verb", "path"),
    [("GET", "/"), ("GET", SUBMIT), ("DELETE", "/api/v1/tasks/x"), ("POST", "/api/v1/services/aigc/other")],
)
def test_other_paths_are_not_found(serve: Serve, verb: str, path: str) -> None:
    refused = serve().call(verb, path)
    assert (refused.status_code, refused.json()["code"]) == (404, "NotFound")


@pytest.mark.parametrize("path", [SUBMIT + "/", SUBMIT])
def test_the_submission_path_may_end_in_a_slash(serve: Serve, path: str) -> None:
    answer = serve().call("POST", path, json=COSPLAY, headers={"X-DashScope-Async": "enable"})
    assert answer.status_code == 200


# --- the task list


def test_a_lost_submission_is_found_again_in_the_list(serve: Serve) -> None:
    # Given a submission whose answer was lost, among a stranger's and another key's
    client = serve(list_lag=3.0)
    client.key = STRANGER.secret
    client.task()
    client.key = OTHER_KEY.secret
    client.task()
    client.key = "sk-local"
    lost = client.submit().json()
    # When the list is asked for our key's tasks, Then the lag hides it at first
    query = {"model_name": "wanx-style-cosplay-v1", "api_key_id": "100001"}
    assert client.listed(**query)["data"] == []
    client.clock.sleep(3)
    # And then it shows, by the request_id of the submission
    (row,) = client.listed(**query)["data"]
    assert (row["task_id"], row["request_id"]) == (lost["output"]["task_id"], lost["request_id"])
    assert row["gmt_create"] == round((client.clock.now() - 3) * 1000)
    # While without the key's id, the other key's is there too, but never the stranger's
    assert client.listed()["total"] == 2


def test_the_list_takes_windows_in_china_time_and_pages(serve: Serve) -> None:
    # Given three tasks, half a second apart
    client = serve()
    tasks = [client.task() for _ in range(3)]
    now = datetime.fromtimestamp(client.clock.now(), timezone(timedelta(hours=8)))
    window = {"start_time": f"{now - timedelta(hours=1):%Y%m%d%H%M%S}", "end_time": f"{now:%Y%m%d%H%M%S}"}
    # When the last hour is listed up to this second, Then the last half second's is not in it
    assert [it["task_id"] for it in client.listed(**window)["data"]] == tasks[1::-1]
    # When the second page of one is asked for
    page = client.listed(page_no=2, page_size=1)
    # Then it has the middle task, and the counts of all
    assert [it["task_id"] for it in page["data"]] == [tasks[1]]
    assert (page["total"], page["total_page"], page["page_no"], page["page_size"]) == (3, 3, 2, 1)


@pytest.mark.parametrize("query", [{"page_no": 0}, {"start_time": "yesterday"}])
def test_a_list_that_cannot_be_understood_is_refused(serve: Serve, query: Json) -> None:
    refused = serve().call("GET", "/api/v1/tasks/", params=query)
    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidParameter")


# --- result links


@pytest.fixture
def finished(serve: Serve) -> tuple[Client, str]:
    """A client and the link of a result."""
    client = serve(seconds=2.0)
    task_id = client.task()
    client.clock.sleep(2)
    return client, client.look(task_id)["output"]["result_url"]


def test_a_link_is_signed_for_a_day_from_the_end(finished: tuple[Client, str]) -> None:
    client, link = finished
    query = parse_qs(urlsplit(link).query)
    assert set(query) == {"Expires", "OSSAccessKeyId", "Signature"}
    assert query["Expires"] == [str(int(client.clock.now()) + DAY)]
    assert link.startswith(f"{client.url}/results/")


def test_a_link_for_get_refuses_head(finished: tuple[Client, str]) -> None:
    _, link = finished
    assert requests.head(link, timeout=10).status_code == 403
    assert requests.get(link, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("portrait", "landscape", "SignatureDoesNotMatch"),
        ("Expires=1", "Expires=2", "SignatureDoesNotMatch"),
        ("OSSAccessKeyId=LTAI", "OSSAccessKeyId=LTAJ", "AccessDenied"),
        ("Signature=", "Unsigned=", "AccessDenied"),
    ],
)
def test_a_changed_link_is_refused_in_xml(finished: tuple[Client, str], old: str, new: str, code: str) -> None:
    _, link = finished
    refused = requests.get(link.replace(old, new), timeout=10)
    assert (refused.status_code, refused.headers["Content-Type"]) == (403, "application/xml")
    assert ElementTree.fromstring(refused.content).findtext("Code") == code


def test_an_expired_link_is_refused_in_xml(finished: tuple[Client, str]) -> None:
    client, link = finished
    client.clock.sleep(DAY + 1)
    refused = requests.get(link, timeout=10)
    error = ElementTree.fromstring(refused.content)
    assert (refused.status_code, error.findtext("Message")) == (403, "Request has expired.")


def test_a_link_survives_a_restart(tmp_path: Path, serve: Serve) -> None:
    # Given a finished task, committed with its answer
    client = serve(State(tmp_path))
    task_id = client.task()
    client.clock.sleep(2)
    path = client.look(task_id)["output"]["result_url"].removeprefix(client.url)
    # When another process serves what the first has left, which nobody closed
    again = serve(State(tmp_path))
    # Then the old link still leads to the picture
    assert requests.get(again.url + path, timeout=10).content == f"picture of {task_id}".encode()


# --- what is ours


def test_calls_are_counted_by_the_vendors_names_once_they_have_a_key(serve: Serve) -> None:
    client = serve()
    task_id = client.task()
    client.clock.sleep(2)
    client.listed()
    requests.get(client.look(task_id)["output"]["result_url"], timeout=10)
    client.call("POST", f"/api/v1/tasks/{task_id}/cancel")
    client.submit(headers={"Authorization": "Bearer wrong"})
    assert requests.get(client.url + "/_local/calls", timeout=10).json() == {
        "CreateTask": 1,
        "GetTask": 1,
        "ListTasks": 1,
        "CancelTask": 1,
        "GetObject": 1,
    }
    assert requests.get(client.url + "/_local/health", timeout=10).status_code == 200


def test_a_peek_shows_all_accounts_tasks_but_never_a_signed_input(serve: Serve) -> None:
    client = serve()
    mine = client.task()
    client.key = STRANGER.secret
    theirs = client.task()
    peeked = requests.get(client.url + "/_local/tasks", timeout=10)
    assert [it["id"] for it in peeked.json()] == [mine, theirs]
    assert "face" not in peeked.text
