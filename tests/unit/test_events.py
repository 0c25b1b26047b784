"""What Function Compute hands over: keys untouched, parts of uploads left out, nonsense ignored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import Dropped, dropped


def event(key: Any, name: Any = "ObjectCreated:PutObject") -> dict[str, Any]:
    """One entry of an OSS trigger's event, as the FC manual shows it."""
    return {
        "eventName": name,
        "eventSource": "acs:oss",
        "eventTime": "2023-11-14T22:13:20.000Z",
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": "acs:oss:cn-hangzhou:1:booth",
                "name": "booth",
                "ownerIdentity": "1",
                "virtualBucket": "",
            },
            "object": {"deltaSize": 122539, "eTag": "688A7BF4F233DC9C88A80BF985AB7329", "key": key, "size": 122539},
            "ossSchemaVersion": "1.0",
            "ruleId": "9adac8e253828f4f7c0466d941fa3db81161e853",
        },
        "region": "cn-hangzhou",
        "requestParameters": {"sourceIPAddress": "140.205.128.221"},
        "responseElements": {"requestId": "58F9FF2D3DF792092E12044C"},
    }


def seen(*events: Any) -> list[Dropped]:
    return dropped(json.dumps({"events": list(events)}).encode())


def test_an_event_names_bucket_key_and_etag() -> None:
    assert seen(event("photos/a.jpg")) == [Dropped("booth", "photos/a.jpg", "688A7BF4F233DC9C88A80BF985AB7329")]


@pytest.mark.parametrize(
    "key", ["photos/a%20b.jpg", "photos/a+b c.jpg", "photos/100%.jpg", "photos/英雄/👩‍🚀.jpg", "photos/%E7%85%A7.jpg"]
)
def test_a_key_is_taken_as_it_stands_and_never_decoded(key: str) -> None:
    assert [one.key for one in seen(event(key))] == [key]
    assert [one.key for one in dropped(json.dumps({"events": [event(key)]}, ensure_ascii=False).encode())] == [key]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("ObjectCreated:PutObject", True),
        ("ObjectCreated:PostObject", True),
        ("ObjectCreated:CopyObject", True),
        ("ObjectCreated:CompleteMultipartUpload", True),
        ("ObjectCreated:InitiateMultipartUpload", False),
        ("ObjectCreated:UploadPart", False),
        ("ObjectRemoved:DeleteObject", False),
        ("ObjectDownloaded:GetObject", False),
        (None, False),
    ],
)
def test_only_whole_new_objects_count(name: str | None, counts: bool) -> None:
    assert bool(seen(event("photos/a.jpg", name))) is counts


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"photos/a.jpg"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"{}",
        b'{"events": null}',
        b'{"events": {"oss": {}}}',
        b'{"events": "photos/a.jpg"}',
        b'{"events": []}',
        b'{"triggerTime": "2023-11-14T22:13:20Z", "triggerName": "tick", "payload": ""}',
    ],
    ids=lambda told: told[:40].decode("latin-1"),
)
def test_what_is_no_oss_event_holds_no_photo(told: bytes) -> None:
    assert dropped(told) == []


@pytest.mark.parametrize(
    "broken",
    [
        None,
        7,
        "photos/a.jpg",
        [],
        {},
        {"eventName": "ObjectCreated:PutObject"},
        {"eventName": "ObjectCreated:PutObject", "oss": None},
        {"eventName": "ObjectCreated:PutObject", "oss": {"bucket": "booth", "object": {"key": "photos/a.jpg"}}},
        {"eventName": "ObjectCreated:PutObject", "oss": {"bucket": {"name": "booth"}, "object": []}},
        {"eventName": "ObjectCreated:PutObject", "oss": {"bucket": {"name": "booth"}, "object": {}}},
    ],
)
def test_a_broken_entry_hides_no_good_one(broken: Any) -> None:
    assert [one.key for one in seen(broken, event("photos/a.jpg"), broken)] == ["photos/a.jpg"]


def test_an_event_may_lack_the_etag() -> None:
    told = event("photos/a.jpg")
    del told["oss"]["object"]["eTag"]
    assert seen(told) == [Dropped("booth", "photos/a.jpg", "")]


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["oss", "eventName", "bucket", "object", "key", "name", "eTag"]), inner)
    ),
)


@given(JSON)
def test_no_event_breaks_the_reader(told: Any) -> None:
    assert all(isinstance(one, Dropped) for one in seen(told))
