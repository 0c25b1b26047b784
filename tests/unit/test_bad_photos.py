"""What is no photo, no usable name or no event: a readable error or one line in the log, and nobody disturbed."""

from __future__ import annotations

import json

import pytest

from functions.submit.index import submit
from local.dashscope.tasks import Fate
from shared import keys
from shared.errors import NotNow
from shared.job import State
from tests.world import World, jpeg

PHOTO, PORTRAIT = "photos/a.jpg", "portraits/a.jpg.jpg"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "EmptyFile"), (b"no picture", "NotAnImage"), (b"\xff\xd8\xff" + b"x" * 99, "NotAnImage")],
)
def test_what_is_no_photo_is_refused_before_anything_is_paid(data: bytes, code: str) -> None:
    world = World()
    world.drop(PHOTO, data)
    error = world.error(PHOTO)
    assert (error["code"], error["final"], error["job"]) == (code, True, world.job(PHOTO).id)
    assert set(error) == {"code", "en", "zh", "todo_en", "todo_zh", "request_id", "job", "final"}
    assert world.wire.calls["tasks.post"] == 0
    assert world.keys(keys.OPEN) == []


def test_a_good_photo_in_place_of_a_refused_one_removes_its_error() -> None:
    world = World()
    world.drop(PHOTO, b"no picture")
    world.clock.sleep(60)
    world.drop(PHOTO)
    world.tick()
    assert world.keys("errors/") == []
    assert world.keys("portraits/") == [PORTRAIT]


def test_a_refused_photo_dropped_again_is_no_longer_refused_while_it_waits() -> None:
    # Given a photo refused for its face, and the slot taken by another
    world = World()
    world.vendor.plan(Fate("InvalidFace"))
    world.drop(PHOTO)
    world.tick()
    assert world.error(PHOTO)["final"]
    world.drop("photos/first.jpg")
    world.clock.sleep(1)
    # When it is dropped anew
    world.drop(PHOTO)
    # Then its old error does not stand for the new drop
    assert world.job(PHOTO).state is State.NEW
    assert world.keys("errors/") == []


@pytest.mark.parametrize("key", ["photos/../a.jpg", "photos//a.jpg", "photos/" + "a" * 1010, "photos/a\nb.jpg"])
def test_a_name_that_cannot_be_used_is_refused_under_a_hash(key: str) -> None:
    world = World()
    submit(world.booth, world.event(key, "E"))
    (error,) = world.keys("errors/")
    assert error == keys.error_key(key)
    assert world.error(key)["code"] == "BadKey"
    assert world.keys(".cosdrop/") == []
    assert json.loads(world.lines[-1])["event"] == "refused"


@pytest.mark.parametrize("key", ["photos/", "photos/hero/", "templates/default.png", "portraits/a.jpg", "other.jpg"])
def test_what_is_not_dropped_below_photos_is_ignored_with_one_line(key: str) -> None:
    world = World()
    submit(world.booth, world.event(key, "E"))
    assert [json.loads(line)["event"] for line in world.lines] == ["ignored"]
    assert world.keys() == ["templates/default.png"]
    assert world.wire.calls.total() == 0


@pytest.mark.parametrize("event", [b"", b"{", b'{"events": [{}]}'])
def test_a_malformed_event_is_ignored_with_one_line(event: bytes) -> None:
    world = World()
    assert submit(world.booth, event) == {"photos": 0}
    assert [json.loads(line)["event"] for line in world.lines] == ["ignored"]


def test_another_buckets_event_is_ignored() -> None:
    world = World()
    submit(world.booth, world.event(PHOTO).replace(b'"booth"', b'"other"'))
    assert world.wire.calls.total() == 0


def test_one_photo_that_fails_stops_no_other() -> None:
    # Given an event that tells of two photos, the first of which cannot be looked at now
    world = World()
    events = [json.loads(world.event(key, world.put(key, jpeg())))["events"][0] for key in (PHOTO, "photos/b.jpg")]
    world.wire.cut(f"objects.head {PHOTO}")
    # When it arrives, the error is raised in the end, so that it is delivered again
    with pytest.raises(NotNow):
        submit(world.booth, json.dumps({"events": events}).encode())
    assert world.job("photos/b.jpg").state is State.RUNNING
