"""Makes any photo fit the API's limits by an `x-oss-process` string inside its signed URL. Pure.

Nothing is downloaded: OSS crops, scales, turns and re-encodes when DashScope fetches the link.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST, MOST_WIDE, MOST_HIGH = 256, 5760, 3240
"""The API's limits in pixels, and its ratio as a fraction (vendor's page of wanx-style-cosplay-v1)."""
RATIO = (9, 5)
LONG_SIDE = 2048
"""What we send when we must scale: well inside the limits, and below 4,096, which turning a picture once required."""
PLAIN_FORMATS = {"jpg", "jpeg", "png"}
PLAIN_BYTES = 4 * 2**20
"""The sibling product takes JPG and PNG up to 4 MB; DashScope's page names no limit, so we stay inside this one."""
IMG_BYTES, IMG_SIDE, IMG_PIXELS = 20 * 2**20, 30_000, 250_000_000
"""What OSS's image processing itself accepts (help.aliyun.com/zh/oss/user-guide/img-overview)."""


@dataclass(frozen=True)
class Look:
    """What `image/info` says. Width and height are those stored, before `orientation` (EXIF, 1 to 8) is applied."""

    width: int
    height: int
    format: str
    orientation: int
    size: int
    """Bytes."""


def is_processable(look: Look) -> bool:
    """Whether OSS can process the picture at all."""
    sides = max(look.width, look.height) <= IMG_SIDE and min(look.width, look.height) >= 1
    return sides and look.width * look.height <= IMG_PIXELS and look.size <= IMG_BYTES


def fit(look: Look) -> str:
    """The process string that makes the picture acceptable; empty when it already is.

    Cropping and scaling come first, on the stored pixels, and turning last: the limits do not care which side is
    which at these sizes, and the vendor's own example is `resize,…/auto-orient,1`.
    """
    if _is_acceptable(look):
        return ""
    width, height = _crop(look.width, look.height)
    steps = [f"crop,w_{width},h_{height},g_center"] if (width, height) != (look.width, look.height) else []
    scaled = _scale(width, height)
    if scaled != (width, height):
        # m_fixed with integers computed here: m_lfit and m_mfit round one side by themselves and can end at 1.8008.
        steps.append(f"resize,m_fixed,w_{scaled[0]},h_{scaled[1]},limit_0")
    return "/".join(["image", *steps, "auto-orient,1", "format,jpg"])


def is_within_limits(width: int, height: int) -> bool:
    """Whether the API takes a picture of `width` × `height` pixels."""
    short, long = sorted((width, height))
    inside = short >= LEAST and width <= MOST_WIDE and height <= MOST_HIGH
    return inside and long * RATIO[1] <= short * RATIO[0]


def _is_acceptable(look: Look) -> bool:
    plain = look.format in PLAIN_FORMATS and look.orientation <= 1 and look.size <= PLAIN_BYTES
    return plain and is_within_limits(look.width, look.height)


def _crop(width: int, height: int) -> tuple[int, int]:
    most = max(1, min(width, height) * RATIO[0] // RATIO[1])
    return min(width, most), min(height, most)


def _scale(width: int, height: int) -> tuple[int, int]:
    short, long = sorted((width, height))
    if short < LEAST:
        short, long = LEAST, min(LEAST * long // short, LEAST * RATIO[0] // RATIO[1])
    elif long > LONG_SIDE:
        # Rounding the short side up keeps the ratio on the allowed side.
        short, long = -(-LONG_SIDE * short // long), LONG_SIDE
    return (short, long) if width < height else (long, short)
