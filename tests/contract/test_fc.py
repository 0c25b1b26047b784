"""The local Function Compute over the wire, driven by the unmodified aliyun-fc2 2.5.2."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fc2
import pytest
import requests
from fc2.fc_exceptions import FcError as Refusal

from local.clock import WallClock
from local.fc.engine import Fc
from local.fc.http import app
from local.fc.instance import Platform
from local.fc.instances import Instances
from local.fc.signature import Credential
from local.fc.stack_file import Function, OssTrigger, Timer
from local.serving import in_thread
from local.state import State

KEY = Credential("id", "secret")
TEMPORARY = Credential("sts", "temporary", "token")
PLATFORM = Platform("cn-beijing", "42", Credential("role", "role-secret", "role-token"))

TOY = """
import json, os

def say(event):
    # A pipe with a reader: what the function did is heard the moment it did it.
    with open(os.environ["EAR"], "wb") as ear:
        ear.write(event + b"\\n")

def echo(event, context):
    return b"heard " + event

def fail(event, context):
    raise ValueError("something is wrong")

def tell(event, context):
    say(event)

def flaky(event, context):
    say(event)
    if not os.path.exists("second"):
        open("second", "w").close()
        raise ValueError("the first time")
"""


class Booth:
    """A running server over the toy functions, and the end of the pipe in which they can be heard."""

    def __init__(self, endpoint: str, ear: Path) -> None:
        self.endpoint, self._ear = endpoint, ear

    def client(self, key: Credential = KEY, secret: str = "") -> Any:
        names = {"accessKeyID": key.id, "accessKeySecret": secret or key.secret, "securityToken": key.token}
        return fc2.Client(endpoint=self.endpoint, **names)

    def invoke(self, function: str, event: bytes = b"", **headers: str) -> Any:
        return self.client().invoke_function("any", function, payload=event, headers=headers)

    def hear(self) -> bytes:
        """What the next function to speak says; waits for it."""
        return self._ear.read_bytes().rstrip(b"\n")


def functions(folder: Path) -> list[Function]:
    photos = OssTrigger("photos", "pics", ("oss:ObjectCreated:PutObject",), "photos/", ".jpg")

    def toy(name: str, **settings: Any) -> Function:
        environment = {"EAR": str(folder / "ear")}
        return Function(name, folder, handler=f"index.{name}", timeout=20, environment=environment, **settings)

    return [
        toy("echo", on_success="tell"),
        toy("fail", retries=0, on_failure="tell"),
        toy("tell", oss_triggers=(photos,)),
        toy("flaky"),
    ]


@contextmanager
def serving(folder: Path, *declared: Function) -> Iterator[Booth]:
    (folder / "index.py").write_text(TOY)
    os.mkfifo(folder / "ear")
    all_functions, state, clock = declared or functions(folder), State(folder / "state"), WallClock()
    instances = Instances(all_functions, PLATFORM, clock, lambda name, line: None)
    engine = Fc(state, clock, all_functions, account_id="42")
    server = app(engine, state, instances=instances, credentials=[KEY, TEMPORARY], wall=clock)
    with in_thread(server) as endpoint:
        yield Booth(endpoint, folder / "ear")
    state.close()


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
    # credential, secret, function, status, code
    (KEY, "", "nobody", 404, "FunctionNotFound"),
    (KEY, "wrong", "echo", 403, "SignatureNotMatch"),
    (Credential("stranger", "secret"), "", "echo", 403, "InvalidAccessKeyID"),
    (Credential("sts", "temporary"), "", "echo", 403, "InvalidAccessKeyID"),
]


@pytest.mark.parametrize(("key", "secret", "function", "status", "code"), REFUSALS)
def test_a_refusal_reaches_the_sdk_in_its_own_form(
    booth: Booth, key: Credential, secret: str, function: str, status: int, code: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        booth.client(key, secret).invoke_function("any", function, payload=b"{}")
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
    settings: dict[str, Any] = {"handler": "index.tell", "timeout": 20, "timers": (tick,)}
    with serving(tmp_path, Function("f", tmp_path, environment={"EAR": str(tmp_path / "ear")}, **settings)) as booth:
        told = json.loads(booth.hear())
    assert (told["triggerName"], told["payload"]) == ("tick", "go")


# --- the local doors


def test_health_and_calls_need_no_signature(booth: Booth) -> None:
    booth.invoke("echo")
    with pytest.raises(Refusal):
        booth.client(KEY, "wrong").invoke_function("any", "echo")
    assert requests.get(f"{booth.endpoint}/_local/health", timeout=10).status_code == 200
    assert requests.get(f"{booth.endpoint}/_local/calls", timeout=10).json() == {"InvokeFunction": 1}


# --- a killed runner

RUNNER = """
import sys
from pathlib import Path
from local.clock import WallClock
from local.fc.engine import Fc
from local.fc.http import app
from local.fc.instance import Platform
from local.fc.instances import Instances
from local.fc.signature import Credential
from local.fc.stack_file import Function
from local.serving import run
from local.state import State

folder, port = Path(sys.argv[1]), int(sys.argv[2])
function = Function("f", folder, timeout=60, reserved_concurrency=1, environment={"EAR": str(folder / "ear")})
clock, state = WallClock(), State(folder / "state")
instances = Instances([function], Platform("r", "1", Credential("i", "s")), clock, lambda name, line: None)
engine = Fc(state, clock, [function])
run(app(engine, state, instances=instances, credentials=[Credential("id", "secret")], wall=clock), port)
"""

SLOW = """
import os, time

def handler(event, context):
    with open(os.environ["EAR"], "wb") as ear:
        ear.write(event)
    if not os.path.exists("quick"):
        time.sleep(30)
"""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def _process(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", RUNNER, str(folder), str(port)], cwd=root) as process:
        yield process
        process.kill()


def test_what_was_acknowledged_survives_a_killed_runner(tmp_path: Path) -> None:
    # Given two accepted events, of which one is running and one waits
    (tmp_path / "index.py").write_text(SLOW)
    os.mkfifo(tmp_path / "ear")
    port = _free_port()
    booth = Booth(f"http://127.0.0.1:{port}", tmp_path / "ear")
    with _process(tmp_path, port) as runner:
        booth.invoke("f", b"one", **{"x-fc-invocation-type": "Async"})
        assert booth.hear() == b"one"
        booth.invoke("f", b"two", **{"x-fc-invocation-type": "Async"})
        # When the runner is killed
        runner.send_signal(signal.SIGKILL)
        runner.wait()
    # Then both run after its restart
    (tmp_path / "quick").touch()
    with _process(tmp_path, port):
        assert {booth.hear(), booth.hear()} == {b"one", b"two"}
