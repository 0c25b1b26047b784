"""Tasks that fail, or that nobody knows: tried again, refused readably, or given up after a day; never bought twice."""

from __future__ import annotations

import pytest

from local.dashscope.errors import ApiError
from local.dashscope.limits import Settings as VendorSettings
from local.dashscope.tasks import Fate
from shared import journal, keys
from shared.job import State
from tests.world import World, jpeg

PHOTO, PORTRAIT = "photos/a.jpg", "portraits/a.jpg.jpg"


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
