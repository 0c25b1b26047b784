"""The command as a person runs it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ROOT / "demo" / "photos"
FACE, NO_FACE = PHOTOS / "astronaut.jpg", PHOTOS / "no_face.jpg"
COSDROP = (sys.executable, "-m", "ops.cli")

T = TypeVar("T")


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output, which must be one JSON document."""
        return json.loads(self.out)


def cosdrop(*arguments: object, **environ: str) -> Ran:
    """Run the command to its end."""
    command = [*COSDROP, *map(str, arguments)]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment(**environ), capture_output=True, text=True, timeout=120, check=False
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def environment(**environ: str) -> dict[str, str]:
    """Nothing of this machine's settings; and a proxy that nobody must use, for all is on loopback."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "HTTP_PROXY": "http://127.0.0.1:9", **environ}


def eventually(look: Callable[[], T | None], within: float = 30.0) -> T:
    """What `look` returns as soon as that is true; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.02)
    return found
