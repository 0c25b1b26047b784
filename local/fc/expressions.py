"""The `${...}` of Serverless Devs, as far as a local stack needs them: env(), config(), vars and given names.

As in the real tool (3.1.10) an empty variable counts as unset, what is unset and has no default is an error, and an
expression that stands alone keeps its type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_EXPRESSION = re.compile(r"\$\{\s*(.+?)\s*\}")
_CALL = re.compile(r"(env|config)\(\s*(['\"])(\w+)\2\s*(?:,\s*(.+?)\s*)?\)")
_TEXT = re.compile(r"(['\"])(.*)\1")
_PATH = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)+")


class StackFileError(Exception):
    """s.yaml says something that cannot be run here; the message names it."""


class Expressions:
    """Resolves the expressions in parts of an s.yaml.

    `environment` answers env(), `known` every other name by its dotted path: `config.AccountID`,
    `vars.region`, `resources.infra.output.BucketName`.
    """

    def __init__(self, environment: Mapping[str, str], known: Mapping[str, Any]) -> None:
        self._environment, self._known = environment, known

    def resolve(self, value: Any) -> Any:
        """`value` with every expression in it replaced, in lists and mappings too. Raises StackFileError."""
        if isinstance(value, Mapping):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> Any:
        if alone := _EXPRESSION.fullmatch(text):
            return self._value(alone[1])
        return _EXPRESSION.sub(lambda found: str(self._value(found[1])), text)

    def _value(self, expression: str) -> Any:
        value = self.resolve(self._look_up(expression))
        if value is None:
            raise StackFileError(f"${{{expression}}} has no value")
        return value

    def _look_up(self, expression: str) -> Any:
        if call := _CALL.fullmatch(expression):
            source: Callable[[str], Any] = self._environment.get if call[1] == "env" else self._config
            return source(call[3]) or (self._look_up(call[4]) if call[4] else None)
        if text := _TEXT.fullmatch(expression):
            return text[2]
        if expression.isdigit():
            return int(expression)
        if _PATH.fullmatch(expression):
            return self._known.get(expression)
        raise StackFileError(f"${{{expression}}} is beyond the local stack: it knows env, config, vars and outputs")

    def _config(self, name: str) -> Any:
        return self._known.get(f"config.{name}")


def dotted(tree: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Every leaf of `tree` by its dotted path under `prefix`."""
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        path = f"{prefix}.{key}"
        leaves.update(dotted(value, path) if isinstance(value, Mapping) else {path: value})
    return leaves
