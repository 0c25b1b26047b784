"""Replays one life: `python -m tests.simulation one_photo --faults 16:crash_after`."""

from __future__ import annotations

import argparse
import sys

from tests.simulation.faults import parse
from tests.simulation.life import live
from tests.simulation.scenarios import SCENARIOS


def main() -> None:
    """Print the trace of every call, the log lines and what was violated; exit code 1 when anything was."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("scenario", choices=sorted(SCENARIOS))
    parser.add_argument("--faults", default="", help="such as 16:crash_after,40:reply_lost")
    chosen = parser.parse_args()
    life, stage = live(SCENARIOS[chosen.scenario], parse(chosen.faults))
    for line in (*stage.faulty.trace, "", *stage.lines, "", *life.violations):
        sys.stdout.write(line + "\n")
    sys.stdout.write(f"{life.calls} calls, {len(life.violations)} violations\n")
    sys.exit(bool(life.violations))


if __name__ == "__main__":
    main()
