"""Where the face is: in a photo, and in a drawn template.

Classical detection with OpenCV's Haar cascades. Two cascades, trained apart, must agree, so that a wall, a wave or
a striped shirt is not taken for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
"""An RGB picture, height x width x 3; or one number per pixel."""
Point = npt.NDArray[np.float64]
"""x and y."""

LONG_SIDE = 640
"""Pixels of the longest side that detection works on; more costs time and finds no more faces."""
SMALLEST_FACE = 1 / 12
"""Of the picture's short side; what is smaller could not be painted anyway."""

FACE = 200
"""Pixels of the square in which eyes are looked for."""
USUAL_EYES = ((62.0, 78.0), (138.0, 78.0))
"""Where the cascade's square, made FACE wide, has the eyes: an average."""

_CASCADES = Path(cv2.__file__).parent / "data"
_SKIN_LOW, _SKIN_HIGH = (0, 35, 90), (20, 160, 255)  # HSV, as OpenCV counts: hue to 180, the rest to 255


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, `x` and `y` its top left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        """Pixels inside."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, x then y."""
        return self.x + self.width / 2, self.y + self.height / 2

    def scaled(self, factor: float) -> Box:
        """The same rectangle in a picture `factor` times as large."""
        x, y, width, height = (round(side * factor) for side in (self.x, self.y, self.width, self.height))
        return Box(x, y, width, height)

    def cut(self, image: Pixels) -> Pixels:
        """What the rectangle holds; a view, not a copy."""
        return image[max(0, self.y) : self.y + self.height, max(0, self.x) : self.x + self.width]

    def overlap(self, other: Box) -> float:
        """Shared area over joint area, 0 to 1."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        shared = max(0, width) * max(0, height)
        return shared / max(1, self.area + other.area - shared)


def find_faces(image: Pixels) -> list[Box]:
    """The upright faces of a picture, largest first: from the middle of the forehead to the chin."""
    factor = min(1.0, LONG_SIDE / max(image.shape[:2]))
    grey = cv2.equalizeHist(cv2.cvtColor(_resized(image, factor), cv2.COLOR_RGB2GRAY))
    least = max(24, round(min(grey.shape) * SMALLEST_FACE))
    seconds = _detect("frontalface_default", grey, least)
    agreed = [
        face for face in _detect("frontalface_alt2", grey, least) if any(face.overlap(it) > 0.4 for it in seconds)
    ]
    return sorted((face.scaled(1 / factor) for face in agreed), key=lambda face: -face.area)


def find_eyes(image: Pixels, face: Box) -> tuple[Point, Point]:
    """The middles of the left and the right eye of a face that `find_faces` found, as x and y in the picture."""
    grey = cv2.cvtColor(cv2.resize(face.cut(image), (FACE, FACE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    upper_half = cv2.equalizeHist(grey)[: FACE * 6 // 10]
    spots = np.array([eye.centre for eye in _detect("eye_tree_eyeglasses", upper_half, FACE // 8)]).reshape(-1, 2)
    left, right = (_nearest(spots, np.array(usual)) for usual in USUAL_EYES)
    scale, corner = face.width / FACE, np.array([face.x, face.y])
    return corner + left * scale, corner + right * scale


def _nearest(spots: Point, usual: Point) -> Point:
    """The spot nearest to where this eye usually is, or the usual place if none is near."""
    near = sorted(
        (spot for spot in spots if np.hypot(*(spot - usual)) < 0.12 * FACE),
        key=lambda spot: float(np.hypot(*(spot - usual))),
    )
    return near[0] if near else usual


def face_place(template: Image.Image) -> Box:
    """The oval that a template leaves for a face, hairline to chin and cheek to cheek.

    A drawn face is seldom found by a cascade, so a skin-coloured oval counts too; failing both, upper centre.
    """
    rgb = np.asarray(template.convert("RGB"))
    factor = min(1.0, LONG_SIDE / max(rgb.shape[:2]))
    small = _resized(rgb, factor)
    place = _skin_oval(small) or _oval_of(find_faces(small)) or _upper_centre(small)
    return place.scaled(1 / factor)


def _resized(image: Pixels, factor: float) -> Pixels:
    resized: Pixels = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return resized


def _detect(cascade: str, grey: Pixels, least: int) -> list[Box]:
    # Loaded anew each time (some 6 ms): a classifier keeps scratch memory and may not be shared between threads.
    classifier = cv2.CascadeClassifier(str(_CASCADES / f"haarcascade_{cascade}.xml"))
    found = classifier.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=4, minSize=(least, least))
    return [Box(*map(int, rectangle)) for rectangle in found]


def _skin_oval(image: Pixels) -> Box | None:
    """The largest patch of skin colour, if it has the shape, the size and the position of a face."""
    skin = cv2.inRange(cv2.cvtColor(image, cv2.COLOR_RGB2HSV), _SKIN_LOW, _SKIN_HIGH)
    # Brown leather and blond fur are skin-coloured too, but an edge parts them from the face.
    _, patches, figures, _ = cv2.connectedComponentsWithStats(skin & ~outlines_of(image), connectivity=4)
    for label in 1 + np.argsort(-figures[1:, cv2.CC_STAT_AREA])[:8]:
        *corner_and_size, area = (int(figure) for figure in figures[label])
        box = Box(*corner_and_size)
        if _is_face_shaped((patches == label).astype(np.uint8), area, box):
            return box
    return None


def outlines_of(image: Pixels) -> Pixels:
    """255 where one drawn shape ends and another begins, three pixels wide."""
    edges = cv2.Canny(cv2.GaussianBlur(image, (0, 0), 1.5), 30, 80)
    wide: Pixels = cv2.dilate(edges, np.ones((3, 3), np.uint8))
    return wide


def _is_face_shaped(patch: Pixels, area: int, box: Box) -> bool:
    rows, columns = patch.shape
    x, y = box.centre
    if not (box.area > 0.02 * rows * columns and 0.2 < x / columns < 0.8 and y / rows < 0.75):
        return False
    outlines, _ = cv2.findContours(patch, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = max(cv2.contourArea(outline) for outline in outlines)
    return (
        0.55 < box.width / box.height < 1.3
        and abs(filled / box.area - np.pi / 4) < 0.1  # an oval fills pi/4 of its box
        and area > 0.65 * filled  # eyes and mouth are holes; a hood round a face is mostly hole
    )


def _oval_of(faces: list[Box]) -> Box | None:
    """The oval of the largest face: a cascade's square cuts the forehead and holds a little air beside the cheeks."""
    if not faces:
        return None
    face = faces[0]
    return Box(
        face.x + round(0.1 * face.width),
        face.y - round(0.05 * face.height),
        round(0.8 * face.width),
        round(1.1 * face.height),
    )


def _upper_centre(image: Pixels) -> Box:
    rows, columns = image.shape[:2]
    height = round(0.36 * min(rows, columns * 1.3))
    width = round(0.8 * height)
    return Box((columns - width) // 2, round(0.18 * rows), width, height)
