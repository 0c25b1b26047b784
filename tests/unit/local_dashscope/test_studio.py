"""The studio: what it fetches, what it refuses to work on, and what it hands the painter."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import anyio
import numpy as np
import pytest
from PIL import Image, ImageDraw
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from local.clock import ManualClock
from local.dashscope.engine import DashScope
from local.dashscope.faces import Box, Pixels
from local.dashscope.studio import INVALID_FACE, INVALID_RESOLUTION, INVALID_URL, InputError, LocalStudio, fetched
from local.dashscope.tasks import Failure, Picture, Task
from local.serving import in_thread, listen
from local.state import State
from tests.unit.local_dashscope.fakes import COSPLAY, KEY, REPAINT, with_input

BOX = Box(10, 20, 30, 40)
RED, BLUE = (200, 0, 0), (0, 0, 200)


def encoded(size: tuple[int, int], form: str = "PNG", colour: Any = RED, mode: str = "RGB", **options: Any) -> bytes:
    data = io.BytesIO()
    Image.new(mode, size, colour).save(data, form, **options)
    return data.getvalue()


def sideways() -> bytes:
    """A camera's picture: stored 300 x 400 with its left half red, to be shown turned by 90 degrees."""
    image = Image.new("RGB", (300, 400), BLUE)
    ImageDraw.Draw(image).rectangle((0, 0, 149, 399), fill=RED)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = io.BytesIO()
    image.save(data, "JPEG", exif=exif)
    return data.getvalue()


FILES: dict[str, bytes] = {
    "face.jpg": encoded((400, 500), "JPEG"),
    "template.png": encoded((300, 300), colour=BLUE),
    "clear.png": encoded((300, 300), mode="RGBA", colour=(0, 0, 0, 0)),
    "sideways.jpg": sideways(),
    "least.bmp": encoded((256, 256), "BMP"),
    "small.png": encoded((255, 300)),
    "wide.webp": encoded((540, 300), "WEBP"),
    "too-wide.png": encoded((541, 300)),
    "too-tall.png": encoded((300, 541)),
    "largest.png": encoded((5760, 3240), mode="L", colour=0),
    "upright.png": encoded((3240, 5760), mode="L", colour=0),
    "too-large.png": encoded((5760, 3241), mode="L", colour=0),
    "too-long.png": encoded((5761, 3240), mode="L", colour=0),
    "bomb.png": encoded((12000, 9000), mode="1", colour=0),
    "animation.gif": encoded((300, 300), "GIF"),
    "text.jpg": b"not a picture",
    "cut.jpg": encoded((400, 500), "JPEG")[:700],
    "empty.jpg": b"",
    "heavy.jpg": encoded((400, 500), "JPEG") + bytes(20 * 1024 * 1024),
}


async def drops() -> AsyncIterator[bytes]:
    """A body without end, each byte well within any pause that a socket allows."""
    while True:
        yield b"."
        await anyio.sleep(0.01)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A web site with the files above, and one that sends visitors on to a good picture."""

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name == "moved.jpg":
            return RedirectResponse("/face.jpg", 302)
        if name == "dripping.jpg":
            return StreamingResponse(drops())
        return Response(FILES[name]) if name in FILES else Response(FILES["face.jpg"], 404)

    with in_thread(Starlette(routes=[Route("/{name}", file)])) as url:
        yield url


class Easel:
    """A painter and an eye that note what they were shown, and find a face unless told there is none."""

    def __init__(self, boxes: tuple[Box, ...] = (BOX, Box(1, 1, 2, 2))) -> None:
        self.boxes = list(boxes)
        self.seen: list[Any] = []

    def find_faces(self, image: Pixels) -> list[Box]:
        self.pixels = image
        return self.boxes

    def cosplay(self, face: Image.Image, template: Image.Image, box: Box) -> Image.Image:
        self.seen.append(("cosplay", face, template, box))
        return template

    def restyle(self, face: Image.Image, box: Box, style_index: int) -> Image.Image:
        self.seen.append(("restyle", face, box, style_index))
        return face


def task_of(body: dict[str, Any]) -> Task:
    return DashScope(State(), ManualClock()).submit(KEY, body)


def make(easel: Easel, body: dict[str, Any]) -> Picture | Failure:
    return LocalStudio(easel, easel.find_faces).make(task_of(body))


def cosplay(site: str, face: str = "face.jpg", template: str = "template.png") -> dict[str, Any]:
    return with_input(COSPLAY, face_image_url=f"{site}/{face}", template_image_url=f"{site}/{template}")


def drawn(outcome: Picture | Failure) -> Image.Image:
    assert isinstance(outcome, Picture), outcome
    return Image.open(io.BytesIO(outcome.data))


def test_cosplay_paints_the_largest_face_into_the_template_as_a_jpeg(site: str) -> None:
    # Given a face and a template
    easel = Easel()
    # When the picture is made
    picture = drawn(make(easel, cosplay(site)))
    # Then the painter was given both, and the result is a JPEG of the template's size
    ((act, face, template, box),) = easel.seen
    assert (act, face.size, template.size, box) == ("cosplay", (400, 500), (300, 300), BOX)
    assert (picture.format, picture.size) == ("JPEG", (300, 300))
    assert easel.pixels.shape == (500, 400, 3)
    assert easel.pixels.dtype == np.uint8


def test_repaint_with_an_example_paints_after_it_as_a_png(site: str) -> None:
    easel = Easel()
    body = with_input(REPAINT, image_url=f"{site}/face.jpg", style_index=-1, style_ref_url=f"{site}/template.png")
    assert drawn(make(easel, body)).format == "PNG"
    assert easel.seen[0][0] == "cosplay"


def test_repaint_with_a_preset_style_needs_no_second_picture(site: str) -> None:
    easel = Easel()
    body = with_input(REPAINT, image_url=f"{site}/face.jpg", style_index=14)
    picture = drawn(make(easel, body))
    ((act, _, box, style),) = easel.seen
    assert (act, box, style) == ("restyle", BOX, 14)
    assert (picture.format, picture.size) == ("PNG", (400, 500))


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("least.bmp", None),
        ("wide.webp", None),
        ("largest.png", None),
        ("upright.png", None),
        ("small.png", INVALID_RESOLUTION),
        ("too-wide.png", INVALID_RESOLUTION),
        ("too-tall.png", INVALID_RESOLUTION),
        ("too-large.png", INVALID_RESOLUTION),
        ("too-long.png", INVALID_RESOLUTION),
        ("bomb.png", INVALID_RESOLUTION),
        ("animation.gif", INVALID_URL),
        ("text.jpg", INVALID_URL),
        ("cut.jpg", INVALID_URL),
        ("empty.jpg", INVALID_URL),
        ("heavy.jpg", INVALID_URL),
        ("moved.jpg", INVALID_URL),
        ("missing.jpg", INVALID_URL),
    ],
)
@pytest.mark.parametrize("which", ["face", "template"])
def test_an_input_is_taken_or_refused_whichever_it_is(
    site: str, which: str, name: str, outcome: Failure | None
) -> None:
    easel = Easel()
    made = make(easel, cosplay(site, **{which: name}))
    assert made == outcome if outcome else isinstance(made, Picture)
    assert bool(easel.seen) == (outcome is None)


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:1/nobody-listens.jpg",
        "http:///no-host.jpg",
        "ftp://127.0.0.1/face.jpg",
        "file:///etc/hostname",
        "face.jpg",
        "data:image/png;base64,AAAA",
        "oss://bucket/face.jpg",
        "http://127.0.0.1:99999/face.jpg",
        "http://[::1/face.jpg",
    ],
)
def test_a_link_that_leads_nowhere_is_an_invalid_url(link: str) -> None:
    assert make(Easel(), with_input(COSPLAY, face_image_url=link)) == INVALID_URL


def test_a_link_with_chinese_characters_is_refused_however_good(site: str) -> None:
    assert make(Easel(), cosplay(site, face="face.jpg?of=me")) == make(Easel(), cosplay(site))
    assert make(Easel(), cosplay(site, face="face.jpg?of=我")) == INVALID_URL


def test_a_proxy_of_this_machines_user_is_left_aside(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert fetched(f"{site}/face.jpg") == FILES["face.jpg"]


def test_a_site_that_takes_the_connection_and_says_nothing_is_given_up() -> None:
    with listen() as silent, pytest.raises(InputError) as refused:
        fetched(f"http://127.0.0.1:{silent.getsockname()[1]}/face.jpg", seconds=0.1)
    assert refused.value.failure == INVALID_URL


def test_a_site_that_never_comes_to_an_end_is_given_up(site: str) -> None:
    with pytest.raises(InputError) as refused:
        fetched(f"{site}/dripping.jpg", seconds=0.1)
    assert refused.value.failure == INVALID_URL


def test_a_photo_without_a_face_is_refused_before_anything_is_painted(site: str) -> None:
    easel = Easel(boxes=())
    assert make(easel, cosplay(site)) == INVALID_FACE
    assert easel.seen == []


def test_a_photo_is_turned_upright_before_anyone_looks_at_it(site: str) -> None:
    # Given a camera's picture whose red left half is to be shown on top
    easel = Easel()
    make(easel, cosplay(site, face="sideways.jpg"))
    # Then the eye and the painter see it so
    assert easel.pixels.shape == (300, 400, 3)
    assert easel.pixels[10, 200, 0] > 150
    assert easel.seen[0][1].size == (400, 300)


def test_what_is_transparent_in_a_template_is_white(site: str) -> None:
    easel = Easel()
    make(easel, cosplay(site, template="clear.png"))
    assert easel.seen[0][2].getpixel((0, 0)) == (255, 255, 255)


def test_the_same_task_made_twice_gives_the_same_picture(site: str) -> None:
    task = replace(task_of(cosplay(site)), status="RUNNING")
    easel = Easel()
    studio = LocalStudio(easel, easel.find_faces)
    assert studio.make(task) == studio.make(task)
