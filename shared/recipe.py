"""What a route asks of DashScope: model, template and options, read from `templates/<route>.*`. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared import keys
from shared.models import MODELS
from shared.models.contract import Model
from shared.ports import Entry


@dataclass(frozen=True)
class Trouble:
    """The route cannot be used as it is: a code of `words.py`. Its photos are held, not refused."""

    code: str


@dataclass(frozen=True)
class Wish:
    """A route's model and options, and the key of its template image ("" when the model needs none)."""

    model: Model
    options: Mapping[str, int]
    template: str


@dataclass(frozen=True)
class Recipe:
    """All that a submission on this route sends besides the photo."""

    model: str
    options: Mapping[str, int]
    template: str
    process: str
    """How the template is fitted."""
    digest: str
    """Changes when model, options or the template's content change."""


def options_key(entries: Sequence[Entry], route: str) -> str:
    """The key of the route's options file, or "" when there is none."""
    wanted = keys.template_stem(route) + "json"
    return wanted if any(entry.key == wanted for entry in entries) else ""


def wish(entries: Sequence[Entry], route: str, options: bytes, default_model: str) -> Wish | Trouble:
    """What `templates/<route>.*` asks for. `options` is the content of the options file, or empty."""
    parsed = _parse(options)
    if parsed is None:
        return Trouble("BadRouteOptions")
    model = MODELS.get(str(parsed.pop("model", default_model)))
    if model is None or not _fits(model, parsed):
        return Trouble("BadRouteOptions")
    chosen = {**model.options, **parsed}
    if not model.uses_template(chosen):
        return Wish(model, chosen, "")
    image = _image(entries, route)
    return Wish(model, chosen, image) if image else Trouble("NoTemplate")


def recipe(wanted: Wish, template_etag: str, process: str) -> Recipe:
    """The finished recipe, its template looked at."""
    told = json.dumps([wanted.model.name, sorted(wanted.options.items()), template_etag])
    digest = hashlib.sha256(told.encode()).hexdigest()[:12]
    return Recipe(wanted.model.name, wanted.options, wanted.template, process, digest)


def _image(entries: Sequence[Entry], route: str) -> str:
    there = {entry.key for entry in entries}
    names = (keys.template_stem(route) + extension for extension in keys.IMAGE_EXTENSIONS)
    return next((name for name in names if name in there), "")


def _parse(options: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(options or b"{}")
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _fits(model: Model, options: Mapping[str, Any]) -> bool:
    return all(name in model.options and type(value) is int for name, value in options.items())
