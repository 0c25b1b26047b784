"""Real processes over toy bundles; a time-out of a second is the only thing waited for."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from local.fc.errors import Outcome
from local.fc.functions import Function
from local.fc.instance import Instance
from local.fc.interpreters import Interpreter
from tests.unit.local_fc.runner import PLATFORM, Runner

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
    assert (outcome.error, outcome.kind) == ("UnhandledInvocationError", "FunctionTimeoutError")
    assert re.fullmatch(
        r"Function timed out after 1 seconds \(maxMemoryUsage: \d+\.\d\dMB\)", json.loads(outcome.body)["errorMessage"]
    )
    assert runner.line().text == "hanging"


@pytest.mark.parametrize("handler", ["index.die", "index.leave"])
def test_a_process_that_ends_is_an_error_and_the_next_call_has_a_new_one(runner: Runner, handler: str) -> None:
    pool = runner.pool(handler)
    outcomes = [pool.call("f", "1-request", b"") for _ in range(2)]
    assert {outcome.kind for outcome in outcomes} == {"FunctionUnhandledError"}
    assert all("Process exited unexpectedly" in str(outcome.body) for outcome in outcomes)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is watched where there is /proc")
@pytest.mark.parametrize("handler", ["index.hoard", "index.hoard_and_hang"])
def test_a_function_that_takes_too_much_memory_is_killed(runner: Runner, handler: str) -> None:
    # Given a function of 256 MB that takes 300, and either ends at once or never
    pool = runner.pool(handler, timeout=60)
    outcome = pool.call("f", "1-request", b"")
    # Then both were noticed
    assert (outcome.error, outcome.kind) == ("UnhandledInvocationError", "FunctionOOMError")
    peak = re.search(r"maxMemoryUsage: (\d+)", str(outcome.body))
    assert peak and int(peak[1]) >= 256


def test_a_function_that_stays_within_its_memory_is_left_alone(runner: Runner) -> None:
    assert runner.call("index.hoard", memory=512).error == ""


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
    assert {(line.function, line.request_id, line.level) for line in lines} == {("f", "1-request", "INFO")}
    assert [line.text for line in lines] == ["printed 小明", "written", "complained", "logged 1", "unfinished"]


def test_lines_belong_to_the_request_that_wrote_them(runner: Runner) -> None:
    # Given one instance that serves two requests
    pool = runner.pool("index.fail")
    for request_id in ("1-first", "1-second"):
        pool.call("f", request_id, b"")
    # Then the traceback of each stands under its own
    heard = [runner.line() for _ in range(8)]
    assert {line.request_id for line in heard} == {"1-first", "1-second"}
    assert [line.request_id for line in heard] == sorted(line.request_id for line in heard)


def test_a_function_runs_under_the_interpreter_of_its_runtime_with_its_packages(tmp_path: Path) -> None:
    # Given an environment for one runtime, which is our own Python by another name with a package of its own
    python, packages = tmp_path / "bin" / "python", tmp_path / "packages"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    packages.mkdir()
    (packages / "preinstalled.py").write_text("WORD = 'found'")
    (tmp_path / "index.py").write_text(
        "import sys\nimport preinstalled\ndef handler(event, context): return [sys.executable, preinstalled.WORD]"
    )
    platform = replace(PLATFORM, interpreters={"python3.12": Interpreter("3.12", str(python), str(packages))})
    # When a function of that runtime is called
    instance = Instance(Function("f", tmp_path, runtime="python3.12", timeout=20), platform, lambda line: None)
    answer = instance.call("1-request", b"").body
    instance.kill()
    # Then it ran there
    assert json.loads(answer) == [str(python), "found"]
