"""No fault at any call breaks a promise. `PAIRS` says how many pairs each scenario lives: a number, or `all`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.simulation import explore
from tests.simulation.scenarios import SCENARIOS

PAIRS = os.environ.get("PAIRS", "1500")
SEED = int(os.environ.get("SEED", "0"))


@pytest.fixture(scope="module")
def pool(pytestconfig: pytest.Config) -> Iterator[tuple[ProcessPoolExecutor, list[int]]]:
    lived: list[int] = []
    with explore.pool() as workers:
        yield workers, lived
    told = f"simulated {sum(lived):,} lives in {len(lived)} scenarios (PAIRS={PAIRS} SEED={SEED})"
    pytestconfig.stash.setdefault(LIVED, []).append(told)


LIVED = pytest.StashKey[list[str]]()


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_promise_holds_with_a_fault_at_every_call(name: str, pool: tuple[ProcessPoolExecutor, list[int]]) -> None:
    # Given a scenario, when each of its calls goes wrong in each way, alone and in pairs
    workers, lived = pool
    count, bad = explore.explore(name, workers, PAIRS, SEED)
    lived.append(count)
    # Then nothing is lost, paid twice, left open or told to anybody; else the first few can be replayed
    assert not bad, "\n".join(f"{life.replay}\n    {life.violations}" for life in bad[:5])
