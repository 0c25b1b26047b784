"""One stack for all tests that leave it as they found it, but for their own photos; each has names of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.booth import Booth, up


@pytest.fixture(scope="session")
def booth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booth]:
    with up(tmp_path_factory.mktemp("shared")) as running:
        yield running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder for a stack of the test's own."""
    return tmp_path / "data"
