"""What the tests of DashScope share: two good submissions, and a studio that needs no time."""

from __future__ import annotations

from typing import Any

from local.dashscope.tasks import ApiKey, Failure, Picture, Task

KEY = ApiKey()
COSPLAY: dict[str, Any] = {
    "model": "wanx-style-cosplay-v1",
    "input": {
        "face_image_url": "http://127.0.0.1:1/face.jpg",
        "template_image_url": "http://127.0.0.1:1/template.png",
        "model_index": 1,
    },
}
REPAINT: dict[str, Any] = {
    "model": "wanx-style-repaint-v1",
    "input": {"image_url": "http://127.0.0.1:1/face.jpg", "style_index": 3},
}


class FakeStudio:
    """Gives the outcomes it was given, then pictures that name their task; notes who asked."""

    def __init__(self, *outcomes: Picture | Failure) -> None:
        self._outcomes = list(outcomes)
        self.asked: list[str] = []

    def make(self, task: Task) -> Picture | Failure:
        self.asked.append(task.id)
        return self._outcomes.pop(0) if self._outcomes else Picture(f"picture of {task.id}".encode())


def with_input(submission: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """`submission` with some input fields changed, or dropped where None is given."""
    changed = {**submission["input"], **changes}
    return {**submission, "input": {name: value for name, value in changed.items() if value is not None}}
