"""Buckets and objects: what lies where after which calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local.clock import ManualClock
from local.oss.engine import Oss
from local.oss.errors import OssError
from local.oss.listing import Query
from local.oss.records import NOBODY, Content
from local.state import State

BUCKET = "photos"


def engine(state: State | None = None, clock: ManualClock | None = None) -> Oss:
    oss = Oss(state or State(), clock or ManualClock())
    oss.create_bucket(BUCKET)
    return oss


def refused(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(OssError) as info:
        call()
    return info.value.status, info.value.code, info.value.ec


def test_an_object_is_read_back_with_its_headers_and_checksums() -> None:
    # Given
    clock = ManualClock(1_700_000_000.5)
    oss = engine(clock=clock)
    # When
    oss.put(BUCKET, "a.txt", Content(b"123456789", {"content-type": "text/plain", "x-oss-meta-job": "7"}))
    obj, data = oss.get(BUCKET, "a.txt")
    # Then: the CRC is ECMA-182's published check value
    assert data == b"123456789"
    assert (obj.kind, obj.size, obj.modified) == ("Normal", 9, 1_700_000_000.5)
    assert obj.etag == "25F9E794323B453885F5181F1B624D0B"
    assert obj.crc64 == 11051210869376104954
    assert obj.headers == {"content-type": "text/plain", "x-oss-meta-job": "7"}


def test_a_put_replaces_the_object_and_lets_go_of_its_bytes() -> None:
    # Given
    state = State()
    oss = engine(state)
    old = oss.put(BUCKET, "k", Content(b"old"))
    # When
    oss.put(BUCKET, "k", Content(b"new"))
    state.commit()
    # Then
    assert oss.get(BUCKET, "k")[1] == b"new"
    assert oss.usage(BUCKET) == (1, 3)
    with pytest.raises(KeyError):
        state.blobs.read(old.blob)


@pytest.mark.parametrize(
    ("key", "ec"),
    [
        ("", "0016-00000002"),
        ("/a", "0016-00000005"),
        ("\\a", "0016-00000005"),
        ("x" * 1024, "0016-00000002"),
        ("é" * 512, "0016-00000002"),
    ],
    ids=["empty", "slash first", "backslash first", "1024 letters", "1024 bytes in 512 letters"],
)
def test_a_key_the_vendor_refuses_is_refused(key: str, ec: str) -> None:
    oss = engine()
    assert refused(lambda: oss.put(BUCKET, key, Content(b""))) == (400, "InvalidObjectName", ec)


@pytest.mark.parametrize("key", ["x" * 1023, "folder/", "a b+c%d", "日本/😀", "..", "a//b", "\x01"])
def test_every_other_key_is_taken_as_it_is(key: str) -> None:
    oss = engine()
    oss.put(BUCKET, key, Content(b""))
    assert [obj.key for obj in oss.list_objects(BUCKET, Query()).objects] == [key]


def test_what_is_not_there_is_said_so() -> None:
    oss = engine()
    assert refused(lambda: oss.head("nowhere", "k"))[:2] == (404, "NoSuchBucket")
    assert refused(lambda: oss.head(BUCKET, "k"))[:2] == (404, "NoSuchKey")
    assert refused(lambda: oss.create_bucket("No_Bucket"))[:2] == (400, "InvalidBucketName")


def test_deleting_is_idempotent() -> None:
    # Given
    oss = engine()
    oss.put(BUCKET, "k", Content(b"x"))
    # When
    oss.delete(BUCKET, "k")
    oss.delete(BUCKET, "k")
    # Then
    assert refused(lambda: oss.head(BUCKET, "k"))[1] == "NoSuchKey"
    assert oss.list_objects(BUCKET, Query()).objects == []


def test_a_bucket_is_deleted_only_when_it_is_empty() -> None:
    # Given
    oss = engine()
    oss.put(BUCKET, "k", Content(b""))
    # When, then
    assert refused(lambda: oss.delete_bucket(BUCKET))[:2] == (409, "BucketNotEmpty")
    oss.delete(BUCKET, "k")
    oss.delete_bucket(BUCKET)
    assert oss.buckets() == []


def test_making_a_bucket_again_changes_nothing() -> None:
    # Given
    clock = ManualClock()
    oss = engine(clock=clock)
    born = oss.bucket(BUCKET)
    # When
    clock.sleep(60)
    oss.create_bucket(BUCKET)
    # Then
    assert oss.buckets() == [born]


def test_overwriting_can_be_forbidden() -> None:
    oss = engine()
    oss.forbid_overwrite(BUCKET, "k")  # nothing there: no objection
    oss.put(BUCKET, "k", Content(b""))
    assert refused(lambda: oss.forbid_overwrite(BUCKET, "k")) == (409, "FileAlreadyExists", "0026-00000002")


def test_a_copy_stands_on_its_own() -> None:
    # Given
    oss = engine()
    source = oss.put(BUCKET, "a", Content(b"data", {"content-type": "a/b"}))
    # When
    copy = oss.copy(source, BUCKET, "b", None, NOBODY)
    oss.put(BUCKET, "a", Content(b"changed"))
    # Then
    assert oss.get(BUCKET, "b") == (copy, b"data")
    assert copy.headers == {"content-type": "a/b"}


def test_a_copy_onto_itself_changes_only_the_headers_even_of_an_appendable_object() -> None:
    # Given
    oss = engine()
    log = oss.append(BUCKET, "log", 0, Content(b"line"))
    # When
    oss.copy(log, BUCKET, "log", {"x-oss-meta-a": "1"}, NOBODY)
    oss.append(BUCKET, "log", 4, Content(b"more"))
    # Then
    obj, data = oss.get(BUCKET, "log")
    assert (obj.kind, obj.headers, data) == ("Appendable", {"x-oss-meta-a": "1"}, b"linemore")


def test_an_appendable_object_cannot_be_copied_elsewhere() -> None:
    oss = engine()
    log = oss.append(BUCKET, "log", 0, Content(b"line"))
    assert refused(lambda: oss.copy(log, BUCKET, "b", None, NOBODY))[:2] == (400, "OperationNotSupported")


def test_more_than_8_kb_of_user_metadata_is_refused() -> None:
    oss = engine()
    headers = {"x-oss-meta-a": "x" * 8192}
    assert refused(lambda: oss.put(BUCKET, "k", Content(b"", headers)))[1] == "InvalidArgument"


def test_what_was_committed_is_there_after_a_restart(tmp_path: Path) -> None:
    # Given
    state = State(tmp_path)
    oss = engine(state)
    for key in ("b", "a", "c"):
        oss.put(BUCKET, key, Content(key.encode()))
    oss.append(BUCKET, "log", 0, Content(b"one"))
    state.close()
    # When
    again = Oss(State(tmp_path), ManualClock())
    # Then: the index is sorted again, and appending goes on where it stopped
    assert [obj.key for obj in again.list_objects(BUCKET, Query()).objects] == ["a", "b", "c", "log"]
    again.append(BUCKET, "log", 3, Content(b"two"))
    assert again.get(BUCKET, "log")[1] == b"onetwo"


def test_an_append_that_was_never_committed_is_gone_after_a_kill(tmp_path: Path) -> None:
    # Given
    state = State(tmp_path)
    oss = engine(state)
    oss.append(BUCKET, "log", 0, Content(b"acknowledged"))
    state.commit()
    # When: the bytes are in the file already, the record is not
    oss.append(BUCKET, "log", 12, Content(b" lost"))
    again = Oss(State(tmp_path), ManualClock())
    # Then
    assert again.get(BUCKET, "log")[1] == b"acknowledged"
    again.append(BUCKET, "log", 12, Content(b"!"))
    assert again.get(BUCKET, "log")[1] == b"acknowledged!"
