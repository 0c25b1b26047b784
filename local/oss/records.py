"""What the engine remembers (buckets, objects, uploads), and what a caller hands it."""

from __future__ import annotations

from dataclasses import dataclass, field

NORMAL, APPENDABLE, MULTIPART = "Normal", "Appendable", "Multipart"
"""x-oss-object-type: how the object came to be. Only an Appendable one can be appended to."""


@dataclass(frozen=True)
class Bucket:
    """A bucket; times are seconds since the epoch."""

    name: str
    created: float


@dataclass(frozen=True)
class Object:
    """An object as it is now. `headers` are those it is served with: content-type and the like, and x-oss-meta-*."""

    bucket: str
    key: str
    kind: str
    size: int
    etag: str
    crc64: int
    modified: float
    blob: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Upload:
    """A multipart upload that is neither completed nor aborted."""

    id: str
    bucket: str
    key: str
    initiated: float
    headers: dict[str, str]


@dataclass(frozen=True)
class Part:
    """One part of an upload, numbered 1 to 10,000."""

    upload: str
    number: int
    size: int
    etag: str
    crc64: int
    modified: float
    blob: str


@dataclass(frozen=True)
class Origin:
    """Who asked, as the event of the change will tell it."""

    request_id: str = ""
    ip: str = "127.0.0.1"
    principal: str = ""


NOBODY = Origin()
"""For changes made from inside, without a request."""


@dataclass(frozen=True)
class Content:
    """What a client sends to be stored: the bytes, the headers to keep with them, and who sends it."""

    data: bytes
    headers: dict[str, str] = field(default_factory=dict)
    origin: Origin = NOBODY
