"""The local DashScope making its pictures: beside the answers, over a kill, and with the real studio."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from PIL import Image, ImageDraw, ImageFilter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.clock import ManualClock
from local.dashscope.engine import DashScope
from local.dashscope.http import app
from local.dashscope.limits import Settings
from local.dashscope.studio import LocalStudio
from local.dashscope.tasks import Failure, Picture, Studio, Task
from local.serving import in_thread
from local.state import State
from tests.contract.dashscope_client import Client, eventually
from tests.unit.local_dashscope.fakes import COSPLAY, REPAINT, FakeStudio, with_input


class SlowStudio:
    """Holds every picture back until it is let go, and remembers how many it is asked for."""

    def __init__(self) -> None:
        self.started, self.go, self.asked = threading.Event(), threading.Event(), 0

    def make(self, task: Task) -> Picture | Failure:
        self.asked += 1
        self.started.set()
        self.go.wait(10)
        return Picture(b"slow")


class BrokenStudio:
    def make(self, task: Task) -> Picture | Failure:
        raise RuntimeError("out of paint")


Run = Callable[..., Client]


@pytest.fixture
def run() -> Iterator[Run]:
    """Starts servers that make their pictures beside the answers, as `cosdrop up` does."""
    with ExitStack() as servers:

        def start(studio: Studio, state: State | None = None) -> Client:
            state, clock = state or State(), ManualClock()
            engine = DashScope(state, clock, Settings(seconds=2.0))
            served = app(engine, state, studio=studio)
            return Client(servers.enter_context(in_thread(served)), clock, engine)

        yield start


def test_polls_are_answered_while_a_picture_is_being_made(run: Run) -> None:
    # Given a studio in the middle of a picture
    studio = SlowStudio()
    client = run(studio)
    task_id = client.task()
    client.clock.sleep(2)
    assert studio.started.wait(5)
    # When someone polls, Then the answer comes at once: it runs
    assert client.status(task_id) == "RUNNING"
    # And when the picture is done, it is there, made once
    studio.go.set()
    answer = eventually(client, task_id, "SUCCEEDED")
    assert requests.get(answer["output"]["result_url"], timeout=10).content == b"slow"
    assert studio.asked == 1


def test_a_picture_that_a_kill_interrupted_is_made_by_the_next_process(tmp_path: Path, run: Run) -> None:
    # Given a server in the middle of a picture
    studio = SlowStudio()
    killed = run(studio, State(tmp_path))
    task_id = killed.task()
    killed.clock.sleep(2)
    assert studio.started.wait(5)
    # When another process takes its state as it lies there
    client = run(FakeStudio(), State(tmp_path))
    # Then the task succeeds there
    answer = eventually(client, task_id, "SUCCEEDED")
    assert requests.get(answer["output"]["result_url"], timeout=10).content.decode() == f"picture of {task_id}"
    studio.go.set()


def test_a_studio_that_breaks_fails_its_task_and_not_the_server(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    client = run(BrokenStudio())
    answer = eventually(client, client.task(), "FAILED")
    assert answer["output"]["code"] == "InternalError.Algo"
    assert "out of paint" in caplog.text
    assert client.submit().status_code == 200


# --- the real studio


def a_face() -> Image.Image:
    """A drawn face, good enough for the detector."""
    image = Image.new("RGB", (480, 600), (120, 140, 160))
    draw = ImageDraw.Draw(image)

    def oval(x: int, y: int, width: int, height: int, colour: tuple[int, int, int]) -> None:
        draw.ellipse((x - width, y - height, x + width, y + height), fill=colour)

    oval(240, 270, 150, 190, (60, 40, 30))
    oval(240, 300, 125, 165, (225, 180, 150))
    for x in (190, 290):
        oval(x, 275, 30, 20, (150, 105, 85))
        oval(x, 280, 20, 9, (250, 250, 250))
        oval(x, 280, 9, 9, (30, 20, 20))
        draw.rectangle((x - 30, 248, x + 30, 256), fill=(50, 30, 20))
    draw.polygon(((240, 290), (222, 345), (258, 345)), fill=(200, 150, 120))
    oval(240, 392, 42, 13, (150, 60, 60))
    return image.filter(ImageFilter.GaussianBlur(4))


def a_template() -> Image.Image:
    image = Image.new("RGB", (640, 800), (70, 110, 190))
    ImageDraw.Draw(image).ellipse((200, 180, 440, 480), fill=(250, 214, 190))
    return image


@pytest.fixture
def pictures() -> Iterator[str]:
    """A site with a face, a template and a wall."""
    drawn = {"face": a_face(), "template": a_template(), "wall": Image.new("RGB", (400, 400), "grey")}

    async def picture(request: Request) -> Response:
        data = io.BytesIO()
        drawn[request.path_params["name"]].save(data, "PNG")
        return Response(data.getvalue(), media_type="image/png")

    with in_thread(Starlette(routes=[Route("/{name}.png", picture)])) as url:
        yield url


def test_the_real_studio_paints_both_models_and_refuses_a_wall(run: Run, pictures: str) -> None:
    # Given the studio that `cosdrop up` uses, and pictures to fetch
    client = run(LocalStudio())
    face, template, wall = (f"{pictures}/{name}.png" for name in ("face", "template", "wall"))
    cosplay = with_input(COSPLAY, face_image_url=face, template_image_url=template)
    # When a cosplay, a preset style and a wall are submitted
    tasks = [
        client.task(body)
        for body in (
            cosplay,
            with_input(REPAINT, image_url=face, style_index=7),
            with_input(cosplay, face_image_url=wall),
        )
    ]
    outputs = [eventually(client, task_id, "SUCCEEDED", "FAILED")["output"] for task_id in tasks]
    # Then the first two are pictures of their model's format, and not the ones that went in
    links = [outputs[0]["result_url"], outputs[1]["results"][0]["url"]]
    made = [Image.open(io.BytesIO(requests.get(link, timeout=10).content)) for link in links]
    assert [it.format for it in made] == ["JPEG", "PNG"]
    assert made[0].size == (640, 800)
    assert made[0].convert("RGB").tobytes() != a_template().tobytes()
    # And the wall has no face
    assert (outputs[2]["task_status"], outputs[2]["code"]) == ("FAILED", "InvalidFace")
