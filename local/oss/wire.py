"""The XML that OSS speaks, both ways, as strictly as oss2 reads it: no namespace, whole seconds written `.000Z`."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from email.utils import formatdate
from urllib.parse import quote

from local.oss.engine import Page
from local.oss.errors import OssError
from local.oss.listing import Query
from local.oss.records import Object

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'

Encoder = Callable[[str], str]
"""How keys are written in an answer."""

OWNER_ID = "0000000000000000"
"""The account that owns everything here."""


def element(name: str, *children: str) -> str:
    """An element with elements in it."""
    return f"<{name}>{''.join(children)}</{name}>"


def text(name: str, value: object) -> str:
    """An element with text in it; booleans are written `true` and `false`."""
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{html.escape(written, quote=False)}</{name}>"


def document(name: str, *children: str) -> bytes:
    """A whole document with the root `name`."""
    return (HEADER + element(name, *children)).encode()


def iso_time(seconds: float) -> str:
    """`2012-02-24T06:07:48.000Z`: oss2 takes no other fraction."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def http_time(seconds: float) -> str:
    """`Fri, 24 Feb 2012 06:07:48 GMT`."""
    return formatdate(seconds, usegmt=True)


def owner() -> str:
    """The owner of whatever it stands in."""
    return element("Owner", text("ID", OWNER_ID), text("DisplayName", OWNER_ID))


def encoder(encoding_type: str) -> Encoder:
    """How to write keys: as they are, or percent-encoded, which carries what XML cannot."""
    return (lambda key: quote(key, safe="")) if encoding_type == "url" else (lambda key: key)


def listing(query: Query, page: Page, encode: Encoder, with_owner: bool = True) -> list[str]:
    """What both versions of the listing have in common."""
    return [
        text("Prefix", encode(query.prefix)),
        text("MaxKeys", query.limit),
        text("Delimiter", encode(query.delimiter)),
        text("IsTruncated", bool(page.next)),
        *(_contents(obj, encode, with_owner) for obj in page.objects),
        *(element("CommonPrefixes", text("Prefix", encode(folder))) for folder in page.folders),
    ]


def _contents(obj: Object, encode: Encoder, with_owner: bool) -> str:
    return element(
        "Contents",
        text("Key", encode(obj.key)),
        text("LastModified", iso_time(obj.modified)),
        text("ETag", f'"{obj.etag}"'),
        text("Type", obj.kind),
        text("Size", obj.size),
        text("StorageClass", "Standard"),
        owner() if with_owner else "",
    )


def error(err: OssError, request_id: str, host: str) -> bytes:
    """The body of an error."""
    return document(
        "Error",
        text("Code", err.code),
        text("Message", err.message),
        text("RequestId", request_id),
        text("HostId", host),
        text("EC", err.ec) if err.ec else "",
    )


def keys_to_delete(body: bytes) -> tuple[list[str], bool]:
    """The keys that a DeleteMultipleObjects names, and whether it wants a quiet answer; MalformedXML."""
    keys = [html.unescape(key) for key in _values(body, "Delete", "Key")]
    if not 0 < len(keys) <= 1000:
        raise _malformed()
    return keys, _values(body, "Delete", "Quiet") == ["true"]


def chosen_parts(body: bytes) -> list[tuple[int, str]]:
    """(number, ETag) of each part that a CompleteMultipartUpload names, in its order; MalformedXML."""
    numbers = _values(body, "CompleteMultipartUpload", "PartNumber")
    etags = [html.unescape(etag).strip('"') for etag in _values(body, "CompleteMultipartUpload", "ETag")]
    if len(numbers) != len(etags) or not all(number.isdecimal() for number in numbers):
        raise _malformed()
    return list(zip(map(int, numbers), etags, strict=True))


def _values(body: bytes, root: str, name: str) -> list[str]:
    """The text of every `name`. By pattern, not by parser: oss2 sends keys with control characters raw."""
    document = body.decode("utf-8", errors="replace").strip()
    if not (f"<{root}" in document and document.endswith(f"</{root}>")):
        raise _malformed()
    return [match[1] for match in re.finditer(rf"<{name}>(.*?)</{name}>", document, re.DOTALL)]


def _malformed() -> OssError:
    return OssError(400, "MalformedXML", "The XML you provided was not well-formed.")
