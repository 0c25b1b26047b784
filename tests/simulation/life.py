"""One life: a scenario under a plan of faults, watched until it is over, healed, and watched to its end."""

from __future__ import annotations

from dataclasses import dataclass

from shared import keys
from tests.simulation.faults import Plan, to_text
from tests.simulation.invariants import violations
from tests.simulation.scenarios import SCENARIOS, Scenario
from tests.simulation.stage import Stage

HEALING = 60
"""Minutes after which everything must be settled once nothing goes wrong any more."""
CALM = 12
"""Minutes without work after which a life is over: long enough for a sweep to find a lost event."""


@dataclass(frozen=True)
class Life:
    """How a life went."""

    scenario: str
    plan: Plan
    calls: int
    """Calls made while faults were possible: where they may be placed."""
    violations: list[str]

    @property
    def replay(self) -> str:
        """The command that shows it again."""
        return f"python -m tests.simulation {self.scenario} --faults '{to_text(self.plan)}'"


def live(scenario: Scenario, plan: Plan) -> tuple[Life, Stage]:
    """Live it."""
    stage = scenario.make(plan)
    scenario.tell(stage)
    for _ in range(scenario.minutes):
        stage.minute()
        if not scenario.is_patient and _is_quiet(stage) and not plan.keys() - set(range(len(stage.faulty.trace))):
            break
    calls = len(stage.faulty.trace)
    stage.faulty.heal()
    _heal(stage)
    return Life(scenario.name, plan, calls, violations(stage)), stage


def live_by_name(name: str, plan: Plan) -> Life:
    """The same for a worker process, which takes and gives plain values."""
    return live(SCENARIOS[name], plan)[0]


def _heal(stage: Stage) -> None:
    calm = 0
    for _ in range(HEALING):
        stage.minute()
        calm = calm + 1 if _is_quiet(stage) else 0
        if calm >= CALM:
            return


def _is_quiet(stage: Stage) -> bool:
    if not stage.timetable.is_empty:
        return False
    return all(keys.marker_kind(marker).startswith("held.") for marker in stage.keys(keys.OPEN))
