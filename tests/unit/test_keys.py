"""Names in the bucket: odd keys, long keys, and that no two photos ever meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import keys

SEGMENTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=12)
PHOTOS = st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda parts: keys.PHOTOS + "/".join(parts))


@pytest.mark.parametrize(
    ("key", "route", "portrait"),
    [
        ("photos/a.jpg", "default", "portraits/a.jpg.png"),
        ("photos/hero/a.jpg", "hero", "portraits/hero/a.jpg.png"),
        ("photos/hero/2024/a.jpg", "hero", "portraits/hero/2024/a.jpg.png"),
        ("photos/no extension", "default", "portraits/no extension.png"),
        ("photos/100%+1 = a&b?#.jpg", "default", "portraits/100%+1 = a&b?#.jpg.png"),
        ("photos/👩‍👩‍👧‍👦/👩🏽‍🚀.png", "👩‍👩‍👧‍👦", "portraits/👩‍👩‍👧‍👦/👩🏽‍🚀.png.png"),
        ("photos/英雄/我的 照片.jpg", "英雄", "portraits/英雄/我的 照片.jpg.png"),
        ("photos/a..b/c...jpg", "a..b", "portraits/a..b/c...jpg.png"),
        ("photos/.hidden", "default", "portraits/.hidden.png"),
        ("photos/photos/a.jpg", "photos", "portraits/photos/a.jpg.png"),
    ],
)
def test_an_odd_name_is_kept_as_it_is(key: str, route: str, portrait: str) -> None:
    assert keys.is_photo(key)
    assert keys.is_usable(key)
    assert keys.route(key) == route
    assert keys.portrait_key(key, "png") == portrait
    assert portrait.startswith(keys.portrait_stem(key))
    assert keys.error_key(key) == f"errors/{key[len('photos/') :]}.json"


@pytest.mark.parametrize("key", ["photos/", "photos/hero/", "photos", "photo/a.jpg", "portraits/a.jpg", "", "Photos/a"])
def test_folders_and_other_prefixes_are_no_photos(key: str) -> None:
    assert not keys.is_photo(key)


@pytest.mark.parametrize(
    "key",
    [
        "photos/../a.jpg",
        "photos/hero/../../a.jpg",
        "photos/hero/..",
        "photos/./a.jpg",
        "photos//a.jpg",
        "photos/hero//a.jpg",
        "photos/a\nb.jpg",
        "photos/a\x00b.jpg",
        "photos/a\x7fb.jpg",
        "photos/tab\there.jpg",
        "photos/half an emoji \ud83d.jpg",
    ],
)
def test_a_name_that_cannot_be_requested_is_refused_under_a_hash(key: str) -> None:
    assert keys.is_photo(key)
    assert not keys.is_usable(key)
    error = keys.error_key(key)
    assert error.startswith("errors/")
    assert error.isascii()
    assert len(error) == len("errors/") + 64 + len(".json")


@pytest.mark.parametrize(
    ("before", "letter", "after", "room"),
    [
        ("", "a", "", 1023 - len("portraits/.webp")),  # the portrait's name is the longest
        ("", "照", "", (1023 - len("portraits/.webp")) // 3),
        ("hero/", "a", "", 1023 - len("portraits/hero/.webp")),
        # A long route is longest in the marker of a held job: .cosdrop/open/held.template.<route>/<time>-<job>
        ("", "a", "/b", 1023 - len(".cosdrop/open/held.template./") - 13 - 1 - 24),
    ],
)
def test_a_name_is_refused_when_anything_derived_from_it_is_too_long(
    before: str, letter: str, after: str, room: int
) -> None:
    assert keys.is_usable(f"photos/{before}{letter * room}{after}")
    assert not keys.is_usable(f"photos/{before}{letter * (room + 1)}{after}")


def test_a_key_of_a_thousand_bytes_is_usable() -> None:
    key = "photos/" + "a" * 993
    assert len(key) == 1000
    assert keys.is_usable(key)


@given(PHOTOS, PHOTOS)
def test_no_two_photos_share_anything(one: str, other: str) -> None:
    def places(key: str) -> set[str]:
        portraits = {keys.portrait_key(key, extension) for extension in keys.PORTRAIT_EXTENSIONS}
        return {*portraits, keys.error_key(key), keys.job_log(keys.job_id("booth", key, "E"))}

    assert one == other or not places(one) & places(other)


@given(PHOTOS)
def test_everything_derived_from_a_usable_key_is_a_legal_key(key: str) -> None:
    marker = keys.marker(f"held.template.{keys.route(key)}", 1_700_000_000, keys.job_id("booth", key, "E"))
    derived = [keys.portrait_key(key, "webp"), keys.error_key(key), marker]
    assert not keys.is_usable(key) or all(len(name.encode()) <= keys.MAX_KEY_BYTES for name in derived)


def test_the_same_upload_is_one_job_and_any_change_another() -> None:
    ids = {
        keys.job_id("booth", "photos/a.jpg", "E1"),
        keys.job_id("booth", "photos/a.jpg", "E2"),
        keys.job_id("booth", "photos/b.jpg", "E1"),
        keys.job_id("other", "photos/a.jpg", "E1"),
        keys.job_id("booth", "photos/a.jpg", "E1"),
    }
    assert len(ids) == 4
    assert all(len(job) == 24 and set(job) <= set("0123456789abcdef") for job in ids)


@given(st.floats(0, 4e9), st.floats(0, 4e9))
def test_markers_are_listed_in_order_of_their_time(one: float, other: float) -> None:
    earlier, later = (keys.marker("waiting", at, "0" * 24) for at in sorted((one, other)))
    assert earlier <= later


@pytest.mark.parametrize("kind", ["waiting", "running", "finished", "held.account", "held.template.a.b", "held.模型"])
def test_a_marker_tells_its_kind_and_its_job(kind: str) -> None:
    marker = keys.marker(kind, 1_700_000_000.25, "0123456789abcdef01234567")
    assert keys.marker_kind(marker) == kind
    assert keys.marker_job(marker) == "0123456789abcdef01234567"
