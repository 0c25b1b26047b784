"""Logs are lines of JSON on standard output, one per event, with job id and request id. Links lose their query."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

# Applied to JSON, where a quotation mark within a text is \": it ends the link, and its backslash must stay.
_QUERY = re.compile(r"(https?://(?:[^\s\"'?\\]|\\[^\"])*)\?(?:[^\s\"'\\]|\\[^\"])*")


def scrub(text: str) -> str:
    """`text` without the query of any link in it: that is where signatures and tokens are."""
    return _QUERY.sub(r"\1?...", text)


class Log:
    """Writes events; `bind` adds fields that every later line carries."""

    def __init__(self, write: Callable[[str], None] | None = None, **fields: Any) -> None:
        self._write = write or _to_stdout
        self._fields = fields

    def __call__(self, event: str, **fields: Any) -> None:
        """One line: `event` and what belongs to it. Values must be JSON."""
        line = {"event": event, **self._fields, **fields}
        self._write(scrub(json.dumps(line, ensure_ascii=False, default=str)))

    def bind(self, **fields: Any) -> Log:
        """The same log with more fields on every line."""
        return Log(self._write, **{**self._fields, **fields})


def _to_stdout(line: str) -> None:
    # Function Compute sends standard output to SLS, 32 KB a line at most (FC manual, "log").
    data = line.encode("utf-8", "backslashreplace")[:32_000]
    sys.stdout.write(data.decode("utf-8", "ignore") + "\n")
    sys.stdout.flush()
