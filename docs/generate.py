"""Writes the tables in `docs/` that are made from code: `python -m docs.generate`. A test fails when one is stale.

A page says where a table goes: between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from shared.settings import Variable, variables
from shared.words import _PREFIXES, _WORDS, Words

PAGES = Path(__file__).parent
_PLACE = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def settings() -> str:
    """One row for each environment variable that the functions read."""
    return _table(("Variable", "Meaning", "Default", "Example"), map(_setting, variables()))


def errors() -> str:
    """One row for all codes that share their words; a `*` stands for the rest of a vendor's code."""
    codes: dict[Words, list[str]] = {}
    for code, said in (_WORDS | {f"{prefix}*": said for prefix, said in _PREFIXES.items()}).items():
        codes.setdefault(said, []).append(f"`{code}`")
    return _table(("Code", "English", "中文"), (_error(names, said) for said, names in codes.items()))


def refreshed(page: str) -> str:
    """`page` with its tables made anew."""
    return _PLACE.sub(lambda place: f"{place[1]}\n{_TABLES[place[2]]()}\n{place[3]}", page)


def main() -> None:
    """Refresh every page."""
    for page in PAGES.glob("*.md"):
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")


_TABLES: dict[str, Callable[[], str]] = {"settings": settings, "errors": errors}


def _setting(row: Variable) -> tuple[str, ...]:
    default = "**required**" if row.default is None else f"`{row.default}`" if row.default else "unset"
    return f"`{row.name}`", row.meaning + (" (secret)" if row.secret else ""), default, f"`{row.example}`"


def _error(codes: Iterable[str], said: Words) -> tuple[str, ...]:
    told = (f"{said.en}<br>→ {said.todo_en}", f"{said.zh}<br>→ {said.todo_zh}")
    return ", ".join(codes), *(text.format(code="its code", route="ROUTE") for text in told)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
