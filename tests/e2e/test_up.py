"""`cosdrop up`: what it prints, how it ends, and what is still there when it comes back."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from tests.e2e import processes
from tests.e2e.booth import up
from tests.e2e.command import FACE, cosdrop, eventually

SERVERS = ["oss", "mns", "dashscope", "fc"]
LASTING = [*SERVERS, "region", "bucket", "queue", "access_key_id", "access_key_secret", "account_id", "api_key"]
PRINTED = [*LASTING, "data"]


def test_up_prints_one_line_of_json_with_all_that_a_client_needs(data: Path) -> None:
    with up(data) as booth:
        # Given a stack that is ready; when it is ended; then nothing else was printed.
        code, rest = booth.end()
    assert (code, rest) == (0, "")
    assert list(booth.endpoints) == PRINTED
    for server in SERVERS:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", booth.endpoints[server])
    assert booth.endpoints["data"] == str(data)
    assert all(isinstance(value, str) and value for value in booth.endpoints.values())
    assert json.loads((data / "endpoints.json").read_text()) == booth.endpoints


def test_what_holds_keys_is_readable_by_its_owner_only(data: Path) -> None:
    with up(data):
        modes = [(data / name).stat().st_mode & 0o777 for name in ("endpoints.json", "stack.json")]
    assert modes == [0o600, 0o600]


@processes.needs_proc
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_however_it_ends_no_process_stays_behind(data: Path, name: str) -> None:
    with up(data) as booth:
        # Given a stack with instances of both functions
        booth.put("photos/none.jpg", b"no picture")
        eventually(lambda: any(line["event"] == "tick" for line in booth.log))
        started = processes.below(booth.process.pid)
        assert len(started) >= 6
        # When it ends
        booth.process.send_signal(signal.Signals[name])
        code = booth.process.wait(20)
    # Then so do all
    assert code == (-signal.SIGKILL if name == "SIGKILL" else 0)
    eventually(lambda: not processes.are_alive(started), within=5)


def test_ports_and_keys_stay_and_jobs_go_on_after_a_restart(data: Path) -> None:
    with up(data) as before:
        # Given a photo whose task runs, and one that waits
        before.next_task_takes(2)
        dropped = [before.put(f"photos/{name}.jpg") for name in ("first", "second")]
        eventually(lambda: [task["status"] for task in before.tasks()] == ["RUNNING"])
        eventually(lambda: all("opened" in before.events(photo) for photo in dropped))
        assert before.end()[0] == 0
    # When the stack comes back
    with up(data) as after:
        # Then all is where it was, and both become portraits by one task each
        assert {name: after.endpoints[name] for name in LASTING} == {name: before.endpoints[name] for name in LASTING}
        for photo in dropped:
            assert after.portrait(photo)
        assert len(after.tasks()) == 2


def test_a_folder_that_was_moved_tells_its_new_place(data: Path) -> None:
    with up(data) as before:
        before.end()
    moved = data.rename(data.with_name("moved"))
    with up(moved) as after:
        assert after.endpoints == {**before.endpoints, "data": str(moved)}
        assert json.loads((moved / "endpoints.json").read_text()) == after.endpoints


def test_fresh_begins_anew_and_touches_nothing_that_is_not_the_stacks(data: Path) -> None:
    data.mkdir()
    (data / "diary.txt").write_text("mine")
    with up(data) as before:
        before.bucket.put_object("keepsake", b"1")
        before.end()
    with up(data, "--fresh") as after:
        assert after.endpoints["access_key_secret"] != before.endpoints["access_key_secret"]
        assert after.keys() == ["templates/default.png", "templates/hero.png"]
    assert (data / "diary.txt").read_text() == "mine"


def test_a_template_of_the_persons_own_survives_a_restart(data: Path) -> None:
    with up(data) as before:
        before.bucket.put_object("templates/default.png", b"mine")
        before.end()
    with up(data) as after:
        assert after.content("templates/default.png") == b"mine"


def test_a_second_stack_on_the_same_folder_is_refused_even_when_it_would_begin_anew(data: Path) -> None:
    with up(data) as running:
        second = cosdrop("up", "--data", data, "--fresh")
        assert (second.code, second.out) == (1, "")
        assert f"a stack runs in {data} already" in second.err
        assert running.keys() == ["templates/default.png", "templates/hero.png"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = cosdrop("up", "--data", tmp_path / "file" / "data")
    assert (refused.code, refused.out) == (1, "")
    assert f"{tmp_path}/file/data cannot be used: Not a directory" in refused.err


def test_a_server_that_cannot_start_is_named_with_its_log(data: Path) -> None:
    refused = cosdrop("up", "--data", data, LOCAL_TASK_SECONDS="soon")
    assert (refused.code, refused.out) == (1, "")
    assert f"dashscope did not start; {data}/logs/dashscope.log says why" in refused.err
    assert "soon" in (data / "logs" / "dashscope.log").read_text()


def test_a_stack_that_ended_says_how_to_start_it(data: Path) -> None:
    with up(data) as booth:
        booth.end()
    told = cosdrop("drop", FACE, "--data", data)
    assert told.code == 1
    assert f"the local stack in {data} is not running: start it with `cosdrop up --data {data}`" in told.err
