"""The geometry of IMG: turning, cropping and resizing, with the vendor's rounding and limits.

resize: https://www.alibabacloud.com/help/en/oss/user-guide/resize-images-4
crop: https://www.alibabacloud.com/help/en/oss/user-guide/custom-crop
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from PIL import Image, ImageColor, ImageOps

from local.oss.errors import OssError, invalid_argument

MAX_SIDE = 16_384
MAX_PIXELS = 16_777_216
"""Of the result of a resize."""

ORIENTATION = 0x0112
"""The EXIF tag."""

DEFAULT_QUALITY = 90

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_GRID = {
    "nw": (0, 0),
    "north": (1, 0),
    "ne": (2, 0),
    "west": (0, 1),
    "center": (1, 1),
    "east": (2, 1),
    "sw": (0, 2),
    "south": (1, 2),
    "se": (2, 2),
}
"""Where crop's `g` puts the cut, in halves of the room there is."""


@dataclass(frozen=True)
class Picture:
    """A picture on its way through the actions: `orientation` is what EXIF says is still to be done to it."""

    image: Image.Image
    orientation: int
    format: str
    quality: int = DEFAULT_QUALITY

    def pixels(self) -> Image.Image:
        """The image decoded, as RGB or RGBA; ImageDamage when it cannot be."""
        try:
            return self.image.convert("RGBA" if self.image.has_transparency_data else "RGB")
        except OSError:
            raise damaged() from None


def damaged() -> OssError:
    """For a file that begins as a picture and cannot be decoded."""
    return OssError(403, "ImageDamage", "The image file may be damaged.")


def auto_orient(picture: Picture, arguments: list[str]) -> Picture:
    """auto-orient,1 : turn the picture as EXIF says, after which nothing is left to turn; auto-orient,0 : do not."""
    if arguments not in (["0"], ["1"]):
        raise invalid_argument("The value of parameter: auto-orient must be 0 or 1.")
    turn = _TURNS.get(picture.orientation)
    if arguments == ["0"] or turn is None:
        return picture
    return replace(picture, image=picture.pixels().transpose(turn), orientation=1)


def crop(picture: Picture, arguments: list[str]) -> Picture:
    """crop,w_,h_,x_,y_,g_ : a cut that begins outside is refused, one that ends outside is cut at the edge."""
    chosen = options(arguments)
    image = picture.pixels()
    gravity = chosen.get("g", "nw")
    if gravity not in _GRID:
        raise invalid_argument(f"The value: {gravity} of parameter: g is invalid.")
    width = min(number(chosen, "w", 0, MAX_SIDE, default=0) or image.width, image.width)
    height = min(number(chosen, "h", 0, MAX_SIDE, default=0) or image.height, image.height)
    column, row = _GRID[gravity]
    left = (image.width - width) * column // 2 + number(chosen, "x", 0, default=0)
    top = (image.height - height) * row // 2 + number(chosen, "y", 0, default=0)
    if left >= image.width or top >= image.height:
        raise bad_request("Advance cut's position is out of image.")
    box = (left, top, min(left + width, image.width), min(top + height, image.height))
    return replace(picture, image=image.crop(box))


def resize(picture: Picture, arguments: list[str]) -> Picture:
    """resize,m_,w_,h_,l_,s_,p_,limit_,color_ : unless limit_0 is given, a picture is never made larger."""
    chosen = options(arguments)
    mode = chosen.get("m", "lfit")
    if mode not in ("lfit", "mfit", "fill", "pad", "fixed"):
        raise invalid_argument(f"The value: {mode} of parameter: m is invalid.")
    image = picture.pixels()
    box = _box(image.size, chosen)
    size = box if mode in ("fixed", "fill", "pad") else _fit(image.size, box, inside=mode == "lfit")
    if max(size) > MAX_SIDE or size[0] * size[1] > MAX_PIXELS:
        raise too_large("The result of the resize is too large.")
    enlarged = size[0] > image.width or size[1] > image.height
    if enlarged and number(chosen, "limit", 0, 1, default=1) == 1:
        return replace(picture, image=image)
    if mode == "fill":
        return replace(picture, image=ImageOps.fit(image, size, Image.Resampling.LANCZOS))
    if mode == "pad":
        return replace(picture, image=_pad(image, size, chosen.get("color", "FFFFFF")))
    return replace(picture, image=image.resize(size, Image.Resampling.LANCZOS))


def _box(size: tuple[int, int], chosen: Mapping[str, str]) -> tuple[int, int]:
    """The width and height asked for; a side not given follows in proportion."""
    width, height = size
    if "p" in chosen:
        percent = number(chosen, "p", 1, 1000)
        return _round(width * percent / 100), _round(height * percent / 100)
    across, down = ("w", "h") if {"w", "h"} & chosen.keys() else ("l", "s") if width >= height else ("s", "l")
    wanted = [number(chosen, name, 1, MAX_SIDE) if name in chosen else None for name in (across, down)]
    if wanted == [None, None]:
        raise OssError(400, "MissingArgument", "The resize action needs a size.")
    return (
        wanted[0] or _round(width * (wanted[1] or 0) / height),
        wanted[1] or _round(height * (wanted[0] or 0) / width),
    )


def _fit(size: tuple[int, int], box: tuple[int, int], inside: bool) -> tuple[int, int]:
    """`size` in proportion, as large as fits into `box`, or as small as covers it. Rounding bends the ratio."""
    ratios = (box[0] / size[0], box[1] / size[1])
    scale = min(ratios) if inside else max(ratios)
    return _round(size[0] * scale), _round(size[1] * scale)


def _pad(image: Image.Image, size: tuple[int, int], color: str) -> Image.Image:
    try:
        background = ImageColor.getrgb(f"#{color}")
    except ValueError:
        raise invalid_argument(f"The value: {color} of parameter: color is invalid.") from None
    small = image.resize(_fit(image.size, size, inside=True), Image.Resampling.LANCZOS)
    padded = Image.new(small.mode, size, background)
    padded.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
    return padded


def _round(length: float) -> int:
    return max(1, int(length + 0.5))


def options(arguments: list[str]) -> dict[str, str]:
    """`w_100` and the like by name."""
    split = (argument.partition("_") for argument in arguments)
    return {name: value for name, _, value in split}


def number(chosen: Mapping[str, str], name: str, low: int, high: int | None = None, default: int | None = None) -> int:
    """The option `name`, between `low` and `high`; InvalidArgument."""
    text = chosen.get(name, "" if default is None else str(default))
    valid = text.isascii() and text.isdigit() and low <= int(text) and (high is None or int(text) <= high)
    if not valid:
        raise invalid_argument(f"The value: {text} of parameter: {name} is invalid.")
    return int(text)


def bad_request(message: str) -> OssError:
    """400: IMG cannot do that with this picture."""
    return OssError(400, "BadRequest", message)


def too_large(message: str) -> OssError:
    """400: beyond the limits of IMG."""
    return OssError(400, "ImageTooLarge", message)
