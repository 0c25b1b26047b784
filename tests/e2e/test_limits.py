"""One task at a time: whichever way DashScope takes a second one, every photo becomes a portrait by one task."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.e2e.booth import Booth, http, up
from tests.e2e.command import eventually


@pytest.fixture(params=["queue", "refuse"])
def strict(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Booth, str]]:
    with up(tmp_path_factory.mktemp("limits"), LOCAL_OVER_LIMIT=request.param) as running:
        yield running, request.param


def test_a_slot_that_somebody_else_uses_costs_time_and_no_attempt(strict: tuple[Booth, str]) -> None:
    booth, policy = strict
    # Given a task of another program with the same key, which takes a while
    booth.next_task_takes(2)
    stranger = submit_by_hand(booth)
    # When a photo is dropped meanwhile
    photo = booth.put("photos/me.jpg")
    # Then it becomes a portrait by a single task
    assert booth.portrait(photo)
    (job,) = booth.cosdrop("why", photo, "--json").document["jobs"]
    assert not [line for line in job["lines"] if line["op"] in ("failed", "looked", "held")]
    assert [task["id"] for task in booth.tasks()] == [stranger, *booth.tasks_of(photo)]
    # And the service had its say: it queued the task, or it refused it for the time being
    told = [line for line in booth.log if line["event"] == "returned"]
    assert bool(told) == (policy == "refuse")
    assert all(line["code"].startswith("Throttling") for line in told)


def submit_by_hand(booth: Booth) -> str:
    """POST a task as the vendor's page says; returns its id once it runs."""
    face = booth.put("elsewhere/face.jpg")
    links = [booth.bucket.sign_url("GET", key, 600, slash_safe=True) for key in (face, "templates/default.png")]
    answer = http.post(
        f"{booth.endpoints['dashscope']}/api/v1/services/aigc/image-generation/generation",
        json={
            "model": "wanx-style-cosplay-v1",
            "input": {"model_index": 1, "face_image_url": links[0], "template_image_url": links[1]},
        },
        headers={"Authorization": f"Bearer {booth.endpoints['api_key']}", "X-DashScope-Async": "enable"},
        timeout=5,
    )
    task_id = str(UUID(answer.json()["output"]["task_id"]))
    eventually(lambda: booth.tasks()[0]["status"] == "RUNNING")
    return task_id
