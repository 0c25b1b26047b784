"""Makes the pictures as the vendor would: fetch both inputs, refuse what it refuses, find the face, paint.

It works in a thread of its own, so that nobody waits for it to poll.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
import requests
from PIL import Image, ImageOps

from local.dashscope import faces, paint
from local.dashscope.faces import Box, Pixels
from local.dashscope.models import MODELS
from local.dashscope.tasks import Failure, Picture, Task

SECONDS_TO_FETCH = 20.0
MOST_BYTES = 20 * 1024 * 1024
FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
LEAST_SIDE = 256
LONGEST_SIDE, LONGEST_SHORT_SIDE = 5760, 3240
WIDEST_RATIO = 1.8


INVALID_URL = Failure("InvalidURL", "The request URL is invalid, make sure the url is correct and is an image")
INVALID_RESOLUTION = Failure("InvalidImageResolution", "The input image resolution is too large or small")
INVALID_FACE = Failure("InvalidFace", "The input image has no valid face")


class Painter(Protocol):
    """Whoever draws, given a face and where it is."""

    def cosplay(self, face: Image.Image, template: Image.Image, box: Box) -> Image.Image:
        """The person in `box` of `face` as the character of `template`."""
        ...

    def restyle(self, face: Image.Image, box: Box, style_index: int) -> Image.Image:
        """The person in `box` of `face` in one of the preset styles."""
        ...


class LocalStudio:
    """The `Studio` of the local server; tests bring another painter or another eye."""

    def __init__(self, painter: Painter = paint, find_faces: Callable[[Pixels], list[Box]] = faces.find_faces) -> None:
        self._painter, self._find_faces = painter, find_faces

    def make(self, task: Task) -> Picture | Failure:
        """The picture that `task` asks for, or why there is none."""
        try:
            painted = self._painted(task)
        except InputError as refused:
            return refused.failure
        encoded = io.BytesIO()
        painted.convert("RGB").save(encoded, MODELS[task.model].format)
        return Picture(encoded.getvalue())

    def _painted(self, task: Task) -> Image.Image:
        model = MODELS[task.model]
        face_link, template_link = model.links(task.input)
        face = opened(fetched(face_link))
        template = opened(fetched(template_link)) if template_link is not None else None
        found = self._find_faces(np.asarray(face))
        if not found:
            raise InputError(INVALID_FACE)
        if template is None:
            return self._painter.restyle(face, found[0], task.input[model.index])
        return self._painter.cosplay(face, template, found[0])


class InputError(Exception):
    """An input that the vendor would not work on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


def fetched(link: str, seconds: float = SECONDS_TO_FETCH) -> bytes:
    """What lies at `link`; refused as InvalidURL if that is not to be had in `seconds`, whole, without a redirect."""
    try:
        link.encode("ascii")  # the vendor does not take Chinese characters in a link
        # trust_env off: no proxy stands before loopback, and a ~/.netrc would add credentials to a signed link.
        with requests.Session() as session:
            session.trust_env = False
            with session.get(link, stream=True, timeout=seconds, allow_redirects=False) as response:
                return _body(response, time.monotonic() + seconds)
    except (requests.RequestException, ValueError):
        raise InputError(INVALID_URL) from None  # the cause would show the signed link


def _body(response: requests.Response, deadline: float) -> bytes:
    if response.status_code != 200:
        raise InputError(INVALID_URL)
    data = bytearray()
    for chunk in response.iter_content(64 * 1024):
        data += chunk
        if len(data) > MOST_BYTES or time.monotonic() > deadline:
            raise InputError(INVALID_URL)
    return bytes(data)


def opened(data: bytes) -> Image.Image:
    """The picture in `data`, upright, RGB and of a size that is accepted."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(*image.size)  # before the pixels are unpacked: a small file can hold a huge picture
            return _on_white(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(INVALID_RESOLUTION) from None
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for files it cannot read
        raise InputError(INVALID_URL) from None


def _on_white(image: Image.Image) -> Image.Image:
    """`image` without transparency: what lies under it is seldom meant to be seen."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")


def _check_size(width: int, height: int) -> None:
    short, long = sorted((width, height))
    fits = short >= LEAST_SIDE and long <= LONGEST_SIDE and short <= LONGEST_SHORT_SIDE
    if not fits or long > WIDEST_RATIO * short:
        raise InputError(INVALID_RESOLUTION)
