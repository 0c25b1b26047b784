"""Classical image filters that turn a photo into a drawing; lengths are pixels of a picture 640 to 1024 wide.

Smoothing, stepped light and ink after Winnemoeller, Olsen and Gooch, "Real-Time Video Abstraction" (SIGGRAPH 2006).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from local.dashscope.faces import Pixels

Plane = npt.NDArray[np.floating[Any]]
"""Numbers from 0 to 1: one per pixel, or three for a colour."""


def blur(plane: Plane, sigma: float) -> Plane:
    """A Gaussian blur."""
    blurred: Plane = cv2.GaussianBlur(plane, (0, 0), sigma)
    return blurred


def smooth(image: Pixels, contrast: float, times: int) -> Pixels:
    """Even out what differs by less than `contrast` (of 255); edges stay."""
    for _ in range(times):
        image = cv2.bilateralFilter(image, 11, contrast, 8)
    return image


def crisp(image: Pixels, times: int) -> Pixels:
    """Draw blurred edges together (a shock filter), so that an enlarged small face looks drawn and not out of focus."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    for _ in range(times):
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
        bend = np.clip(cv2.Laplacian(blur(grey, 3), cv2.CV_32F) * 3, -1, 1)[..., None]
        towards = np.where(bend < 0, cv2.dilate(image, disc), cv2.erode(image, disc))
        image = (image + (towards - image.astype(np.float32)) * np.abs(bend)).astype(np.uint8)
    return image


def to_lab(image: Pixels) -> Plane:
    """CIE L*a*b*: L from 0 to 100, a and b around 0."""
    lab: Plane = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return lab


def to_rgb(lab: Plane) -> Pixels:
    """Back from CIE L*a*b*."""
    return to_pixels(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB))


def to_pixels(plane: Plane) -> Pixels:
    """Numbers from 0 to 1 as bytes."""
    return (np.clip(plane, 0, 1) * 255 + 0.5).astype(np.uint8)


def stepped(light: Plane, step: float, hardness: float) -> Plane:
    """Light in steps of `step` with soft treads; `hardness` from 0 (as it was) to 1 (flat treads)."""
    nearest = np.round(light / step) * step
    treads = nearest + step / 2 * np.tanh((light - nearest) * 4.5 / step)
    return light + (treads - light) * hardness


def ink(light: Plane, width: float, weight: float) -> Plane:
    """Where a pen would draw: 1 on thin dark lines and on the dark side of edges (a difference of Gaussians)."""
    scaled = light / 100
    return np.clip((0.98 * blur(scaled, 1.7 * width) - blur(scaled, width)) * weight, 0, 1)


def over(image: Pixels, mask: Plane, paint: tuple[int, int, int]) -> Pixels:
    """Lay a flat colour over the picture where the mask says."""
    return mixed(image, np.full_like(image, paint), mask)


def mixed(below: Pixels, above: Pixels, mask: Plane) -> Pixels:
    """`above` where the mask is 1, `below` where it is 0."""
    cover = mask[..., None]
    return (below * (1 - cover) + above * cover + 0.5).astype(np.uint8)


def cartoon(image: Pixels, detail: Plane | None = None) -> Pixels:
    """A soft "3D cartoon": skin like clay, clear edges, thin warm ink. Fine lines stay where `detail` is 1."""
    even = smooth(image, 26, 4)
    if detail is not None:
        even = mixed(smooth(even, 64, 4), even, detail)
    even = smooth(crisp(even, 3), 18, 1)
    lab = to_lab(even)
    lines = ink(lab[..., 0], 2, 14) * 0.55
    lab[..., 0] = stepped(lab[..., 0], 10, 0.35)
    lab[..., 1:] *= 1.12
    return over(to_rgb(lab), lines, (66, 24, 18))
