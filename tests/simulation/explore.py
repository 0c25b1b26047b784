"""Where faults are placed: at every call, at every pair of calls, or at a seeded sample of pairs."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.faults import FAULTS, Kind, Plan
from tests.simulation.life import Life, live_by_name
from tests.simulation.scenarios import SCENARIOS, Scenario

SHORT = 60
"""Calls up to which a scenario's pairs may all be lived."""
CHUNK = 25


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


def plans(scenario: Scenario, calls: int, how_many: str, seed: int) -> list[Plan]:
    """All plans for a scenario. `how_many` pairs: a number, or `all` for every pair of the short scenarios too."""
    if scenario.is_long:
        return random.Random(seed).sample(singles(calls), 24)
    every = list(pairs(calls)) if how_many == "all" and calls <= SHORT else []
    count = 1000 if how_many == "all" else int(how_many)
    return singles(calls) + (every or sampled_pairs(calls, count, seed))


def explore(name: str, pool: ProcessPoolExecutor, how_many: str, seed: int = 0) -> tuple[int, Sequence[Life]]:
    """Live them all; how many there were, and those in which something was violated."""
    scenario = SCENARIOS[name]
    calm = live_by_name(name, {})
    if calm.violations:
        return 1, [calm]
    lives = pool.map(live_by_name, *_arguments(name, plans(scenario, calm.calls, how_many, seed)), chunksize=CHUNK)
    count, bad = 1, []
    for life in lives:
        count += 1
        if life.violations:
            bad.append(life)
    return count, bad


def pool() -> ProcessPoolExecutor:
    """One worker per processor."""
    return ProcessPoolExecutor(os.cpu_count())


def _arguments(name: str, wanted: Sequence[Plan]) -> tuple[Iterator[str], Sequence[Plan]]:
    return itertools.repeat(name, len(wanted)), wanted
