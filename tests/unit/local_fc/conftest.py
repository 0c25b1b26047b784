from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.local_fc.runner import Runner


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(tmp_path)
    yield runner
    runner.close()
