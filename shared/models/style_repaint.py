"""`wanx-style-repaint-v1`: a face repainted in the style of the route's template, or in one of the preset styles.

Source: help.aliyun.com/zh/model-studio/style-repaint. The documented neighbour of the cosplay model, at the same path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.models.contract import Model, Options

BY_REFERENCE = -1
"""`style_index` that means: take the style of `style_ref_url`."""


def _build(face: str, template: str, options: Options) -> dict[str, Any]:
    built: dict[str, Any] = {"image_url": face, "style_index": options["style_index"]}
    return built | {"style_ref_url": template} if _uses_template(options) else built


def _result(output: Mapping[str, Any]) -> str:
    results = output.get("results") or [{}]
    return str(results[0].get("url") or "")


def _uses_template(options: Options) -> bool:
    return options["style_index"] == BY_REFERENCE


MODEL = Model(
    name="wanx-style-repaint-v1",
    path="image-generation/generation",
    options={"style_index": BY_REFERENCE},
    build=_build,
    result=_result,
    uses_template=_uses_template,
    price_cny=0.12,
)
