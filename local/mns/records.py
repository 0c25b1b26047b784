"""What the queue service remembers: queues and messages, and the values it takes for their numbers.

Field names are ours, meanings and limits the vendor's (https://help.aliyun.com/zh/mns/developer-reference/createqueue).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from local.mns.errors import MnsError

Properties = Sequence[Sequence[str]]
"""(name, value, type) of each user or system property, as it was sent."""


class Bound(NamedTuple):
    """The whole numbers the service takes for one element, both ends included."""

    element: str
    low: int
    high: int
    unit: str = "seconds"

    def check(self, value: int) -> int:
        """`value` itself, or InvalidArgument when it lies outside."""
        if not self.low <= value <= self.high:
            raise MnsError("InvalidArgument", self.wording())
        return value

    def wording(self) -> str:
        """The vendor's sentence about this limit."""
        return f"The value of {self.element} should between {self.low} and {self.high} {self.unit}."


ATTRIBUTES = {
    "visibility_timeout": Bound("VisibilityTimeout", 1, 43_200),
    "maximum_message_size": Bound("MaximumMessageSize", 1024, 65_536, "bytes"),
    "message_retention_period": Bound("MessageRetentionPeriod", 60, 604_800),
    "delay_seconds": Bound("DelaySeconds", 0, 604_800),
    "polling_wait_seconds": Bound("PollingWaitSeconds", 0, 30),
    "logging_enabled": Bound("LoggingEnabled", 0, 1, "(False, True)"),
}
"""The attributes of a queue that its owner sets, by field of `Queue`."""

VISIBILITY = ATTRIBUTES["visibility_timeout"]
DELAY = ATTRIBUTES["delay_seconds"]
WAIT = Bound("WaitSeconds", 0, 30)
PRIORITY = Bound("Priority", 1, 16, "(1 first)")
BATCH = Bound("NumOfMessages", 1, 16, "messages")
BATCH_SIZE = Bound("Messages", 1, 65_536, "bytes")
LISTED = Bound("x-mns-ret-number", 1, 1000, "queues")
NAME_LENGTH = 120
"""Of a queue; older pages say 256, and what fits the stricter limit works everywhere."""


@dataclass(frozen=True)
class Account:
    """The one account. `logging_bucket`: where the service would put its logs."""

    logging_bucket: str = ""


@dataclass(frozen=True)
class Serial:
    """The last number given to a message, over all queues; never given again, not even after a restart."""

    last: int = 0


@dataclass(frozen=True)
class Queue:
    """A queue. Sizes in bytes, periods in seconds, `created` and `modified` in seconds since the epoch."""

    name: str
    visibility_timeout: int = 30
    maximum_message_size: int = 65_536
    message_retention_period: int = 345_600
    delay_seconds: int = 0
    polling_wait_seconds: int = 0
    logging_enabled: bool = False
    created: int = 0
    modified: int = 0


@dataclass(frozen=True)
class Draft:
    """A message as its sender writes it; `delay_seconds=None` takes the queue's delay."""

    body: str
    delay_seconds: int | None = None
    priority: int = 8
    system_properties: Properties = ()
    user_properties: Properties = ()


@dataclass(frozen=True)
class Message:
    """A message in a queue; times in milliseconds since the epoch, `first_dequeued` 0 until it is received.

    `handles` counts the receipt handles given out for it, and so tells its versions apart.
    """

    id: str
    body: str
    md5: str
    priority: int
    enqueued: int
    visible_at: int
    expires_at: int
    first_dequeued: int = 0
    dequeue_count: int = 0
    handles: int = 0
    system_properties: Properties = ()
    user_properties: Properties = ()

    @property
    def handle(self) -> str:
        """The newest receipt handle: an id and a base64 record, the shape the service itself uses."""
        record = f"{self.dequeue_count} {self.handles} {self.visible_at}"
        return f"{self.id}-{b64encode(record.encode()).decode()}"

    def state(self, now: int) -> str:
        """`active`, `inactive` (received, its handle alive) or `delayed`."""
        if self.visible_at <= now:
            return "active"
        return "inactive" if self.dequeue_count else "delayed"


_HANDLE = re.compile(r"([0-9A-F]{32})-([A-Za-z0-9+/]+={0,2})")


def read_handle(handle: str) -> tuple[str, int]:
    """The message id in a receipt handle, and the `dequeue_count` it was given out at."""
    shape = _HANDLE.fullmatch(handle)
    if shape is None:
        raise MnsError("ReceiptHandleError")
    try:
        dequeue_count, _, _ = map(int, b64decode(shape[2], validate=True).split())
    except ValueError as error:
        raise MnsError("ReceiptHandleError") from error
    return shape[1], dequeue_count
