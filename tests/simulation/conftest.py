"""Says at the end of the run how many lives were simulated."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    from tests.simulation.test_every_fault import LIVED  # noqa: PLC0415 - only when the simulation was collected

    for line in config.stash.get(LIVED, []):
        terminalreporter.write_line(line)
