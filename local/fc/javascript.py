"""The little JavaScript that an s.yaml holds: calls, texts and numbers, sums and products, and `||` for a default."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'[^']*'|"[^"]*")|(?P<name>[A-Za-z_]\w*(?:\.\w+)*)|(?P<sign>\|\||[-+*/(),]))\s*"""
)
_WORDS = {"true": True, "false": False, "null": None}
_BINDING = {"||": 1, "+": 2, "-": 2, "*": 3, "/": 3}
_END = ("end", "")


def evaluate(code: str, lookup: Callable[[str], Any], call: Callable[[str, list[Any]], Any]) -> Any:
    """What `code` comes to. `lookup` knows the dotted names, `call` a function by its name and arguments.

    Raises ValueError for what is not JavaScript, or more of it than is understood here.
    """
    reader = _Reader(_tokens(code), lookup, call)
    value = reader.expression()
    reader.expect(_END)
    return value


def spelt(value: Any) -> str:
    """`value` within a text, as JavaScript writes it. Raises ValueError for what it has no good word for."""
    if isinstance(value, (dict, list)):
        raise ValueError("a list or mapping cannot stand within a text")
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Reader:
    def __init__(
        self, tokens: list[tuple[str, str]], lookup: Callable[[str], Any], call: Callable[[str, list[Any]], Any]
    ) -> None:
        self._tokens, self._lookup, self._call = [*tokens, _END], lookup, call

    def expression(self, binding: int = 0) -> Any:
        value = self._operand()
        while _BINDING.get(sign := self._tokens[0][1], 0) > binding and self._tokens[0][0] == "sign":
            self._tokens.pop(0)
            value = _OPERATE[sign](value, self.expression(_BINDING[sign]))
        return value

    def expect(self, token: tuple[str, str]) -> None:
        if self._tokens.pop(0) != token:
            raise ValueError("this is beyond the local stack")

    def _operand(self) -> Any:
        kind, text = self._tokens.pop(0)
        if kind == "number":
            return _tidy(float(text))
        if kind == "text":
            return text[1:-1]
        if kind == "name":
            return self._named(text)
        if text == "-":
            return _tidy(-_number(self._operand()))
        if text == "(":
            value = self.expression()
            self.expect(("sign", ")"))
            return value
        raise ValueError("this is beyond the local stack")

    def _named(self, name: str) -> Any:
        if self._takes("("):
            return self._call(name, self._arguments())
        return _WORDS[name] if name in _WORDS else self._lookup(name)

    def _arguments(self) -> list[Any]:
        if self._takes(")"):
            return []
        arguments = [self.expression()]
        while self._takes(","):
            arguments.append(self.expression())
        self.expect(("sign", ")"))
        return arguments

    def _takes(self, sign: str) -> bool:
        takes = self._tokens[0] == ("sign", sign)
        if takes:
            self._tokens.pop(0)
        return takes


def _tokens(code: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(code):
        found = _TOKEN.match(code, at)
        if not found or not found.lastgroup:
            raise ValueError(f"{code[at:]!r} is beyond the local stack")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return spelt(left) + spelt(right)
    return _tidy(_number(left) + _number(right))


def _divide(left: Any, right: Any) -> Any:
    if not (divisor := _number(right)):
        raise ValueError("a division by nothing")
    return _tidy(_number(left) / divisor)


def _number(value: Any) -> float:
    if isinstance(value, str) and not value.strip():
        return 0.0
    if isinstance(value, (str, int, float)) and math.isfinite(number := float(value)):
        return number
    raise ValueError(f"{value!r} is not a number")


def _tidy(number: float) -> int | float:
    """JavaScript has one kind of number; what is whole is sent without a point."""
    return int(number) if number.is_integer() else number


_OPERATE: dict[str, Callable[[Any, Any], Any]] = {
    "||": lambda left, right: left or right,
    "+": _add,
    "-": lambda left, right: _tidy(_number(left) - _number(right)),
    "*": lambda left, right: _tidy(_number(left) * _number(right)),
    "/": _divide,
}
