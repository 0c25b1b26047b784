"""Photos as phones and screens make them just work."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.e2e import pictures
from tests.e2e.booth import Booth


@pytest.mark.parametrize(
    ("name", "content"),
    [("phone.jpg", pictures.phone), ("screenshot.png", pictures.screenshot)],
    ids=["phone", "screenshot"],
)
def test_a_photo_that_the_model_would_refuse_is_made_to_fit(booth: Booth, name: str, content: object) -> None:
    assert callable(content)
    photo = booth.put(f"photos/{name}", content())
    with Image.open(io.BytesIO(booth.portrait(photo))) as portrait:
        assert portrait.format == "JPEG" and min(portrait.size) >= 256
    assert booth.endings(photo) == ["done"]


def test_the_phones_photo_is_what_it_says() -> None:
    with Image.open(io.BytesIO(pictures.phone())) as photo:
        assert photo.size == (4032, 3024)
        assert photo.getexif()[pictures.ORIENTATION] == 6


def test_a_portrait_names_what_it_was_made_of(booth: Booth) -> None:
    photo = booth.put("photos/hero/named.jpg")
    booth.portrait(photo)
    headers = booth.bucket.head_object("portraits/hero/named.jpg.jpg").headers
    (task,) = booth.tasks_of(photo)
    (job,) = booth.cosdrop("why", photo, "--json").document["jobs"]
    assert headers["x-oss-meta-job"] == job["job"]
    assert headers["x-oss-meta-task"] == task
    assert headers["x-oss-meta-model"] == "wanx-style-cosplay-v1"
    assert headers["x-oss-meta-photo"] == "photos/hero/named.jpg"
