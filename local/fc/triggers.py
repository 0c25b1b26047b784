"""The triggers of an s.yaml, and which OSS triggers the service would refuse beside one another.

Two rules of a bucket conflict when their events, their prefixes and their suffixes all overlap, since one event would
then have two receivers (github.com/devsapp/fc3, docs/zh/yaml/triggers.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

from local.fc.cron import schedule
from local.fc.expressions import StackFileError
from local.fc.functions import Function, OssTrigger, Timer

MOST_PER_BUCKET = 10


def timer(declared: Mapping[str, Any]) -> Timer:
    """The timer that s.yaml declares. Raises KeyError for what is missing, ValueError for a bad expression."""
    config = declared["triggerConfig"]
    schedule(config["cronExpression"])
    name, payload = declared["triggerName"], config.get("payload", "")
    return Timer(name, config["cronExpression"], payload, bool(config["enable"]))


def oss(declared: Mapping[str, Any]) -> OssTrigger:
    """The OSS trigger that s.yaml declares. Raises KeyError for what is missing, ValueError for a bad prefix."""
    config, bucket = declared["triggerConfig"], declared["sourceArn"].rpartition(":")[2]
    key = config["filter"]["key"]
    if key["prefix"].startswith("/"):
        raise ValueError(f"prefix {key['prefix']!r} starts with a slash, as no key does")
    return OssTrigger(declared["triggerName"], bucket, tuple(config["events"]), key["prefix"], key["suffix"])


def refuse_conflicts(functions: Iterable[Function]) -> None:
    """Raises StackFileError for OSS triggers that the service would refuse, naming them."""
    named = [
        (f"{function.name}/{trigger.name}", trigger) for function in functions for trigger in function.oss_triggers
    ]
    for bucket in {trigger.bucket for _, trigger in named}:
        here = [(name, trigger) for name, trigger in named if trigger.bucket == bucket]
        if len(here) > MOST_PER_BUCKET:
            raise StackFileError(f"bucket {bucket} has {len(here)} OSS triggers; {MOST_PER_BUCKET} are allowed")
        for (one, first), (other, second) in combinations(here, 2):
            if overlap(first, second):
                raise StackFileError(f"OSS triggers {one} and {other} overlap in events, prefix and suffix")


def overlap(one: OssTrigger, other: OssTrigger) -> bool:
    """Could one event of their bucket be wanted by both?"""
    return (
        any(fnmatchcase(a, b) or fnmatchcase(b, a) for a in one.events for b in other.events)
        and (one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix))
        and (one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix))
    )
