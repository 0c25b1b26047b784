"""What the tables of decisions are made of: jobs in every state, facts that are fine, and short words for the rest."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from shared.decide import HOUR
from shared.facts import Action, Facts, Hold, Policy, Turn, Write
from shared.fit import Look
from shared.job import Job, State
from shared.models.contract import Refusal, Report, Status
from shared.ports import Head
from shared.recipe import Recipe
from shared.slot import Slot

NOW = 1_700_020_800.0  # 2023-11-15 12:00 in China
MODEL = "wanx-style-cosplay-v1"
POLICY = Policy(grace=450, list_lag=120, look=3, max_attempts=3)

NEW = Job("j" * 24, "photos/a.jpg", "E", dropped_at=NOW - 60, opened_at=NOW - 60, state=State.NEW, since=NOW - 60)
SUBMITTING = replace(NEW, state=State.SUBMITTING, since=NOW - 500, posts=1, model=MODEL, recipe="R")
RUNNING = replace(SUBMITTING, state=State.RUNNING, submitted_at=NOW - 100, task_id="t")
FINISHED = replace(RUNNING, state=State.FINISHED, deadline=NOW + HOUR)
DONE = replace(FINISHED, state=State.DONE, portrait="portraits/a.jpg.jpg")

RECIPE = Recipe(MODEL, {"model_index": 1}, "templates/default.png", "", "R")
PHOTO = Head("E", 1000, NOW - 60, {})
OVERWRITTEN = Head("F", 1000, NOW - 1, {})
FREE = Turn(Slot(), is_first=True)
GOOD = Facts(PHOTO, Look(512, 512, "jpg", 1, 1000), "", (), RECIPE, FREE)
PAUSED = Hold("paused", "Paused", math.inf)
REFUSED = Hold("account", "Arrearage", NOW + 60)
NO_MODEL = Hold(f"model.{MODEL}", "ModelNotFound", NOW + 60)


def slot(**changes: Any) -> Facts:
    return replace(GOOD, turn=Turn(Slot(**changes), is_first=True))


def answered(code: str, message: str = "", status: int = 400) -> Facts:
    return Facts(PHOTO, posted=Refusal(code, message, "req", status))


def reported(status: Status, code: str = "", **changes: Any) -> Facts:
    failure = Refusal(code, "", "req") if code else None
    return Facts(PHOTO, task=Report(status, "req", failure=failure, **changes))


def refused(code: str, request_id: str = "") -> Write:
    return Write("refused", {"code": code, "request_id": request_id})


def held(reason: str, code: str) -> Write:
    return Write("held", {"reason": reason, "code": code})


def submitted(task_id: str) -> Write:
    return Write("submitted", {"task_id": task_id, "request_id": "", "how": "adopted"})


Row = tuple[str, Job, Facts, Action]


def rows(**tables: list[Row]) -> list[Any]:
    """All rows of `tables` as parameters of a test, each under its name."""
    named = [(name.replace("_", " "), row) for name, table in tables.items() for row in table]
    return [pytest.param(*row[1:], id=f"{name}: {row[0]}") for name, row in named]
