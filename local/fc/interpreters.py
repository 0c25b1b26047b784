"""Which Python runs a function: that of its runtime where this project has an environment of it, else our own.

An interpreter alone is not enough: what FC preinstalls (oss2 with its compiled needs) must be there for its version.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Interpreter:
    """A Python of `version` (3.10), and the folder whose packages stand for what FC preinstalls."""

    version: str
    executable: str
    site_packages: str


def running() -> Interpreter:
    """The Python that runs this."""
    return Interpreter("{}.{}".format(*sys.version_info), sys.executable, sysconfig.get_path("purelib"))


def choose(runtimes: Iterable[str], project: Path, say: Callable[[str], None]) -> dict[str, Interpreter]:
    """An interpreter for each of `runtimes` (python3.10). Says so, once for each, when it is of another version."""
    chosen = {runtime: _find(runtime.removeprefix("python"), project) for runtime in dict.fromkeys(runtimes)}
    for runtime, interpreter in chosen.items():
        if (version := runtime.removeprefix("python")) != interpreter.version:
            say(
                f"{runtime} runs under Python {interpreter.version} here: there is no .venv-{version} with that version"
            )
    return chosen


def _find(version: str, project: Path) -> Interpreter:
    if running().version == version:
        return running()
    folders = (project / name for name in (f".venv-{version}", ".venv"))
    return next((found for folder in folders if (found := _environment(folder, version))), running())


def _environment(folder: Path, version: str) -> Interpreter | None:
    """The virtual environment in `folder`, if it is one of `version`."""
    executable, packages = folder / "bin" / "python", folder / "lib" / f"python{version}" / "site-packages"
    if executable.exists() and packages.is_dir():
        return Interpreter(version, str(executable), str(packages))
    return None
