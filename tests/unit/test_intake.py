"""A photo is dropped: one portrait or one readable error, however often its event comes and whatever people do."""

from __future__ import annotations

import json

import pytest

from functions.submit.index import submit
from local.dashscope.tasks import Fate
from shared import keys
from shared.errors import NotNow
from shared.job import State
from tests.world import World, jpeg

PHOTO, PORTRAIT, ERROR = "photos/a.jpg", "portraits/a.jpg.jpg", "errors/a.jpg.json"


def bought(world: World) -> int:
    """Pictures that the vendor made, which is what it bills."""
    return len(world.studio.made)


def done(key: str = PHOTO) -> World:
    """A booth in which the photo `key` has become a portrait."""
    world = World()
    world.drop(key)
    world.tick()
    assert world.job(key).state is State.DONE
    return world


def test_a_photo_becomes_a_portrait_that_says_whose_it_is() -> None:
    world = done()
    assert world.ops(PHOTO) == ["opened", "submitting", "submitted", "finished", "done"]
    assert world.keys("portraits/") == [PORTRAIT]
    head = world.bucket.head(PORTRAIT)
    job = world.job(PHOTO)
    assert head is not None
    assert head.meta == {
        "job": job.id,
        "task": job.task_id,
        "model": "wanx-style-cosplay-v1",
        "recipe": job.recipe,
        "photo": "photos/a.jpg",
    }


def test_afterwards_nothing_is_left_open() -> None:
    world = done()
    assert world.keys("errors/") == world.keys(keys.OPEN) == []
    world.tick(2)
    assert world.mns.census("cosdrop").total() == 0


def test_it_is_submitted_at_once_when_the_slot_is_free() -> None:
    world = World()
    world.drop(PHOTO)
    assert world.job(PHOTO).state is State.RUNNING
    assert [entry.partition("-")[0] for entry in world.keys(keys.OPEN)] == [".cosdrop/open/running/1700000000000"]


@pytest.mark.parametrize(
    "key", ["photos/100% +1 & more.jpg", "photos/英雄/我的 照片.jpg", "photos/👩‍🚀", "photos/" + "a" * 993]
)
def test_a_photo_with_an_odd_name_is_a_photo(key: str) -> None:
    world = World()
    world.put(f"templates/{keys.route(key)}.png", jpeg(512, 512, "blue"))
    world.drop(key)
    world.tick()
    assert world.keys("portraits/") == [keys.portrait_key(key, "jpg")]


@pytest.mark.parametrize("moment", ["at once", "when it is done"])
def test_an_event_that_comes_again_buys_nothing(moment: str) -> None:
    world = World()
    etag = world.drop(PHOTO)
    if moment == "when it is done":
        world.tick()
    for _ in range(3):
        submit(world.booth, world.event(PHOTO, etag))
    world.tick(2)
    assert bought(world) == 1
    assert world.ops(PHOTO).count("submitting") == 1


def test_the_same_bytes_dropped_again_buy_nothing() -> None:
    world = done()
    world.clock.sleep(60)
    world.drop(PHOTO)
    world.tick()
    assert bought(world) == 1
    assert world.ops(PHOTO)[-1] == "done"


@pytest.mark.parametrize("reason", ["its portrait was deleted", "the template was changed"])
def test_dropped_again_it_is_made_again_when_there_is_a_reason(reason: str) -> None:
    world = done()
    world.clock.sleep(60)
    if reason == "its portrait was deleted":
        world.bucket.delete(PORTRAIT)
    else:
        world.put("templates/default.png", jpeg(512, 512, "red"))
    world.drop(PHOTO)
    world.tick()
    assert bought(world) == 2
    assert world.ops(PHOTO)[4:6] == ["done", "reopened"]
    assert world.keys("portraits/") == [PORTRAIT]


def test_a_deleted_portrait_alone_buys_nothing() -> None:
    world = done()
    world.bucket.delete(PORTRAIT)
    world.tick(10)
    assert bought(world) == 1


def test_when_a_log_was_lost_the_portrait_proves_that_it_was_paid() -> None:
    world = done()
    world.bucket.delete(keys.job_log(world.job(PHOTO).id))
    submit(world.booth, world.event(PHOTO))
    world.tick()
    assert world.ops(PHOTO) == ["opened", "done"]
    assert bought(world) == 1


def test_of_an_overwritten_photo_that_waits_only_the_newer_is_bought() -> None:
    # Given a photo that waits behind another one, and is overwritten
    world = World()
    world.drop("photos/first.jpg")
    old = world.drop(PHOTO)
    world.clock.sleep(1)
    world.drop(PHOTO, jpeg(color="green"))
    world.tick()
    # Then the older job has given way
    assert world.ops(PHOTO, old) == ["opened", "superseded"]
    assert world.job(PHOTO).state is State.DONE
    assert bought(world) == 2


def test_of_a_photo_overwritten_while_it_is_made_the_newer_portrait_stands() -> None:
    world = World()
    old = world.drop(PHOTO)
    world.clock.sleep(1)
    world.drop(PHOTO, jpeg(color="green"))
    world.tick()
    assert world.ops(PHOTO, old)[-2:] == ["finished", "superseded"]
    head = world.bucket.head(PORTRAIT)
    assert head is not None
    assert head.meta["job"] == world.job(PHOTO).id


def test_a_superseded_job_leaves_the_newer_ones_error_alone() -> None:
    # Given a photo that waits, and is overwritten within the same second by something that is no picture
    world = World()
    world.drop("photos/first.jpg")
    old = world.drop(PHOTO)
    world.drop(PHOTO, b"no picture")
    # When the older job's turn comes
    world.tick()
    # Then it gives way, and the newer one's error stands
    assert world.job(PHOTO, old).state is State.SUPERSEDED
    assert world.error(PHOTO)["job"] == world.job(PHOTO).id


@pytest.mark.parametrize("moment", ["while it waits", "while it is made", "before its event"])
def test_a_deleted_photo_is_withdrawn(moment: str) -> None:
    world = World()
    if moment == "while it waits":
        world.drop("photos/first.jpg")
    if moment == "before its event":
        submit(world.booth, world.event(PHOTO, "E"))
    else:
        etag = world.drop(PHOTO)
        world.bucket.delete(PHOTO)
        world.tick()
        assert world.job(PHOTO, etag).state is State.WITHDRAWN
    assert world.bucket.head(PORTRAIT) is None
    assert world.keys("errors/") == world.keys(keys.OPEN) == []


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
