from __future__ import annotations

from pathlib import Path

import pytest

from local.fc.expressions import StackFileError
from local.fc.functions import Function, OssTrigger
from local.fc.triggers import overlap, refuse_conflicts

PUT, POST, ANY = "oss:ObjectCreated:PutObject", "oss:ObjectCreated:PostObject", "oss:ObjectCreated:*"


def rule(*events: str, prefix: str = "", suffix: str = "", bucket: str = "pics", name: str = "t") -> OssTrigger:
    return OssTrigger(name, bucket, events, prefix, suffix)


OVERLAPS = [
    (rule(PUT), rule(PUT), True),
    (rule(PUT), rule(POST), False),
    (rule(PUT, POST), rule(POST), True),
    (rule(PUT), rule(ANY), True),
    (rule("oss:ObjectRemoved:DeleteObject"), rule(ANY), False),
    (rule(PUT, prefix="photos/"), rule(PUT, prefix="portraits/"), False),
    (rule(PUT, prefix="photos/"), rule(PUT, prefix="photos/2026/"), True),
    (rule(PUT, prefix="photos/"), rule(PUT), True),
    (rule(PUT, suffix=".jpg"), rule(PUT, suffix=".png"), False),
    (rule(PUT, suffix="g"), rule(PUT, suffix=".png"), True),
    (rule(PUT, prefix="photos/", suffix=".jpg"), rule(PUT, prefix="photos/", suffix=".png"), False),
]


@pytest.mark.parametrize(("one", "other", "overlapping"), OVERLAPS)
def test_rules_overlap_in_events_and_prefixes_and_suffixes_or_not_at_all(
    one: OssTrigger, other: OssTrigger, overlapping: bool
) -> None:
    assert (overlap(one, other), overlap(other, one)) == (overlapping, overlapping)


def functions(*rules: OssTrigger) -> list[Function]:
    return [Function(f"f{number}", Path("/code"), oss_triggers=(one,)) for number, one in enumerate(rules)]


def test_rules_of_two_functions_that_overlap_are_refused_by_name() -> None:
    with pytest.raises(StackFileError, match="f0/one and f1/two overlap"):
        refuse_conflicts(functions(rule(PUT, name="one"), rule(ANY, name="two")))


def test_rules_of_two_buckets_never_conflict() -> None:
    refuse_conflicts(functions(rule(PUT, bucket="a"), rule(PUT, bucket="b")))


@pytest.mark.parametrize(("count", "allowed"), [(10, True), (11, False)])
def test_a_bucket_has_ten_rules_at_most(count: int, allowed: bool) -> None:
    rules = functions(*(rule(PUT, prefix=f"{number:02}/") for number in range(count)))
    if allowed:
        refuse_conflicts(rules)
    else:
        with pytest.raises(StackFileError, match="pics has 11 OSS triggers"):
            refuse_conflicts(rules)
