"""`wanx-style-cosplay-v1`: a face and a cartoon character become one 3D cartoon portrait. The default.

Source: the vendor's page "Cosplay动漫人物生成". It has left the vendor's documentation since; see docs/models.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.models.contract import Model, Options


def _build(face: str, template: str, options: Options) -> dict[str, Any]:
    return {
        "face_image_url": face,
        "template_image_url": template,
        "model_index": options["model_index"],
    }


def _result(output: Mapping[str, Any]) -> str:
    return str(output.get("result_url") or "")


MODEL = Model(
    name="wanx-style-cosplay-v1",
    path="image-generation/generation",
    options={"model_index": 1},  # 1 is the only documented value: 3D cartoon
    build=_build,
    result=_result,
    uses_template=lambda options: True,
    price_cny=0.0,  # public preview: 300 free images, no published price
)
