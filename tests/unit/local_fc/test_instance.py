"""Real processes over toy bundles; a time-out of a second is the only thing waited for."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.clock import ManualClock
from local.credential import Credential
from local.fc.engine import Outcome
from local.fc.instance import Platform
from local.fc.instances import IDLE_AT_MOST, Instances
from local.fc.stack_file import Function

PLATFORM = Platform("cn-beijing", "42", Credential("role-id", "role-secret", "role-token"))

TOY = """
import json, logging, os, sys

import beside

count = 0

def echo(event, context):
    return event

def text(event, context):
    return "小明"

def answer(event, context):
    return {"n": json.loads(event)["n"] + 1}

def unspeakable(event, context):
    return object()

def fail(event, context):
    raise ValueError("something is wrong")

def hang(event, context):
    print("hanging")
    while True:
        pass

def die(event, context):
    os._exit(3)

def leave(event, context):
    sys.exit("bye")

def remember(event, context):
    global count
    count += 1
    return [os.getpid(), count]

def describe(event, context):
    credentials = getattr(context, "credentials", None)
    return {
        "request_id": context.request_id,
        "credentials": credentials and [getattr(credentials, name) for name in
            ("access_key_id", "access_key_secret", "security_token")],
        "function": [context.function.name, context.function.handler, context.function.memory,
            context.function.timeout],
        "where": [context.region, context.account_id],
        "logger": [context.logger is None, context.getLogger() is logging.getLogger()],
        "service": hasattr(context, "service"),
    }

def environment(event, context):
    return dict(os.environ)

def surroundings(event, context):
    import importlib.util
    return {"cwd": os.getcwd(), "first": sys.path[0], "stdin": sys.stdin.read(), "beside": beside.WORD,
        "cosdrop": [name for name in ("local", "ops", "shared") if importlib.util.find_spec(name)],
        "preinstalled": importlib.util.find_spec("requests") is not None}

def speak(event, context):
    print("printed 小明")
    os.write(1, b"written\\n")
    sys.stderr.write("complained\\n")
    logging.getLogger().info("logged %s", 1)
    logging.getLogger().debug("not shown")
    sys.stdout.write("unfinished")
    sys.stdout.flush()
    os._exit(0)
"""

Call = Callable[..., Outcome]


class Runner:
    """A pool over the toy bundle, whose functions are named by their handlers."""

    def __init__(self, folder: Path) -> None:
        (folder / "index.py").write_text(TOY, encoding="utf-8")
        (folder / "beside.py").write_text("WORD = 'here'\n")
        (folder / "broken.py").write_text("import nothing_of_that_name\n")
        self.folder = folder
        self.clock = ManualClock()
        self.lines: queue.Queue[tuple[str, str]] = queue.Queue()
        self._pools: list[Instances] = []

    def pool(self, handler: str = "index.echo", **settings: Any) -> Instances:
        settings = {"timeout": 20, "memory": 256, **settings}
        function = Function("f", self.folder, handler=handler, **settings)
        pool = Instances([function], PLATFORM, self.clock, lambda name, line: self.lines.put((name, line)))
        self._pools.append(pool)
        return pool

    def call(self, handler: str, event: bytes = b"", **settings: Any) -> Outcome:
        return self.pool(handler, **settings).call("f", "1-request", event)

    def json(self, handler: str, event: bytes = b"", **settings: Any) -> Any:
        return json.loads(self.call(handler, event, **settings).body)

    def line(self) -> tuple[str, str]:
        return self.lines.get(timeout=10)

    def close(self) -> None:
        for pool in self._pools:
            pool.close()


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(tmp_path)
    yield runner
    runner.close()


# --- answers and errors

ANSWERS = [
    ("index.echo", b"\x00\xff\n", b"\x00\xff\n"),
    ("index.echo", b"", b""),
    ("index.text", b"", "小明".encode()),
    ("index.answer", b'{"n": 1}', b'{"n": 2}'),
]


@pytest.mark.parametrize(("handler", "event", "answer"), ANSWERS)
def test_bytes_and_texts_are_answered_as_they_are_and_all_else_as_json(
    runner: Runner, handler: str, event: bytes, answer: bytes
) -> None:
    assert runner.call(handler, event) == Outcome(answer)


def test_a_large_event_and_answer_pass_whole(runner: Runner) -> None:
    event = os.urandom(3 * 1024 * 1024)
    assert runner.call("index.echo", event).body == event


def test_an_exception_is_told_as_function_compute_tells_it(runner: Runner) -> None:
    outcome = runner.call("index.fail")
    told = json.loads(outcome.body)
    assert outcome.error == "UnhandledInvocationError"
    assert (told["errorMessage"], told["errorType"]) == ("something is wrong", "ValueError")
    ((file, line, name, code),) = told["stackTrace"]
    assert (file, name) == (f'File "{runner.folder / "index.py"}"', "in fail")
    assert re.fullmatch(r"line \d+", line)
    assert code == 'raise ValueError("something is wrong")'


UNUSABLE = ["broken.handler", "absent.handler", "index.absent"]


@pytest.mark.parametrize("handler", UNUSABLE)
def test_code_that_cannot_be_loaded_fails_every_event(runner: Runner, handler: str) -> None:
    pool = runner.pool(handler)
    outcomes = [pool.call("f", "1-request", b"") for _ in range(2)]
    assert {json.loads(outcome.body)["errorType"] for outcome in outcomes} == {"ImportModuleError"}


def test_an_answer_that_is_not_json_is_an_error(runner: Runner) -> None:
    assert runner.json("index.unspeakable")["errorType"] == "TypeError"


def test_a_function_that_outlasts_its_timeout_is_killed(runner: Runner) -> None:
    # Given a function that never ends
    outcome = runner.call("index.hang", timeout=1)
    # Then it was ended after its one second, its last words heard
    assert outcome.error == "FunctionTimeoutError"
    assert json.loads(outcome.body) == {"errorMessage": "Function timed out after 1 seconds"}
    assert runner.line() == ("f", "hanging")


@pytest.mark.parametrize("handler", ["index.die", "index.leave"])
def test_a_process_that_ends_is_an_error_and_the_next_call_has_a_new_one(runner: Runner, handler: str) -> None:
    pool = runner.pool(handler)
    outcomes = [pool.call("f", "1-request", b"") for _ in range(2)]
    assert [outcome.error for outcome in outcomes] == ["UnhandledInvocationError"] * 2
    assert all("Process exited unexpectedly" in str(outcome.body) for outcome in outcomes)


# --- what a function sees


def test_python310_finds_its_role_in_the_context(runner: Runner) -> None:
    context = runner.json("index.describe", runtime="python3.10", timeout=30)
    assert context == {
        "request_id": "1-request",
        "credentials": ["role-id", "role-secret", "role-token"],
        "function": ["f", "index.describe", 256, 30],
        "where": ["cn-beijing", "42"],
        "logger": [False, True],
        "service": True,
    }


def test_python312_has_no_credentials_in_its_context_but_in_its_environment(runner: Runner) -> None:
    context = runner.json("index.describe", runtime="python3.12")
    assert (context["credentials"], context["logger"], context["service"]) == (None, [True, True], False)
    environment = runner.json("index.environment", runtime="python3.12")
    assert {name: value for name, value in environment.items() if name.startswith("ALIBABA_CLOUD_")} == {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "role-id",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "role-secret",
        "ALIBABA_CLOUD_SECURITY_TOKEN": "role-token",
    }


def test_the_environment_is_the_functions_own(runner: Runner) -> None:
    environment = runner.json("index.environment", environment={"BUCKET": "pics", "FC_REGION": "forged"})
    assert environment.pop("FC_INSTANCE_ID").startswith("c-")
    environment.pop("LC_CTYPE", None)  # Python's own, when it finds the C locale
    assert environment == {
        "BUCKET": "pics",
        "FC_ACCOUNT_ID": "42",
        "FC_FUNCTION_HANDLER": "index.environment",
        "FC_FUNCTION_MEMORY_SIZE": "256",
        "FC_FUNCTION_NAME": "f",
        "FC_FUNC_CODE_PATH": str(runner.folder),
        "FC_REGION": "cn-beijing",
        "FC_VER_ID": "LATEST",
        "PATH": os.defpath,
        "TZ": "UTC",
    }


def test_a_function_sees_its_bundle_and_the_preinstalled_but_nothing_of_this_project(runner: Runner) -> None:
    assert runner.json("index.surroundings") == {
        "cwd": str(runner.folder),
        "first": str(runner.folder),
        "stdin": "",
        "beside": "here",
        "cosdrop": [],
        "preinstalled": True,
    }


def test_whatever_it_prints_is_its_log_line_by_line(runner: Runner) -> None:
    runner.call("index.speak")
    lines = [runner.line() for _ in range(5)]
    assert {name for name, _ in lines} == {"f"}
    printed, written, complained, logged, unfinished = (line for _, line in lines)
    assert (printed, written, complained, unfinished) == ("printed 小明", "written", "complained", "unfinished")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 1-request \[INFO\] logged 1", logged)


# --- the pool


def test_a_warm_instance_is_used_again(runner: Runner) -> None:
    pool = runner.pool("index.remember")
    (first, one), (second, two) = (json.loads(pool.call("f", "1-request", b"").body) for _ in range(2))
    assert (first, [one, two]) == (second, [1, 2])


def test_an_instance_that_idled_for_long_is_ended(runner: Runner) -> None:
    # Given an instance that is warm
    pool = runner.pool("index.remember")
    process, _ = json.loads(pool.call("f", "1-request", b"").body)
    # When it is looked after in time, and then too late
    pool.reap()
    os.kill(process, 0)
    runner.clock.sleep(IDLE_AT_MOST + 1)
    pool.reap()
    # Then it is gone, and the next call has a new one
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert json.loads(pool.call("f", "1-request", b"").body)[1] == 1


def test_a_closed_pool_leaves_no_process_and_starts_none(runner: Runner) -> None:
    pool = runner.pool("index.remember")
    process, _ = json.loads(pool.call("f", "1-request", b"").body)
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert pool.call("f", "1-request", b"").error == "ResourceExhausted"


def test_a_function_without_its_bundle_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make bundle"):
        Instances([Function("f", tmp_path / "absent")], PLATFORM, ManualClock(), lambda name, line: None)


RUNNER = """
import os, signal, sys
from pathlib import Path
from local.clock import WallClock
from local.fc.instance import Platform
from local.fc.instances import Instances
from local.credential import Credential
from local.fc.stack_file import Function

def die(name, line):
    os.kill(os.getpid(), signal.SIGKILL)

function = Function("f", Path(sys.argv[1]), timeout=60)
Instances([function], Platform("r", "1", Credential("i", "s")), WallClock(), die).call("f", "1-request", b"")
"""

LASTING = """
import time

def handler(event, context):
    with open("alive", "w", buffering=1) as alive:
        print("began", file=alive)
        print("kill the runner now")
        time.sleep(10)
        alive.write("outlived it")
"""


def test_an_instance_dies_with_a_runner_that_is_killed(tmp_path: Path) -> None:
    # Given a function in the middle of a long call, which holds a pipe open as long as it lives
    (tmp_path / "index.py").write_text(LASTING)
    os.mkfifo(tmp_path / "alive")
    command = [sys.executable, "-c", RUNNER, str(tmp_path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3]) as runner:
        # When its runner is killed with no chance to clean up
        heard = (tmp_path / "alive").read_text()
    # Then the pipe closes before the call would have ended
    assert (heard, runner.returncode) == ("began\n", -9)
