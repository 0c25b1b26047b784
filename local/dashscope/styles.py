"""Preset looks for a whole photo, in the order of the vendor's first style numbers.

Named after https://help.aliyun.com/zh/dashscope/developer-reference/tongyi-wanxiang-style-repaint; each is a few
classical filters and only hints at what the model does. `focus` is 1 at the face and falls off towards the borders.
"""

from __future__ import annotations

import cv2
import numpy as np

from local.dashscope.faces import Pixels
from local.dashscope.filters import (
    Plane,
    blur,
    cartoon,
    crisp,
    ink,
    mixed,
    over,
    smooth,
    stepped,
    to_lab,
    to_pixels,
    to_rgb,
)

_PAPER, _RICE_PAPER = (252, 248, 238), (240, 230, 208)


def retro_comic(photo: Pixels, focus: Plane) -> Pixels:
    """0: few flat colours, a printer's dots in the shade, a heavy black pen."""
    lab = to_lab(crisp(smooth(photo, 36, 3), 3))
    light = np.clip((lab[..., 0] - 50) * 1.15 + 58, 0, 100)
    lines = ink(light, 2.2, 26)
    lab[..., 0] = stepped(light, 20, 1)
    lab[..., 1:] = stepped(lab[..., 1:] * 1.5, 18, 0.8)
    dots = _dots(light.shape, 7) < np.clip((62 - light) / 70, 0, 0.62)
    inked = over(to_rgb(lab), dots.astype(np.float32) * 0.42, (44, 26, 66))
    return over(_tinted(inked, (255, 243, 216)), lines, (22, 14, 20))


def fairy_tale(photo: Pixels, focus: Plane) -> Pixels:
    """1: a soft 3D cartoon with glowing light round the face."""
    drawn = cartoon(photo, np.clip(focus * 1.3 - 0.3, 0, 1)).astype(np.float32) / 255
    bloom = blur(np.clip(drawn - 0.45, 0, 1), 22)
    lit = 1 - (1 - drawn) * (1 - 0.55 * bloom)
    warm = np.array([1.06, 1.0, 0.9], np.float32) * focus[..., None] + np.array([0.72, 0.74, 0.98]) * (
        1 - focus[..., None]
    )
    return to_pixels(lit * warm)


def anime(photo: Pixels, focus: Plane) -> Pixels:
    """2: cel shading: three tones of light, clear bright colours, one thin line."""
    lab = to_lab(crisp(smooth(photo, 44, 5), 4))
    lines = ink(lab[..., 0], 1.5, 22)
    light = stepped(lab[..., 0], 26, 1)
    lab[..., 0] = 100 * (np.clip(light, 0, 100) / 100) ** 0.72
    lab[..., 1:] *= 1.45
    lab[..., 2] -= 5
    return over(to_rgb(lab), lines * 0.9, (62, 36, 72))


def fresh(photo: Pixels, focus: Plane) -> Pixels:
    """3: watercolour: pale washes that dry darker at their edges and fade out into the paper."""
    washed = smooth(photo, 60, 4)
    lab = to_lab(crisp(washed, 5))
    shore = np.abs(cv2.Laplacian(blur(stepped(lab[..., 0], 14, 1), 2.2), cv2.CV_32F))
    lab[..., 0] = 100 - (100 - stepped(lab[..., 0], 14, 0.7)) * 0.72 - np.clip(shore * 6, 0, 14)
    lab[..., 1:] *= 1.15
    grain = _grain(focus.shape, 3)
    lab[..., 0] += (grain - 0.5) * 5
    edge = np.clip((focus - 0.3 + (_grain(focus.shape, 26) - 0.5) * 0.5) * 5, 0, 1)
    paper = _tinted(to_pixels(np.repeat(0.97 + 0.03 * grain[..., None], 3, axis=2)), _PAPER)
    return mixed(paper, to_rgb(lab), edge * 0.95)


def future(photo: Pixels, focus: Plane) -> Pixels:
    """4: two neon lights in the dark, glowing outlines, the lines of a screen."""
    light = to_lab(crisp(smooth(photo, 30, 3), 2))[..., 0]
    tones = np.array([[8, 8, 34], [46, 20, 110], [190, 40, 170], [80, 210, 240], [235, 255, 255]], np.float32) / 255
    ramp = [np.interp(light, [4, 30, 52, 76, 98], tones[:, band]) for band in range(3)]
    neon = np.stack(ramp, axis=-1).astype(np.float32)
    rim = ink(100 - light, 1.8, 24)
    glow = np.clip(blur(rim, 7) * 1.2 + rim * 0.75, 0, 1)[..., None] * np.array([0.25, 0.95, 1.0], np.float32)
    screen = np.where(np.arange(light.shape[0]) % 4 < 2, 1.0, 0.84).astype(np.float32)[:, None, None]
    return to_pixels((1 - (1 - neon) * (1 - glow)) * screen * (0.45 + 0.55 * focus[..., None]))


def ink_painting(photo: Pixels, focus: Plane) -> Pixels:
    """5: ink washes on rice paper, a breath of colour, and a red seal."""
    lab = to_lab(crisp(smooth(photo, 50, 4), 4))
    wash = stepped(100 - (100 - lab[..., 0]) * 0.8, 16, 0.75) + (_grain(focus.shape, 5) - 0.5) * 7
    lines = ink(lab[..., 0], 2.0, 22)
    faint = np.dstack([wash, lab[..., 1:] * 0.3]).astype(np.float32)
    painted = over(to_rgb(faint), lines * 0.9, (28, 26, 30))
    fade = np.clip(focus * 1.5 - 0.12, 0, 1)[..., None]
    sheet = painted / 255 * fade + (1 - fade)
    return _sealed(_tinted(to_pixels(sheet), _RICE_PAPER))


def _sealed(sheet: Pixels) -> Pixels:
    size, gap = max(24, sheet.shape[1] // 18), sheet.shape[1] // 24
    stamp = sheet[gap : gap + size, -gap - size : -gap]
    stamp[:] = (178, 40, 34)
    middle, stroke = size // 2, max(2, size // 12)
    cv2.circle(stamp, (middle, middle), size // 4, _RICE_PAPER, stroke, cv2.LINE_AA)
    cv2.line(stamp, (middle, size // 8), (middle, size - size // 8), _RICE_PAPER, stroke, cv2.LINE_AA)
    return sheet


def _tinted(image: Pixels, paper: tuple[int, int, int]) -> Pixels:
    """The picture printed on paper of that colour."""
    printed: Pixels = (image * (np.array(paper) / 255)).astype(np.uint8)
    return printed


def _dots(shape: tuple[int, ...], pitch: float) -> Plane:
    """A printer's screen at 45 degrees: 0 in the middle of each dot, 1 between four of them."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32) * (np.pi / pitch)
    screen: Plane = (2 - np.cos(x + y) - np.cos(x - y)) / 4
    return screen


def _grain(shape: tuple[int, ...], size: float) -> Plane:
    """Cloudy noise around 0.5 with grains of that many pixels; always the same."""
    noise = blur(np.random.default_rng(1).random(shape, np.float32), size)
    grain: Plane = np.clip((noise - 0.5) * size * 1.8 + 0.5, 0, 1)
    return grain


STYLES = (retro_comic, fairy_tale, anime, fresh, future, ink_painting)
