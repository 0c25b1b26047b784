"""The local Function Compute over the wire, driven by the unmodified aliyun-fc2 2.5.2."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from fc2.fc_exceptions import FcError as Refusal

from local.credential import Credential
from local.fc.engine import Invocation
from local.fc.functions import Function, Hook, Timer
from local.state import State
from tests.contract.fc_server import KEY, TEMPORARY, TOY, Booth, Ear, serving


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Booth]:
    with serving(tmp_path) as booth:
        yield booth


# --- InvokeFunction


@pytest.mark.parametrize("event", [b"a photo", "小明".encode(), b"\x00\xff", b""])
def test_a_synchronous_call_answers_what_the_function_answers(booth: Booth, event: bytes) -> None:
    response = booth.invoke("echo", event)
    assert response.data == b"heard " + event
    assert response.headers["X-Fc-Request-Id"].startswith("1-")
    assert "X-Fc-Error-Type" not in response.headers


@pytest.mark.parametrize("service", ["cosdrop", "cosdrop.LATEST", "小明"])
def test_any_service_name_will_do(booth: Booth, service: str) -> None:
    assert booth.client().invoke_function(service, "echo", payload=b"x").data == b"heard x"


def test_an_asynchronous_call_is_accepted_at_once_and_then_runs(booth: Booth) -> None:
    # Given an asynchronous call
    response = booth.invoke("tell", b"later", **{"x-fc-invocation-type": "Async"})
    # Then it is answered with a request id and nothing else, and the function is heard
    assert (response.data, response.headers["X-Fc-Request-Id"][:2], booth.hear()) == (b"", "1-", b"later")


def test_temporary_credentials_work_with_their_token(booth: Booth) -> None:
    assert booth.client(TEMPORARY).invoke_function("any", "echo", payload=b"x").data == b"heard x"


def test_a_failed_function_answers_200_and_says_so_in_a_header(booth: Booth) -> None:
    # Given a function that raises, called synchronously: the SDK makes an exception of the header
    with pytest.raises(Refusal) as failure:
        booth.invoke("fail")
    # Then status and body are those of a function error
    told = json.loads(failure.value.message)
    assert (failure.value.status_code, told["errorMessage"], told["errorType"]) == (
        200,
        "something is wrong",
        "ValueError",
    )


REFUSALS = [
    (KEY, "nobody", 404, "FunctionNotFound"),
    (Credential("id", "wrong"), "echo", 403, "SignatureNotMatch"),
    (Credential("stranger", "secret"), "echo", 403, "InvalidAccessKeyID"),
    (Credential("sts", "temporary"), "echo", 403, "InvalidAccessKeyID"),
]


@pytest.mark.parametrize(("key", "function", "status", "code"), REFUSALS)
def test_a_refusal_reaches_the_sdk_in_its_own_form(
    booth: Booth, key: Credential, function: str, status: int, code: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        booth.client(key).invoke_function("any", function, payload=b"{}")
    assert (refusal.value.status_code, refusal.value.err_code) == (status, code)
    assert refusal.value.request_id.startswith("1-")


def test_an_event_too_large_for_the_queue_is_refused(booth: Booth) -> None:
    with pytest.raises(Refusal) as refusal:
        booth.invoke("tell", bytes(128 * 1024 + 1), **{"x-fc-invocation-type": "Async"})
    assert (refusal.value.status_code, refusal.value.err_code) == (400, "EntityTooLarge")


def test_an_operation_that_is_not_here_is_refused_in_json(booth: Booth) -> None:
    # aliyun-fc2 2.5.2 reads every 4xx as JSON, and fails with an error of its own when it is not
    with pytest.raises(Refusal) as refusal:
        booth.client().get_service("any")
    assert (refusal.value.status_code, refusal.value.err_code) == (400, "PathNotSupported")


# --- triggers, retries, destinations


def upload(key: str) -> dict[str, Any]:
    told = {"bucket": {"name": "pics"}, "object": {"key": key}}
    return {"events": [{"eventName": "ObjectCreated:PutObject", "oss": told}]}


def test_an_upload_wakes_the_function_that_watches_for_it(booth: Booth) -> None:
    answer = requests.post(f"{booth.endpoint}/_local/oss-event", json=upload("photos/a.jpg"), timeout=10)
    assert (answer.status_code, len(answer.json()["requestIds"])) == (202, 1)
    assert json.loads(booth.hear()) == upload("photos/a.jpg")


def test_an_upload_that_nobody_watches_for_wakes_nobody(booth: Booth) -> None:
    answer = requests.post(f"{booth.endpoint}/_local/oss-event", json=upload("portraits/a.jpg"), timeout=10)
    assert (answer.status_code, answer.json()) == (202, {"requestIds": []})


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"events": [1]}', b'{"events": [{"eventName": "x"}]}'])
def test_what_is_no_oss_event_is_refused(booth: Booth, body: bytes) -> None:
    answer = requests.post(f"{booth.endpoint}/_local/oss-event", data=body, timeout=10)
    assert (answer.status_code, answer.json()["ErrorCode"]) == (400, "InvalidArgument")


def test_a_failed_asynchronous_call_is_tried_again(booth: Booth) -> None:
    booth.invoke("flaky", b"again", **{"x-fc-invocation-type": "Async"})
    assert [booth.hear(), booth.hear()] == [b"again", b"again"]


def test_an_initializer_that_fails_is_told_in_the_header(booth: Booth) -> None:
    with pytest.raises(Refusal) as failure:
        booth.invoke("unable")
    assert failure.value.status_code == 200
    assert json.loads(failure.value.message)["errorMessage"] == "no database"


def test_a_function_that_is_busy_refuses_with_429(booth: Booth) -> None:
    with pytest.raises(Refusal) as refusal:
        booth.invoke("blocked")
    assert (refusal.value.status_code, refusal.value.err_code) == (429, "ResourceExhausted")


def test_a_machine_that_cannot_start_an_instance_loses_no_event(tmp_path: Path) -> None:
    # Given a function whose folder is away, so that no process can start in it
    code, away = tmp_path / "code", tmp_path / "away"
    code.mkdir()
    (code / "index.py").write_text(TOY)
    with serving(tmp_path, Function("f", code, "index.tell", timeout=20)) as booth:
        code.rename(away)
        # When it is called, then a caller who waits is told so
        with pytest.raises(Refusal) as refusal:
            booth.invoke("f")
        assert (refusal.value.status_code, refusal.value.err_code) == (503, "ResourceThrottled")
        # and an event waits until it can be run
        booth.invoke("f", b"photo", **{"x-fc-invocation-type": "Async"})
        away.rename(code)
        assert booth.hear() == b"photo"


ENDINGS = [("echo", "", '"heard photo"'), ("fail", "UnhandledInvocationError", "something is wrong")]


@pytest.mark.parametrize(("function", "error", "answer"), ENDINGS)
def test_the_end_of_an_asynchronous_call_is_told_to_its_destination(
    booth: Booth, function: str, error: str, answer: str
) -> None:
    booth.invoke(function, b"photo", **{"x-fc-invocation-type": "Async"})
    told = json.loads(booth.hear())
    assert (told["requestPayload"], told["responseContext"]["functionError"]) == ("photo", error)
    assert answer.strip('"') in told["responsePayload"]


def test_a_timer_fires_by_itself(tmp_path: Path) -> None:
    tick = Timer("tick", "* * * * * *", "go")  # FC's own minimum is a minute; its syntax has seconds
    with serving(tmp_path, Function("f", tmp_path, "index.tell", timeout=20, timers=(tick,))) as booth:
        told = json.loads(booth.hear())
    assert (told["triggerName"], told["payload"]) == ("tick", "go")


# --- the local doors


def test_health_and_calls_need_no_signature(booth: Booth) -> None:
    booth.invoke("echo")
    with pytest.raises(Refusal):
        booth.client(Credential("id", "wrong")).invoke_function("any", "echo")
    assert requests.get(f"{booth.endpoint}/_local/health", timeout=10).status_code == 200
    assert requests.get(f"{booth.endpoint}/_local/calls", timeout=10).json() == {"InvokeFunction": 1}


# --- an ended and a killed runner


def test_a_server_that_ends_lets_its_instances_finish(tmp_path: Path) -> None:
    # Given a warm instance with a preStop hook
    function = Function("f", tmp_path, "index.echo", timeout=20, pre_stop=Hook("index.leave", 20))
    with serving(tmp_path, function) as booth:
        booth.invoke("f")
        said: list[bytes] = []
        listening = threading.Thread(target=lambda: said.append(booth.hear()))
        listening.start()
        # When the server ends in order
    # Then the hook was called
    listening.join(20)
    assert said == [b"left"]


def test_a_server_that_ends_ends_its_functions_and_keeps_their_events(tmp_path: Path) -> None:
    # Given a function in the middle of a long asynchronous call
    with serving(tmp_path, Function("f", tmp_path, "index.hold", timeout=60)) as booth:
        booth.invoke("f", b"photo", **{"x-fc-invocation-type": "Async"})
        said = booth.listen()
        assert said.read(5) == b"began"
        # When the server ends
    # Then the function has ended with it, and its event will be delivered again
    with said:
        assert said.read() == b""
    kept = State(tmp_path / "state")
    assert [row.payload for row in kept.table("invocation", Invocation).values()] == ["photo"]
    kept.close()


RUNNER = """
import sys
from pathlib import Path
from local.clock import WallClock
from local.fc.engine import Fc
from local.fc.http import app
from local.fc.surroundings import Platform
from local.fc.instances import Instances
from local.credential import Credential
from local.fc.functions import Function
from local.serving import run
from local.state import State

folder, port, ear = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
function = Function("f", folder, timeout=60, reserved_concurrency=1, environment={"EAR": ear})
clock, state = WallClock(), State(folder / "state")
instances = Instances([function], Platform("r", "1", Credential("i", "s")), clock, lambda line: None)
engine = Fc(state, clock, [function])
run(app(engine, state, instances=instances, credentials=[Credential("id", "secret")], wall=clock), port)
"""

SLOW = """
import os, socket, time

def handler(event, context):
    with socket.create_connection(("127.0.0.1", int(os.environ["EAR"]))) as ear:
        ear.sendall(event)
    if not os.path.exists("quick"):
        time.sleep(30)
"""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def _process(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", RUNNER, *map(str, arguments)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        yield process
        process.kill()


def test_what_was_acknowledged_survives_a_killed_runner(tmp_path: Path) -> None:
    # Given two accepted events, of which one is running and one waits
    (tmp_path / "index.py").write_text(SLOW)
    ear, port = Ear(), _free_port()
    booth = Booth(f"http://127.0.0.1:{port}", ear)
    with _process(tmp_path, port, ear.environment["EAR"]) as runner:
        booth.invoke("f", b"one", **{"x-fc-invocation-type": "Async"})
        assert booth.hear() == b"one"
        booth.invoke("f", b"two", **{"x-fc-invocation-type": "Async"})
        # When the runner is killed
        runner.send_signal(signal.SIGKILL)
        runner.wait()
    # Then both run after its restart
    (tmp_path / "quick").touch()
    with _process(tmp_path, port, ear.environment["EAR"]):
        assert {booth.hear(), booth.hear()} == {b"one", b"two"}
    ear.close()
