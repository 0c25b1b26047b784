"""What is sent to each model, exactly as its page documents it, and what a route may ask of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.models import DEFAULT, MODELS
from shared.ports import Entry
from shared.recipe import Recipe, Trouble, Wish, options_key, recipe, wish

COSPLAY, REPAINT = "wanx-style-cosplay-v1", "wanx-style-repaint-v1"
FACE = "https://public-vigen-video.oss-cn-shanghai.aliyuncs.com/public/dashscope/test.png"


def entries(*names: str) -> list[Entry]:
    return [Entry(f"templates/{name}", 1, 0.0) for name in names]


def wished(told: Any, *names: str) -> Wish | Trouble:
    return wish(entries(*names), "hero", told if isinstance(told, bytes) else json.dumps(told).encode(), COSPLAY)


@pytest.mark.parametrize(
    ("model", "options", "sent"),
    [
        (COSPLAY, {"model_index": 1}, {"model_index": 1, "face_image_url": FACE, "template_image_url": FACE}),
        (REPAINT, {"style_index": 3}, {"image_url": FACE, "style_index": 3}),
        (REPAINT, {"style_index": -1}, {"image_url": FACE, "style_index": -1, "style_ref_url": FACE}),
    ],
)
def test_the_input_is_what_the_page_documents(model: str, options: dict[str, int], sent: dict[str, Any]) -> None:
    assert MODELS[model].build(FACE, FACE, options) == sent


@pytest.mark.parametrize("model", [COSPLAY, REPAINT])
def test_both_models_are_posted_to_the_same_path(model: str) -> None:
    assert MODELS[model].name == model
    assert MODELS[model].path == "image-generation/generation"


def test_the_cosplay_model_is_the_default() -> None:
    assert DEFAULT == COSPLAY


@pytest.mark.parametrize(
    ("told", "names", "expected"),
    [
        ({}, ["hero.png"], (COSPLAY, {"model_index": 1}, "templates/hero.png")),
        (b"", ["hero.jpg"], (COSPLAY, {"model_index": 1}, "templates/hero.jpg")),
        ({}, ["hero.webp", "hero.png", "hero.jpg"], (COSPLAY, {"model_index": 1}, "templates/hero.png")),
        ({"model_index": 0}, ["hero.png"], (COSPLAY, {"model_index": 0}, "templates/hero.png")),
        ({"model": REPAINT}, ["hero.png"], (REPAINT, {"style_index": -1}, "templates/hero.png")),
        ({"model": REPAINT, "style_index": 3}, [], (REPAINT, {"style_index": 3}, "")),  # a preset needs no template
        ({"model": REPAINT, "style_index": 3}, ["hero.png"], (REPAINT, {"style_index": 3}, "")),
    ],
)
def test_a_route_picks_model_options_and_template(
    told: Any, names: list[str], expected: tuple[str, dict[str, int], str]
) -> None:
    found = wished(told, *names)
    assert isinstance(found, Wish)
    assert (found.model.name, found.options, found.template) == expected


@pytest.mark.parametrize(
    ("told", "names", "code"),
    [
        ({}, [], "NoTemplate"),
        ({}, ["heroine.png", "hero.json", "hero.txt", "hero.png.bak"], "NoTemplate"),
        ({"model": REPAINT}, [], "NoTemplate"),
        (b"{", ["hero.png"], "BadRouteOptions"),
        (b"\xff\xfe", ["hero.png"], "BadRouteOptions"),
        (b"[" * 100_000, ["hero.png"], "BadRouteOptions"),
        ([], ["hero.png"], "BadRouteOptions"),
        ({"model": "wanx-v9"}, ["hero.png"], "BadRouteOptions"),
        ({"model": None}, ["hero.png"], "BadRouteOptions"),
        ({"style_index": 3}, ["hero.png"], "BadRouteOptions"),  # the other model's option
        ({"model_index": "1"}, ["hero.png"], "BadRouteOptions"),
        ({"model_index": True}, ["hero.png"], "BadRouteOptions"),
        ({"colour": 1}, ["hero.png"], "BadRouteOptions"),
    ],
)
def test_a_route_that_cannot_be_used_says_why(told: Any, names: list[str], code: str) -> None:
    assert wished(told, *names) == Trouble(code)


def test_the_options_file_is_found_beside_the_template() -> None:
    assert options_key(entries("hero.json", "hero.png"), "hero") == "templates/hero.json"
    assert options_key(entries("hero.png", "heroine.json"), "hero") == ""


def test_the_digest_changes_with_model_options_and_template_only() -> None:
    def digest(told: Any, etag: str = "E1", process: str = "") -> str:
        found = wished(told, "hero.png")
        assert isinstance(found, Wish)
        made = recipe(found, etag, process)
        assert isinstance(made, Recipe)
        return made.digest

    same = {digest({}), digest({"model": COSPLAY}), digest({}, process="image/auto-orient,1")}
    others = {digest({}, "E2"), digest({"model_index": 2}), digest({"model": REPAINT})}
    assert len(same) == 1
    assert len(same | others) == 4
