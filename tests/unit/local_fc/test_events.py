from __future__ import annotations

import json
from typing import Any

import pytest

from local.fc.events import destination_payload, matches, oss_payload, timer_payload
from local.fc.functions import OssTrigger, Timer


def event(name: str = "ObjectCreated:PutObject", bucket: str = "pics", key: str = "photos/a.jpg") -> dict[str, Any]:
    return {"eventName": name, "oss": {"bucket": {"name": bucket}, "object": {"key": key}}}


def test_a_timer_tells_its_moment_its_name_and_its_payload() -> None:
    told = json.loads(timer_payload(Timer("tick", "0 * * * * *", "go"), 1_700_000_040.0))
    assert told == {"triggerTime": "2023-11-14T22:14:00Z", "triggerName": "tick", "payload": "go"}


def test_an_oss_event_passes_through_in_a_list_of_its_own() -> None:
    assert json.loads(oss_payload(event(key="photos/小明+%.jpg"))) == {"events": [event(key="photos/小明+%.jpg")]}


def test_a_destination_is_told_of_request_and_response_in_texts() -> None:
    told = destination_payload(
        request={"requestId": "1-2", "functionArn": "acs:fc:r:1:functions/f", "approximateInvokeCount": 2},
        error="UnhandledInvocationError",
        received=b'{"n": 1}',
        answered="错".encode(),
        at=1_700_000_000.5,
    )
    assert json.loads(told) == {
        "timestamp": "2023-11-14T22:13:20.500Z",
        "requestContext": {
            "requestId": "1-2",
            "functionArn": "acs:fc:r:1:functions/f",
            "approximateInvokeCount": 2,
            "condition": "UnhandledInvocationError",
        },
        "requestPayload": '{"n": 1}',
        "responseContext": {"statusCode": 200, "functionError": "UnhandledInvocationError"},
        "responsePayload": "错",
    }


PUT = ("oss:ObjectCreated:PutObject",)
RULES = [
    # trigger, event, wanted
    (OssTrigger("t", "pics", PUT, "photos/"), event(), True),
    (OssTrigger("t", "pics", PUT, "photos/", ".jpg"), event(), True),
    (OssTrigger("t", "pics", PUT, "photos/", ".png"), event(), False),
    (OssTrigger("t", "pics", PUT, "portraits/"), event(), False),
    (OssTrigger("t", "other", PUT), event(), False),
    (OssTrigger("t", "pics", PUT), event("ObjectCreated:CopyObject"), False),
    (OssTrigger("t", "pics", ("oss:ObjectCreated:*",)), event("ObjectCreated:UploadPart"), True),
    (OssTrigger("t", "pics", ("oss:ObjectCreated:*",)), event("ObjectRemoved:DeleteObject"), False),
]


@pytest.mark.parametrize(("trigger", "told", "wanted"), RULES)
def test_a_trigger_wants_what_its_rule_says(trigger: OssTrigger, told: dict[str, Any], wanted: bool) -> None:
    assert matches(trigger, told) is wanted
