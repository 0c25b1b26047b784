"""Events: what OSS tells Function Compute when an object changes, and which of them somebody wants to hear.

Payload: https://www.alibabacloud.com/help/en/functioncompute/fc/formats-of-event-for-different-triggers-1
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from local.clock import Clock
from local.oss.records import Object, Origin
from local.state import State


@dataclass(frozen=True)
class Event:
    """One change of one object. `id` orders events and names them in the outbox; it is not part of the payload.

    `name` is like `ObjectCreated:PutObject`; `key` is raw, not URL-encoded; `delta` is new size less old size.
    """

    id: str
    name: str
    time: float
    bucket: str
    key: str
    size: int
    delta: int
    etag: str
    request_id: str
    ip: str
    principal: str


@dataclass(frozen=True)
class Rule:
    """A notification rule, as an OSS trigger of Function Compute has one.

    `names` are written as in its configuration: `oss:ObjectCreated:PutObject`, or `oss:ObjectCreated:*` which matches
    every part of a multipart upload too. One prefix and one suffix, "" for any.
    """

    id: str
    bucket: str
    names: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""

    def __call__(self, event: Event) -> bool:
        """Whether `event` is to be delivered."""
        return (
            event.bucket == self.bucket
            and event.key.startswith(self.prefix)
            and event.key.endswith(self.suffix)
            and any(fnmatchcase(f"oss:{event.name}", name) for name in self.names)
        )


class Outbox:
    """Events that wait for delivery. They are committed with the change that caused them, so a kill loses neither."""

    def __init__(
        self, state: State, clock: Clock, watch: Callable[[Event], bool], on_event: Callable[[Event], None]
    ) -> None:
        self._clock, self._watch, self._on_event = clock, watch, on_event
        self._waiting = state.table("outbox", Event)
        self._last = max((int(id) for id in self._waiting), default=0)

    def tell(self, name: str, obj: Object, delta: int, origin: Origin) -> None:
        """Tell `on_event` that `name` happened to `obj`, and keep the event when `watch` wants it."""
        self._last += 1
        event = Event(
            id=f"{self._last:012d}",
            name=name,
            time=self._clock.now(),
            bucket=obj.bucket,
            key=obj.key,
            size=obj.size,
            delta=delta,
            etag=obj.etag,
            request_id=origin.request_id,
            ip=origin.ip,
            principal=origin.principal,
        )
        if self._watch(event):
            self._waiting[event.id] = event
        self._on_event(event)

    def waiting(self) -> list[Event]:
        """Events still to be delivered, oldest first."""
        return [self._waiting[id] for id in sorted(self._waiting)]

    def delivered(self, event_id: str) -> None:
        """Forget an event; the caller commits."""
        self._waiting.pop(event_id, None)


def event_json(event: Event, *, rule_id: str, region: str, owner: str) -> dict[str, Any]:
    """The payload of the invocation: `{"events": [...]}`. `region` is like `cn-hangzhou`, `owner` the account's uid."""
    return {
        "events": [
            {
                "eventName": event.name,
                "eventSource": "acs:oss",
                "eventTime": _milliseconds(event.time),
                "eventVersion": "1.0",
                "oss": {
                    "bucket": {
                        "arn": f"acs:oss:{region}:{owner}:{event.bucket}",
                        "name": event.bucket,
                        "ownerIdentity": owner,
                        "virtualBucket": "",
                    },
                    "object": {
                        "deltaSize": event.delta,
                        "eTag": event.etag,
                        "key": event.key,
                        "size": event.size,
                    },
                    "ossSchemaVersion": "1.0",
                    "ruleId": rule_id,
                },
                "region": region,
                "requestParameters": {"sourceIPAddress": event.ip},
                "responseElements": {"requestId": event.request_id},
                "userIdentity": {"principalId": event.principal},
            }
        ]
    }


def _milliseconds(seconds: float) -> str:
    whole, thousandths = divmod(int(seconds * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{thousandths:03d}Z"
