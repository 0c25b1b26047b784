"""Messages and markers only remind: foreign, lost, stale or missing ones change nothing."""

from __future__ import annotations

import json

import pytest

from functions.poller.index import poll
from local.dashscope.limits import Settings as VendorSettings
from local.mns.records import Draft
from shared import keys
from tests.world import ALWAYS, Killed, World

PHOTO, PORTRAIT = "photos/a.jpg", "portraits/a.jpg.jpg"


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
