"""The stand-in's brush: a photo's face set into a template as a cartoon, or a whole photo in another style.

Classical image processing, no model; a line along the bottom edge of every picture says so. The same input gives the
same picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from local.dashscope import filters
from local.dashscope.faces import Box, Pixels, face_place, outlines_of
from local.dashscope.filters import Plane
from local.dashscope.pose import Grid, Person
from local.dashscope.styles import STYLES

EASEL = 640
"""Pixels across the piece of the template that is painted, whatever its real size: strokes keep their proportion."""
SHEET = 1024
"""Pixels of the longest side of a restyled photo."""
SIGNATURE = "local stand-in: image processing, no model"


def cosplay(face: Image.Image, template: Image.Image, box: Box) -> Image.Image:
    """The template's character with the face that `box` marks in the photo; as large as the template."""
    page = np.array(template.convert("RGB"))
    place = face_place(template)
    window = _window(place, page)
    scale = EASEL / window.width
    ground: Pixels = cv2.resize(window.cut(page), None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    oval = Box(place.x - window.x, place.y - window.y, place.width, place.height).scaled(scale)
    opening, skin = _opening(ground, oval)
    portrait = _portrait(Person(np.asarray(face.convert("RGB")), box), ground, oval, skin)
    backed = filters.mixed(np.full_like(ground, _shade_behind(ground, opening)), *portrait)
    _lay(page, window, _lit_like(backed, ground, opening, skin), opening)
    return signed(Image.fromarray(page))


def restyle(face: Image.Image, box: Box, style_index: int) -> Image.Image:
    """The whole photo in a preset style; the vendor's numbers 0 to 5 mean what they mean there, others wrap around."""
    photo = np.asarray(face.convert("RGB"))
    scale = SHEET / max(photo.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    sheet: Pixels = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=way)
    return signed(Image.fromarray(STYLES[style_index % len(STYLES)](sheet, _focus(sheet, box.scaled(scale)))))


def _focus(sheet: Pixels, face: Box) -> Plane:
    """1 at the face, falling to 0 towards the borders."""
    y, x = np.mgrid[0 : sheet.shape[0], 0 : sheet.shape[1]].astype(np.float32)
    reach = np.hypot(x - face.centre[0], y - face.centre[1]) / max(1.7 * face.width, 0.55 * max(sheet.shape))
    focus: Plane = np.exp(-(reach**3))
    return focus


def _window(place: Box, page: Pixels) -> Box:
    """The face place with a margin, as far as the page goes."""
    margin = round(0.12 * place.width)
    left, top = max(0, place.x - margin), max(0, place.y - margin)
    right = min(page.shape[1], place.x + place.width + margin)
    bottom = min(page.shape[0], place.y + place.height + margin)
    return Box(left, top, right - left, bottom - top)


def _portrait(person: Person, ground: Pixels, oval: Box, skin: Plane) -> tuple[Pixels, Plane]:
    """The person as a cartoon on the easel, and where the head is."""
    grid = Grid.over(oval, ground)
    large_eyed = grid.large_eyed()
    drawn = filters.cartoon(person.on(large_eyed), grid.features())
    return _toned_like(drawn, ground, skin, grid), person.head_on(large_eyed)


def _opening(ground: Pixels, oval: Box) -> tuple[Plane, Plane]:
    """Where the face shows, so that hair and helmet stay on top, and where the template's bare skin is."""
    y, x = np.mgrid[0 : ground.shape[0], 0 : ground.shape[1]]
    (middle, height), wide, high = oval.centre, oval.width / 2, oval.height / 2
    reach = ((x - middle) / wide) ** 2 + ((y - height) / high) ** 2
    lab = filters.to_lab(ground)
    alike = np.abs(lab - np.median(lab[reach < 0.6], axis=0)) < (35, 24, 26)
    skin = (alike.all(axis=2) & (reach < 1.15)).astype(np.uint8)
    ellipse = (reach < 1).astype(np.uint8)
    patch = _largest_filled(skin & ~outlines_of(ground) & 1)
    # A photo-like template has no clean patch of skin: then the plain oval, with a softer edge.
    drawn = 0.75 < patch.sum() / ellipse.sum() < 1.2
    mask = cv2.dilate(patch, np.ones((9, 9), np.uint8)) if drawn else ellipse
    return filters.blur(mask.astype(np.float32), 1.5 if drawn else 9), skin.astype(np.float32)


def _largest_filled(mask: Pixels) -> Pixels:
    """The largest patch of the mask, its holes (eyes, a mouth) filled."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = sorted(outlines, key=cv2.contourArea)[-1:]
    filled: Pixels = cv2.drawContours(np.zeros_like(mask), largest, -1, 1, cv2.FILLED)
    return filled


def _shade_behind(ground: Pixels, opening: Plane) -> Pixels:
    """What is seen past the head: the inside of the hood, the colour of its rim, in deep shade."""
    rim = (cv2.dilate(opening, np.ones((31, 31), np.uint8)) > 0.5) & (opening < 0.5)
    shade: Pixels = (np.median(ground[rim], axis=0) * (0.42, 0.3, 0.3)).astype(np.uint8)
    return shade


def _toned_like(person: Pixels, ground: Pixels, skin: Plane, grid: Grid) -> Pixels:
    """The person's colours, moved a part of the way to the template's skin; rosy cheeks."""
    lab = filters.to_lab(person)
    own = np.median(lab[grid.from_point(0.6, 0.8, 0.9) < 1], axis=0)
    there = np.median(filters.to_lab(ground)[skin > 0.5], axis=0) if skin.any() else own
    lab += np.clip((there - own) * 0.4, -12, 12).astype(np.float32)
    lab[..., 1] += 8 * grid.pair(0.66, 0.66, 0.24, 0.17)
    return filters.to_rgb(lab)


def _lit_like(person: Pixels, ground: Pixels, opening: Plane, skin: Plane) -> Pixels:
    """The person under the template's light, with the shadow that a helmet or a hood casts along its rim."""
    reach = 0.09 * EASEL
    bare = cv2.erode(skin, np.ones((9, 9), np.uint8)) * opening + 1e-4
    glow = (ground.astype(np.float32) + 1) * bare[..., None]  # + 1: even a black template has a brightness to divide by
    light = filters.blur(glow, reach) / filters.blur(bare, reach)[..., None]
    light /= np.average(light.reshape(-1, 3), axis=0, weights=opening.ravel())
    depth = np.clip(filters.blur(opening, 0.03 * EASEL) * 2 - 1, 0, 1)[..., None]
    return filters.to_pixels(person / 255 * np.clip(light, 0.5, 1.4) ** 0.8 * (0.55 + 0.45 * depth**0.7))


def _lay(page: Pixels, window: Box, painted: Pixels, opening: Plane) -> None:
    """Put the painted easel back in its place; the page is touched only where the face shows."""
    size = (window.width, window.height)
    painted, opening = (cv2.resize(it, size, interpolation=cv2.INTER_AREA) for it in (painted, opening))
    spot = window.cut(page)
    spot[:] = filters.mixed(spot, painted, opening)


def signed(picture: Image.Image) -> Image.Image:
    """The picture with the stand-in's line along its bottom edge."""
    size = max(10, round(picture.width / 56))
    font, spot = ImageFont.load_default(size), (picture.width / 2, picture.height - 0.7 * size)
    draw = ImageDraw.Draw(picture, "RGBA")
    draw.text((spot[0], spot[1] + size / 14), SIGNATURE, (0, 0, 0, 120), font, anchor="ms")
    draw.text(spot, SIGNATURE, (255, 255, 255, 200), font, anchor="ms")
    return picture
