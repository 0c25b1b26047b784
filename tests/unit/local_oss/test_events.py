"""Events: which change tells what, what a rule picks, and the payload Function Compute receives."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.clock import ManualClock
from local.oss.engine import Oss
from local.oss.events import Event, Rule, event_json
from local.oss.multipart import Uploads
from local.oss.records import NOBODY, Content, Origin
from local.state import State

BUCKET = "photos"
ALL = Rule("all", BUCKET, ("oss:*",))


def test_every_change_tells_its_name_size_and_difference() -> None:
    # Given
    heard: list[Event] = []
    oss = Oss(State(), ManualClock(), on_event=heard.append)
    oss.create_bucket(BUCKET)
    # When
    obj = oss.put(BUCKET, "a", Content(b"12345"))
    oss.put(BUCKET, "a", Content(b"12"))
    oss.append(BUCKET, "log", 0, Content(b"123"))
    oss.append(BUCKET, "log", 3, Content(b"4"))
    oss.copy(obj, BUCKET, "b", None, NOBODY)
    oss.delete(BUCKET, "a")
    oss.delete(BUCKET, "a")
    # Then
    assert [(event.name, event.key, event.size, event.delta) for event in heard] == [
        ("ObjectCreated:PutObject", "a", 5, 5),
        ("ObjectCreated:PutObject", "a", 2, -3),
        ("ObjectCreated:AppendObject", "log", 3, 3),
        ("ObjectCreated:AppendObject", "log", 4, 1),
        ("ObjectCreated:CopyObject", "b", 5, 5),
        ("ObjectRemoved:DeleteObject", "a", 2, -2),
    ]


def test_a_multipart_upload_tells_of_each_step() -> None:
    # Given
    heard: list[Event] = []
    oss = Oss(State(), ManualClock(), on_event=heard.append)
    oss.create_bucket(BUCKET)
    uploads = Uploads(oss)
    # When
    upload = uploads.initiate(BUCKET, "a", Content(b""))
    part = uploads.put_part(upload, 1, Content(b"abc"))
    uploads.complete(upload, [(1, part.etag)], NOBODY)
    uploads.abort(uploads.initiate(BUCKET, "b", Content(b"")), NOBODY)
    # Then
    assert [(event.name, event.size, event.delta) for event in heard] == [
        ("ObjectCreated:InitiateMultipartUpload", 0, 0),
        ("ObjectCreated:UploadPart", 3, 0),
        ("ObjectCreated:CompleteMultipartUpload", 3, 3),
        ("ObjectCreated:InitiateMultipartUpload", 0, 0),
        ("ObjectRemoved:AbortMultipartUpload", 0, 0),
    ]


def test_without_a_watch_nothing_waits() -> None:
    oss = Oss(State(), ManualClock())
    oss.create_bucket(BUCKET)
    oss.put(BUCKET, "a", Content(b""))
    assert oss.outbox.waiting() == []


def test_a_watched_event_waits_in_order_until_it_is_delivered(tmp_path: Path) -> None:
    # Given
    state = State(tmp_path)
    oss = Oss(state, ManualClock(), watch=ALL)
    oss.create_bucket(BUCKET)
    for key in ("a", "b", "c"):
        oss.put(BUCKET, key, Content(b""))
    oss.outbox.delivered(oss.outbox.waiting()[0].id)
    state.close()
    # When: the server starts again
    again = Oss(State(tmp_path), ManualClock(), watch=ALL)
    again.put(BUCKET, "d", Content(b""))
    # Then
    assert [event.key for event in again.outbox.waiting()] == ["b", "c", "d"]


def test_an_event_not_committed_is_lost_together_with_its_object(tmp_path: Path) -> None:
    # Given
    state = State(tmp_path)
    oss = Oss(state, ManualClock(), watch=ALL)
    oss.create_bucket(BUCKET)
    state.commit()
    oss.put(BUCKET, "a", Content(b""))
    # When: killed before the commit
    again = Oss(State(tmp_path), ManualClock(), watch=ALL)
    # Then
    assert again.usage(BUCKET) == (0, 0)
    assert again.outbox.waiting() == []


EVENT = Event(
    id="000000000001",
    name="ObjectCreated:PutObject",
    time=1_660_373_143.25,
    bucket=BUCKET,
    key="photos/a b+ü%20.jpg",
    size=10,
    delta=-2,
    etag="AABB",
    request_id="62F5",
    ip="127.0.0.1",
    principal="1234",
)


@pytest.mark.parametrize(
    ("rule", "picked"),
    [
        (Rule("r", BUCKET, ("oss:ObjectCreated:PutObject",)), True),
        (Rule("r", BUCKET, ("oss:ObjectCreated:*",), "photos/", ".jpg"), True),
        (Rule("r", BUCKET, ("oss:ObjectCreated:PostObject", "oss:ObjectCreated:PutObject")), True),
        (Rule("r", BUCKET, ("oss:ObjectRemoved:*",)), False),
        (Rule("r", BUCKET, ("ObjectCreated:PutObject",)), False),
        (Rule("r", BUCKET, ("oss:ObjectCreated:*",), "portraits/"), False),
        (Rule("r", BUCKET, ("oss:ObjectCreated:*",), "", ".png"), False),
        (Rule("r", "another", ("oss:ObjectCreated:*",)), False),
    ],
)
def test_a_rule_picks_by_bucket_name_prefix_and_suffix(rule: Rule, picked: bool) -> None:
    assert rule(EVENT) is picked


def test_the_payload_is_that_of_the_native_trigger_with_the_key_raw() -> None:
    assert event_json(EVENT, rule_id="rule", region="cn-hangzhou", owner="164901546557") == {
        "events": [
            {
                "eventName": "ObjectCreated:PutObject",
                "eventSource": "acs:oss",
                "eventTime": "2022-08-13T06:45:43.250Z",
                "eventVersion": "1.0",
                "oss": {
                    "bucket": {
                        "arn": "acs:oss:cn-hangzhou:164901546557:photos",
                        "name": "photos",
                        "ownerIdentity": "164901546557",
                        "virtualBucket": "",
                    },
                    "object": {"deltaSize": -2, "eTag": "AABB", "key": "photos/a b+ü%20.jpg", "size": 10},
                    "ossSchemaVersion": "1.0",
                    "ruleId": "rule",
                },
                "region": "cn-hangzhou",
                "requestParameters": {"sourceIPAddress": "127.0.0.1"},
                "responseElements": {"requestId": "62F5"},
                "userIdentity": {"principalId": "1234"},
            }
        ]
    }


def test_an_event_names_who_asked() -> None:
    oss = Oss(State(), ManualClock(), watch=ALL)
    oss.create_bucket(BUCKET)
    oss.put(BUCKET, "a", Content(b"", {}, Origin("REQ", "10.0.0.1", "key-id")))
    (event,) = oss.outbox.waiting()
    assert (event.request_id, event.ip, event.principal) == ("REQ", "10.0.0.1", "key-id")
