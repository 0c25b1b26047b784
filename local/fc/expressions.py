"""The `${...}` of Serverless Devs: dotted names, and calls such as env() amid sums and products.

Follows the real tool's parser (npm @serverless-devs/art-template 4.13), of whose rules some surprise: a name takes no
spaces beside it, sums need a call in them, and what an expression yields is read once more, but not again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.fc.javascript import evaluate, spelt

EXPRESSION = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"\w+(\.[\w-]+)*")
_BARE_CALL = re.compile(r"(\w+)\(([^'\"()]+)\)")


class StackFileError(Exception):
    """s.yaml says something that cannot be run here; the message names it."""


class Expressions:
    """Resolves the expressions in parts of an s.yaml.

    `functions` are those that may be called; `lookup` finds what a dotted name stands for, or None.
    """

    def __init__(self, functions: Mapping[str, Callable[..., Any]], lookup: Callable[[str], Any]) -> None:
        self._functions, self._lookup = functions, lookup

    def resolve(self, value: Any) -> Any:
        """`value` with its expressions replaced, in lists and mappings too, and without what is null.

        Raises StackFileError.
        """
        if isinstance(value, Mapping):
            pairs = ((key, self.resolve(item)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not None}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> Any:
        value = self._once(text)
        if isinstance(value, str):
            return self._once(value)
        return self.resolve(value)

    def _once(self, text: str) -> Any:
        if alone := EXPRESSION.fullmatch(text):
            return self._value(alone[1])
        return EXPRESSION.sub(lambda found: self._value_in_text(found[1]), text)

    def _value_in_text(self, code: str) -> str:
        try:
            return spelt(self._value(code))
        except ValueError as error:
            raise StackFileError(f"${{{code}}}: {error}") from error

    def _value(self, code: str) -> Any:
        try:
            value = self._evaluated(code)
        except (ValueError, TypeError) as error:
            raise StackFileError(f"${{{code}}}: {error}") from error
        if value is None:
            raise StackFileError(f"${{{code}}} has no value")
        return value

    def _evaluated(self, code: str) -> Any:
        if bare := _BARE_CALL.fullmatch(code):
            # The real tool supplies the missing quotes: str(vars.n) is str('vars.n').
            return self._call(bare[1], [bare[2]])
        if "(" in code:
            return evaluate(code, self._lookup, self._call)
        return self._lookup(code) if _NAME.fullmatch(code) else None

    def _call(self, name: str, arguments: list[Any]) -> Any:
        if name not in self._functions:
            raise ValueError(f"there is no {name}() here, but {', '.join(self._functions)}")
        return self._functions[name](*arguments)
