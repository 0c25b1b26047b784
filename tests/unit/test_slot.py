"""The one slot: spacing, back-off, the day's budget in China, and a log that rolls over."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import journal, keys
from shared.errors import Raced
from shared.slot import LONGEST_BACKOFF, SPACING, Slot, china_day, day_ends, free, from_line, take, to_line
from tests.world import World

NOON = 1_700_020_800.0  # 2023-11-15 12:00 in China


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2), st.booleans()), min_size=3, max_size=30))
def test_no_three_submissions_ever_fall_into_one_second(lives: list[tuple[float, float, bool]]) -> None:
    # Given jobs that come as fast as they may, each taking a while from slot to POST and from there to its end
    slot, now, posts = Slot(), NOON, []
    for to_post, to_end, missed in lives:
        now = max(now, slot.ready_at)
        slot = take(slot, "job", now)
        now += to_post
        posts.append(now)
        now += to_end
        slot = free(slot, now, posted_at=posts[-1], missed=missed)
    # Then any two neighbours are half a second apart, so that no second (the vendor's limit) holds a third one
    gaps = [later - earlier for earlier, later in pairwise(posts)]
    assert min(gaps) >= SPACING - 1e-6
    assert min(one + other for one, other in pairwise(gaps)) >= 1 - 1e-6


@pytest.mark.parametrize(
    ("misses", "pause"), [(0, 1.0), (1, 2.0), (2, 4.0), (5, 32.0), (6, LONGEST_BACKOFF), (1000, LONGEST_BACKOFF)]
)
def test_a_service_that_puts_us_off_is_asked_less_and_less(misses: int, pause: float) -> None:
    slot = free(Slot(holder="job", misses=misses), NOON, posted_at=NOON, missed=True)
    assert slot.ready_at == NOON + pause
    assert slot.misses == misses + 1


def test_one_accepted_submission_ends_the_back_off() -> None:
    slot = free(Slot(holder="job", misses=9), NOON, posted_at=NOON - 10)
    assert (slot.misses, slot.ready_at) == (0, NOON)


@pytest.mark.parametrize(
    ("utc", "day_of_month"),
    [
        (datetime(2023, 11, 14, 15, 59, 59, tzinfo=timezone.utc), 14),
        (datetime(2023, 11, 14, 16, 0, 0, tzinfo=timezone.utc), 15),
        (datetime(2023, 11, 15, 15, 59, 59, tzinfo=timezone.utc), 15),
    ],
)
def test_a_day_ends_at_midnight_in_china(utc: datetime, day_of_month: int) -> None:
    first = china_day(datetime(2023, 10, 31, 16, tzinfo=timezone.utc).timestamp())
    assert china_day(utc.timestamp()) - first + 1 == day_of_month
    assert datetime.fromtimestamp(day_ends(utc.timestamp()), timezone.utc) == datetime(
        2023, 11, day_of_month, 16, tzinfo=timezone.utc
    )


def test_only_bought_images_count_and_the_count_starts_anew_each_day() -> None:
    slot = Slot()
    for bought in (True, False, True):
        slot = free(take(slot, "job", NOON), NOON, posted_at=NOON, bought=bought)
    assert slot.bought_on(NOON) == 2
    assert slot.bought_on(day_ends(NOON)) == 0
    tomorrow = free(take(slot, "job", NOON), day_ends(NOON), posted_at=NOON, bought=True)
    assert tomorrow.bought_on(day_ends(NOON)) == 1


SLOTS = st.builds(
    Slot,
    file=st.integers(1, 9),
    position=st.integers(0, 10**6),
    holder=st.sampled_from(["", "0123456789abcdef01234567"]),
    taken_at=st.floats(0, 4e9),
    ready_at=st.floats(0, 4e9),
    misses=st.integers(0, 99),
    day=st.integers(0, 30_000),
    bought=st.integers(0, 10**6),
)


@given(SLOTS)
def test_the_last_line_alone_tells_the_whole_slot(slot: Slot) -> None:
    assert from_line(to_line(slot), slot.file, slot.position) == slot


def test_an_unused_booth_has_a_free_slot() -> None:
    assert journal.read_slot(World().booth) == Slot()


def test_the_slot_is_read_from_the_tail_of_its_log() -> None:
    # Given a log far longer than the piece that is read
    booth = World().booth
    slot = Slot()
    for number in range(20):
        slot = journal.write_slot(booth, slot, take(slot, f"{number:024x}", NOON + number))
    assert slot.position > 2048
    assert journal.read_slot(booth) == slot


def test_of_two_that_take_the_slot_one_is_late() -> None:
    booth = World().booth
    read = journal.read_slot(booth)
    journal.write_slot(booth, read, take(read, "a" * 24, NOON))
    with pytest.raises(Raced):
        journal.write_slot(booth, read, take(read, "b" * 24, NOON))
    assert journal.read_slot(booth).holder == "a" * 24


def test_a_full_log_goes_on_in_the_next_file() -> None:
    # Given a log that has just passed its limit
    world = World()
    slot = journal.write_slot(world.booth, Slot(), take(Slot(), "a" * 24, NOON))
    world.bucket.append(keys.SLOT + "000001.log", slot.position, b" " * 1_000_000 + b"\n")
    line = world.bucket.read(keys.SLOT + "000001.log")
    assert line is not None
    world.bucket.append(keys.SLOT + "000001.log", len(line), line[: slot.position])
    full = journal.read_slot(world.booth)
    assert full.is_full
    assert full.holder == "a" * 24
    # When the slot is freed
    freed = journal.write_slot(world.booth, full, free(full, NOON, posted_at=NOON))
    # Then the line stands in a new file, and is what is read
    assert world.keys(keys.SLOT) == [keys.SLOT + "000001.log", keys.SLOT + "000002.log"]
    assert journal.read_slot(world.booth) == freed
    assert (freed.file, freed.holder) == (2, "")


def test_of_two_that_begin_the_next_file_one_is_late() -> None:
    world = World()
    full = Slot(file=1, position=1_000_000)
    journal.write_slot(world.booth, full, take(full, "a" * 24, NOON))
    with pytest.raises(Raced):
        journal.write_slot(world.booth, full, take(full, "b" * 24, NOON))
    assert journal.read_slot(world.booth).holder == "a" * 24
