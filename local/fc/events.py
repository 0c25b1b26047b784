"""What Function Compute hands to a function that it calls by itself, and which OSS events it calls for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import Any

from local.fc.functions import OssTrigger, Timer


def timer_payload(timer: Timer, at: float) -> bytes:
    """The event of a timer trigger that fired for the moment `at`, whole seconds in UTC."""
    return _encode({"triggerTime": _utc(at, "seconds"), "triggerName": timer.name, "payload": timer.payload})


def oss_payload(event: Mapping[str, Any]) -> bytes:
    """The event of an OSS trigger: always a list, in practice of one."""
    return _encode({"events": [event]})


def destination_payload(
    *, request: Mapping[str, Any], error: str, received: bytes, answered: bytes, at: float
) -> bytes:
    """What a destination is told of a finished invocation; `request` is its `requestContext` but for the condition.

    See https://www.alibabacloud.com/help/en/fc/user-guide/result-callback; both payloads are texts there.
    """
    return _encode(
        {
            "timestamp": _utc(at, "milliseconds"),
            "requestContext": {**request, "condition": error},
            "requestPayload": received.decode("utf-8", "replace"),
            "responseContext": {"statusCode": 200, "functionError": error},
            "responsePayload": answered.decode("utf-8", "replace"),
        }
    )


def matches(trigger: OssTrigger, event: Mapping[str, Any]) -> bool:
    """Does `trigger` want this element of `events`? Trigger rules say `oss:`, payloads do not."""
    bucket, key = event["oss"]["bucket"]["name"], event["oss"]["object"]["key"]
    return (
        bucket == trigger.bucket
        and any(fnmatchcase(f"oss:{event['eventName']}", wanted) for wanted in trigger.events)
        and key.startswith(trigger.prefix)
        and key.endswith(trigger.suffix)
    )


def _encode(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _utc(moment: float, precision: str) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec=precision).replace("+00:00", "Z")
