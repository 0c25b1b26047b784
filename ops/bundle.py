"""Builds what Function Compute is given: `.build/<function>/`, one folder for each `functions/<function>/index.py`.

A bundle holds the function, the modules of `shared/` that it imports, and the SDKs that FC lacks or has too old.
Same input, same bytes. Needs nothing but the standard library and the SDKs themselves.
"""

from __future__ import annotations

import argparse
import ast
import fcntl
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = "python3.10"
OURS = "shared"
STAMP = "built-from"
"""Beside the bundles: what they were made from."""

SDKS = ("oss2", "mns")
"""Vendored when reached: oss2 signs V4 URLs from 2.18.4 on, python3.10 has 2.16.0; python3.12 has no mns at all.

What these need in turn (requests, crcmod, pycryptodome, six, aliyunsdkcore) every runtime preinstalls:
https://help.aliyun.com/document_detail/2512973.html
"""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_EPOCH_SECONDS = 315_532_800
"""The earliest time that a zip archive can name."""


class BundleError(Exception):
    """A bundle cannot be built; the message names the file that is at fault."""


@dataclass(frozen=True)
class Bundle:
    """One finished bundle; `size` and `zipped` in bytes."""

    folder: Path
    files: int
    size: int
    zipped: int

    def __str__(self) -> str:
        return f"{self.folder.name}: {self.files} files, {self.size:,} bytes, {self.zipped:,} zipped"


def build(root: Path, out: Path, runtime: str = RUNTIME) -> list[Bundle]:
    """Make the bundle of every function under `root` in `out`, each replacing its older self as a whole.

    Byte code goes with it when this Python is that of `runtime`. Raises BundleError.
    """
    indexes = sorted(root.glob("functions/*/index.py"))
    bundles = [_bundle(index, root, out / index.parent.name, runtime) for index in indexes]
    (out / STAMP).write_text(_sources(root, runtime))
    return bundles


def ensure(root: Path, out: Path, runtime: str = RUNTIME) -> None:
    """As `build`, unless nothing that goes into a bundle has changed since. One process at a time."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / STAMP).open("a+") as stamp:
        fcntl.flock(stamp, fcntl.LOCK_EX)
        stamp.seek(0)
        if stamp.read() != _sources(root, runtime):
            stamp.truncate(0)
            build(root, out, runtime)


def _sources(root: Path, runtime: str) -> str:
    """What the bundles are made from: every file that may go into them, by size and time, and who makes them."""
    folders = [root / "functions", root / OURS, *map(_installed, SDKS)]
    files = sorted([Path(__file__), *(file for folder in folders for file in folder.rglob("*.py"))])
    seen = [f"{file} {(stat := file.stat()).st_size} {stat.st_mtime_ns}" for file in files]
    return "\n".join([sys.version, runtime, *seen])


def _bundle(index: Path, root: Path, folder: Path, runtime: str) -> Bundle:
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for target, source in sorted(_contents(index, root).items()):
        (fresh / target).parent.mkdir(parents=True, exist_ok=True)
        (fresh / target).write_bytes(source.read_bytes())
    if runtime == f"python{sys.version_info.major}.{sys.version_info.minor}":
        _compile(fresh)
    files = sorted(path for path in fresh.rglob("*") if path.is_file())
    for file in files:
        file.chmod(0o644)
        os.utime(file, (_EPOCH_SECONDS, _EPOCH_SECONDS))
    bundle = Bundle(folder, len(files), sum(file.stat().st_size for file in files), _zipped(files, fresh))
    _replace(folder, fresh)
    return bundle


def _replace(folder: Path, fresh: Path) -> None:
    """Two renames, so that a running stack misses its bundle for as short as can be."""
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _contents(index: Path, root: Path) -> dict[Path, Path]:
    """Where each file comes from, by its place in the bundle."""
    imports = _Imports(root)
    imports.follow(index, package="")
    contents = {Path("index.py"): index, **{path.relative_to(root): path for path in imports.ours}}
    for sdk in sorted(imports.sdks):
        folder = _installed(sdk)
        contents |= {sdk / path.relative_to(folder): path for path in folder.rglob("*.py")}
    return contents


class _Imports:
    """What a file imports, at the top or in a function, itself or through others: our modules and the SDKs."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.ours: set[Path] = set()
        self.sdks: set[str] = set()

    def follow(self, file: Path, package: str) -> None:
        """Take note of all that `file`, a module of `package`, leads to."""
        for name, members in _imported(ast.parse(file.read_bytes(), file.name), package):
            top = name.partition(".")[0]
            if top in SDKS:
                self.sdks.add(top)
            elif top == OURS:
                self._reach(name, file)
                for member in members:
                    self._reach(f"{name}.{member}", file, may_be_a_name=True)

    def _reach(self, name: str, importer: Path, *, may_be_a_name: bool = False) -> None:
        path = self._root.joinpath(*name.split("."))
        module, initial = path.with_suffix(".py"), path / "__init__.py"
        found = initial if initial.is_file() else module
        if not found.is_file():
            if may_be_a_name:
                return
            raise BundleError(f"{importer.relative_to(self._root)} imports {name}, which is not there")
        if found in self.ours:
            return
        self.ours.add(found)
        parent = name.rpartition(".")[0]
        if parent:
            self._reach(parent, importer)
        self.follow(found, package=name if found is initial else parent)


def _imported(tree: ast.AST, package: str) -> Iterator[tuple[str, list[str]]]:
    """Every import in `tree` as an absolute module name and the members taken from it."""
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            yield ".".join([*base, *filter(None, [node.module])]), [alias.name for alias in node.names]


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but those under `if TYPE_CHECKING:`, which never run."""
    yield node
    if isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING":
        children: list[ast.AST] = [*node.orelse]
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _executed(child)


def _installed(sdk: str) -> Path:
    spec = importlib.util.find_spec(sdk)
    if spec is None or not spec.submodule_search_locations:
        raise BundleError(f"{sdk} is not installed for {sys.executable}")
    return Path(spec.submodule_search_locations[0])


def _compile(folder: Path) -> None:
    """Put byte code beside every file: /code is read-only on FC, so Python could not keep its own there.

    In a process of its own with a fixed hash seed, because what is in memory already shows in marshalled bytes.
    """
    command = [sys.executable, "-S", "-B", "-m", "compileall", "-q", "-f", "-s", str(folder)]
    command += ["--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run(command, check=True, env={"PYTHONHASHSEED": "0"})  # noqa: S603 - our own interpreter


def _zipped(files: list[Path], folder: Path) -> int:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file in files:
            name = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _EPOCH)
            zipped.writestr(name, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return len(archive.getvalue())


def main() -> None:
    """The command line: `python -m ops.bundle`."""
    parser = argparse.ArgumentParser(prog="python -m ops.bundle", description="Build both functions.")
    parser.add_argument("--out", type=Path, default=ROOT / ".build", help="folder for the bundles (.build)")
    parser.add_argument("--runtime", default=RUNTIME, help="runtime in s.yaml (%(default)s)")
    arguments = parser.parse_args()
    try:
        bundles = build(ROOT, arguments.out, arguments.runtime)
    except BundleError as error:
        parser.exit(1, f"{error}\n")
    for bundle in bundles:
        sys.stdout.write(f"{bundle}\n")


if __name__ == "__main__":
    main()
