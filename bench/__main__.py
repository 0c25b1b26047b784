"""What a cold start costs: our code beside the SDKs it stands on, and a bundle with byte code beside one without."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BUNDLES = Path(__file__).resolve().parents[1] / ".build"
RUNS = 9

_PROBE = """
import resource, sys, time
sys.path[:0] = sys.argv[2:]
began = time.perf_counter()
exec(sys.argv[1])
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(sys.modules))
"""
SDKS = "import oss2, mns.account, requests"


@dataclass(frozen=True)
class Cost:
    """Of importing something in a fresh interpreter: median of several runs."""

    seconds: float
    kilobytes: float
    modules: int


def cost(statement: str, folder: Path) -> Cost:
    """Import by `statement` with `folder` first on the path, then what the runtime preinstalls."""
    path = [str(folder), sysconfig.get_path("purelib")]
    runs = [_run(statement, path) for _ in range(RUNS)]
    seconds, kilobytes, modules = zip(*runs, strict=True)
    return Cost(statistics.median(seconds), statistics.median(kilobytes), int(modules[0]))


def _run(statement: str, path: Sequence[str]) -> tuple[float, ...]:
    command = [sys.executable, "-I", "-S", "-B", "-c", _PROBE, statement, *path]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own interpreter
    return tuple(float(figure) for figure in answer.stdout.split())


def _without_byte_code(bundle: Path, scratch: Path) -> Path:
    bare = scratch / bundle.name
    shutil.copytree(bundle, bare, ignore=shutil.ignore_patterns("__pycache__"))
    return bare


def main() -> None:
    """Print one table."""
    print(f"Python {sys.version.split()[0]}, median of {RUNS} fresh interpreters each")
    print(f"{'':34}{'ms':>8}{'MB':>8}{'modules':>9}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("submit", "poller"):
            bundle = BUNDLES / name
            base = cost(SDKS, bundle)
            _print(f"{name}: its SDKs alone", base, base)
            _print(f"{name}: the whole function", cost("import index", bundle), base)
            _print(f"{name}: without byte code", cost("import index", _without_byte_code(bundle, Path(scratch))), base)


def _print(what: str, one: Cost, base: Cost) -> None:
    ratio = one.seconds / base.seconds
    print(f"{what:34}{one.seconds * 1000:8.0f}{one.kilobytes / 1024:8.1f}{one.modules:9}{ratio:8.2f}")


if __name__ == "__main__":
    main()
