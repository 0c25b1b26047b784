"""A person's face, turned upright and laid on a grid that is measured in distances between the eyes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from local.dashscope.faces import Box, Pixels, find_eyes
from local.dashscope.filters import Plane, blur

EYE_LINE = 0.41
"""Height of the eyes in a face oval, from the hairline (0) to the chin (1)."""
FACE_WIDTH, FACE_HEIGHT = 2.12, 2.85
"""The face oval in distances between the eyes."""
EYE_GROWTH = 0.3
"""How much larger than life the eyes become, as cartoons have them."""
_HEAD = 36
"""Pixels between the eyes where the head is cut out; the outline needs no more."""


@dataclass(frozen=True)
class Grid:
    """Where each pixel of an easel lies on a face: distances between the eyes, from the middle between them."""

    across: Plane
    down: Plane

    @classmethod
    def over(cls, oval: Box, easel: Pixels) -> Grid:
        """The grid that fits a face into `oval` of `easel`."""
        y, x = np.mgrid[0 : easel.shape[0], 0 : easel.shape[1]].astype(np.float32)
        middle, eye_line = oval.x + oval.width / 2, oval.y + EYE_LINE * oval.height
        return cls((x - middle) * FACE_WIDTH / oval.width, (y - eye_line) * FACE_HEIGHT / oval.height)

    def from_point(self, down: float, wide: float, high: float) -> Plane:
        """Distance from the face's axis at `down`; 1 on an ellipse `wide` and `high` from its middle."""
        distance: Plane = np.hypot(self.across / wide, (self.down - down) / high)
        return distance

    def pair(self, across: float, down: float, wide: float, high: float) -> Plane:
        """Two soft spots, left and right of the axis, 1 in their middles; the sizes are standard deviations."""
        far = ((np.abs(self.across) - across) / wide) ** 2 + ((self.down - down) / high) ** 2
        return np.exp(-far / 2)

    def features(self) -> Plane:
        """1 at the eyes, the nose's tip and the mouth, 0 on the cheeks and the brow."""
        spots = self.pair(0.5, -0.03, 0.3, 0.2) + self.pair(0, 0.62, 0.2, 0.14) + self.pair(0, 1.08, 0.42, 0.16)
        return np.clip(1.5 * spots, 0, 1)

    def large_eyed(self) -> Grid:
        """The grid drawn together round the eyes: what is sampled on it has larger ones."""
        near = np.clip(1 - ((np.abs(self.across) - 0.5) ** 2 + self.down**2) / 0.55**2, 0, 1)
        shrink = 1 - EYE_GROWTH * near**2
        eye = np.where(self.across < 0, -0.5, 0.5)
        return Grid((eye + (self.across - eye) * shrink).astype(np.float32), self.down * shrink)


class Person:
    """One face of one photo."""

    def __init__(self, photo: Pixels, face: Box) -> None:
        self._photo = photo
        self._left, self._right = find_eyes(photo, face)

    def on(self, grid: Grid) -> Pixels:
        """The photo's pixels at the grid's points."""
        (x, y), (dx, dy) = (self._left + self._right) / 2, self._right - self._left
        columns, rows = x + grid.across * dx - grid.down * dy, y + grid.across * dy + grid.down * dx
        return _sampled(self._photo, columns.astype(np.float32), rows.astype(np.float32))

    def head_on(self, grid: Grid) -> Plane:
        """1 where the grid shows the person's head, 0 where it shows what is behind or below it."""
        y, x = np.mgrid[-2.2 : 2.7 : _HEAD * 4.9j, -2.2 : 2.2 : _HEAD * 4.4j].astype(np.float32)
        head = blur(_cut_out(self.on(Grid(x, y)), Grid(x, y)), 1.5)
        columns, rows = (grid.across + 2.2) / 4.4 * (x.shape[1] - 1), (grid.down + 2.2) / 4.9 * (x.shape[0] - 1)
        mask: Plane = cv2.remap(head, columns, rows, cv2.INTER_LINEAR)
        return np.clip(mask * 3 - 1, 0, 1)


def _cut_out(image: Pixels, grid: Grid) -> Plane:
    """The head, by GrabCut (Rother, Kolmogorov and Blake, 2004), told where a head is for sure and where none is."""
    marks = np.full(image.shape[:2], cv2.GC_PR_BGD, np.uint8)
    marks[grid.from_point(0.15, 1.2, 1.85) < 1] = cv2.GC_PR_FGD
    marks[grid.from_point(0.35, 0.8, 1.25) < 1] = cv2.GC_FGD
    marks[grid.from_point(0.10, 1.75, 2.1) > 1] = cv2.GC_BGD
    cv2.setRNGSeed(1)  # its clusters start at random: the same photo shall give the same head
    cv2.grabCut(image, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    return (marks & 1).astype(np.float32)  # foreground, sure or probable, is odd


def _sampled(photo: Pixels, columns: Plane, rows: Plane) -> Pixels:
    """The photo at these places; a large photo is shrunk first, or its fine grain would turn to noise."""
    stride = float(np.hypot(columns[0, -1] - columns[0, 0], rows[0, -1] - rows[0, 0])) / columns.shape[1]
    if stride > 1.5:
        photo = cv2.resize(photo, None, fx=1 / stride, fy=1 / stride, interpolation=cv2.INTER_AREA)
        columns, rows = columns / stride, rows / stride
    sampled: Pixels = cv2.remap(photo, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return sampled
