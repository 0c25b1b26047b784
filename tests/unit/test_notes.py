"""Whose word stands in `errors/`: the newest drop's, and nobody takes back what is not theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared import notes
from shared.job import Job, State
from tests.world import World

KEY = "photos/英雄/a.jpg"
OLD = Job("a" * 24, KEY, "E", dropped_at=1000.0, state=State.REFUSED, request_id="r1")
NEW = Job("b" * 24, KEY, "F", dropped_at=1060.0, state=State.REFUSED)


def speaker(world: World) -> str:
    return str(world.error(KEY)["job"]) if world.keys("errors/") else ""


def test_an_error_says_what_happened_to_whom_and_what_to_do() -> None:
    world = World()
    notes.put(world.booth, OLD, "InvalidFace", final=True)
    error = world.error(KEY)
    assert (error["code"], error["request_id"], error["job"], error["final"]) == ("InvalidFace", "r1", OLD.id, True)
    assert all(error[field] for field in ("en", "zh", "todo_en", "todo_zh"))


def test_it_can_be_read_in_a_browser() -> None:
    world = World()
    notes.put(world.booth, OLD, "InvalidFace", final=True)
    head = world.oss.head("booth", "errors/英雄/a.jpg.json")
    assert head.headers["content-type"] == "application/json; charset=utf-8"
    assert "人脸".encode() in (world.bucket.read("errors/英雄/a.jpg.json") or b"")


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        (OLD, NEW, "second"),
        (NEW, OLD, "first"),  # an older job that ends late
        (OLD, replace(OLD, request_id="r2"), "second"),
    ],
)
def test_the_newest_drop_has_the_last_word(first: Job, second: Job, stands: str) -> None:
    world = World()
    notes.put(world.booth, first, "first", final=True)
    notes.put(world.booth, second, "second", final=True)
    assert world.error(KEY)["code"] == stands


@pytest.mark.parametrize(
    ("spoke", "drops", "remains"),
    [
        (OLD, OLD, False),
        (OLD, replace(NEW, state=State.DONE), False),  # the newer photo's portrait ends the older one's error
        (NEW, replace(OLD, state=State.DONE), True),
        (OLD, replace(OLD, state=State.SUPERSEDED), False),
        (NEW, replace(OLD, state=State.SUPERSEDED), True),
        # Within one second Last-Modified does not tell which was the newer one.
        (NEW, replace(OLD, state=State.SUPERSEDED, dropped_at=NEW.dropped_at), True),
        (OLD, replace(NEW, state=State.DONE, dropped_at=OLD.dropped_at), False),
    ],
)
def test_only_what_is_ones_own_or_older_is_taken_back(spoke: Job, drops: Job, remains: bool) -> None:
    world = World()
    notes.put(world.booth, spoke, "InvalidFace", final=True)
    notes.drop(world.booth, drops)
    assert bool(speaker(world)) is remains


def test_taking_back_what_was_never_said_does_nothing() -> None:
    world = World()
    notes.drop(world.booth, OLD)
    assert world.keys("errors/") == []
    assert world.wire.calls["objects.delete"] == 0
