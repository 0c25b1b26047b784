"""Whatever picture goes in, what DashScope fetches is 256×256 to 5760×3240 and at most 1.8:1."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from local.oss import image
from shared.fit import Look, fit, is_processable, is_within_limits

STEPS = re.compile(
    r"image(?:/crop,w_(?P<cw>\d+),h_(?P<ch>\d+),g_center)?(?:/resize,m_fixed,w_(?P<rw>\d+),h_(?P<rh>\d+),limit_0)?"
    r"/auto-orient,1/format,jpg"
)
SIDES = st.integers(1, 30_000) | st.integers(1, 600) | st.integers(1900, 6000)
LOOKS = st.builds(
    Look,
    width=SIDES,
    height=SIDES,
    format=st.sampled_from(["jpg", "jpeg", "png", "webp", "bmp", "tiff", "heic", "gif"]),
    orientation=st.integers(1, 8),
    size=st.integers(1, 30 * 2**20),
)


def result(look: Look, process: str) -> tuple[int, int]:
    """Width and height of what OSS makes of it, each step by its integers."""
    if not process:
        return look.width, look.height
    steps = STEPS.fullmatch(process)
    assert steps is not None, process
    size = look.width, look.height
    if steps["cw"]:
        # A centred cut larger than the picture is undefined.
        assert int(steps["cw"]) <= look.width
        assert int(steps["ch"]) <= look.height
        size = int(steps["cw"]), int(steps["ch"])
    if steps["rw"]:
        size = int(steps["rw"]), int(steps["rh"])
    return (size[1], size[0]) if look.orientation >= 5 else size


@given(LOOKS)
def test_any_picture_comes_out_within_the_limits(look: Look) -> None:
    width, height = result(look, fit(look))
    short, long = sorted((width, height))
    assert short >= 256
    assert width <= 5760
    assert height <= 3240
    assert long * 5 <= short * 9


@given(LOOKS)
def test_the_ratio_is_kept_but_for_the_crop_and_for_rounding(look: Look) -> None:
    steps = STEPS.fullmatch(fit(look))
    if steps is None or not steps["rw"] or min(look.width, look.height) < 5:
        return
    before = int(steps["cw"] or look.width) / int(steps["ch"] or look.height)
    after = int(steps["rw"]) / int(steps["rh"])
    assert after == pytest.approx(before, rel=0.01)


@given(LOOKS)
def test_only_a_picture_that_needs_nothing_is_sent_as_it_is(look: Look) -> None:
    plain = look.format in ("jpg", "jpeg", "png") and look.orientation == 1 and look.size <= 4 * 2**20
    assert (fit(look) == "") == (plain and is_within_limits(look.width, look.height))


@pytest.mark.parametrize(
    ("look", "process", "size"),
    [
        (Look(1024, 1024, "jpg", 1, 300_000), "", (1024, 1024)),
        (Look(5760, 3240, "png", 1, 300_000), "", (5760, 3240)),
        (
            Look(4032, 3024, "jpg", 6, 3_000_000),  # a phone's portrait: stored lying, shown 3024×4032
            "image/resize,m_fixed,w_2048,h_1536,limit_0/auto-orient,1/format,jpg",
            (1536, 2048),
        ),
        (
            Look(3024, 4032, "jpg", 6, 3_000_000),  # a phone's landscape: stored standing
            "image/resize,m_fixed,w_1536,h_2048,limit_0/auto-orient,1/format,jpg",
            (2048, 1536),
        ),
        (Look(1080, 1920, "png", 1, 900_000), "", (1080, 1920)),  # a 9:16 screenshot
        (
            Look(1170, 2532, "png", 1, 900_000),  # a tall phone's screenshot
            "image/crop,w_1170,h_2106,g_center/resize,m_fixed,w_1138,h_2048,limit_0/auto-orient,1/format,jpg",
            (1138, 2048),
        ),
        (
            Look(171, 95, "jpg", 1, 9000),  # 461×256 would be 1.8008:1
            "image/resize,m_fixed,w_460,h_256,limit_0/auto-orient,1/format,jpg",
            (460, 256),
        ),
        (Look(640, 480, "webp", 1, 9000), "image/auto-orient,1/format,jpg", (640, 480)),
    ],
)
def test_pictures_that_people_have(look: Look, process: str, size: tuple[int, int]) -> None:
    assert fit(look) == process
    assert result(look, process) == size


@pytest.mark.parametrize(
    ("stored", "orientation", "kind", "expected"),
    [
        ((4032, 3024), 6, "JPEG", (1536, 2048)),
        ((3024, 4032), 6, "JPEG", (2048, 1536)),
        ((1080, 1920), 1, "PNG", (1080, 1920)),
        ((2400, 1080), 3, "JPEG", (1944, 1080)),
        ((100, 60), 8, "JPEG", (256, 426)),
        ((30, 1), 1, "PNG", (256, 256)),
        ((500, 900), 5, "WEBP", (900, 500)),
    ],
)
def test_the_local_oss_makes_of_it_what_was_promised(
    stored: tuple[int, int], orientation: int, kind: str, expected: tuple[int, int]
) -> None:
    # Given a real picture, turned by its EXIF
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.new("RGB", stored, "teal").save(out, kind, exif=exif)
    look = Look(*stored, {"JPEG": "jpg"}.get(kind, kind.lower()), orientation, len(out.getvalue()))
    # When it is processed as `fit` says
    process = fit(look)
    data = image.process(out.getvalue(), process)[0] if process else out.getvalue()
    # Then it has the size that was computed, and nothing is left to be turned
    made = Image.open(io.BytesIO(data))
    assert made.size == expected == result(look, process)
    assert is_within_limits(*made.size)
    assert made.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize(
    ("width", "height", "size", "able"),
    [
        (30_000, 8_000, 1, True),
        (30_001, 8_000, 1, False),
        (25_000, 10_000, 1, True),
        (25_000, 10_001, 1, False),
        (1_000, 1_000, 20 * 2**20, True),
        (1_000, 1_000, 20 * 2**20 + 1, False),
        (0, 1_000, 1, False),
    ],
)
def test_what_the_image_processing_cannot_take_is_known_before(width: int, height: int, size: int, able: bool) -> None:
    assert is_processable(Look(width, height, "jpg", 1, size)) is able
