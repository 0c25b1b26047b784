"""What kind of picture some bytes are, by their first bytes: neither names nor content types are trusted. Pure."""

from __future__ import annotations

from shared.errors import BadResult

_MAGIC = ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"))
_ENDS = {"jpg": b"\xff\xd9", "png": b"IEND\xaeB`\x82"}


def extension(data: bytes) -> str:
    """`jpg`, `png` or `webp`. Raises BadResult when it is none of them, or is cut off."""
    kind = next((name for magic, name in _MAGIC if data.startswith(magic)), "")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        whole = len(data) >= int.from_bytes(data[4:8], "little") + 8
        kind = "webp" if whole else ""
    elif kind and _ENDS[kind] not in data[-1024:]:
        kind = ""
    if not kind:
        raise BadResult("BadResult", f"{len(data)} bytes that are no whole JPEG, PNG or WebP")
    return kind
