"""Finished results: copied out in time, parked when they cannot be, and never in anything's way."""

from __future__ import annotations

import json

import pytest

from functions.poller.index import poll
from local.dashscope.errors import ApiError
from shared import journal
from shared.errors import BadResult
from tests.world import ALWAYS, Killed, World

PHOTO, PORTRAIT = "photos/a.jpg", "portraits/a.jpg.jpg"


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
    # And another photo that waits, because its submission was put off
    world.wire.cut("tasks.post", ApiError(429, "Throttling", "later"))
    world.drop("photos/b.jpg")
    world.clock.sleep(2)
    # When the poller comes by
    seen = len(world.lines)
    world.tick()
    # Then it saves first and submits afterwards
    events = [json.loads(line)["event"] for line in world.lines[seen:]]
    assert events.index("done") < events.index("submitting")
    assert len(world.keys("portraits/")) == 2
