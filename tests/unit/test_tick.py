"""The poller's minute: one task at a time and no idle slot, results saved in time, nothing in anything's way."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from functions.poller.index import poll
from local.dashscope.errors import ApiError
from local.dashscope.limits import Settings as VendorSettings
from local.dashscope.tasks import Fate
from shared import journal, keys
from shared.job import State
from tests.world import Killed, NeverLeft, World, jpeg

PHOTO, PORTRAIT = "photos/a.jpg", "portraits/a.jpg.jpg"


def calls(world: World) -> Counter[str]:
    """What one tick calls."""
    before = world.wire.calls.copy()
    poll(world.booth, b"")
    return world.wire.calls - before


# --- the slot ------------------------------------------------------------------------------------------------------


def test_ten_photos_are_made_in_order_one_at_a_time_and_without_a_pause() -> None:
    # Given ten photos dropped within a few seconds
    world = World(vendor=VendorSettings(seconds=7))
    for number in range(10):
        world.drop(f"photos/{number}.jpg")
        world.clock.sleep(0.3)
    # When the poller works
    world.tick(3)
    # Then they were made in order, each begun only when the one before had ended, and soon after that
    tasks = world.vendor.tasks()
    faces = [task.input["face_image_url"].partition("?")[0][-5:] for task in tasks]
    assert faces == [f"{number}.jpg" for number in range(10)]
    gaps = [later.submitted - (earlier.ended or 0) for earlier, later in pairwise(tasks)]
    assert min(gaps) >= 0
    assert max(gaps) <= world.booth.policy.look
    assert len(world.keys("portraits/")) == len(world.studio.made) == 10


def test_a_tick_without_work_is_two_calls() -> None:
    world = World()
    assert calls(world) == {"queue.receive": 1, "objects.list": 1}
    world.drop(PHOTO)
    world.tick(3)
    assert calls(world) == {"queue.receive": 1, "objects.list": 1}


def test_a_tick_ends_before_the_next_one_though_its_work_does_not() -> None:
    world = World(vendor=VendorSettings(seconds=3600))
    world.drop(PHOTO)
    began = world.clock.now()
    poll(world.booth, b"")
    assert world.clock.now() <= began + world.booth.stay
    assert world.job(PHOTO).state is State.RUNNING


@pytest.mark.parametrize("code", ["Throttling.RateQuota", "ModelUnavailable", "SomethingNew"])
def test_a_submission_that_is_put_off_burns_no_attempt_and_leaves_one_marker(code: str) -> None:
    world = World()
    world.wire.cut("tasks.post", ApiError(429, code, "later"), times=3)
    world.drop(PHOTO)
    assert len(world.keys(keys.OPEN)) == 1
    world.tick()
    assert world.ops(PHOTO).count("returned") == 3
    assert world.job(PHOTO).attempts == 0
    assert world.keys("portraits/") == [PORTRAIT]


def test_while_a_strangers_task_has_the_slot_we_wait_and_ask_less_and_less() -> None:
    # Given an account that refuses a second task, and somebody else's task that runs for ten minutes
    world = World(vendor=VendorSettings(policy="refuse"))
    world.stranger(seconds=600)
    world.drop(PHOTO)
    world.tick(12)
    assert 10 <= world.wire.calls["tasks.post"] <= 20
    assert (world.job(PHOTO).state, world.job(PHOTO).attempts) == (State.DONE, 0)


def test_a_submission_that_never_left_is_made_again() -> None:
    world = World()
    world.wire.cut("tasks.post", NeverLeft)
    world.drop(PHOTO)
    world.tick()
    assert world.ops(PHOTO)[1:5] == ["submitting", "returned", "submitting", "submitted"]


def test_a_slot_that_a_crash_left_behind_is_freed() -> None:
    # Given a function that died between taking the slot and saying so in the job's log
    world = World()
    world.wire.cut("objects.append .cosdrop/jobs/*", Killed, skip=1)
    with pytest.raises(Killed):
        world.drop(PHOTO)
    assert journal.read_slot(world.booth).holder == world.job(PHOTO).id
    world.bucket.delete(PHOTO)  # and whose photo nobody wants any more
    world.drop("photos/b.jpg")
    # When the poller comes by
    world.tick()
    # Then the next photo has had its turn
    assert world.keys("portraits/") == ["portraits/b.jpg.jpg"]
    assert journal.read_slot(world.booth).holder == ""


# --- tasks that fail -----------------------------------------------------------------------------------------------


def test_a_task_that_fails_over_there_is_tried_three_times_then_refused_readably() -> None:
    world = World()
    for _ in range(3):
        world.vendor.plan(Fate("InternalError.Algo", "An internal error has occurred during computation."))
    world.drop(PHOTO)
    world.tick(2)
    assert world.ops(PHOTO).count("submitting") == 3
    assert world.ops(PHOTO)[-1] == "refused"
    error = world.error(PHOTO)
    assert (error["code"], error["final"]) == ("InternalError.Algo", True)
    assert error["request_id"] == world.job(PHOTO).request_id != ""


def test_one_failure_is_made_good() -> None:
    world = World()
    world.vendor.plan(Fate("InternalError.Timeout"))
    world.drop(PHOTO)
    world.tick()
    assert (world.job(PHOTO).state, world.job(PHOTO).attempts) == (State.DONE, 1)
    assert world.keys("errors/") == []


@pytest.mark.parametrize("how", ["the task fails", "the submission is refused"])
def test_a_photo_without_a_face_is_refused_at_once(how: str) -> None:
    world = World()
    if how == "the task fails":
        world.vendor.plan(Fate("InvalidFace", "The input image has no valid face"))
    else:
        world.wire.cut("tasks.post", ApiError(400, "InvalidFace", "The input image has no valid face"))
    world.drop(PHOTO)
    world.tick()
    assert world.wire.calls["tasks.post"] == 1
    assert "face" in world.error(PHOTO)["en"]
    assert world.keys(keys.OPEN) == []


def test_a_photo_is_not_refused_in_the_name_of_one_that_was_overwritten() -> None:
    world = World()
    world.vendor.plan(Fate("InvalidFace"))
    old = world.drop(PHOTO)
    world.clock.sleep(1)
    world.drop(PHOTO, jpeg(color="green"))
    world.tick()
    assert world.job(PHOTO, old).state is State.SUPERSEDED
    assert world.keys("errors/") == []
    assert world.keys("portraits/") == [PORTRAIT]


def test_a_task_that_is_not_known_yet_is_looked_at_again() -> None:
    world = World()
    world.tasks.see(False)
    world.drop(PHOTO)
    world.tick(5)
    world.tasks.see(True)
    world.tick(1)
    assert world.ops(PHOTO) == ["opened", "submitting", "submitted", "finished", "done"]


def test_a_task_that_is_lost_gives_the_slot_back_and_is_given_up_after_a_day() -> None:
    # Given a task that neither the query nor the list knows
    world = World(vendor=VendorSettings(list_lag=1e9))
    world.tasks.see(False)
    world.drop(PHOTO)
    world.tick(9)
    assert world.ops(PHOTO)[-1] == "submitted"
    # When ten minutes have passed, the slot goes on
    world.tick(4)
    assert world.ops(PHOTO)[-2:] == ["looked", "lost"]
    assert journal.read_slot(world.booth).holder == ""
    # And after a day it says so
    world.clock.sleep(86_400)
    world.tick()
    assert world.ops(PHOTO)[-1] == "expired"
    assert world.error(PHOTO)["code"] == "TaskLost"
    assert len(world.tasks.accepted) == 1
