"""The poller's minute: one task at a time and no idle slot, results saved in time, nothing in anything's way."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from functions.poller.index import poll
from local.dashscope.errors import ApiError
from local.dashscope.limits import Settings as VendorSettings
from shared import journal, keys
from shared.engine import free_slot
from shared.errors import NotNow, Raced
from shared.intake import reopen
from shared.job import State
from tests.world import ALWAYS, Killed, NeverLeft, World

PHOTO, PORTRAIT = "photos/a.jpg", "portraits/a.jpg.jpg"


def calls(world: World) -> Counter[str]:
    """What one tick calls."""
    before = world.wire.calls.copy()
    poll(world.booth, b"")
    return world.wire.calls - before


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


def test_those_who_wait_for_the_slot_cost_nothing() -> None:
    # Given a task that runs for long, and more and more photos behind it
    world = World(vendor=VendorSettings(seconds=3600))
    world.drop(PHOTO)
    alone = calls(world)
    for number in range(20):
        world.drop(f"photos/{number}.jpg")
    assert calls(world).keys() == alone.keys()
    assert world.wire.calls["tasks.post"] == 1


def test_a_photo_does_not_overtake_one_that_waits_longer() -> None:
    # Given a photo whose submission was put off, and a free slot
    world = World()
    world.wire.cut("tasks.post", ApiError(429, "Throttling", "later"))
    world.drop(PHOTO)
    world.clock.sleep(2)
    # When another one is dropped
    world.drop("photos/b.jpg")
    # Then it waits until the first has had its turn
    assert world.job("photos/b.jpg").state is State.NEW
    world.tick()
    assert [task.input["face_image_url"].partition("?")[0][-5:] for task in world.studio.made] == ["a.jpg", "b.jpg"]


def test_only_the_holder_frees_the_slot() -> None:
    world = World(vendor=VendorSettings(seconds=3600))
    world.drop(PHOTO)
    world.drop("photos/b.jpg")
    free_slot(world.booth, world.job("photos/b.jpg"))
    assert journal.read_slot(world.booth).holder == world.job(PHOTO).id


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


BEFORE_ITS_MARKER, BEFORE_ITS_LINE = "objects.write .cosdrop/open/running/*", "objects.append .cosdrop/jobs/*"


@pytest.mark.parametrize(("dies", "skip", "ops"), [(BEFORE_ITS_MARKER, 0, ["released"]), (BEFORE_ITS_LINE, 1, [])])
def test_a_holder_that_comes_back_too_late_finds_the_job_changed(dies: str, skip: int, ops: list[str]) -> None:
    # Given a function that took the slot and then slept
    world = World()
    world.wire.cut(dies, Killed, skip=skip)
    with pytest.raises(Killed):
        world.drop(PHOTO)
    late = journal.load(world.booth, world.job(PHOTO).id)
    # When the poller has gone on with the job
    world.tick()
    assert world.ops(PHOTO) == ["opened", *ops, "submitting", "submitted", "finished", "done"]
    # Then it cannot say any more that it submits
    with pytest.raises(Raced):
        journal.append(world.booth, late, journal.line(world.booth, "submitting", {"model": "m", "recipe": "r"}))


def test_a_holder_that_may_still_be_at_work_keeps_the_slot() -> None:
    # Given a function between its marker and its line in the log
    world = World()
    world.wire.cut(BEFORE_ITS_LINE, Killed, skip=1)
    with pytest.raises(Killed):
        world.drop(PHOTO)
    # When somebody looks at that marker, which the log does not bear out
    (marker,) = world.keys(keys.OPEN + "running/")
    reopen(world.booth, marker)
    # Then the slot is not taken away: the log has not moved, so it could still submit
    assert journal.read_slot(world.booth).holder == world.job(PHOTO).id


def test_a_photo_that_cannot_be_looked_at_keeps_nobody_behind_it_from_their_turn() -> None:
    # Given a photo that OSS cannot look at, for as long as it takes, first in line
    world = World()
    world.wire.cut(f"objects.info {PHOTO}", times=ALWAYS)
    with pytest.raises(NotNow):
        world.drop(PHOTO)
    world.drop("photos/b.jpg")
    world.drop("photos/c.jpg")
    # When the poller comes by
    world.tick(2)
    # Then the others have their portraits, and the first still waits
    assert world.keys("portraits/") == ["portraits/b.jpg.jpg", "portraits/c.jpg.jpg"]
    assert world.job(PHOTO).state is State.NEW
    # And it has its turn as soon as it can be looked at
    world.wire.mend()
    world.tick()
    assert world.job(PHOTO).state is State.DONE
