"""The compare-and-set: a lost reply is no rival, a rival is no lost reply."""

from __future__ import annotations

import pytest

from shared import journal, keys
from shared.errors import NotNow, Raced
from shared.job import Job, State
from tests.world import ALWAYS, World

JOB = "0123456789abcdef01234567"
OPENED = {"key": "photos/a.jpg", "etag": "E", "dropped_at": 1.0}


def lines(world: World) -> int:
    return len((world.bucket.read(keys.job_log(JOB)) or b"").splitlines())


def opened(world: World) -> Job:
    return journal.append(world.booth, Job(JOB), journal.line(world.booth, "opened", OPENED))


def test_a_job_that_is_not_logged_is_absent() -> None:
    assert journal.load(World().booth, JOB) == Job(JOB)
    assert Job(JOB).state is State.ABSENT


def test_what_is_appended_is_what_is_loaded() -> None:
    world = World()
    job = opened(world)
    assert journal.load(world.booth, JOB) == job
    assert job.state is State.NEW
    assert job.position == len(world.bucket.read(keys.job_log(JOB)) or b"")


@pytest.mark.parametrize("losses", [1, 2])
def test_a_line_whose_reply_was_lost_is_known_again(losses: int) -> None:
    # Given an append that arrives although its reply does not
    world = World()
    world.wire.cut("objects.append *", arrives=True, times=losses)
    # When it is repeated
    job = opened(world)
    # Then the line is there once
    assert lines(world) == 1
    assert journal.load(world.booth, JOB) == job


@pytest.mark.parametrize("losses", [1, 2])
def test_a_line_that_never_arrived_is_sent_again(losses: int) -> None:
    world = World()
    world.wire.cut("objects.append *", times=losses)
    opened(world)
    assert lines(world) == 1


def test_a_service_that_stays_away_is_not_now() -> None:
    world = World()
    world.wire.cut("objects.append *", times=ALWAYS)
    with pytest.raises(NotNow):
        opened(world)
    assert world.wire.calls["objects.append"] == 3
    assert lines(world) == 0


def test_whoever_comes_second_has_lost_the_race() -> None:
    # Given two invocations that have read the same job
    world = World()
    read = opened(world)
    journal.append(world.booth, read, journal.line(world.booth, "held", {"reason": "paused", "code": "Paused"}))
    # When the second one appends the very same words
    with pytest.raises(Raced, match="has grown"):
        journal.append(world.booth, read, journal.line(world.booth, "held", {"reason": "paused", "code": "Paused"}))
    # Then they are not there twice
    assert lines(world) == 2


def test_a_lost_reply_does_not_hide_a_lost_race() -> None:
    # Given an append that did not arrive, and a rival's that did before it is repeated
    world = World()
    read = opened(world)
    rival = journal.line(world.booth, "released", {})
    journal.append(world.booth, read, rival)
    world.wire.cut("objects.append *")
    with pytest.raises(Raced):
        journal.append(world.booth, read, journal.line(world.booth, "released", {}))
    assert lines(world) == 2


def test_our_own_line_is_known_even_when_others_followed_it() -> None:
    # Given an append that arrived without a reply, behind which a rival has appended already
    world = World()
    mine = journal.line(world.booth, "opened", OPENED)
    job = journal.append(world.booth, Job(JOB), mine)
    journal.append(world.booth, job, journal.line(world.booth, "released", {}))
    # When it is repeated at its position
    again = journal.append(world.booth, Job(JOB), mine)
    # Then it counts as done, and what follows meets the rival's line
    assert again == job
    with pytest.raises(Raced):
        journal.append(world.booth, again, journal.line(world.booth, "withdrawn", {}))


def test_a_line_carries_its_format_its_name_and_the_time() -> None:
    world = World()
    one, other = (journal.line(world.booth, "released", {}) for _ in range(2))
    assert one["id"] != other["id"]
    assert {**one, "id": ""} == {"v": 1, "id": "", "at": world.clock.now(), "op": "released"}


def test_a_task_belongs_to_whom_claimed_it_first() -> None:
    world = World()
    assert journal.claimed_by(world.booth, "task") == ""
    assert journal.claim(world.booth, "task", "a" * 24) == "a" * 24
    assert journal.claim(world.booth, "task", "b" * 24) == "a" * 24
    assert journal.claim(world.booth, "task", "a" * 24) == "a" * 24
    assert journal.claimed_by(world.booth, "task") == "a" * 24
