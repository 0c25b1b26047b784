"""Which keys of a bucket one LIST shows: prefix, delimiter, paging. Works on sorted keys, never scans what it skips.

Python orders str by code point, which is the order of their UTF-8 bytes: the order OSS lists in.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice


@dataclass(frozen=True)
class Query:
    """What is asked for: at most `limit` keys and folders behind `after`, which is a key or a folder."""

    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    limit: int = 100


@dataclass(frozen=True)
class Page:
    """Keys, and folders (CommonPrefixes: keys cut behind the delimiter). `next` is "" on the last page."""

    keys: list[str]
    folders: list[str]
    next: str


def page(keys: Sequence[str], query: Query) -> Page:
    """The page of `keys`, which are sorted, that `query` asks for."""
    walk = _walk(keys, query)
    shown = list(islice(walk, query.limit))
    more = next(walk, None) is not None
    return Page(
        keys=[entry for entry, folder in shown if not folder],
        folders=[entry for entry, folder in shown if folder],
        next=shown[-1][0] if shown and more else "",
    )


def _walk(keys: Sequence[str], query: Query) -> Iterator[tuple[str, bool]]:
    at = _start(keys, query)
    while at < len(keys) and keys[at].startswith(query.prefix):
        folder = _folder(keys[at], query)
        yield folder or keys[at], bool(folder)
        at = _behind(keys, folder, at) if folder else at + 1


def _start(keys: Sequence[str], query: Query) -> int:
    if query.after and query.after == _folder(query.after, query):
        return _behind(keys, query.after, 0)  # a folder was the last entry shown: nothing in it comes again
    return max(bisect_right(keys, query.after), bisect_left(keys, query.prefix))


def _folder(key: str, query: Query) -> str:
    """The folder that `key` is shown as, or "" when it is shown itself."""
    if not query.delimiter or not key.startswith(query.prefix):
        return ""
    cut = key.find(query.delimiter, len(query.prefix))
    return key[: cut + len(query.delimiter)] if cut >= 0 else ""


def _behind(keys: Sequence[str], folder: str, start: int) -> int:
    return bisect_right(keys, folder, lo=start, key=lambda key: key[: len(folder)])
