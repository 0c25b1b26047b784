"""A submission whose answer was lost: its task is found in the list or proved absent, and never bought twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.dashscope.errors import ApiError
from local.dashscope.limits import Settings as VendorSettings
from local.dashscope.tasks import Fate
from shared import journal, keys
from shared.job import State
from tests.world import ALWAYS, Killed, NeverLeft, World

PHOTO, PORTRAIT, OTHER = "photos/a.jpg", "portraits/a.jpg.jpg", "photos/b.jpg"
LOOKS = ["looked", "looked"]
"""Two looks that say the same; the third one settles it."""


def knowing(world: World) -> World:
    """A booth that has learned, from a first portrait, how the task list names its key."""
    world.drop("photos/first.jpg")
    world.tick(2)
    assert world.bucket.read(keys.ACCOUNT + "print") == world.key.id.encode()
    return world


def lost(world: World, key: str = PHOTO) -> World:
    """A photo whose submission the vendor accepts, and whose answer gets lost."""
    world.wire.cut("tasks.post", arrives=True)
    world.drop(key)
    assert world.job(key).state is State.SUBMITTING
    return world


def vanished(world: World, key: str = PHOTO) -> World:
    """A photo whose submission never reaches the vendor, which nobody here can know."""
    world.wire.cut("tasks.post")
    world.drop(key)
    assert world.job(key).state is State.SUBMITTING
    return world


def minutes(world: World, photo: str, state: State, most: int = 60) -> int:
    """How many minutes it takes until the photo's job has reached `state`."""
    for minute in range(most):
        if world.job(photo).state is state:
            return minute
        world.tick()
    raise AssertionError(f"{photo} is still {world.job(photo).state} after {most} minutes")


def test_a_task_whose_answer_was_lost_is_adopted_and_bought_once() -> None:
    world = lost(knowing(World()))
    (task_id, _) = world.tasks.accepted[-1]
    minutes(world, PHOTO, State.DONE)
    assert world.ops(PHOTO) == ["opened", "submitting", *LOOKS, "submitted", "finished", "done"]
    assert world.job(PHOTO).task_id == task_id
    assert journal.claimed_by(world.booth, task_id) == world.job(PHOTO).id
    assert len(world.studio.made) == len(world.tasks.accepted) == 2


def test_nothing_is_decided_before_the_grace_is_over() -> None:
    world = lost(knowing(World()))
    assert 7 <= minutes(world, PHOTO, State.DONE) <= 9


def test_a_submission_that_never_arrived_is_made_again_after_grace_and_looks() -> None:
    world = vanished(knowing(World()))
    assert 7 <= minutes(world, PHOTO, State.DONE) <= 10
    assert world.ops(PHOTO)[2:6] == [*LOOKS, "returned", "submitting"]
    assert len(world.studio.made) == 2


@pytest.mark.parametrize("lag", [0.0, 60.0, 119.0])
def test_a_task_that_appears_late_in_the_list_is_not_overlooked(lag: float) -> None:
    world = World(vendor=VendorSettings(list_lag=lag))
    world.booth = replace(world.booth, key_id=world.key.id)
    lost(world)
    minutes(world, PHOTO, State.DONE)
    assert len(world.studio.made) == 1


@pytest.mark.parametrize("code", ["InternalError", "RequestTimeOut", "SystemError"])
def test_an_answer_that_leaves_it_open_is_treated_like_no_answer(code: str) -> None:
    # The vendor may have accepted it before its gateway gave up.
    world = knowing(World())
    world.wire.cut("tasks.post", ApiError(500, code, "please try again later"), arrives=True)
    world.drop(PHOTO)
    minutes(world, PHOTO, State.DONE)
    assert len(world.studio.made) == 2


@pytest.mark.parametrize(
    "where",
    ["tasks.post", "objects.append .cosdrop/tasks/*", "objects.append .cosdrop/jobs/*"],
    ids=["after the POST", "after the claim", "after the last line"],
)
@pytest.mark.parametrize("arrives", [False, True])
def test_a_function_that_dies_about_the_post_never_buys_twice(where: str, arrives: bool) -> None:
    world = knowing(World())
    world.wire.cut(where, Killed, arrives=arrives, skip=2 if "jobs" in where else 0)
    with pytest.raises(Killed):
        world.drop(PHOTO)
    minutes(world, PHOTO, State.DONE)
    assert len(world.studio.made) == 2
    assert world.keys("portraits/") == [PORTRAIT, "portraits/first.jpg.jpg"]


def test_while_a_submission_is_unsure_nobody_else_submits() -> None:
    world = lost(knowing(World()))
    world.drop(OTHER)
    world.tick(5)
    assert world.job(OTHER).state is State.NEW
    assert len(world.tasks.accepted) == 2
    minutes(world, OTHER, State.DONE)
    assert len(world.studio.made) == 3


def test_the_key_that_the_deployer_named_need_not_be_learned() -> None:
    world = World()
    world.booth = replace(world.booth, key_id=world.key.id)
    world.stranger()
    lost(world)
    minutes(world, PHOTO, State.DONE)
    assert [task.api_key_id for task in world.studio.made] == ["200002", world.key.id]


def test_a_strangers_task_is_never_adopted() -> None:
    # Given a stranger's task in the window of a submission that never arrived
    world = knowing(World())
    vanished(world)
    stranger = world.stranger()
    minutes(world, PHOTO, State.DONE)
    assert world.job(PHOTO).task_id != stranger
    assert "adopted" not in [line.get("how") for line in world.log(PHOTO)]


def test_with_an_unknown_key_a_strangers_task_makes_it_unsure_until_the_key_is_learned() -> None:
    # Given a first submission ever, whose answer was lost, and a stranger's task at the same time
    world = World()
    world.stranger()
    lost(world)
    world.tick(12)
    # Then nobody guesses: it is held for the operator, with a note, and the slot is free
    assert (world.job(PHOTO).state, world.job(PHOTO).held) == (State.SUBMITTING, "unsure")
    assert (world.error(PHOTO)["code"], world.error(PHOTO)["final"]) == ("UnsureSubmission", False)
    assert "DASHSCOPE_API_KEY_ID" in world.error(PHOTO)["todo_en"]
    assert journal.read_slot(world.booth).holder == ""
    # When another photo shows how the list names our key
    world.drop(OTHER)
    minutes(world, OTHER, State.DONE)
    # Then the held one is settled by itself, by the task that was paid for it
    minutes(world, PHOTO, State.DONE)
    assert world.log(PHOTO)[-3]["how"] == "adopted"
    assert world.keys("errors/") == world.keys(keys.OPEN) == []
    assert len(world.tasks.accepted) == 2


def test_with_an_unknown_key_an_empty_list_still_proves_that_nothing_arrived() -> None:
    world = vanished(World())
    minutes(world, PHOTO, State.DONE)
    assert len(world.studio.made) == 1


def test_two_unsure_submissions_one_after_the_other_take_their_own_tasks() -> None:
    world = lost(knowing(World()))
    minutes(world, PHOTO, State.DONE)
    lost(world, OTHER)
    minutes(world, OTHER, State.DONE)
    assert world.job(PHOTO).task_id != world.job(OTHER).task_id
    assert len(world.studio.made) == 3


def test_what_stays_unsure_for_a_day_is_left_to_the_operator() -> None:
    world = World()
    world.stranger()
    lost(world)
    world.tick(12)
    world.clock.sleep(86_400)
    world.tick(3)
    assert world.job(PHOTO).held == "unsure"
    assert len(world.tasks.accepted) == 1


def test_while_the_list_is_away_nothing_is_decided() -> None:
    world = lost(knowing(World()))
    world.wire.cut("tasks.list *", times=ALWAYS)
    world.tick(30)
    assert world.job(PHOTO).state is State.SUBMITTING
    world.wire.mend()
    minutes(world, PHOTO, State.DONE)
    assert len(world.studio.made) == 2


def test_an_adopted_task_that_failed_is_tried_anew() -> None:
    world = knowing(World())
    world.vendor.plan(Fate("InternalError.Algo"))
    lost(world)
    minutes(world, PHOTO, State.DONE)
    assert world.job(PHOTO).attempts == 1
    assert len(world.studio.made) == 2


def test_a_submission_that_certainly_never_left_waits_for_no_grace() -> None:
    world = World()
    world.wire.cut("tasks.post", NeverLeft)
    world.drop(PHOTO)
    assert minutes(world, PHOTO, State.DONE) == 1


def test_the_key_is_learned_once() -> None:
    world = knowing(World())
    before = world.wire.calls["tasks.list"]
    world.drop(PHOTO)
    world.tick()
    assert world.wire.calls["tasks.list"] == before == 1
