"""The bucket's adapter against the local OSS: every method of the port, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from urllib.parse import quote, unquote

import pytest

from shared.aliyun.credentials import Credentials
from shared.aliyun.oss import OssObjects
from shared.ports import Listing, Unreadable
from tests.contract.stack import LASTING, TEMPORARY, Stack, Stages, bare_get, listening, not_now

ODD_KEYS = [
    "photos/plain.jpg",
    "photos/a b.jpg",
    "photos/1+1=2.jpg",
    "photos/100%.jpg",
    "photos/%2F%41.jpg",
    "photos/我的照片 一.jpg",
    "photos/😀👩‍🚀.png",
    "photos/~!*'();:@&=$,[]#?.jpg",
    "photos/" + "长" * 331,
]
assert len(ODD_KEYS[-1].encode()) == 1000


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with listening() as stages:
        yield stages


@pytest.fixture
def stack(stages: Stages) -> Stack:
    return Stack(stages)


@pytest.fixture(params=[LASTING, TEMPORARY], ids=["lasting key", "temporary key"])
def credentials(request: pytest.FixtureRequest) -> Credentials:
    held: Credentials = request.param
    return held


@pytest.fixture
def objects(stack: Stack) -> OssObjects:
    return OssObjects(stack.settings(), TEMPORARY)


# --- what lies there


@pytest.mark.parametrize("key", ODD_KEYS, ids=range(len(ODD_KEYS)))
def test_every_method_takes_every_key(stack: Stack, credentials: Credentials, key: str) -> None:
    # Given
    objects = OssObjects(stack.settings(), credentials)
    # When
    objects.write(key, b"one")
    # Then
    head = objects.head(key)
    assert head is not None and head.size == 3
    assert objects.read(key) == b"one"
    assert [entry.key for entry in objects.list(key).entries] == [key]
    assert objects.info(key) == Unreadable("BadRequest")
    assert bare_get(objects.link(key, "", 60)).content == b"one"
    # When
    objects.delete(key)
    # Then
    assert objects.append(key, 0, b"two") is True
    assert objects.read(key, 1) == b"wo"


def test_a_head_tells_size_time_and_etag(stack: Stack, objects: OssObjects) -> None:
    objects.write("k", b"data")
    head = objects.head("k")
    assert head is not None
    assert (head.etag, head.size, head.meta) == ("8D777F385D3DFEC8815D20F7496026DC", 4, {})
    assert head.modified_at == int(stack.clock.now())


def test_metadata_makes_the_round_trip_in_lower_case(objects: OssObjects) -> None:
    # Given text that no header can carry, hence percent-encoded by whoever writes it
    name = "photos/我的 照片+1.jpg"
    # When
    objects.write("k", b"", "image/jpeg", {"job": "ab12", "photo": quote(name), "Dropped-At": "1700000000"})
    # Then
    head = objects.head("k")
    assert head is not None
    assert {**head.meta, "photo": unquote(head.meta["photo"])} == {
        "job": "ab12",
        "photo": name,
        "dropped-at": "1700000000",
    }


@pytest.mark.parametrize(("told", "kept"), [("image/png", "image/png"), ("", "application/octet-stream")])
def test_the_content_type_is_the_one_told_never_guessed(objects: OssObjects, told: str, kept: str) -> None:
    objects.write("guess.html", b"<p>", told)
    assert bare_get(objects.link("guess.html", "", 60)).headers["content-type"] == kept


def test_a_write_replaces_what_was_there(objects: OssObjects) -> None:
    objects.write("k", b"first", meta={"job": "1"})
    objects.write("k", b"second")
    head = objects.head("k")
    assert head is not None and head.meta == {}
    assert objects.read("k") == b"second"


def test_what_is_missing_is_none_and_deleting_it_is_no_error(objects: OssObjects) -> None:
    assert objects.head("nothing") is None
    assert objects.read("nothing") is None
    assert objects.read("nothing", 7) is None
    objects.delete("nothing")


def test_a_missing_bucket_is_not_a_missing_object(stack: Stack) -> None:
    objects = OssObjects(stack.settings(bucket="no-such-bucket"), LASTING)
    for call in (objects.head, objects.read, objects.info):
        assert "404 NoSuchBucket" in not_now(partial(call, "k"))


@pytest.mark.parametrize(("start", "rest"), [(0, b"0123456789"), (4, b"456789"), (9, b"9"), (10, b""), (11, b"")])
def test_reading_begins_where_it_is_told_and_finds_nothing_behind_the_end(
    objects: OssObjects, start: int, rest: bytes
) -> None:
    """Without `x-oss-range-behavior: standard`, OSS answers a range that leaves the object with all of it."""
    objects.write("k", b"0123456789")
    assert objects.read("k", start) == rest


@pytest.mark.parametrize("size", [0, 1, 8 * 1024, 300_000])
def test_bytes_come_back_whole(objects: OssObjects, size: int) -> None:
    data = bytes(index * 7 % 251 for index in range(size))
    objects.write("k", data)
    assert objects.read("k") == data


# --- append: compare and set


def test_an_append_wins_at_the_length_and_nowhere_else(objects: OssObjects) -> None:
    assert objects.append("log", 0, b"one\n") is True
    assert [objects.append("log", position, b"x") for position in (0, 3, 5)] == [False] * 3
    assert objects.append("log", 4, b"two\n") is True
    assert objects.read("log") == b"one\ntwo\n"


def test_an_append_behind_nothing_loses(objects: OssObjects) -> None:
    assert objects.append("log", 5, b"x") is False
    assert objects.head("log") is None


def test_an_append_to_somebodys_plain_object_is_an_error_not_a_lost_race(objects: OssObjects) -> None:
    objects.write("log", b"plain")
    assert "409 ObjectNotAppendable" in not_now(lambda: objects.append("log", 5, b"x"))


# --- listing


def test_a_listing_is_one_page_in_order_and_says_whether_more_follows(stack: Stack, objects: OssObjects) -> None:
    # Given
    for number in (3, 1, 2):
        objects.write(f"open/{number}", b"x" * number)
    objects.write("other", b"")
    # Then
    for limit, found, is_complete in ((2, 2, False), (3, 3, True), (1000, 3, True)):
        page = objects.list("open/", limit)
        assert [(entry.key, entry.size) for entry in page.entries] == [(f"open/{n}", n) for n in (1, 2, 3)[:found]]
        assert page.is_complete is is_complete
        assert {entry.modified_at for entry in page.entries} == {int(stack.clock.now())}
    assert objects.list("nothing/") == Listing([], True)


def test_a_listing_goes_on_behind_a_key(objects: OssObjects) -> None:
    for key in ("a/我 1", "a/我 2", "a/我 3", "b"):
        objects.write(key, b"")
    page = objects.list("a/", 1, after="a/我 1")
    assert ([entry.key for entry in page.entries], page.is_complete) == (["a/我 2"], False)
    assert objects.list("a/", after="a/我 3") == Listing([], True)


def test_a_listing_tells_the_same_etag_as_a_head(objects: OssObjects) -> None:
    objects.write("k", b"data")
    head, (entry,) = objects.head("k"), objects.list("k").entries
    assert head is not None and (entry.etag, entry.modified_at) == (head.etag, head.modified_at)


def test_strangers_are_told_nothing_by_the_error(stack: Stack) -> None:
    objects = OssObjects(stack.settings(), Credentials(LASTING.access_key_id, TEMPORARY.access_key_secret))
    for call in (objects.head, objects.read, objects.info, objects.delete, objects.list):
        assert "403 SignatureDoesNotMatch" in not_now(partial(call, "k"))
