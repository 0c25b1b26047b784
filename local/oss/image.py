"""IMG: what OSS makes of a picture when x-oss-process asks (https://www.alibabacloud.com/help/en/oss/user-guide/img).

Implemented: info; auto-orient, crop, resize, format, quality. EXIF orientation lives on through resize and crop until
auto-orient is reached. Of an animated picture only the first frame is looked at.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from dataclasses import replace

from PIL import Image, UnidentifiedImageError

from local.oss.errors import invalid_argument, not_implemented
from local.oss.transform import (
    ORIENTATION,
    Picture,
    auto_orient,
    bad_request,
    crop,
    damaged,
    number,
    options,
    resize,
    too_large,
)

MAX_BYTES = 20 * 1024 * 1024
MAX_SOURCE_SIDE = 30_000
MAX_SOURCE_PIXELS = 250_000_000

FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "bmp": "BMP", "gif": "GIF", "webp": "WEBP", "tiff": "TIFF"}
"""OSS's names of formats, and Pillow's."""

_OSS_NAMES = {pillow: oss for oss, pillow in FORMATS.items() if oss != "jpeg"}
_WITHOUT_ALPHA = ("JPEG", "BMP")
_ELSEWHERE = {"watermark", "rotate", "blur", "bright", "contrast", "sharpen", "circle", "rounded-corners", "interlace"}


_BROKEN = (OSError, SyntaxError, ValueError, LookupError, ArithmeticError, struct.error)
"""What Pillow raises for files that are cut off or damaged."""


def process(data: bytes, process: str) -> tuple[bytes, str]:
    """The bytes and media type that `process`, like `image/resize,w_100/format,jpg`, makes of `data`."""
    try:
        return _processed(data, process)
    except _BROKEN:
        raise damaged() from None


def _processed(data: bytes, process: str) -> tuple[bytes, str]:
    kind, *actions = process.split("/")
    if kind != "image" or not actions:
        raise invalid_argument(f"The process {kind} is not supported.")
    picture = _open(data)
    if "info" in actions:
        if len(actions) > 1:
            raise bad_request("The info action cannot be combined with other actions.")
        return _info(data, picture), "application/json"
    for action in actions:
        name, *arguments = action.split(",")
        picture = _action(name)(picture, arguments)
    return _encode(picture), f"image/{picture.format.lower()}"


def _action(name: str) -> Callable[[Picture, list[str]], Picture]:
    if name in _ELSEWHERE:
        raise not_implemented(f"the image action {name}")
    if name not in _ACTIONS:
        raise invalid_argument(f"The image action {name} is not supported.")
    return _ACTIONS[name]


def _format(picture: Picture, arguments: list[str]) -> Picture:
    (wanted,) = arguments or [""]
    if wanted not in FORMATS:
        raise invalid_argument(f"The value: {wanted} of parameter: format is invalid.")
    return replace(picture, format=FORMATS[wanted])


def _quality(picture: Picture, arguments: list[str]) -> Picture:
    """q is relative to the original's quality, which a picture does not tell: taken as absolute, like Q."""
    chosen = options(arguments)
    name = "Q" if "Q" in chosen else "q"
    return replace(picture, quality=number(chosen, name, 1, 100))


_ACTIONS: dict[str, Callable[[Picture, list[str]], Picture]] = {
    "auto-orient": auto_orient,
    "crop": crop,
    "resize": resize,
    "format": _format,
    "quality": _quality,
}


def _open(data: bytes) -> Picture:
    if len(data) > MAX_BYTES:
        raise too_large("The picture is larger than 20 MB.")
    try:
        opened = Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise bad_request("This image format is not supported.") from None
    except Image.DecompressionBombError:
        raise too_large("The picture has too many pixels.") from None
    if opened.format not in _OSS_NAMES:
        raise bad_request("This image format is not supported.")
    if max(opened.size) > MAX_SOURCE_SIDE or opened.width * opened.height > MAX_SOURCE_PIXELS:
        raise too_large("The picture has too many pixels.")
    # The vendor does not read the EXIF data of PNG.
    orientation = 1 if opened.format == "PNG" else opened.getexif().get(ORIENTATION, 1)
    return Picture(opened, orientation, opened.format)


def _info(data: bytes, picture: Picture) -> bytes:
    """Width and height are those before any turning; every value is a text."""
    facts = {
        "FileSize": len(data),
        "Format": _OSS_NAMES[picture.format],
        "FrameCount": getattr(picture.image, "n_frames", 1),
        "ImageHeight": picture.image.height,
        "ImageWidth": picture.image.width,
        "ResolutionUnit": 1,
        "XResolution": "1/1",
        "YResolution": "1/1",
    }
    if picture.orientation != 1:
        facts["Orientation"] = picture.orientation
    return json.dumps({name: {"value": str(value)} for name, value in facts.items()}, indent=1).encode()


def _encode(picture: Picture) -> bytes:
    image = picture.pixels()
    if picture.format in _WITHOUT_ALPHA and image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    settings = {"quality": picture.quality} if picture.format in ("JPEG", "WEBP") else {}
    exif = Image.Exif()
    if picture.orientation != 1:
        exif[ORIENTATION] = picture.orientation
    out = io.BytesIO()
    image.save(out, picture.format, exif=exif, **settings)
    return out.getvalue()
