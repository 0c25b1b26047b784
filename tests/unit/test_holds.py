"""Held: nobody's photo is at fault. A note says why, nothing is lost or burned, and it ends by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.dashscope.errors import ApiError
from shared import keys
from shared.facts import Policy
from shared.job import State
from shared.slot import day_ends
from tests.world import ALWAYS, World, jpeg

PHOTO, PORTRAIT = "photos/hero/a.jpg", "portraits/hero/a.jpg.jpg"
PAUSE = ".cosdrop/held/paused/Paused"


def markers(world: World, kind: str = "") -> int:
    return len(world.keys(keys.OPEN + kind))


def drop_three(world: World) -> list[str]:
    photos = [f"photos/{name}.jpg" for name in "abc"]
    for photo in photos:
        world.drop(photo)
        world.clock.sleep(1)
    return photos


def assert_all_done(world: World, photos: list[str]) -> None:
    assert [world.job(photo).state for photo in photos] == [State.DONE] * len(photos)
    assert world.keys("errors/") == world.keys(keys.OPEN) == []
    assert len(world.studio.made) == len(photos)


# --- the route -----------------------------------------------------------------------------------------------------


def test_a_route_without_a_template_waits_with_a_note_that_names_the_file() -> None:
    world = World()
    world.drop(PHOTO)
    world.tick(3)
    note = world.error(PHOTO)
    assert (note["code"], note["final"], note["job"]) == ("NoTemplate", False, world.job(PHOTO).id)
    assert "templates/hero.png" in note["todo_en"]
    assert "templates/hero.png" in note["todo_zh"]
    assert world.wire.calls["tasks.post"] == 0


def test_it_goes_on_by_itself_when_the_template_is_put_and_the_note_vanishes() -> None:
    world = World()
    world.drop(PHOTO)
    world.put("templates/hero.png", jpeg(512, 512, "red"))
    world.tick(2)
    assert world.keys("portraits/") == [PORTRAIT]
    assert world.keys("errors/") == world.keys(keys.OPEN) == []


def test_the_default_template_never_stands_in_for_another_route() -> None:
    world = World()
    world.drop(PHOTO)
    world.drop("photos/b.jpg")
    world.tick(2)
    assert world.keys("portraits/") == ["portraits/b.jpg.jpg"]
    assert markers(world, "held.template.hero/") == 1


@pytest.mark.parametrize("junk", [b"no picture", b""])
def test_a_template_that_is_replaced_by_junk_holds_until_it_is_mended(junk: bytes) -> None:
    world = World()
    world.put("templates/default.png", junk)
    photos = drop_three(world)
    assert [world.error(photo)["code"] for photo in photos] == ["BadTemplate"] * 3
    world.put("templates/default.png", jpeg(512, 512, "red"))
    world.tick(2)
    assert_all_done(world, photos)


def test_a_note_says_what_is_the_matter_now() -> None:
    world = World()
    world.drop(PHOTO)
    world.put("templates/hero.json", b"{")
    world.tick()
    assert world.error(PHOTO)["code"] == "BadRouteOptions"


def test_a_route_may_name_another_model() -> None:
    world = World()
    world.put("templates/hero.json", b'{"model": "wanx-style-repaint-v1", "style_index": 3}')
    world.drop(PHOTO)
    world.tick()
    assert world.tasks.accepted[0][1]["model"] == "wanx-style-repaint-v1"
    assert world.keys("portraits/") == [PORTRAIT]


# --- the operator --------------------------------------------------------------------------------------------------


def test_a_paused_booth_submits_nothing_and_goes_on_when_the_pause_ends() -> None:
    # Given a task under way when the booth is paused
    world = World()
    world.drop("photos/first.jpg")
    world.put(PAUSE, b"")
    photos = drop_three(world)
    world.tick(20)
    # Then that one is brought to its end, and the others wait with a note
    assert world.keys("portraits/") == ["portraits/first.jpg.jpg"]
    assert [world.error(photo)["code"] for photo in photos] == ["Paused"] * 3
    # When the pause ends
    world.bucket.delete(PAUSE)
    world.tick(2)
    assert_all_done(world, ["photos/first.jpg", *photos])


def test_a_held_photo_that_is_deleted_is_withdrawn() -> None:
    world = World()
    etag = world.drop(PHOTO)
    world.bucket.delete(PHOTO)
    world.tick()
    assert world.job(PHOTO, etag).state is State.WITHDRAWN
    assert world.keys("errors/") == world.keys(keys.OPEN) == []


def test_a_photo_dropped_while_others_are_held_goes_its_way() -> None:
    world = World()
    world.drop(PHOTO)
    world.drop("photos/b.jpg")
    world.tick()
    assert world.keys("portraits/") == ["portraits/b.jpg.jpg"]


# --- the account and the model -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (401, "InvalidApiKey", "Invalid API-key provided."),
        (400, "Arrearage", "Access denied, please make sure your account is in good standing."),
        (403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted."),
        (429, "Throttling.AllocationQuota", "Free allocated quota exceeded."),
        (429, "PostpaidBillOverdue", "The postpaid bill is overdue."),
    ],
)
def test_a_refused_account_holds_all_and_one_photo_probes_every_quarter_of_an_hour(
    status: int, code: str, message: str
) -> None:
    # Given an account that refuses
    world = World()
    world.wire.cut("tasks.post", ApiError(status, code, message), times=ALWAYS)
    photos = drop_three(world)
    world.tick(14)
    # Then it was asked once, and every photo says that it is not at fault
    assert world.wire.calls["tasks.post"] == 1
    assert [world.error(photo)["code"] for photo in photos] == [code] * 3
    assert all("not at fault" in world.error(photo)["todo_en"] for photo in photos)
    # And one photo asks again every quarter of an hour
    world.tick(30)
    assert world.wire.calls["tasks.post"] == 3
    assert [ops.count("resumed") for ops in map(world.ops, photos)] == [2, 0, 0]
    assert [world.job(photo).attempts for photo in photos] == [0, 0, 0]
    # When the account is in order, all go on
    world.wire.mend()
    world.tick(17)
    assert_all_done(world, photos)
    assert world.keys(keys.HELD) == []


@pytest.mark.parametrize(
    "refusal",
    [
        ApiError(404, "ModelNotFound", "Model can not be found."),
        ApiError(400, "InvalidParameter", "Model not exist."),
        ApiError(403, "Model.AccessDenied", "Model access denied."),
    ],
    ids=lambda refusal: refusal.code,
)
def test_a_model_that_is_gone_holds_its_photos_with_a_note_that_names_the_setting(refusal: ApiError) -> None:
    # Given a model that this account is no longer offered
    world = World()
    world.wire.cut("tasks.post", refusal)
    photos = drop_three(world)
    world.tick(2)
    assert world.wire.calls["tasks.post"] == 1
    assert all("MODEL=" in world.error(photo)["todo_en"] for photo in photos)
    # When the operator sets another one
    world.booth = replace(world.booth, model="wanx-style-repaint-v1")
    world.tick(2)
    # Then all go on with that
    assert_all_done(world, photos)
    assert {body["model"] for _, body in world.tasks.accepted} == {"wanx-style-repaint-v1"}


def test_while_one_model_is_gone_routes_of_another_go_on() -> None:
    world = World()
    world.vendor.gone.add("wanx-style-cosplay-v1")
    world.put("templates/hero.json", b'{"model": "wanx-style-repaint-v1", "style_index": 3}')
    world.drop("photos/b.jpg")
    world.drop(PHOTO)
    world.tick()
    assert world.keys("portraits/") == [PORTRAIT]


def test_a_request_that_is_not_understood_holds_its_own_photo_only() -> None:
    world = World()
    world.wire.cut("tasks.post", ApiError(400, "InvalidParameter", "Required parameter missing"))
    photos = drop_three(world)
    world.tick(2)
    assert [world.job(photo).state for photo in photos] == [State.NEW, State.DONE, State.DONE]
    assert (world.error(photos[0])["code"], world.error(photos[0])["final"]) == ("InvalidParameter", False)
    # It tries again by itself
    world.tick(16)
    assert_all_done(world, photos)


# --- the budget ----------------------------------------------------------------------------------------------------


def test_when_the_days_budget_is_spent_photos_wait_for_midnight_in_china() -> None:
    # Given a booth that may buy two portraits a day
    world = World(Policy(grace=450, list_lag=120, look=3, max_attempts=3, max_images_per_day=2))
    photos = drop_three(world)
    world.tick(3)
    assert len(world.studio.made) == 2
    assert world.error(photos[2])["code"] == "BudgetSpent"
    # When it is a minute to midnight in China, it still waits
    world.clock.sleep(day_ends(world.clock.now()) - world.clock.now() - 60)
    world.tick()
    assert len(world.studio.made) == 2
    # And after midnight it goes on
    world.tick(2)
    assert_all_done(world, photos)


def test_what_was_not_bought_is_not_counted() -> None:
    world = World(Policy(grace=450, list_lag=120, look=3, max_attempts=3, max_images_per_day=3))
    world.wire.cut("tasks.post", ApiError(400, "InvalidFace", "The input image has no valid face"), times=5)
    for number in range(5):
        world.drop(f"photos/faceless{number}.jpg")
        world.clock.sleep(1)
    photos = drop_three(world)
    world.tick(2)
    assert [world.job(photo).state for photo in photos] == [State.DONE] * 3
