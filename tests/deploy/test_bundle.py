from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from ops.bundle import ROOT, RUNTIME, Bundle, BundleError, build, ensure

HERE = f"python{sys.version_info.major}.{sys.version_info.minor}"
ANOTHER = "python3.9"

PROJECT = {
    "functions/submit/index.py": "from shared import job\ndef handler(event, context):\n    return job.WORD\n",
    "functions/poller/index.py": """
def handler(event, context):
    from shared.aliyun.oss import bucket
    return bucket
""",
    "shared/__init__.py": "",
    "shared/job.py": """
from typing import TYPE_CHECKING
from .words import WORD
if TYPE_CHECKING:
    from shared.unused import Never
""",
    "shared/words.py": "from __future__ import annotations\nWORD = 'photo'\n",
    "shared/unused.py": "Never = object\n",
    "shared/aliyun/__init__.py": "",
    "shared/aliyun/oss.py": "import oss2\nfrom . import names\nbucket = oss2.__version__ + names.END\n",
    "shared/aliyun/names.py": "END = '!'\n",
    "shared/aliyun/mns.py": "import mns.account\n",
}

RUN = """
import json, sys
bundle, preinstalled, expression, *modules = sys.argv[1:]
sys.path[:] = [bundle, *sys.path, preinstalled]
import index
answer = eval(expression)
print(json.dumps({"answer": answer, "from": {name: sys.modules[name].__file__ for name in modules}}))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "project", PROJECT)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def sources(folder: Path) -> set[str]:
    return {name for name in contents(folder) if name.endswith(".py")}


def run(folder: Path, *modules: str, expression: str = "index.handler(b'', None)") -> dict[str, Any]:
    """Import a bundle in a fresh process where this project is out of reach, and evaluate `expression` there."""
    # -S: an editable install of this project would lend the bundle what it lacks.
    arguments = [str(folder), sysconfig.get_path("purelib"), expression, *modules]
    command = [sys.executable, "-I", "-S", "-B", "-c", RUN, *arguments]
    done = subprocess.run(command, cwd="/", check=True, capture_output=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_a_bundle_holds_the_function_and_just_the_modules_it_imports(root: Path, tmp_path: Path) -> None:
    # Given a function that imports a module, which imports another and, for types alone, a third
    build(root, tmp_path / "out")
    # Then the first two are there with their package, and nothing else of ours or of any SDK
    assert sources(tmp_path / "out/submit") == {"index.py", "shared/__init__.py", "shared/job.py", "shared/words.py"}


def test_imports_within_functions_and_packages_are_followed_to_the_sdk(root: Path, tmp_path: Path) -> None:
    build(root, tmp_path / "out")
    poller = sources(tmp_path / "out/poller")
    assert {name for name in poller if not name.startswith("oss2/")} == {
        *("index.py", "shared/__init__.py"),
        *("shared/aliyun/__init__.py", "shared/aliyun/oss.py", "shared/aliyun/names.py"),
    }
    assert {"oss2/__init__.py", "oss2/auth.py", "oss2/api.py"} <= poller


def test_a_bundle_runs_alone_and_on_its_own_sdk(root: Path, tmp_path: Path) -> None:
    # Given the bundle of a function that uses oss2
    build(root, tmp_path / "out")
    folder = tmp_path / "out/poller"
    # When it runs where this project is out of reach
    result = run(folder, "oss2", "shared")
    # Then it finds the pinned oss2, and finds it in the bundle
    assert result["answer"] == "2.19.1!"
    assert all(path.startswith(str(folder)) for path in result["from"].values())


def test_nothing_compiled_for_a_machine_is_in_a_bundle(root: Path, tmp_path: Path) -> None:
    build(root, tmp_path / "out")
    assert {Path(name).suffix for name in contents(tmp_path / "out/poller")} <= {".py", ".pyc"}


def test_the_same_input_makes_the_same_bytes_and_times(root: Path, tmp_path: Path) -> None:
    # Given two copies of a project, built in folders of different names
    other = write(tmp_path / "a copy of it", PROJECT)
    first = build(root, tmp_path / "out", HERE)
    second = build(other, tmp_path / "elsewhere/deeper", HERE)
    # Then every byte is the same, the byte code's too, and so is what is told of them
    assert contents(first[0].folder) == contents(second[0].folder)
    assert contents(first[1].folder) == contents(second[1].folder)
    assert [str(bundle) for bundle in first] == [str(bundle) for bundle in second]
    assert {path.stat().st_mtime for path in first[0].folder.rglob("*.py*")} == {315_532_800.0}


def test_byte_code_goes_along_only_when_this_python_is_the_functions(root: Path, tmp_path: Path) -> None:
    build(root, tmp_path / "fitting", HERE)
    build(root, tmp_path / "foreign", ANOTHER)
    tag = sys.implementation.cache_tag
    assert f"shared/__pycache__/job.{tag}.pyc" in contents(tmp_path / "fitting/submit")
    assert not [name for name in contents(tmp_path / "foreign/submit") if name.endswith(".pyc")]


def test_byte_code_is_used_without_looking_at_the_source(root: Path, tmp_path: Path) -> None:
    # Given a bundle with byte code, whose source then changes
    build(root, tmp_path / "out", HERE)
    (tmp_path / "out/submit/shared/words.py").write_text("WORD = 'changed'\n")
    # When it runs
    answer = run(tmp_path / "out/submit")["answer"]
    # Then the byte code was loaded, as it will be from FC's read-only /code
    assert answer == "photo"


def test_what_is_no_longer_imported_is_no_longer_there(root: Path, tmp_path: Path) -> None:
    # Given a bundle, and a stray file in it
    build(root, tmp_path / "out")
    (tmp_path / "out/submit/stray.txt").write_text("left over")
    # When an import goes and it is built again
    write(root, {"shared/job.py": "WORD = 'job'\n"})
    build(root, tmp_path / "out")
    # Then both are gone
    assert sources(tmp_path / "out/submit") == {"index.py", "shared/__init__.py", "shared/job.py"}
    assert "stray.txt" not in contents(tmp_path / "out/submit")


MISSING = [
    ("import shared.nothing\n", "functions/submit/index.py imports shared.nothing"),
    ("from shared.nothing import x\n", "shared.nothing"),
    ("from shared import job\nimport shared.job.part\n", "shared.job.part"),
]


@pytest.mark.parametrize(("text", "told"), MISSING)
def test_an_import_of_what_is_not_there_is_named(root: Path, tmp_path: Path, text: str, told: str) -> None:
    write(root, {"functions/submit/index.py": text})
    with pytest.raises(BundleError, match=told):
        build(root, tmp_path / "out")


def test_a_failed_build_leaves_the_older_bundle(root: Path, tmp_path: Path) -> None:
    build(root, tmp_path / "out")
    before = contents(tmp_path / "out/submit")
    write(root, {"functions/submit/index.py": "import shared.nothing\n"})
    with pytest.raises(BundleError):
        build(root, tmp_path / "out")
    assert contents(tmp_path / "out/submit") == before


def test_the_sizes_told_are_those_on_disk(root: Path, tmp_path: Path) -> None:
    poller, submit = build(root, tmp_path / "out", ANOTHER)
    held = contents(submit.folder)
    assert (submit.files, submit.size) == (len(held), sum(map(len, held.values())))
    assert submit.zipped < poller.zipped < poller.size
    told = Bundle(Path("out/submit"), files=3, size=1_234_567, zipped=890)
    assert str(told) == "submit: 3 files, 1,234,567 bytes, 890 zipped"


def test_the_runtime_is_that_of_s_yaml() -> None:
    lines = (ROOT / "s.yaml").read_text(encoding="utf-8").splitlines()
    assert {line.split(":")[1].strip() for line in lines if "runtime:" in line} == {RUNTIME}


@pytest.mark.skipif(not (ROOT / "functions/submit/index.py").exists(), reason="the functions are not written yet")
def test_our_own_functions_are_bundled_whole(tmp_path: Path) -> None:
    # Given the real functions
    bundles = build(ROOT, tmp_path / "out")
    # Then each is whole without this project, and brings its own oss2
    assert [bundle.folder.name for bundle in bundles] == ["poller", "submit"]
    for bundle in bundles:
        result = run(bundle.folder, "oss2", "shared", expression="callable(index.handler)")
        assert result["answer"] is True
        assert all(path.startswith(str(bundle.folder)) for path in result["from"].values())


def test_what_is_built_already_is_built_anew_only_when_a_source_has_changed(root: Path, tmp_path: Path) -> None:
    # Given bundles, and a mark in one that a new build would wipe out
    out = tmp_path / "out"
    ensure(root, out, ANOTHER)
    mark = out / "submit" / "mark"
    mark.touch()
    # When nothing has changed, then nothing is built
    ensure(root, out, ANOTHER)
    assert mark.exists()
    # When a module has changed, then both bundles are made of what is there now
    (root / "shared/words.py").write_text("WORD = 'picture'\n")
    ensure(root, out, ANOTHER)
    assert not mark.exists()
    assert (out / "submit/shared/words.py").read_text() == "WORD = 'picture'\n"


def test_a_build_that_failed_is_not_taken_for_done(root: Path, tmp_path: Path) -> None:
    (root / "shared/job.py").write_text("import shared.nowhere\n")
    for _ in range(2):
        with pytest.raises(BundleError, match=r"shared\.nowhere"):
            ensure(root, tmp_path / "out", ANOTHER)
