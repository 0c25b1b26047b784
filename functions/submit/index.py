"""OSS event -> the photo's job is recorded, and submitted at once when the slot is free.

Triggered by PutObject, PostObject, CompleteMultipartUpload and CopyObject below `photos/`, at least once per upload.
"""

from __future__ import annotations

from typing import Any

from shared.assemble import open_booth
from shared.booth import Booth
from shared.events import dropped
from shared.intake import take_in


def handler(event: bytes, context: Any) -> dict[str, int]:
    """Entry point of Function Compute. An error raised here makes it deliver the event again, up to three times."""
    return submit(open_booth(context), event)


def submit(booth: Booth, event: bytes) -> dict[str, int]:
    """Take in every photo that the event tells of; one that fails stops no other."""
    photos = [one for one in dropped(event) if one.bucket == booth.bucket]
    if not photos:
        booth.log("ignored", reason="no created object of this bucket in the event", size=len(event))
    trouble: Exception | None = None
    for photo in photos:
        try:
            take_in(booth, photo.key, photo.etag)
        except Exception as error:
            booth.log("trouble", photo=photo.key, kind=type(error).__name__, reason=str(error))
            trouble = trouble or error
    if trouble is not None:
        raise trouble
    return {"photos": len(photos)}
