"""What the characters share: a night sky and a simple face, which the painter replaces."""

from __future__ import annotations

import numpy as np

from drawing.canvas import SKIN, Canvas, blur, mirrored


def stars(canvas: Canvas, count: int, seed: int, height: float = 1.0) -> None:
    """A night sky: many faint stars, a few bright ones."""
    dice = np.random.default_rng(seed)
    sky = np.zeros_like(canvas.x)
    for x, y, size in zip(*dice.random((3, count)), strict=True):
        spot = canvas.glow(x * canvas.size[0], y * canvas.size[1] * height, 0.7 + 1.6 * size**6)
        sky = np.maximum(sky, spot * (0.3 + 0.7 * size))
    canvas.light_up(sky, "#fff4dc")


def face(canvas: Canvas, x: float, y: float, iris: str) -> None:
    """A simple cartoon face, some 300 x 340 pixels, with its middle at x, y."""
    side = [(x, y - 170), (x + 92, y - 148), (x + 143, y - 76), (x + 150, y + 12), (x + 126, y + 98), (x + 68, y + 154)]
    canvas.solid(canvas.blob(*mirrored([*side, (x, y + 169)], x)), "#f7c6a0", 110, SKIN)
    for sign in (-1, 1):
        _eye(canvas, x + sign * 62, y - 6, iris)
        canvas.fill(blur(canvas.ellipse(x + sign * 94, y + 60, 32, 22), 12), "#f0827a", 0.5)
        brow = [(x + sign * 38, y - 68), (x + sign * 56, y - 77), (x + sign * 78, y - 77), (x + sign * 98, y - 66)]
        canvas.fill(canvas.stroke(brow, 9, 7), "#5a3424")
    canvas.fill(blur(canvas.ellipse(x + 1, y + 50, 15, 10), 4), "#e58f74", 0.8)
    canvas.fill(blur(canvas.ellipse(x - 3, y + 43, 7, 5), 2), "#ffffff", 0.6)
    _smile(canvas, x, y + 82)


def _eye(canvas: Canvas, x: float, y: float, iris: str) -> None:
    canvas.fill(canvas.ellipse(x, y, 27, 35), "#2b1d24")
    canvas.fill(canvas.ellipse(x, y + 9, 20, 22), iris)
    canvas.fill(canvas.ellipse(x, y, 14, 18), "#1a1016")
    canvas.fill(canvas.ellipse(x - 8, y - 14, 9, 11), "#ffffff")
    canvas.fill(canvas.ellipse(x + 9, y + 15, 5, 6), "#ffffff", 0.8)


def _smile(canvas: Canvas, x: float, y: float) -> None:
    top = [(x - 48, y), (x, y + 11), (x + 48, y)]
    mouth = canvas.blob(*top, (x + 30, y + 30), (x, y + 40), (x - 30, y + 30))
    canvas.fill(mouth, "#8c2f38")
    canvas.fill(canvas.ellipse(x, y + 42, 24, 15) * mouth, "#f0787a")
    canvas.fill(canvas.blob(*top, (x + 32, y + 13), (x, y + 20), (x - 32, y + 13)) * mouth, "#ffffff")
