"""Names in the bucket: which photo belongs to which route, and where everything about it lies. Pure."""

from __future__ import annotations

import hashlib
import posixpath

PHOTOS, TEMPLATES, PORTRAITS, ERRORS = "photos/", "templates/", "portraits/", "errors/"
OURS = ".cosdrop/"
OPEN, JOBS, SLOT = OURS + "open/", OURS + "jobs/", OURS + "slot/"
TASKS, HELD, POISON, ACCOUNT = OURS + "tasks/", OURS + "held/", OURS + "poison/", OURS + "account/"

SWEEP = OURS + "sweep.json"

DEFAULT_ROUTE = "default"
IMAGE_EXTENSIONS = ("png", "jpg", "jpeg", "webp", "bmp")
PORTRAIT_EXTENSIONS = ("jpg", "png", "webp")
ID_LENGTH = 24
MAX_KEY_BYTES = 1023
"""OSS's limit on a key (help.aliyun.com/zh/oss/developer-reference/putobject), in bytes of UTF-8."""


def is_photo(key: str) -> bool:
    """Whether `key` is something a person dropped: below `photos/` and not a folder."""
    return key.startswith(PHOTOS) and key != PHOTOS and not key.endswith("/")


def route(key: str) -> str:
    """The first folder below `photos/`, which picks template, model and options; `default` when there is none."""
    first, slash, _ = _below(key).partition("/")
    return first if slash else DEFAULT_ROUTE


def is_usable(key: str) -> bool:
    """Whether everything derived from `key` can be named and requested.

    `requests` normalises `a/../b` and `a/./b` in a path, which breaks the signature, and OSS's XML listings cannot
    carry control characters; so such keys are refused before anything is paid.
    """
    if any(c < " " or c == "\x7f" or "\ud800" <= c <= "\udfff" for c in key):
        return False
    odd = any(part in ("", ".", "..") for part in _below(key).split("/"))
    held = marker(f"held.template.{route(key)}", 0.0, "-" * ID_LENGTH)
    longest = max(len(name.encode()) for name in (_error_key(key), portrait_key(key, "webp"), held))
    return not odd and longest <= MAX_KEY_BYTES


def portrait_key(key: str, extension: str) -> str:
    """Where the result of photo `key` lies. The extension is always appended, so no two photos can collide."""
    return f"{PORTRAITS}{_below(key)}.{extension}"


def portrait_stem(key: str) -> str:
    """What every portrait of photo `key` begins with, whatever its extension."""
    return f"{PORTRAITS}{_below(key)}."


def error_key(key: str) -> str:
    """Where the readable error of photo `key` lies; under a hash when the key itself is the trouble."""
    return _error_key(key) if is_usable(key) else f"{ERRORS}{_digest(key)}.json"


def template_stem(name: str) -> str:
    """What the template files of route `name` begin with."""
    return f"{TEMPLATES}{name}."


def job_id(bucket: str, key: str, etag: str) -> str:
    """One version of one photo: the same upload twice is one job, a changed photo is another. 24 hex digits."""
    return _digest(f"{bucket}\n{key}\n{etag}")[:ID_LENGTH]


def job_log(job: str) -> str:
    """The append-only log of a job."""
    return f"{JOBS}{job[:2]}/{job}.log"


def marker(kind: str, at: float, job: str) -> str:
    """The open-job marker: listed in order of `at` (seconds since the epoch) within its kind."""
    return f"{OPEN}{kind}/{round(at * 1000):013d}-{job}"


def marker_job(key: str) -> str:
    """The job that a marker stands for."""
    return posixpath.basename(key).partition("-")[2]


def marker_kind(key: str) -> str:
    """`waiting`, `backfill`, `running`, `finished` or `held.<reason>`."""
    return key[len(OPEN) :].partition("/")[0]


def _below(key: str) -> str:
    return key[len(PHOTOS) :]


def _error_key(key: str) -> str:
    return f"{ERRORS}{_below(key)}.json"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
