"""The models on offer: which input each demands, and in which shape it gives its result.

Sources: help.aliyun.com/zh/dashscope/developer-reference/tongyi-wanxiang-api-for-cosplay-image-generation and
help.aliyun.com/zh/model-studio/portrait-style-redraw-api-reference
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from local.dashscope.errors import invalid_parameter, model_gone, unknown_model


@dataclass(frozen=True)
class Model:
    """One model: the names of its input fields and the form of its result."""

    name: str
    face: str
    """Field with the link of the portrait."""
    template: str
    """Field with the link of the character or of the style's example."""
    index: str
    """Field with the style's number."""
    drawn_after_template: frozenset[int]
    """Style numbers that need `template`."""
    presets: frozenset[int]
    """Style numbers that do without."""
    result: Callable[[str], dict[str, Any]]
    """Where the result's link stands in `output`."""
    format: str
    """What the result is encoded as: JPEG or PNG."""
    suffix: str

    def check(self, given: Mapping[str, Any]) -> None:
        """Refuse (InvalidParameter) an input with a field missing, mistyped or out of range."""
        self._check_link(given, self.face)
        number = given.get(self.index)
        if type(number) is not int or number not in self.drawn_after_template | self.presets:
            raise invalid_parameter(self.index)
        if number in self.drawn_after_template:
            self._check_link(given, self.template)

    def links(self, given: Mapping[str, Any]) -> tuple[str, str | None]:
        """The links of a checked input: the portrait's, and the template's if the style needs one."""
        template = given[self.template] if given[self.index] in self.drawn_after_template else None
        return given[self.face], template

    def _check_link(self, given: Mapping[str, Any], name: str) -> None:
        link = given.get(name)
        if not isinstance(link, str) or not link:
            raise invalid_parameter(name)


COSPLAY = Model(
    name="wanx-style-cosplay-v1",
    face="face_image_url",
    template="template_image_url",
    index="model_index",
    drawn_after_template=frozenset({1}),  # 3D cartoon, the only style the page has
    presets=frozenset(),
    result=lambda url: {"result_url": url},
    format="JPEG",
    suffix="jpg",
)

REPAINT = Model(
    name="wanx-style-repaint-v1",
    face="image_url",
    template="style_ref_url",
    index="style_index",
    drawn_after_template=frozenset({-1}),
    presets=frozenset({*range(10), 14, 15, *range(30, 41)}),
    result=lambda url: {"results": [{"url": url}]},
    format="PNG",
    suffix="png",
)

MODELS = {model.name: model for model in (COSPLAY, REPAINT)}


def asked(body: Any, gone: Collection[str]) -> tuple[Model, Mapping[str, Any]]:
    """The model and the checked input that a submission names; ApiError if that model is not on offer."""
    name = body.get("model") if isinstance(body, dict) else None
    if not isinstance(name, str) or not name:
        raise invalid_parameter("model")
    if name in gone:
        raise model_gone()
    if name not in MODELS:
        raise unknown_model()
    if not isinstance(body.get("input"), dict):
        raise invalid_parameter("input")
    MODELS[name].check(body["input"])
    return MODELS[name], body["input"]
