"""`drop`, `status`, `why` and their help: what a person and a script get to see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.booth import Booth, up
from tests.e2e.command import FACE, NO_FACE, Ran, cosdrop, eventually

ERROR = ["code", "en", "zh", "todo_en", "todo_zh", "request_id", "job", "final"]
STATUS = ["waiting", "in_flight", "portraits", "errors", "held", "oldest_seconds"]


@pytest.fixture(scope="module")
def dropped(booth: Booth, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """One run of `drop` with a face and without: the folder of the photos, and what the command said."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "face.jpg").write_bytes(FACE.read_bytes())
    (folder / "wall.jpg").write_bytes(NO_FACE.read_bytes())
    return folder, booth.cosdrop("drop", folder / "wall.jpg", folder / "face.jpg", "--route", "hero", "--json")


def copied(folder: Path, name: str) -> Path:
    (folder / name).write_bytes(FACE.read_bytes())
    return folder / name


# --- drop


def test_drop_tells_in_the_order_given_what_became_of_each_photo(dropped: tuple[Path, Ran]) -> None:
    _, ran = dropped
    refused, portrait = ran.document
    assert portrait == {
        "photo": "photos/hero/face.jpg",
        "portrait": "portraits/hero/face.jpg.jpg",
        "error": None,
    }
    assert (refused["photo"], refused["portrait"]) == ("photos/hero/wall.jpg", None)
    assert list(refused["error"]) == ERROR
    assert (refused["error"]["code"], refused["error"]["final"]) == ("InvalidFace", True)
    assert all(refused["error"][field] for field in ERROR)


def test_drop_ends_with_1_when_any_photo_became_an_error(dropped: tuple[Path, Ran]) -> None:
    assert dropped[1].code == 1


def test_the_error_that_drop_tells_is_the_object_in_the_bucket(booth: Booth, dropped: tuple[Path, Ran]) -> None:
    assert json.loads(booth.content("errors/hero/wall.jpg.json")) == dropped[1].document[0]["error"]


def test_drop_ends_with_0_when_all_are_portraits_and_tells_people_on_standard_error(
    booth: Booth, tmp_path: Path
) -> None:
    ran = booth.cosdrop("drop", copied(tmp_path, "people.jpg"))
    assert (ran.code, ran.out) == (0, "")
    assert "done   portraits/people.jpg.jpg" in ran.err


def test_a_photo_that_was_dropped_before_and_has_its_portrait_is_not_bought_again(
    booth: Booth, dropped: tuple[Path, Ran]
) -> None:
    again = booth.cosdrop("drop", dropped[0] / "face.jpg", "--route", "hero", "--json")
    assert (again.code, again.document[0]["portrait"]) == (0, "portraits/hero/face.jpg.jpg")
    assert len(booth.tasks_of("photos/hero/face.jpg")) == 1


def test_drop_without_waiting_tells_the_keys_alone(booth: Booth, tmp_path: Path) -> None:
    ran = booth.cosdrop("drop", copied(tmp_path, "hurry.jpg"), "--no-wait", "--json")
    assert (ran.code, ran.document) == (0, [{"photo": "photos/hurry.jpg", "portrait": None, "error": None}])
    assert booth.portrait("photos/hurry.jpg")


def test_two_files_of_one_name_are_refused_before_either_is_uploaded(booth: Booth, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    twins = copied(tmp_path, "twin.jpg"), copied(tmp_path / "other", "twin.jpg")
    ran = booth.cosdrop("drop", *twins, "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "photos/twin.jpg" in ran.err
    assert not booth.bucket.object_exists("photos/twin.jpg")


@pytest.mark.parametrize("route", ["..", "a/../b", "a//b", "x" * 1001, "a\nb"])
def test_a_route_that_makes_no_usable_key_is_refused_with_words(booth: Booth, route: str) -> None:
    ran = booth.cosdrop("drop", FACE, "--route", route)
    assert (ran.code, ran.out) == (1, "")
    assert "Give the photo a shorter, plainer name" in ran.err


def test_what_is_to_be_said_of_many_photos_is_said_once(booth: Booth, tmp_path: Path) -> None:
    for name in ("letter.jpg", "diary.jpg"):
        (tmp_path / name).write_text("just words")
    ran = booth.cosdrop("drop", tmp_path / "letter.jpg", tmp_path / "diary.jpg")
    assert ran.code == 1
    assert "photos/letter.jpg" in ran.err and "photos/diary.jpg" in ran.err
    assert ran.err.count("This file is not a picture we can read.") == 1


# --- status


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booth]:
    """A stack of which nothing is known but what this module's test of `status` did."""
    with up(tmp_path_factory.mktemp("quiet")) as running:
        yield running


def test_status_counts_every_photo_once(quiet: Booth) -> None:
    # Given nothing
    assert list(quiet.cosdrop("status", "--json").document.items()) == [
        *((name, 0) for name in STATUS[:5]),
        (STATUS[5], None),
    ]
    # When one photo is at work, one waits, one is held for its template, and one was refused
    quiet.next_task_takes(5)
    quiet.put("photos/at-work.jpg")
    eventually(quiet.tasks)
    quiet.put("photos/waits.jpg")
    quiet.put("photos/no-template/held.jpg")
    quiet.put("photos/refused.jpg", b"no picture")
    eventually(lambda: "held" in quiet.events("photos/no-template/held.jpg"))
    eventually(lambda: "opened" in quiet.events("photos/waits.jpg"))
    eventually(lambda: quiet.endings("photos/refused.jpg"))
    # Then each is counted in one place
    counted = quiet.cosdrop("status", "--json").document
    age = counted.pop("oldest_seconds")
    assert counted == {"waiting": 1, "in_flight": 1, "portraits": 0, "errors": 1, "held": 1}
    assert isinstance(age, int) and 0 <= age < 30
    # And when all but the held one have ended
    for photo in ("photos/at-work.jpg", "photos/waits.jpg"):
        quiet.portrait(photo)
    eventually(lambda: quiet.cosdrop("status", "--json").document["in_flight"] == 0)
    counted = quiet.cosdrop("status", "--json").document
    assert counted.pop("oldest_seconds") >= age
    assert counted == {"waiting": 0, "in_flight": 0, "portraits": 2, "errors": 1, "held": 1}


def test_status_for_people_goes_to_standard_error(booth: Booth) -> None:
    ran = booth.cosdrop("status")
    assert (ran.code, ran.out) == (0, "")
    assert "waiting for their turn" in ran.err


# --- why


def test_why_tells_the_life_of_a_photo(booth: Booth, dropped: tuple[Path, Ran]) -> None:
    ran = booth.cosdrop("why", "photos/hero/face.jpg")
    assert (ran.code, ran.out) == (0, "")
    steps = [
        "dropped",
        "about to be submitted",
        "accepted as task",
        "is ready at DashScope",
        "saved as portraits/hero/",
    ]
    places = [ran.err.index(step) for step in steps]
    assert places == sorted(places)


def test_why_as_json_is_the_log_itself(booth: Booth, dropped: tuple[Path, Ran]) -> None:
    told = booth.cosdrop("why", "photos/hero/wall.jpg", "--json").document
    (job,) = told["jobs"]
    assert (told["photo"], job["state"]) == ("photos/hero/wall.jpg", "refused")
    assert [line["op"] for line in job["lines"]] == ["opened", "submitting", "submitted", "refused"]
    log = booth.content(f".cosdrop/jobs/{job['job'][:2]}/{job['job']}.log")
    assert [json.loads(line) for line in log.splitlines()] == job["lines"]
    assert told["error"]["code"] == "InvalidFace"


def test_why_says_what_to_do_about_an_error(booth: Booth, dropped: tuple[Path, Ran]) -> None:
    assert "Drop a photo with one clear, front-facing face" in booth.cosdrop("why", "photos/hero/wall.jpg").err


def test_why_of_a_photo_nobody_knows_says_what_to_look_at(booth: Booth) -> None:
    ran = booth.cosdrop("why", "photos/nobody.jpg", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "nothing is known of photos/nobody.jpg: is it the full key" in ran.err


# --- help and where to


COMMANDS = ["up", "drop", "status", "why", "demo"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    ran = cosdrop(command, "-h")
    assert ran.code == 0
    assert f"Example:\n    cosdrop {command}" in ran.out


def test_every_command_is_in_the_help() -> None:
    listed = cosdrop("--help").out
    assert all(f"\n  {command} " in listed for command in COMMANDS)


@pytest.mark.parametrize("command", [("drop", FACE), ("status",), ("why", "photos/me.jpg")])
def test_a_folder_without_a_stack_says_how_to_make_one(tmp_path: Path, command: tuple[object, ...]) -> None:
    ran = cosdrop(*command, "--data", tmp_path / "nowhere")
    assert (ran.code, ran.out) == (1, "")
    assert f"no local stack in {tmp_path}/nowhere: start one with `cosdrop up --data {tmp_path}/nowhere`" in ran.err


def test_without_a_folder_and_without_the_cloud_it_says_what_to_set() -> None:
    ran = cosdrop("status")
    assert (ran.code, ran.out) == (1, "")
    assert "--data or COSDROP_DATA" in ran.err and "ALIBABA_CLOUD_ACCESS_KEY_ID" in ran.err


def test_the_folder_may_come_from_the_environment(booth: Booth) -> None:
    assert list(cosdrop("status", "--json", COSDROP_DATA=str(booth.data)).document) == STATUS
