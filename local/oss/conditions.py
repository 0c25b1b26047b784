"""Which bytes of an object a GET wants, and whether it wants any: Range and the If-* headers.

https://www.alibabacloud.com/help/en/oss/developer-reference/getobject
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from local.oss.errors import OssError
from local.oss.records import Object

CONDITIONAL = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")

_RANGE = re.compile(r"bytes=(\d+-\d*|-\d+)")


def byte_range(header: str, size: int, standard: bool) -> tuple[int, int] | None:
    """First and last byte, inclusive, that a Range header asks of `size` bytes; None for all of them.

    OSS is peculiar: a range that reaches outside the object is answered with the whole object and 200. With
    `x-oss-range-behavior: standard` it is cut at the end, or refused with 416 when it begins behind it.
    """
    match = _RANGE.fullmatch(header.strip())
    if not match:
        return None
    first, _, last = match[1].partition("-")
    start = int(first) if first else size - int(last)
    end = int(last) if first and last else size - 1
    if standard:
        start, end = max(start, 0), min(end, size - 1)
        if start >= size:
            raise OssError(416, "InvalidRange", "The requested range cannot be satisfied.")
    return (start, end) if 0 <= start <= end < size else None


def check(headers: Mapping[str, str], obj: Object, prefix: str = "") -> None:
    """Raise 412 or 304 when the If-* headers (named behind `prefix`) do not want this object."""
    since = _time(headers.get(f"{prefix}if-modified-since"))
    until = _time(headers.get(f"{prefix}if-unmodified-since"))
    modified = int(obj.modified)
    if f"{prefix}if-match" in headers and not _names(headers[f"{prefix}if-match"], obj):
        raise _precondition_failed()
    if until is not None and modified > until:
        raise _precondition_failed()
    if f"{prefix}if-none-match" in headers and _names(headers[f"{prefix}if-none-match"], obj):
        raise _not_modified()
    if since is not None and modified <= since:
        raise _not_modified()


def _names(header: str, obj: Object) -> bool:
    return any(tag.strip().strip('"') in (obj.etag, "*") for tag in header.split(","))


def _time(header: str | None) -> float | None:
    """Seconds; None when there is no date, or none that can be read: OSS then ignores the header."""
    try:
        return parsedate_to_datetime(header).timestamp() if header else None
    except (ValueError, TypeError):
        return None


def _precondition_failed() -> OssError:
    return OssError(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")


def _not_modified() -> OssError:
    return OssError(304, "NotModified", "The object has not been modified.")
