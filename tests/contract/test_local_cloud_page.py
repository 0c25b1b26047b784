"""`docs/local-cloud.md` promises that its code runs as it stands there: a fixture and tests with the vendor's SDKs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "local-cloud.md"


def test_the_code_on_the_page_runs_as_it_stands(tmp_path: Path) -> None:
    # Given the page's two blocks of Python as the files that it says they are
    fixture, tests = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (tmp_path / "conftest.py").write_text(fixture, encoding="utf-8")
    (tmp_path / "test_page.py").write_text(tests, encoding="utf-8")

    # When pytest runs them, with the command `cosdrop` at hand
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    # Then every test passes
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{tests.count('def test_')} passed" in ran.stdout
