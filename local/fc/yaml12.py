"""YAML as js-yaml 4 reads it, on which Serverless Devs stands: the core schema of YAML 1.2.

PyYAML speaks 1.1, where `on` is true, `12:30` is 750, `010` is eight, and the second of two equal keys wins in silence.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_BOOL, _INT, _FLOAT = (f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float"))
_NUMBERS = list("-+.0123456789")


def load(text: str) -> Any:
    """The value that `text` says. Raises yaml.YAMLError."""
    return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


class _Loader(yaml.SafeLoader):
    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.composer.ComposerError(None, None, f"{key} stands twice", node.start_mark)
        return node

    def construct_integer(self, node: yaml.ScalarNode) -> int:
        text = str(self.construct_scalar(node))
        return int(text, 0) if re.search("[xob]", text) else int(text)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag not in (_BOOL, _INT, _FLOAT)]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile("true|True|TRUE|false|False|FALSE"), list("tTfF"))
_Loader.add_implicit_resolver(_INT, re.compile("(0o[0-7]+|0x[0-9a-fA-F]+|0b[01]+|[-+]?[0-9]+)$"), _NUMBERS)
_Loader.add_implicit_resolver(
    _FLOAT, re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|[-+]?\.inf$|\.nan$"), _NUMBERS
)
_Loader.add_constructor(_INT, _Loader.construct_integer)
