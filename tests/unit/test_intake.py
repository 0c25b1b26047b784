"""A photo is dropped: one portrait or one readable error, however often its event comes and whatever people do."""

from __future__ import annotations

import pytest

from functions.submit.index import submit
from shared import keys
from shared.errors import Raced
from shared.job import State
from tests.world import World, jpeg

PHOTO, PORTRAIT = "photos/a.jpg", "portraits/a.jpg.jpg"


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


def test_an_older_portrait_in_another_format_gives_way() -> None:
    world = World()
    world.bucket.write("portraits/a.jpg.png", b"an older one", "image/png", {"job": "0" * 24})
    world.bucket.write("portraits/a.jpg.png.jpg", b"another photo's", "image/jpeg", {"job": "1" * 24})
    world.drop(PHOTO)
    world.tick()
    assert world.keys("portraits/") == [PORTRAIT, "portraits/a.jpg.png.jpg"]


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


def test_a_photo_that_goes_while_it_is_looked_at_is_looked_at_anew() -> None:
    world = World()
    world.wire.cut("objects.info photos/a.jpg", Raced)
    world.drop("photos/a.jpg")
    assert world.job("photos/a.jpg").state is State.RUNNING
