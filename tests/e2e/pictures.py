"""Photos as people have them, made from the demo's portrait of an astronaut."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw

from tests.e2e.command import FACE

ORIENTATION = 0x0112
"""The EXIF tag; 6 says: turn me by a quarter, clockwise."""


@cache
def face() -> bytes:
    """The smallest portrait that the model takes, which saves the painter's time."""
    return _jpeg(_astronaut(256, 256))


@cache
def phone() -> bytes:
    """A phone's upright 3024 × 4032 photo, stored lying, as sensors are built."""
    upright = _astronaut(3024, 4032)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    return _jpeg(upright.transpose(Image.Transpose.ROTATE_90), exif)


@cache
def screenshot() -> bytes:
    """1080 × 1920 with bars above and below and a portrait in the middle."""
    screen = Image.new("RGB", (1080, 1920), "#202830")
    screen.paste(_astronaut(1000, 1000), (40, 460))
    bars = ImageDraw.Draw(screen)
    bars.rectangle((0, 0, 1080, 90), "#f0f0f0")
    bars.rectangle((0, 1780, 1080, 1920), "#e0e4e8")
    file = io.BytesIO()
    screen.save(file, "PNG")
    return file.getvalue()


def _astronaut(width: int, height: int) -> Image.Image:
    """The portrait on a plain ground of this size, as large as fits."""
    with Image.open(FACE) as photo:
        side = min(width, height)
        ground = Image.new("RGB", (width, height), "#8fa3b0")
        ground.paste(photo.convert("RGB").resize((side, side)), ((width - side) // 2, (height - side) // 2))
    return ground


def _jpeg(picture: Image.Image, exif: Image.Exif | None = None) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85, exif=exif or Image.Exif())
    return file.getvalue()
