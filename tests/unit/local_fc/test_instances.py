"""Which instance serves a request, when instances end, and that none outlives its runner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.clock import ManualClock
from local.fc.errors import NoInstance
from local.fc.functions import Function, Hook
from local.fc.instances import IDLE_AT_MOST, LIFE_AT_MOST, Instances
from tests.unit.local_fc.runner import PLATFORM, Runner


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


def test_an_instance_past_its_life_serves_nobody_any_more(runner: Runner) -> None:
    # Given an instance that is used all the time, so that it never idles for long
    pool = runner.pool("index.remember", life=1000)
    counts = []
    for _ in range(4):
        counts.append(json.loads(pool.call("f", "1-request", b"").body)[1])
        # When it grows older than an instance may
        runner.clock.sleep(400)
    # Then another takes its place
    assert counts == [1, 2, 3, 1]


def test_an_instance_lives_no_longer_than_its_credentials() -> None:
    assert LIFE_AT_MOST == 36 * 3600


def test_a_closed_pool_leaves_no_process_and_starts_none(runner: Runner) -> None:
    pool = runner.pool("index.remember")
    process, _ = json.loads(pool.call("f", "1-request", b"").body)
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(NoInstance):
        pool.call("f", "1-request", b"")


def test_a_machine_that_cannot_start_an_instance_says_so(runner: Runner) -> None:
    # Given a bundle that is taken away before its first call, so that no process can start in it
    pool = runner.pool()
    runner.folder.rename(runner.folder.with_name("elsewhere"))
    with pytest.raises(NoInstance, match="no instance of f"):
        pool.call("f", "1-request", b"")


# --- initializer and preStop


def test_the_initializer_runs_once_before_the_first_request(runner: Runner) -> None:
    pool = runner.pool("index.remember", initializer=Hook("index.start", 20))
    counts = [json.loads(pool.call("f", f"1-{n}", b"").body)[1] for n in range(2)]
    assert (counts, runner.line().text) == ([101, 102], "starting")


def test_an_initializer_that_fails_fails_the_request_and_the_next_has_a_new_instance(runner: Runner) -> None:
    # Given a function whose initializer raises
    pool = runner.pool(initializer=Hook("index.fail_to_start", 20))
    # When it is called twice
    outcomes = [pool.call("f", "1-request", b"") for _ in range(2)]
    # Then both times an instance was initialized, and the function never called
    assert {outcome.error for outcome in outcomes} == {"InitializationError"}
    assert {json.loads(outcome.body)["errorMessage"] for outcome in outcomes} == {"no database"}
    marks = [runner.line("DEBUG").text for _ in range(4)]
    assert marks == [f"FC Initialize {moment} RequestId: 1-request" for moment in ("Start", "End")] * 2


def test_an_initializer_has_a_time_out_of_its_own(runner: Runner) -> None:
    outcome = runner.call("index.echo", timeout=60, initializer=Hook("index.hang_at_start", 1))
    assert (outcome.error, outcome.kind) == ("InitializationError", "FunctionTimeoutError")


def test_an_instance_that_is_reaped_is_asked_to_finish(runner: Runner) -> None:
    # Given a warm instance with a preStop hook
    pool = runner.pool("index.remember", pre_stop=Hook("index.say_goodbye", 20))
    pool.call("f", "1-request", b"")
    # When it idled for long
    runner.clock.sleep(IDLE_AT_MOST + 1)
    pool.reap()
    # Then the hook ran, under a request id of its own
    line = runner.line()
    assert line.text == f"goodbye {line.request_id}"
    assert line.request_id != "1-request"


def test_a_pool_that_ends_in_order_waits_for_its_hooks(runner: Runner) -> None:
    pool = runner.pool("index.remember", pre_stop=Hook("index.say_goodbye", 20))
    process, _ = json.loads(pool.call("f", "1-request", b"").body)
    pool.close()
    assert runner.line().text.startswith("goodbye")
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_hook_that_fails_is_told_and_stops_nothing(runner: Runner) -> None:
    pool = runner.pool("index.remember", pre_stop=Hook("index.fail_to_leave", 20))
    process, _ = json.loads(pool.call("f", "1-request", b"").body)
    pool.close()
    assert "no way out" in runner.line("ERROR").text
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


# --- the runner


def test_a_function_without_its_bundle_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make bundle"):
        Instances([Function("f", tmp_path / "absent")], PLATFORM, ManualClock(), lambda line: None)


RUNNER = """
import os, signal, sys
from pathlib import Path
from local.clock import WallClock
from local.fc.surroundings import Platform
from local.fc.instances import Instances
from local.credential import Credential
from local.fc.functions import Function

def die(line):
    if line.level != "DEBUG":
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
