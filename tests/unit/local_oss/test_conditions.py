"""Range and the If-* headers (https://www.alibabacloud.com/help/en/oss/developer-reference/getobject)."""

from __future__ import annotations

import pytest

from local.oss.conditions import byte_range, check
from local.oss.errors import OssError
from local.oss.records import Object

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "plain", "standard"),
    [
        ("bytes=0-499", (0, 499), (0, 499)),
        ("bytes=500-", (500, 999), (500, 999)),
        ("bytes=-300", (700, 999), (700, 999)),
        ("bytes=999-999", (999, 999), (999, 999)),
        ("bytes=500-1000", None, (500, 999)),
        ("bytes=-1001", None, (0, 999)),
        ("bytes=5-4", None, None),
        ("bytes=0-1,5-6", None, None),
        ("bytes=-", None, None),
        ("0-499", None, None),
        ("", None, None),
    ],
)
def test_a_range_is_cut_only_when_the_standard_behaviour_is_asked_for(
    header: str, plain: tuple[int, int] | None, standard: tuple[int, int] | None
) -> None:
    assert byte_range(header, SIZE, standard=False) == plain
    assert byte_range(header, SIZE, standard=True) == standard


@pytest.mark.parametrize(("header", "size"), [("bytes=1000-", SIZE), ("bytes=-0", SIZE), ("bytes=0-", 0)])
def test_a_range_behind_the_end_is_the_whole_object_or_416(header: str, size: int) -> None:
    assert byte_range(header, size, standard=False) is None
    with pytest.raises(OssError, match="416 InvalidRange"):
        byte_range(header, size, standard=True)


NOON = "Sun, 06 Nov 1994 12:00:00 GMT"
OBJECT = Object("b", "k", "Normal", 1, "AB", 0, 784_123_200.9, "", {})  # modified at NOON, and 0.9 s


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"if-match": '"AB"'}, None),
        ({"if-match": '"CD"'}, 412),
        ({"if-match": "*"}, None),
        ({"if-none-match": '"CD", "AB"'}, 304),
        ({"if-none-match": "CD"}, None),
        ({"if-modified-since": NOON}, 304),
        ({"if-modified-since": "Sun, 06 Nov 1994 11:59:59 GMT"}, None),
        ({"if-modified-since": "never"}, None),
        ({"if-unmodified-since": NOON}, None),
        ({"if-unmodified-since": "Sun, 06 Nov 1994 11:59:59 GMT"}, 412),
    ],
)
def test_a_condition_is_met_or_answered(headers: dict[str, str], status: int | None) -> None:
    if status is None:
        check(headers, OBJECT)
        return
    with pytest.raises(OssError) as info:
        check(headers, OBJECT)
    assert info.value.status == status


def test_the_conditions_of_a_copy_have_a_prefix() -> None:
    headers = {"x-oss-copy-source-if-match": "CD", "if-none-match": "AB"}
    with pytest.raises(OssError, match="PreconditionFailed"):
        check(headers, OBJECT, "x-oss-copy-source-")
