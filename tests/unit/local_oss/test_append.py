"""AppendObject as a compare-and-set (https://www.alibabacloud.com/help/en/oss/developer-reference/appendobject)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.clock import ManualClock
from local.oss.checksum import crc64
from local.oss.engine import Oss
from local.oss.errors import OssError
from local.oss.records import Content
from local.state import State

BUCKET, LOG = "photos", ".cosdrop/log"


@pytest.fixture
def oss() -> Oss:
    engine = Oss(State(), ManualClock())
    engine.create_bucket(BUCKET)
    return engine


def lost_race(oss: Oss, position: int) -> str:
    """The next position that the refusal names."""
    with pytest.raises(OssError) as info:
        oss.append(BUCKET, LOG, position, Content(b"late"))
    error = info.value
    assert (error.status, error.code, error.ec) == (409, "PositionNotEqualToLength", "0026-00000016")
    return error.headers["x-oss-next-append-position"]


def test_appends_at_the_length_add_up(oss: Oss) -> None:
    # When
    first = oss.append(BUCKET, LOG, 0, Content(b"one"))
    second = oss.append(BUCKET, LOG, first.size, Content(b"two"))
    # Then
    obj, data = oss.get(BUCKET, LOG)
    assert data == b"onetwo"
    assert (obj.kind, obj.size) == ("Appendable", 6)
    assert obj.crc64 == second.crc64 == crc64(b"onetwo")
    assert first.etag != second.etag


def test_of_two_first_writers_one_wins(oss: Oss) -> None:
    oss.append(BUCKET, LOG, 0, Content(b"winner"))
    assert lost_race(oss, 0) == "6"
    assert oss.get(BUCKET, LOG)[1] == b"winner"


@pytest.mark.parametrize("position", [0, 2, 4, 1_000_000])
def test_every_position_but_the_length_is_refused(oss: Oss, position: int) -> None:
    oss.append(BUCKET, LOG, 0, Content(b"abc"))
    assert lost_race(oss, position) == "3"


def test_an_object_that_is_not_there_begins_at_0_only(oss: Oss) -> None:
    assert lost_race(oss, 5) == "0"


def test_a_normal_object_is_not_appendable_at_any_position(oss: Oss) -> None:
    # Given
    oss.put(BUCKET, LOG, Content(b"abc"))
    # When, then
    for position in (0, 3):
        with pytest.raises(OssError) as info:
            oss.append(BUCKET, LOG, position, Content(b"x"))
        assert (info.value.status, info.value.code) == (409, "ObjectNotAppendable")


def test_a_put_over_an_appendable_object_makes_it_normal(oss: Oss) -> None:
    # Given
    oss.append(BUCKET, LOG, 0, Content(b"abc"))
    # When
    oss.put(BUCKET, LOG, Content(b""))
    # Then
    with pytest.raises(OssError, match="ObjectNotAppendable"):
        oss.append(BUCKET, LOG, 0, Content(b"x"))


def test_after_a_delete_the_log_starts_again_at_0(oss: Oss) -> None:
    # Given
    oss.append(BUCKET, LOG, 0, Content(b"abc"))
    # When
    oss.delete(BUCKET, LOG)
    # Then
    assert lost_race(oss, 3) == "0"
    assert oss.append(BUCKET, LOG, 0, Content(b"new")).size == 3


def test_an_empty_append_makes_the_object_but_wins_no_race(oss: Oss) -> None:
    """The documented hole in the compare-and-set: at length 0, position 0 is right for everybody."""
    oss.append(BUCKET, LOG, 0, Content(b""))
    oss.append(BUCKET, LOG, 0, Content(b""))
    assert oss.append(BUCKET, LOG, 0, Content(b"first")).size == 5


def test_an_empty_append_changes_nothing_of_an_object_that_is_there(oss: Oss) -> None:
    before = oss.append(BUCKET, LOG, 0, Content(b"abc"))
    assert oss.append(BUCKET, LOG, 3, Content(b"")) == before


def test_headers_count_only_when_the_object_is_made(oss: Oss) -> None:
    oss.append(BUCKET, LOG, 0, Content(b"a", {"x-oss-meta-v": "1"}))
    oss.append(BUCKET, LOG, 1, Content(b"b", {"x-oss-meta-v": "2"}))
    assert oss.head(BUCKET, LOG).headers == {"x-oss-meta-v": "1"}


@given(st.lists(st.tuples(st.integers(0, 12), st.binary(min_size=1, max_size=3)), max_size=12))
def test_the_log_is_the_accepted_appends_and_nothing_else(tries: list[tuple[int, bytes]]) -> None:
    # Given
    engine = Oss(State(), ManualClock())
    engine.create_bucket(BUCKET)
    expected = b""
    # When
    for position, data in tries:
        try:
            engine.append(BUCKET, LOG, position, Content(data))
        except OssError as error:
            assert position != len(expected), error
        else:
            assert position == len(expected)
            expected += data
    # Then
    if expected:
        assert engine.get(BUCKET, LOG)[1] == expected
