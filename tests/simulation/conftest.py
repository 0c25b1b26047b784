"""Says at the end of the run how many lives were simulated."""

from __future__ import annotations

import pytest

from tests.simulation.explore import LIVED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(LIVED, []):
        terminalreporter.write_line(line)
