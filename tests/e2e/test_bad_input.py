"""Whatever lands in bucket, trigger and queue: it ends readably, is logged once, and disturbs nothing else."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import Any

import pytest

from tests.e2e import pictures
from tests.e2e.booth import Booth
from tests.e2e.command import eventually

ODD_NAMES = {
    "spaces": "my holiday  photo .jpg",
    "percent": "100%41 %zz.jpg",
    "plus": "you+me.jpg",
    "emoji": "👩‍🚀 \U0001f468\u200d\U0001f469\u200d\U0001f467.jpg",
    "chinese": "爱丽丝 与宇航员.jpg",
    "signs": "a&b=c?d#e;f'g\"h<i>|\\~:@!$*(),[]{}^`.jpg",
    "long": "x" * (1000 - len("photos/.jpg")) + ".jpg",
}


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
def test_a_photo_with_an_odd_name_becomes_a_portrait_of_that_name(booth: Booth, name: str) -> None:
    photo = booth.put(f"photos/{name}")
    assert booth.portrait(photo).startswith(b"\xff\xd8")
    assert booth.endings(photo) == ["done"]
    assert booth.read(f"errors/{name}.json") is None


def test_the_long_name_is_a_thousand_bytes() -> None:
    assert len(f"photos/{ODD_NAMES['long']}".encode()) == 1000


UNREADABLE = {
    "text": (b"just words", "NotAnImage"),
    "nothing": (b"", "EmptyFile"),
    "half-a-picture": (pictures.face()[:200], "NotAnImage"),
    "web-page": (b"<html><body><img></body></html>", "NotAnImage"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_picture_is_refused_before_anything_is_bought(booth: Booth, name: str) -> None:
    content, code = UNREADABLE[name]
    photo = booth.put(f"photos/{name}.jpg", content)
    error = booth.error(photo)
    assert (error["code"], error["final"]) == (code, True)
    assert error["en"] and error["zh"] and error["todo_en"] and error["todo_zh"]
    eventually(lambda: booth.endings(photo) == ["refused"])
    assert booth.tasks_of(photo) == []


@pytest.mark.parametrize(
    "photo", ["photos/a/../b.jpg", "photos/a//b.jpg", "photos/./a.jpg", "photos/" + "y" * 1012 + ".jpg"], ids=ascii
)
def test_a_key_that_cannot_be_used_is_refused_under_a_hashed_name(booth: Booth, photo: str) -> None:
    """`requests` would normalise some of these, so OSS is made to tell of them as it tells of any upload."""
    booth.invoke("submit", json.dumps({"events": [created(booth, photo)]}).encode())
    error = json.loads(booth.content(f"errors/{hashlib.sha256(photo.encode()).hexdigest()}.json"))
    assert (error["code"], error["final"]) == ("BadKey", True)
    assert "too long, or contains '..'" in error["en"]
    assert booth.events(photo) == ["refused"]
    told = booth.cosdrop("why", photo)
    assert told.code == 0 and "Give the photo a shorter, plainer name" in told.err


def test_a_folder_is_not_a_photo(booth: Booth) -> None:
    booth.put("photos/album/", b"")
    eventually(lambda: booth.events("photos/album/"))
    assert booth.events("photos/album/") == ["ignored"]
    assert booth.keys("errors/album") == []


def test_a_photo_that_was_deleted_before_its_turn_is_let_go(booth: Booth) -> None:
    # Given a photo that waits while another one's task runs
    booth.next_task_takes(2)
    first = booth.put("photos/before-the-deleted.jpg")
    eventually(lambda: "submitted" in booth.events(first))
    gone = booth.put("photos/deleted.jpg")
    eventually(lambda: "opened" in booth.events(gone))
    # When it is deleted
    booth.bucket.delete_object(gone)
    # Then it ends without a word, and the other as it would have
    booth.portrait(first)
    eventually(lambda: booth.endings(gone))
    assert booth.endings(gone) == ["withdrawn"]
    assert [booth.read("portraits/deleted.jpg.jpg"), booth.read("errors/deleted.jpg.json")] == [None, None]


def test_the_event_of_a_photo_that_is_gone_is_ignored(booth: Booth) -> None:
    booth.invoke("submit", json.dumps({"events": [created(booth, "photos/never-there.jpg")]}).encode())
    assert booth.events("photos/never-there.jpg") == ["ignored"]


def test_a_route_without_a_template_is_held_with_a_note_until_one_is_put(booth: Booth) -> None:
    # Given
    photo = booth.put("photos/pirate/me.jpg")
    note = booth.error(photo)
    assert (note["code"], note["final"]) == ("NoTemplate", False)
    assert "templates/pirate.png" in note["todo_en"] and "templates/pirate.png" in note["todo_zh"]
    eventually(lambda: "held" in booth.events(photo))
    assert booth.events(photo).count("held") == 1
    # When
    booth.bucket.put_object("templates/pirate.png", booth.content("templates/hero.png"))
    booth.tick()
    # Then
    assert booth.portrait(photo)
    assert booth.read("errors/pirate/me.jpg.json") is None


# --- events


def created(booth: Booth, key: str, bucket: str = "") -> dict[str, Any]:
    """One element of `events` as an OSS trigger delivers it."""
    return {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "oss": {"bucket": {"name": bucket or booth.endpoints["bucket"]}, "object": {"key": key, "eTag": "0" * 32}},
    }


JUNK = [
    b"",
    b"\xff\xfe\x00junk",
    b"null",
    b"[]",
    b'"events"',
    b'{"events": 5}',
    b'{"events": [null, 1, {}, {"eventName": "ObjectCreated:PutObject", "oss": "?"}]}',
    b'{"triggerName": "every-minute", "payload": "tick"}',
    b"[" * 60_000,
]


@pytest.mark.parametrize("payload", JUNK, ids=lambda payload: ascii(payload)[:30])
def test_an_event_that_cannot_be_read_is_logged_once_and_forgotten(booth: Booth, payload: bytes) -> None:
    answer = booth.invoke("submit", payload)
    assert json.loads(answer.data) == {"photos": 0}
    assert "x-fc-error-type" not in {name.lower() for name in answer.headers}
    assert logged(booth, answer) == ["ignored"]


@pytest.mark.parametrize("key", ["templates/x.png", "portraits/x.jpg", "photos", "photos/", ".cosdrop/x"])
def test_events_of_other_places_are_ignored(booth: Booth, key: str) -> None:
    answer = booth.invoke("submit", json.dumps({"events": [created(booth, key)]}).encode())
    assert logged(booth, answer) == ["ignored"]


def test_an_event_of_another_bucket_is_ignored(booth: Booth) -> None:
    answer = booth.invoke("submit", json.dumps({"events": [created(booth, "photos/x.jpg", "another")]}).encode())
    assert logged(booth, answer) == ["ignored"]


def test_a_deletion_and_a_part_of_an_upload_are_no_drops(booth: Booth) -> None:
    names = ("ObjectRemoved:DeleteObject", "ObjectCreated:UploadPart")
    events = [created(booth, "photos/x.jpg") | {"eventName": name} for name in names]
    answer = booth.invoke("submit", json.dumps({"events": events}).encode())
    assert logged(booth, answer) == ["ignored"]


def logged(booth: Booth, answer: Any) -> list[str]:
    """What an invocation logged."""
    (request_id,) = (value for name, value in answer.headers.items() if name.lower() == "x-fc-request-id")
    eventually(lambda: any(line.get("request_id") == request_id for line in booth.log))
    return [line["event"] for line in booth.log if line.get("request_id") == request_id]


# --- messages


def test_messages_of_others_are_kept_aside_and_the_queue_goes_on(booth: Booth) -> None:
    # Given messages of five kinds that are none of ours
    before = set(booth.keys(".cosdrop/poison/"))
    binary = b64encode(b"\xff\x00\xfe binary").decode()
    for body in ("plain words", "!! no base64 !!", binary):
        booth.send_raw(body)
    booth.send('{"another": "program"}')
    booth.send("text in base64")
    # When the poller comes by, and a photo is dropped
    photo = booth.put("photos/among-strangers.jpg")
    assert booth.portrait(photo)

    # Then each lies aside as it was, was logged once, and is gone from the queue
    def kept() -> list[str]:
        return sorted(set(booth.keys(".cosdrop/poison/")) - before)

    eventually(lambda: len(kept()) == 5)
    bodies = {booth.content(key) for key in kept()}
    assert bodies == {b"plain words", b"!! no base64 !!", binary.encode(), b'{"another": "program"}', b"text in base64"}
    assert (
        sorted(line["kept"] for line in booth.log if line["event"] == "poison" and line["kept"] not in before) == kept()
    )
    booth.tick()
    eventually(lambda: booth.messages() == 0)


def test_nothing_that_was_bad_broke_a_function(booth: Booth) -> None:
    # Given some of each kind
    booth.put("photos/worst.jpg", b"no picture")
    booth.invoke("submit", b"junk")
    booth.error("photos/worst.jpg")
    # Then no invocation of this stack has failed
    text = (booth.data / "logs" / "fc.log").read_text()
    assert "Traceback" not in text and "UnhandledInvocationError" not in text
    assert not [line for line in booth.log if line["event"] in ("trouble", "away")]
