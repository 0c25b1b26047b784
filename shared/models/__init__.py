"""The models a route may name, one file each. A new one: its file, a line here, a line in docs."""

from __future__ import annotations

from shared.models import cosplay, style_repaint
from shared.models.contract import Model

MODELS: dict[str, Model] = {model.name: model for model in (cosplay.MODEL, style_repaint.MODEL)}
DEFAULT = cosplay.MODEL.name
