"""IMG: what comes out of a picture, by its size, its colours and its format."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from local.oss.errors import OssError
from local.oss.image import process

ORIENTATION = 0x0112
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def picture(width: int, height: int, *, orientation: int = 1, format: str = "JPEG", mode: str = "RGB") -> bytes:
    """Left half red, right half blue (in a see-through mode: nothing at all)."""
    image = Image.new(mode, (width, height))
    if mode == "RGB":
        image.paste(RED, (0, 0, width // 2, height))
        image.paste(BLUE, (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    out = io.BytesIO()
    image.save(out, format, exif=exif, **({"quality": 95, "subsampling": 0} if format == "JPEG" else {}))
    return out.getvalue()


def made(data: bytes, actions: str) -> Image.Image:
    return Image.open(io.BytesIO(process(data, f"image/{actions}")[0]))


def colour(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    """The pixel, rounded to full or none: JPEG is never exact."""
    pixel = image.convert("RGB").getpixel((x, y))
    assert isinstance(pixel, tuple)
    return tuple(255 if channel > 127 else 0 for channel in pixel)


def refused(data: bytes, actions: str) -> tuple[int, str]:
    with pytest.raises(OssError) as info:
        process(data, f"image/{actions}")
    return info.value.status, info.value.code


@pytest.mark.parametrize(
    ("action", "size"),
    [
        ("resize,w_200", (200, 100)),
        ("resize,h_50", (100, 50)),
        ("resize,w_100,h_100", (100, 50)),
        ("resize,m_lfit,w_100,h_100", (100, 50)),
        ("resize,m_mfit,w_100,h_100", (200, 100)),
        ("resize,m_fill,w_100,h_100", (100, 100)),
        ("resize,m_pad,w_100,h_100", (100, 100)),
        ("resize,m_fixed,w_100,h_100", (100, 100)),
        ("resize,l_100", (100, 50)),
        ("resize,s_100", (200, 100)),
        ("resize,p_25", (100, 50)),
        ("resize,w_100,l_10", (100, 50)),
        ("resize,w_800", (400, 200)),
        ("resize,w_800,limit_1", (400, 200)),
        ("resize,w_800,limit_0", (800, 400)),
        ("resize,m_pad,w_500,h_500,limit_0", (500, 500)),
        ("resize,m_fixed,w_100,h_300", (400, 200)),
        ("crop,w_100,h_50", (100, 50)),
        ("crop,x_300", (100, 200)),
        ("crop,x_350,y_150,w_100,h_100", (50, 50)),
        ("crop,w_1000,h_1000,g_center", (400, 200)),
        ("crop,g_se,w_100,h_100", (100, 100)),
    ],
)
def test_a_400_by_200_picture_becomes(action: str, size: tuple[int, int]) -> None:
    assert made(picture(400, 200), action).size == size


def test_lfit_and_mfit_round_and_so_bend_the_ratio() -> None:
    """Why cosdrop computes whole sides itself and asks for m_fixed: 171 by 95 is 1.8, 461 by 256 is not."""
    assert made(picture(171, 95), "resize,m_mfit,w_256,h_256,limit_0").size == (461, 256)


def test_pad_puts_the_picture_into_the_middle_of_the_colour() -> None:
    image = made(picture(400, 200), "resize,m_pad,w_100,h_100,color_FFFFFF")
    assert [colour(image, 50, y) for y in (0, 99)] == [WHITE, WHITE]
    assert (colour(image, 2, 50), colour(image, 97, 50)) == (RED, BLUE)


@pytest.mark.parametrize(
    ("action", "left", "right"),
    [
        ("crop,w_100,h_100,g_center", RED, BLUE),
        ("crop,w_100,h_100", RED, RED),
        ("crop,w_100,h_100,g_ne", BLUE, BLUE),
        ("crop,w_100,h_100,x_200,y_0", BLUE, BLUE),
        ("crop,w_100,h_100,g_center,x_50", BLUE, BLUE),
    ],
)
def test_crop_cuts_where_it_is_told(action: str, left: tuple[int, ...], right: tuple[int, ...]) -> None:
    image = made(picture(400, 200), action)
    assert (colour(image, 5, 50), colour(image, 94, 50)) == (left, right)


@pytest.mark.parametrize(
    ("orientation", "size", "first", "last"),
    [
        (1, (40, 20), RED, BLUE),
        (2, (40, 20), BLUE, RED),
        (3, (40, 20), BLUE, RED),
        (4, (40, 20), RED, BLUE),
        (5, (20, 40), RED, BLUE),
        (6, (20, 40), RED, BLUE),
        (7, (20, 40), BLUE, RED),
        (8, (20, 40), BLUE, RED),
    ],
)
def test_auto_orient_turns_as_exif_says_and_nothing_is_left_to_turn(
    orientation: int, size: tuple[int, int], first: tuple[int, ...], last: tuple[int, ...]
) -> None:
    image = made(picture(40, 20, orientation=orientation), "auto-orient,1")
    assert image.size == size
    assert (colour(image, 2, 2), colour(image, size[0] - 3, size[1] - 3)) == (first, last)
    assert ORIENTATION not in image.getexif()


def test_orientation_survives_resize_and_crop_until_auto_orient_is_reached() -> None:
    tall = picture(400, 200, orientation=6)
    # The vendor's own example resizes first: w_100 is then the width before the turn.
    assert made(tall, "resize,w_100/auto-orient,1").size == (50, 100)
    assert made(tall, "auto-orient,1/resize,w_100").size == (100, 200)
    assert made(tall, "crop,w_300/auto-orient,1").size == (200, 300)
    kept = made(tall, "resize,w_100")
    assert (kept.size, kept.getexif()[ORIENTATION]) == ((100, 50), 6)
    assert made(tall, "auto-orient,0").getexif()[ORIENTATION] == 6


@pytest.mark.parametrize(
    ("format", "media_type"),
    [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp"), ("bmp", "image/bmp")],
)
def test_a_format_is_made_of_every_other(format: str, media_type: str) -> None:
    for source in ("JPEG", "PNG", "WEBP", "GIF", "BMP"):
        data, made_type = process(picture(20, 10, format=source), f"image/format,{format}")
        assert (made_type, Image.MIME[str(Image.open(io.BytesIO(data)).format)]) == (media_type, media_type)


def test_without_a_format_the_source_keeps_its_own() -> None:
    assert process(picture(20, 10, format="PNG"), "image/resize,w_10")[1] == "image/png"


def test_what_can_be_seen_through_becomes_white_in_a_jpeg() -> None:
    image = made(picture(20, 10, format="PNG", mode="RGBA"), "format,jpg")
    assert colour(image, 5, 5) == WHITE


def test_a_lower_quality_is_a_smaller_file() -> None:
    noise = io.BytesIO()
    Image.effect_noise((100, 100), 80).save(noise, "PNG")
    small, large = (process(noise.getvalue(), f"image/format,jpg/quality,q_{q}")[0] for q in (10, 95))
    assert len(small) < len(large) / 2


def test_info_tells_texts_of_the_picture_before_any_turning() -> None:
    # Given
    data = picture(400, 200, orientation=6)
    # When
    body, media_type = process(data, "image/info")
    # Then
    assert media_type == "application/json"
    assert json.loads(body) == {
        "FileSize": {"value": str(len(data))},
        "Format": {"value": "jpg"},
        "FrameCount": {"value": "1"},
        "ImageHeight": {"value": "200"},
        "ImageWidth": {"value": "400"},
        "Orientation": {"value": "6"},
        "ResolutionUnit": {"value": "1"},
        "XResolution": {"value": "1/1"},
        "YResolution": {"value": "1/1"},
    }


def test_the_exif_data_of_a_png_is_not_read() -> None:
    data = picture(40, 20, orientation=6, format="PNG")
    assert "Orientation" not in json.loads(process(data, "image/info")[0])
    assert made(data, "auto-orient,1").size == (40, 20)


@pytest.mark.parametrize(
    ("actions", "answer"),
    [
        ("resize", (400, "MissingArgument")),
        ("resize,w_0", (400, "InvalidArgument")),
        ("resize,w_16385", (400, "InvalidArgument")),
        ("resize,w_abc", (400, "InvalidArgument")),
        ("resize,w_10,m_cover", (400, "InvalidArgument")),
        ("resize,m_pad,w_10,h_10,color_red!", (400, "InvalidArgument")),
        ("resize,m_fixed,w_5760,h_3240,limit_0", (400, "ImageTooLarge")),
        ("crop,x_400", (400, "BadRequest")),
        ("crop,y_200", (400, "BadRequest")),
        ("crop,g_middle", (400, "InvalidArgument")),
        ("auto-orient,2", (400, "InvalidArgument")),
        ("format,xyz", (400, "InvalidArgument")),
        ("quality,q_0", (400, "InvalidArgument")),
        ("info/resize,w_10", (400, "BadRequest")),
        ("bake", (400, "InvalidArgument")),
        ("watermark,text_SGk", (501, "NotImplemented")),
    ],
)
def test_what_cannot_be_done_is_refused(actions: str, answer: tuple[int, str]) -> None:
    assert refused(picture(400, 200), actions) == answer


def test_what_is_no_picture_is_refused() -> None:
    assert refused(b"not a picture", "info") == (400, "BadRequest")
    assert refused(b"", "info") == (400, "BadRequest")
    assert refused(b"x" * (20 * 1024 * 1024 + 1), "info") == (400, "ImageTooLarge")
    assert refused(picture(400, 200)[:2000], "resize,w_10") == (403, "ImageDamage")
    assert refused(picture(400, 200)[:200], "info") == (403, "ImageDamage")
    with pytest.raises(OssError, match="InvalidArgument"):
        process(picture(10, 10), "video/snapshot")


def test_a_side_longer_than_30000_is_refused() -> None:
    assert refused(picture(30_001, 2, format="PNG"), "info") == (400, "ImageTooLarge")


@settings(max_examples=25, deadline=None)
@given(st.integers(8, 300), st.integers(8, 300), st.integers(1, 8))
def test_a_picture_fitted_by_crop_and_fixed_sides_is_never_wider_than_1_8(width: int, height: int, turn: int) -> None:
    """The recipe cosdrop signs into its links: auto-orient, a centred crop, m_fixed with whole sides."""
    # Given
    across, down = (height, width) if turn > 4 else (width, height)
    long, short = max(across, down), min(across, down)
    cut = min(long, short * 9 // 5)
    w, h = (cut, short) if across >= down else (short, cut)
    scale = 256 / short
    target = [max(256, int(side * scale)) for side in (w, h)]
    # When
    size = made(
        picture(width, height, orientation=turn),
        f"auto-orient,1/crop,w_{w},h_{h},g_center/resize,m_fixed,w_{target[0]},h_{target[1]},limit_0/format,jpg",
    ).size
    # Then
    assert size == tuple(target)
    assert max(size) <= 1.8 * min(size)
