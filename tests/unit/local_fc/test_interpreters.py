from __future__ import annotations

import sys
from pathlib import Path

from local.fc.interpreters import choose, running

OURS = "python{}.{}".format(*sys.version_info)


def make_environment(folder: Path, version: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    packages = folder / "lib" / f"python{version}" / "site-packages"
    packages.mkdir(parents=True)
    return packages


def test_our_own_version_runs_under_ourselves(tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv", running().version)
    said: list[str] = []
    assert choose([OURS], tmp_path, said.append) == {OURS: running()}
    assert said == []


def test_another_version_runs_under_its_environment_beside_the_project(tmp_path: Path) -> None:
    # Given environments of two versions that are not ours
    first = make_environment(tmp_path / ".venv-3.98", "3.98")
    second = make_environment(tmp_path / ".venv", "3.99")
    said: list[str] = []
    # When interpreters are chosen
    chosen = choose(["python3.98", "python3.99"], tmp_path, said.append)
    # Then each runtime has the one of its version, with that one's packages
    assert [(one.executable, one.site_packages) for one in chosen.values()] == [
        (str(tmp_path / ".venv-3.98/bin/python"), str(first)),
        (str(tmp_path / ".venv/bin/python"), str(second)),
    ]
    assert said == []


def test_a_runtime_without_an_environment_runs_under_ours_and_that_is_said_once(tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv-3.99", "3.98")  # named for one version, made of another
    said: list[str] = []
    chosen = choose(["python3.99", "python3.99"], tmp_path, said.append)
    assert (chosen, len(said)) == ({"python3.99": running()}, 1)
    assert f"python3.99 runs under Python {running().version}" in said[0]
