"""Listing: prefix, delimiter and pages, held against a model that looks at every key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.oss.listing import Page, Query, page

KEYS = sorted(["a", "b/", "b/1", "b/2", "b/c/3", "b0", "c/1", "d", "日/本"])


@pytest.mark.parametrize(
    ("query", "keys", "folders"),
    [
        (Query(), KEYS, []),
        (Query(prefix="b/"), ["b/", "b/1", "b/2", "b/c/3"], []),
        (Query(delimiter="/"), ["a", "b0", "d"], ["b/", "c/", "日/"]),
        (Query(prefix="b/", delimiter="/"), ["b/", "b/1", "b/2"], ["b/c/"]),
        (Query(prefix="b", delimiter="/"), ["b0"], ["b/"]),
        (Query(after="b/2"), ["b/c/3", "b0", "c/1", "d", "日/本"], []),
        (Query(after="b/", delimiter="/"), ["b0", "d"], ["c/", "日/"]),
        (Query(after="b/1", delimiter="/"), ["b0", "d"], ["b/", "c/", "日/"]),
        (Query(prefix="nothing"), [], []),
        (Query(prefix="b/", after="c"), [], []),
    ],
)
def test_a_listing_shows(query: Query, keys: list[str], folders: list[str]) -> None:
    assert page(KEYS, query) == Page(keys, folders, "")


def test_a_full_page_names_its_last_entry_and_the_last_page_none() -> None:
    assert page(KEYS, Query(limit=2)) == Page(["a", "b/"], [], "b/")
    assert page(KEYS, Query(limit=2, delimiter="/")) == Page(["a"], ["b/"], "b/")
    assert page(["a", "b"], Query(limit=2)) == Page(["a", "b"], [], "")


def test_keys_are_in_the_order_of_their_utf_8_bytes() -> None:
    keys = sorted(["\uffff", "\U0001f600", "z", "é"])
    assert keys == sorted(keys, key=str.encode)
    assert page(keys, Query()).keys == keys


names = st.text(alphabet="ab/-", min_size=1, max_size=5)


@given(st.sets(names), st.text(alphabet="ab/", max_size=2), st.sampled_from(["", "/", "-", "b/"]), st.integers(1, 4))
def test_all_pages_together_are_what_the_naive_model_lists(
    keys: set[str], prefix: str, delimiter: str, limit: int
) -> None:
    # Given
    expected = model(keys, prefix, delimiter)
    # When
    shown: list[tuple[str, bool]] = []
    after = ""
    while True:
        found = page(sorted(keys), Query(prefix, delimiter, after, limit))
        shown += sorted([(key, False) for key in found.keys] + [(folder, True) for folder in found.folders])
        if not found.next:
            break
        after = found.next
    # Then
    assert shown == expected


@given(st.sets(names), st.text(alphabet="ab/", max_size=3))
def test_a_listing_begins_strictly_behind_its_marker(keys: set[str], after: str) -> None:
    assert page(sorted(keys), Query(after=after)).keys == sorted(key for key in keys if key > after)


def model(keys: set[str], prefix: str, delimiter: str) -> list[tuple[str, bool]]:
    """Every key looked at: (name, whether it is a folder), sorted."""
    shown = set()
    for key in keys:
        if key.startswith(prefix):
            head, cut, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            shown.add((prefix + head + cut, True) if cut else (key, False))
    return sorted(shown)
