"""The poller's minute: one task at a time and no idle slot, results saved in time, nothing in anything's way."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest

from functions.poller.index import poll
from local.dashscope.errors import ApiError
from local.dashscope.limits import Settings as VendorSettings
from local.dashscope.tasks import Fate
from local.mns.records import Draft
from shared import journal, keys
from shared.errors import BadResult
from shared.job import State
from tests.world import ALWAYS, Killed, NeverLeft, World, jpeg

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


# --- the queue, and other people -----------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["hello", "{}", "[" * 60_000, '{"job": "../x", "task_id": "t", "not_before": 0}'])
def test_a_foreign_message_is_put_aside_and_the_queue_goes_on(body: str) -> None:
    world = World()
    world.mns.send("cosdrop", Draft(body=body))
    world.drop(PHOTO)
    world.tick(2)
    (kept,) = world.keys(keys.POISON)
    assert world.bucket.read(kept) == body.encode()
    assert world.mns.census("cosdrop").total() == 0
    assert world.keys("portraits/") == [PORTRAIT]


def test_a_reminder_of_a_job_that_is_closed_or_unknown_is_removed() -> None:
    world = World()
    told = {"v": 1, "job": "0" * 24, "task_id": "t", "not_before": 0}
    world.mns.send("cosdrop", Draft(body=json.dumps(told)))
    world.tick()
    assert world.mns.census("cosdrop").total() == 0
    assert world.keys(keys.POISON) == []


@pytest.mark.parametrize("door", ["queue.send", "queue.*"])
def test_without_the_queue_nothing_is_lost(door: str) -> None:
    world = World()
    world.wire.cut(door, times=ALWAYS)
    world.drop(PHOTO)
    world.tick(2)
    assert world.keys("portraits/") == [PORTRAIT]


def test_a_job_that_fails_in_a_way_nobody_foresaw_stops_no_other() -> None:
    world = World()
    world.drop(PHOTO)
    world.drop("photos/b.jpg")
    world.wire.cut(f"objects.read {keys.job_log(world.job(PHOTO).id)}", ZeroDivisionError, times=ALWAYS)
    with pytest.raises(ZeroDivisionError):
        poll(world.booth, b"")
    assert "trouble" in [json.loads(line)["event"] for line in world.lines]
    world.wire.mend()
    world.tick(2)
    assert len(world.keys("portraits/")) == 2


# --- markers -------------------------------------------------------------------------------------------------------


def test_a_job_whose_function_died_before_its_log_is_opened_from_its_marker() -> None:
    world = World()
    world.wire.cut("objects.append *", Killed)
    with pytest.raises(Killed):
        world.drop(PHOTO)
    assert world.log(PHOTO) == []
    world.tick()
    assert world.keys("portraits/") == [PORTRAIT]
    assert world.keys(keys.OPEN) == []


@pytest.mark.parametrize("kind", ["waiting", "running", "finished", "held.account"])
@pytest.mark.parametrize("whose", ["a closed job's", "an open job's", "nobody's", "a vanished photo's"])
def test_a_marker_that_is_not_true_is_removed(kind: str, whose: str) -> None:
    world = World(vendor=VendorSettings(seconds=100 if whose == "an open job's" else 1))
    world.drop(PHOTO)
    world.tick()
    job = world.job(PHOTO).id if "job's" in whose else "0" * 24
    stale = keys.marker(kind, world.clock.now(), job)
    world.put(stale, b"photos/gone.jpg" if whose == "a vanished photo's" else b"")
    world.tick(3)
    assert world.keys(keys.OPEN) == []
    assert world.keys("portraits/") == [PORTRAIT]


# --- results -------------------------------------------------------------------------------------------------------


def test_a_result_whose_link_is_refused_is_parked_with_a_note_until_it_is_lost() -> None:
    world = World()
    world.wire.cut("tasks.fetch *", BadResult("BadResultLink", "not in RESULT_HOSTS"), times=ALWAYS)
    world.drop(PHOTO)
    world.tick()
    assert world.error(PHOTO)["final"] is False
    assert "RESULT_HOSTS" in world.error(PHOTO)["todo_en"]
    assert journal.read_slot(world.booth).holder == ""
    # When a day has passed
    world.clock.sleep(86_400)
    world.tick()
    # Then the error is final, and nothing was bought again
    assert world.error(PHOTO)["code"] == "ResultLost"
    assert world.error(PHOTO)["final"] is True
    assert len(world.studio.made) == 1


def test_a_parked_result_is_saved_when_its_link_is_let_through() -> None:
    world = World()
    world.wire.cut("tasks.fetch *", BadResult("BadResultLink", "not in RESULT_HOSTS"), times=4)
    world.drop(PHOTO)
    world.tick(3)
    assert world.ops(PHOTO).count("parked") == 4
    assert world.keys("portraits/") == [PORTRAIT]
    assert world.keys("errors/") == []


def test_a_parked_result_keeps_no_other_waiting() -> None:
    # Given the first of three results, whose link is refused
    world = World()
    for key in (PHOTO, "photos/b.jpg", "photos/c.jpg"):
        world.drop(key)
    task = world.job(PHOTO).task_id
    world.wire.cut(f"tasks.fetch *{task}*", BadResult("BadResultLink", "not in RESULT_HOSTS"), times=ALWAYS)
    world.tick(2)
    # Then the others are saved, and nobody has turned in circles
    assert world.keys("portraits/") == ["portraits/b.jpg.jpg", "portraits/c.jpg.jpg"]
    assert world.wire.calls.total() < 500


def test_a_result_about_to_be_lost_is_saved_before_anything_else_is_done() -> None:
    # Given a result whose function died before it was saved, and a booth that was down for 23 hours and a half
    world = World()
    world.drop(PHOTO)
    world.wire.cut("tasks.fetch *", Killed)
    with pytest.raises(Killed):
        poll(world.booth, b"")
    world.clock.sleep(23.5 * 3600)
    world.put("photos/b.jpg", jpeg())
    seen = len(world.lines)
    world.drop("photos/c.jpg")
    world.tick()
    events = [json.loads(line) for line in world.lines[seen:]]
    done = [event["photo"] for event in events if event["event"] == "done"]
    assert done[0] == PHOTO
