"""Multipart uploads: what joins, what does not, and what is left behind."""

from __future__ import annotations

import hashlib

import pytest

from local.clock import ManualClock
from local.oss.checksum import crc64
from local.oss.engine import Oss
from local.oss.errors import OssError
from local.oss.multipart import MIN_PART_BYTES, Uploads
from local.oss.records import NOBODY, Content, Upload
from local.state import State

BUCKET, KEY = "photos", "big.jpg"
FULL, TAIL = b"x" * MIN_PART_BYTES, b"tail"


@pytest.fixture
def uploads() -> Uploads:
    oss = Oss(State(), ManualClock())
    oss.create_bucket(BUCKET)
    return Uploads(oss)


@pytest.fixture
def upload(uploads: Uploads) -> Upload:
    return uploads.initiate(BUCKET, KEY, Content(b"", {"content-type": "image/jpeg"}))


def send(uploads: Uploads, upload: Upload, **parts: bytes) -> list[tuple[int, str]]:
    """Send parts given as p1=…, p2=…; returns them as CompleteMultipartUpload names them."""
    numbered = [(int(name[1:]), data) for name, data in parts.items()]
    return [(number, uploads.put_part(upload, number, Content(data)).etag) for number, data in numbered]


def refused(uploads: Uploads, upload: Upload, parts: list[tuple[int, str]]) -> str:
    with pytest.raises(OssError) as info:
        uploads.complete(upload, parts, NOBODY)
    assert info.value.status == 400
    return info.value.code


def test_parts_join_in_the_order_of_their_numbers(uploads: Uploads, upload: Upload) -> None:
    # When: they arrive in another order
    parts = send(uploads, upload, p2=TAIL, p1=FULL)
    obj = uploads.complete(upload, sorted(parts), NOBODY)
    # Then
    digests = hashlib.md5(FULL).digest() + hashlib.md5(TAIL).digest()
    assert obj.etag == hashlib.md5(digests).hexdigest().upper() + "-2"
    assert (obj.kind, obj.size, obj.crc64) == ("Multipart", MIN_PART_BYTES + 4, crc64(FULL + TAIL))
    assert obj.headers == {"content-type": "image/jpeg"}


def test_a_part_sent_again_replaces_the_first(uploads: Uploads, upload: Upload) -> None:
    # Given
    (old,) = send(uploads, upload, p1=b"old")
    # When
    new = send(uploads, upload, p1=b"new")
    # Then
    assert refused(uploads, upload, [old]) == "InvalidPart"
    assert uploads.complete(upload, new, NOBODY).size == 3


def test_parts_that_do_not_fit_are_refused(uploads: Uploads, upload: Upload) -> None:
    first, second = send(uploads, upload, p1=b"small", p2=TAIL)
    assert refused(uploads, upload, []) == "MalformedXML"
    assert refused(uploads, upload, [second, first]) == "InvalidPartOrder"
    assert refused(uploads, upload, [first, second]) == "EntityTooSmall"
    assert refused(uploads, upload, [(3, "0" * 32)]) == "InvalidPart"
    with pytest.raises(OssError, match="between 1 and 10000"):
        uploads.put_part(upload, 10_001, Content(b""))


def test_a_finished_or_aborted_upload_leaves_nothing_behind(uploads: Uploads, upload: Upload) -> None:
    # Given
    parts = send(uploads, upload, p1=TAIL)
    other = uploads.initiate(BUCKET, "other", Content(b""))
    send(uploads, other, p1=TAIL)
    # When
    uploads.complete(upload, parts, NOBODY)
    uploads.abort(other, NOBODY)
    # Then
    assert uploads.of(BUCKET) == []
    for done in (upload, other):
        assert uploads.parts(done) == []
        with pytest.raises(OssError, match="NoSuchUpload"):
            uploads.find(BUCKET, done.key, done.id)


def test_an_upload_belongs_to_its_key(uploads: Uploads, upload: Upload) -> None:
    assert uploads.find(BUCKET, KEY, upload.id) == upload
    with pytest.raises(OssError, match="NoSuchUpload"):
        uploads.find(BUCKET, "another", upload.id)
