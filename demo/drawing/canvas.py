"""A canvas for soft cartoon pictures: a smooth outline is swollen into a solid and lit from the upper left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Plane = npt.NDArray[np.floating[Any]]
"""One value per pixel (0 to 1 for a mask), or three for a colour."""
Point = tuple[float, float]

SUPERSAMPLE = 4


def colour(code: str) -> Plane:
    """`#rrggbb` as three numbers from 0 to 1."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def _unit(x: float, y: float, z: float) -> Plane:
    vector = np.array([x, y, z], np.float32)
    return vector / np.linalg.norm(vector)


LIGHT, RIM_LIGHT = _unit(-0.5, -0.62, 0.6), _unit(0.86, 0.3, 0.41)
HALFWAY = _unit(*(LIGHT + _unit(0, 0, 1)))
"""Between the light and the eye: a surface that looks this way shines."""


@dataclass(frozen=True)
class Finish:
    """How a surface takes the light; `dark` is what is left of its colour in the shade."""

    gloss: float
    rim: float
    dark: Plane


CLOTH = Finish(0.2, 0.25, colour("#5c4d80"))
POLISHED = Finish(0.7, 0.35, colour("#5c4d80"))
MATTE = Finish(0, 0, colour("#5c4d80"))
SKIN = Finish(0, 0, colour("#d98f7c"))
FUR = Finish(0, 0.2, colour("#c99f92"))


def blur(plane: Plane, sigma: float) -> Plane:
    """A Gaussian blur that mirrors at the border."""
    blurred: Plane = cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return blurred


def mirrored(points: Sequence[Point], axis: float) -> list[Point]:
    """An outline that runs down one side of the vertical `axis`, closed with its reflection."""
    return [*points, *((2 * axis - x, y) for x, y in reversed(points) if abs(x - axis) > 1)]


def smooth(points: Sequence[Point], closed: bool = True, steps: int = 24) -> list[Point]:
    """A Catmull-Rom curve through `points`."""
    p = np.array(points, np.float64)
    padded = np.vstack([p[-1], p, p[:2]]) if closed else np.vstack([p[0], p, p[-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return [(float(x), float(y)) for x, y in np.vstack(pieces)]


class Canvas:
    """A picture in the making; all coordinates are its pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.y, self.x = np.mgrid[0:height, 0:width].astype(np.float32)
        self.pixels: Plane = np.zeros((height, width, 3), np.float32)

    # Shapes: masks with soft edges.

    def polygon(self, points: Sequence[Point]) -> Plane:
        """The inside of a straight-edged outline."""
        large = Image.new("L", (self.size[0] * SUPERSAMPLE, self.size[1] * SUPERSAMPLE))
        ImageDraw.Draw(large).polygon([(x * SUPERSAMPLE, y * SUPERSAMPLE) for x, y in points], fill=255)
        return np.asarray(large.resize(self.size, Image.Resampling.BOX), np.float32) / 255

    def blob(self, *points: Point) -> Plane:
        """The inside of a smooth outline."""
        return self.polygon(smooth(points))

    def ellipse(self, x: float, y: float, rx: float, ry: float, degrees: float = 0) -> Plane:
        """A filled ellipse."""
        turn, angle = np.radians(degrees), np.linspace(0, 2 * np.pi, 360, endpoint=False)
        across, down = rx * np.cos(angle), ry * np.sin(angle)
        return self._ring(
            x + across * np.cos(turn) - down * np.sin(turn), y + across * np.sin(turn) + down * np.cos(turn)
        )

    def pillow(self, x: float, y: float, rx: float, ry: float) -> Plane:
        """An ellipse with fuller corners."""
        angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
        across, down = (np.abs(side) ** (2 / 2.3) * np.sign(side) for side in (np.cos(angle), np.sin(angle)))
        return self._ring(x + rx * across, y + ry * down)

    def stroke(self, points: Sequence[Point], start: float, end: float | None = None) -> Plane:
        """A smooth line with round ends, its width running from `start` to `end`."""
        end = start if end is None else end
        large = Image.new("L", (self.size[0] * SUPERSAMPLE, self.size[1] * SUPERSAMPLE))
        draw = ImageDraw.Draw(large)
        line = np.array(smooth(points, closed=False, steps=200)) * SUPERSAMPLE
        for (x, y), radius in zip(line, np.linspace(start, end, len(line)) * SUPERSAMPLE / 2, strict=True):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        return np.asarray(large.resize(self.size, Image.Resampling.BOX), np.float32) / 255

    def fur(self, x: float, y: float, rx: float, ry: float, tufts: int) -> Plane:
        """An ellipse combed into pointed tufts that hang downwards, longest at the cheeks."""
        turn = np.linspace(0, np.pi, 1200)  # from the crown to the chin
        phase = (turn * tufts / np.pi) % 1
        tuft = np.where(phase < 0.8, (phase / 0.8) ** 1.7, (1 - phase) / 0.2)
        reach = 1 + 0.26 * tuft * (0.15 + 0.85 * np.clip(np.sin(turn - 0.45), 0, 1) ** 2)
        side = zip((x + rx * reach * np.sin(turn)).tolist(), (y - ry * reach * np.cos(turn)).tolist(), strict=True)
        return self.polygon(mirrored(list(side), x))

    def star(self, x: float, y: float, radius: float, points: int = 5) -> Plane:
        """A star with one point upwards."""
        angles = np.arange(points * 2) * np.pi / points - np.pi / 2
        radii = np.where(np.arange(points * 2) % 2 == 0, radius, radius * 0.48)
        return self._ring(x + radii * np.cos(angles), y + radii * np.sin(angles))

    def _ring(self, xs: Any, ys: Any) -> Plane:
        return self.polygon(list(zip(xs.tolist(), ys.tolist(), strict=True)))

    def glow(self, x: float, y: float, radius: float) -> Plane:
        """A light that fades out, 1 in the middle."""
        light: Plane = np.exp(-((self.x - x) ** 2 + (self.y - y) ** 2) / (2 * radius**2))
        return light

    # Paint.

    def backdrop(self, *stops: tuple[float, str]) -> None:
        """Fill with a vertical gradient; stops are (height from 0 to 1, colour)."""
        heights = np.linspace(0, 1, self.size[1])
        colours = np.array([colour(code) for _, code in stops])
        ramp = np.stack([np.interp(heights, [h for h, _ in stops], colours[:, i]) for i in range(3)], axis=-1)
        self.pixels[:] = ramp[:, None, :]

    def fill(self, mask: Plane, paint: str | Plane, strength: float = 1.0) -> None:
        """Lay a flat colour, or a picture of colours, over the mask."""
        tint = colour(paint) if isinstance(paint, str) else paint
        cover = (mask * strength)[..., None]
        self.pixels += (tint - self.pixels) * cover

    def light_up(self, mask: Plane, code: str, strength: float = 1.0) -> None:
        """Add light (screen)."""
        self.pixels = 1 - (1 - self.pixels) * (1 - colour(code) * (mask * strength)[..., None])

    def shadow(self, mask: Plane, drop: float, soft: float, strength: float, within: Plane | None = None) -> None:
        """The shadow that a shape casts downwards on all that is painted already, or on `within` alone."""
        cast = blur(cv2.warpAffine(mask, np.array([[1, 0, 2], [0, 1, drop]], np.float32), self.size), soft) * strength
        if within is not None:
            cast = cast * within
        self.pixels *= 1 - cast[..., None] * (1 - colour("#2a1f4a"))

    def solid(self, mask: Plane, code: str, depth: float, finish: Finish = CLOTH) -> None:
        """A shape swollen into a soft solid, `depth` pixels from its rim to its flat top: lit, shaded and finished."""
        normal = _normals(mask, depth)
        lit = (0.56 + 0.44 * normal @ LIGHT / LIGHT[2])[..., None]  # half Lambert: no side is ever quite dark
        shade = colour(code) * (finish.dark + (1 - finish.dark) * np.clip(lit, 0, 1))
        shade += (1 - shade) * np.clip(lit - 1, 0, 0.5) * 0.7
        shine = np.clip(normal @ HALFWAY, 0, 1)[..., None] ** 60
        shade += (1 - shade) * shine * finish.gloss
        shade += colour("#9fd4ff") * np.clip(normal @ RIM_LIGHT - 0.55, 0, 1)[..., None] * 1.6 * finish.rim
        self.fill(mask, np.clip(shade, 0, 1).astype(np.float32))

    def save(self, path: Path) -> None:
        """Write the picture; the name says in which format."""
        # Seven bits a channel: nobody sees it, and a PNG is a fifth smaller.
        eight_bits = (np.clip(self.pixels, 0, 1) * 255).astype(np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(eight_bits // 2 * 2).save(path, optimize=True, quality=90)


def _normals(mask: Plane, depth: float) -> Plane:
    """Which way the surface of the swollen shape looks, one unit vector per pixel."""
    distance = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    bulge = depth * np.sqrt(1 - (1 - np.clip(distance / depth, 0, 1)) ** 2)
    bulge = blur(bulge.astype(np.float32), max(1.2, depth / 7))
    slope = [-cv2.Sobel(bulge, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1))]
    normal = np.dstack([*slope, np.ones_like(mask)])
    return np.asarray(normal / np.linalg.norm(normal, axis=2, keepdims=True), np.float32)
