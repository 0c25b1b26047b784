"""`kill -9` amid the work, of a function's process and of each server.

The photo becomes a portrait all the same, and no portrait is bought twice.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e import processes
from tests.e2e.booth import Booth, up
from tests.e2e.command import eventually

pytestmark = processes.needs_proc


@pytest.fixture(scope="module")
def sturdy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booth]:
    """A stack of this module's own. What was submitted and not answered is looked into after 2 s."""
    with up(tmp_path_factory.mktemp("sturdy"), GRACE_SECONDS="2") as running:
        yield running


@pytest.mark.parametrize("event", ["opened", "posted"])
def test_a_submit_that_is_killed_is_run_again(sturdy: Booth, event: str) -> None:
    # Given a photo, and `submit` just behind one of its steps
    photo = sturdy.put(f"photos/killed-{event}.jpg")
    eventually(lambda: event in sturdy.events(photo))
    # When its process is killed
    processes.kill(processes.instances(sturdy.process.pid, "submit"))
    # Then
    ends_well(sturdy, photo)


def test_a_task_whose_submission_nobody_heard_the_answer_of_is_found_and_not_bought_again(sturdy: Booth) -> None:
    # Given a DashScope that has a submission in its ears and does not answer
    dashscope = processes.servers(sturdy.process.pid, "dashscope")
    port = int(sturdy.endpoints["dashscope"].rpartition(":")[2])
    with processes.stopped(dashscope):
        photo = sturdy.put("photos/unheard.jpg")
        eventually(lambda: "submitting" in sturdy.events(photo) and processes.unread(port))
        # When the process that waits for the answer is killed, and DashScope accepts the task
        (submit,) = processes.instances(sturdy.process.pid, "submit")
        processes.kill([submit])
        eventually(lambda: not processes.are_alive([submit]))
    # Then
    ends_well(sturdy, photo)
    (job,) = sturdy.cosdrop("why", photo, "--json").document["jobs"]
    assert [line["how"] for line in job["lines"] if line["op"] == "submitted"] == ["adopted"]


def test_a_poller_that_is_killed_is_followed_by_the_next_tick(sturdy: Booth) -> None:
    # Given a poller that waits for a task to end
    sturdy.next_task_takes(1)
    photo = sturdy.put("photos/poller-killed.jpg")
    eventually(lambda: "submitted" in sturdy.events(photo))
    (poller,) = eventually(lambda: processes.instances(sturdy.process.pid, "poller"))
    # When its process is killed
    processes.kill([poller])
    eventually(lambda: not processes.are_alive([poller]))
    sturdy.tick()
    # Then
    ends_well(sturdy, photo)


@pytest.mark.parametrize("server", ["oss", "mns", "dashscope", "fc"])
def test_a_server_that_is_killed_comes_back_and_has_lost_nothing(sturdy: Booth, server: str) -> None:
    # Given a photo whose task runs
    sturdy.next_task_takes(1)
    photo = sturdy.put(f"photos/{server}-killed.jpg")
    eventually(lambda: "submitted" in sturdy.events(photo))
    # When
    (before,) = processes.servers(sturdy.process.pid, server)
    processes.kill([before])
    # Then another process serves in its place, and the photo becomes a portrait
    (after,) = eventually(lambda: set(processes.servers(sturdy.process.pid, server)) - {before})
    assert processes.are_alive([after])
    ends_well(sturdy, photo)


def ends_well(booth: Booth, photo: str) -> None:
    """A portrait, one task, and nothing left over."""
    assert booth.portrait(photo)
    assert booth.endings(photo) == ["done"]
    assert booth.read(f"errors/{photo.removeprefix('photos/')}.json") is None
    (job,) = booth.cosdrop("why", photo, "--json").document["jobs"]
    (task,) = booth.tasks_of(photo)
    assert booth.claims(job["job"]) == [task]
    eventually(lambda: not [key for key in booth.keys(".cosdrop/open/") if job["job"] in key])


def test_every_task_that_was_ever_accepted_belongs_to_one_photo(sturdy: Booth) -> None:
    # Given whatever the tests above did, and one photo more
    ends_well(sturdy, sturdy.put("photos/last.jpg"))
    # Then there are as many tasks as photos, and each ended well
    tasks = sturdy.tasks()
    assert len(tasks) == len(sturdy.keys("photos/")) == len(sturdy.keys("portraits/"))
    assert {task["status"] for task in tasks} == {"SUCCEEDED"}
