"""Where faults are placed: at every call, at every pair of calls, or at a seeded sample of pairs."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.simulation.faults import FAULTS, Kind, Plan
from tests.simulation.life import Life, live_by_name
from tests.simulation.scenarios import SCENARIOS, Scenario

SHORT = 60
"""Calls up to which a scenario's pairs may all be lived."""
CHUNK = 25

LIVED = pytest.StashKey[list[str]]()
"""What the run tells at its end."""


def singles(calls: int) -> list[Plan]:
    """Every kind at every call."""
    return [{number: kind} for number in range(calls) for kind in Kind]


def pairs(calls: int) -> Iterator[Plan]:
    """Every two faults at two different calls."""
    for first, second in itertools.combinations(range(calls), 2):
        for one, other in itertools.product(FAULTS, FAULTS):
            yield {first: one, second: other}


def sampled_pairs(calls: int, count: int, seed: int) -> list[Plan]:
    """`count` pairs, rivals among them; the same for the same seed."""
    dice = random.Random(seed)
    kinds = list(Kind)
    picked = (sorted(dice.sample(range(calls), 2)) for _ in range(count))
    return [{first: dice.choice(kinds), second: dice.choice(kinds)} for first, second in picked]


def plans(scenario: Scenario, calls: int, lives: str, seed: int) -> list[Plan]:
    """What a scenario is made to live through: `lives` of it, half of them single faults and half pairs, or `all`."""
    dice, single = random.Random(seed), singles(calls)
    if lives == "all":
        return single + (list(pairs(calls)) if calls <= SHORT else sampled_pairs(calls, 1000, seed))
    count = max(4, int(lives) // 50) if scenario.is_long else int(lives)
    return dice.sample(single, min(len(single), count // 2)) + sampled_pairs(calls, count // 2, seed)


def explore(name: str, pool: ProcessPoolExecutor, lives: str, seed: int = 0) -> tuple[int, Sequence[Life]]:
    """Live them all; how many there were, and those in which something was violated."""
    scenario = SCENARIOS[name]
    calm = live_by_name(name, {})
    if calm.violations:
        return 1, [calm]
    wanted = plans(scenario, calm.calls, lives, seed)
    count, bad = 1, []
    for life in pool.map(live_by_name, itertools.repeat(name, len(wanted)), wanted, chunksize=CHUNK):
        count += 1
        if life.violations:
            bad.append(life)
    return count, bad


def pool() -> ProcessPoolExecutor:
    """One worker per processor."""
    return ProcessPoolExecutor(os.cpu_count())
