"""What Function Compute hands over. Events are bytes; OSS keys in them are raw, never URL-encoded. Pure.

Source: the FC manual, "formats of event for different triggers".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Dropped:
    """One object that was created."""

    bucket: str
    key: str
    etag: str


def dropped(event: bytes) -> list[Dropped]:
    """The objects that an OSS trigger tells of; what cannot be read is left out."""
    told = _json(event)
    events = told.get("events") if isinstance(told, dict) else None
    return [found for one in events or [] if (found := _one(one)) is not None] if isinstance(events, list) else []


def asks_for_sweep(event: bytes) -> bool:
    """Whether this is a timer's tick at a fifth minute: then `photos/` is compared with the logs.

    The trigger's own time decides, so that no call is needed to find out, and a kick never sweeps.
    """
    told = _json(event)
    time = told.get("triggerTime") if isinstance(told, dict) else None
    return isinstance(time, str) and time[14:16].isdecimal() and int(time[14:16]) % 5 == 0


def _one(told: Any) -> Dropped | None:
    try:
        oss, name = told["oss"], str(told["eventName"])
        found = Dropped(str(oss["bucket"]["name"]), str(oss["object"]["key"]), str(oss["object"].get("eTag", "")))
    except (KeyError, TypeError):
        return None
    # Every part of a multipart upload matches `ObjectCreated:*`; only whole objects are photos.
    return (
        found
        if name.startswith("ObjectCreated:") and not name.endswith(("UploadPart", "InitiateMultipartUpload"))
        else None
    )


def _json(event: bytes) -> Any:
    try:
        return json.loads(event)
    except (ValueError, RecursionError):
        return None
