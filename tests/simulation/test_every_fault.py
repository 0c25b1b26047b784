"""No fault at any call breaks a promise. `LIVES` says how many lives each scenario has: a number, or `all`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.simulation import explore
from tests.simulation.scenarios import SCENARIOS

LIVES = os.environ.get("LIVES", "200")
SEED = int(os.environ.get("SEED", "0"))


@pytest.fixture(scope="module")
def pool(pytestconfig: pytest.Config) -> Iterator[tuple[ProcessPoolExecutor, list[int]]]:
    lived: list[int] = []
    with explore.pool() as workers:
        yield workers, lived
    told = f"simulated {sum(lived):,} lives in {len(lived)} scenarios (LIVES={LIVES} SEED={SEED})"
    pytestconfig.stash.setdefault(explore.LIVED, []).append(told)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_promise_holds_whatever_goes_wrong(name: str, pool: tuple[ProcessPoolExecutor, list[int]]) -> None:
    # Given a scenario, when its calls go wrong in every way, alone and in pairs
    workers, lived = pool
    count, bad = explore.explore(name, workers, LIVES, SEED)
    lived.append(count)
    # Then nothing is lost, paid twice, left open or told to anybody; else the first few can be replayed
    assert not bad, "\n".join(f"{life.replay}\n    {life.violations}" for life in bad[:5])
