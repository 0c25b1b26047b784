"""The one decision from the task on, as a table: a job, what is known, and what is done next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.decide import DAY, HOUR, decide
from shared.facts import NEVER, Action, Ask, Candidates, Copy, Fact, Facts, Gone, Stored, Stuck, Wait, Write
from shared.job import Job, State
from shared.models.contract import Status
from shared.recipe import Trouble
from tests.unit.decisions import (
    DONE,
    FINISHED,
    NOW,
    OVERWRITTEN,
    PHOTO,
    POLICY,
    RECIPE,
    RUNNING,
    Row,
    refused,
    reported,
    rows,
)

UNKNOWN = reported(Status.UNKNOWN)
OLD = replace(RUNNING, submitted_at=NOW - 600, since=NOW - 600)
A_RUNNING_TASK: list[Row] = [
    ("is looked at", RUNNING, Facts(), Ask(Fact.TASK)),
    ("is pending", RUNNING, reported(Status.PENDING), Wait(NOW + 5)),
    ("is running", replace(RUNNING, submitted_at=NOW - 10), reported(Status.RUNNING), Wait(NOW + 3)),
    ("runs for hours", replace(RUNNING, submitted_at=NOW - 4 * HOUR), reported(Status.RUNNING), Wait(NOW + 60)),
    ("succeeded", RUNNING, reported(Status.SUCCEEDED, link="l", ended_at=NOW - 9, link_expires=NOW + 7),
     Write("finished", {"deadline": NOW + 7})),
    ("succeeded, untold when", RUNNING, reported(Status.SUCCEEDED, link="l"),
     Write("finished", {"deadline": RUNNING.submitted_at + DAY})),
    ("succeeded without a result", RUNNING, reported(Status.SUCCEEDED, "InternalError.NoResult"),
     Write("failed", {"code": "InternalError.NoResult", "request_id": "req"})),
    ("failed over there", RUNNING, reported(Status.FAILED, "InternalError.Algo"),
     Write("failed", {"code": "InternalError.Algo", "request_id": "req"})),
    ("failed over there, the third time", replace(RUNNING, attempts=2), reported(Status.FAILED, "InternalError.Algo"),
     refused("InternalError.Algo", "req")),
    ("failed for its face", RUNNING, reported(Status.FAILED, "InvalidFace"), refused("InvalidFace", "req")),
    ("failed for its face, long overwritten", RUNNING,
     replace(reported(Status.FAILED, "InvalidFace"), photo=OVERWRITTEN), Write("superseded", {})),
    ("failed for its face, long deleted", RUNNING,
     replace(reported(Status.FAILED, "InvalidFace"), photo=Gone()), Write("withdrawn", {})),
    ("failed for arrears", RUNNING, reported(Status.FAILED, "Arrearage"),
     Write("returned", {"code": "Arrearage", "request_id": "req", "held": "account"})),
    ("was cancelled", RUNNING, reported(Status.CANCELED, "CANCELED"),
     Write("failed", {"code": "CANCELED", "request_id": "req"})),
    ("is not known yet", RUNNING, UNKNOWN, Wait(NOW + 5)),
    ("is unknown after ten minutes", OLD, UNKNOWN, Ask(Fact.LISTED)),
    ("is unknown, but listed", OLD, replace(UNKNOWN, listed=Candidates(claimed="t")), Wait(NOW + 30)),
    ("is unknown and not listed", OLD, replace(UNKNOWN, listed=Candidates()), Write("looked", {"saw": ""})),
    ("was so just now", replace(OLD, looks=1, looked_at=NOW - 5), UNKNOWN, Wait(NOW + 15)),
    ("is so twice", replace(OLD, looks=1, looked_at=NOW - 60),
     replace(UNKNOWN, listed=Candidates()), Write("lost", {})),
    ("is lost, and looked at further", replace(OLD, lost=True), UNKNOWN, Wait(NOW + 30)),
    ("is lost, and found again", replace(OLD, lost=True), reported(Status.SUCCEEDED, link="l", ended_at=NOW),
     Write("finished", {"deadline": NOW + DAY})),
    ("is unknown for a day", replace(OLD, submitted_at=NOW - DAY), UNKNOWN, Write("expired", {"code": "TaskLost"})),
]  # fmt: skip

PARKED = replace(FINISHED, tries=3, looked_at=NOW - 10)
A_FINISHED_TASK: list[Row] = [
    ("is copied when its photo is still there", FINISHED, Facts(), Ask(Fact.PHOTO)),
    ("is copied", FINISHED, Facts(PHOTO), Copy()),
    ("was stored", FINISHED, Facts(PHOTO, copied=Stored("p.jpg")), Write("done", {"portrait": "p.jpg"})),
    ("was stored at the last moment", replace(FINISHED, deadline=NOW), Facts(PHOTO, copied=Stored("p.jpg")),
     Write("done", {"portrait": "p.jpg"})),
    ("could not be stored", FINISHED, Facts(PHOTO, copied=Stuck("BadResultLink")),
     Write("parked", {"code": "BadResultLink"})),
    ("is tried again later", PARKED, Facts(), Wait(NOW + 30)),
    ("is tried again in time", replace(PARKED, deadline=NOW + 9), Facts(), Wait(NOW + 9)),
    ("is tried again now", replace(PARKED, looked_at=NOW - 40), Facts(PHOTO), Copy()),
    ("could not be saved", replace(PARKED, deadline=NOW), Facts(PHOTO), Write("expired", {"code": "ResultLost"})),
    ("is nobody's any more", FINISHED, Facts(Gone()), Write("withdrawn", {})),
    ("is of a photo that was overwritten", FINISHED, Facts(OVERWRITTEN), Write("superseded", {})),
]  # fmt: skip

AGAIN = replace(PHOTO, modified_at=NOW - 1)
ANEW = Write("reopened", {"dropped_at": NOW - 1})
MINE = f"{DONE.id} portraits/a.jpg.jpg"
A_CLOSED_JOB: list[Row] = [
    ("is asked about its photo", DONE, Facts(), Ask(Fact.PHOTO)),
    ("its photo is gone", DONE, Facts(Gone()), NEVER),
    ("its event came twice", DONE, Facts(PHOTO), NEVER),
    ("another photo lies there", DONE, Facts(OVERWRITTEN), NEVER),
    ("dropped anew", DONE, Facts(AGAIN), Ask(Fact.PORTRAIT)),
    ("dropped anew, its portrait is gone", DONE, Facts(AGAIN, portrait=""), ANEW),
    ("dropped anew, the portrait is another job's", DONE, Facts(AGAIN, portrait="k p.jpg"), ANEW),
    ("dropped anew, its portrait is there", DONE, Facts(AGAIN, portrait=MINE), Ask(Fact.RECIPE)),
    ("dropped anew, nothing changed", DONE, Facts(AGAIN, portrait=MINE, recipe=RECIPE), NEVER),
    ("dropped anew, the template changed", DONE, Facts(AGAIN, portrait=MINE, recipe=replace(RECIPE, digest="S")), ANEW),
    ("dropped anew, the template is gone", DONE, Facts(AGAIN, portrait=MINE, recipe=Trouble("NoTemplate")), NEVER),
    *(
        (f"{state.value}, dropped anew", replace(DONE, state=state), Facts(AGAIN, portrait=""), ANEW)
        for state in (State.REFUSED, State.EXPIRED, State.SUPERSEDED, State.WITHDRAWN)
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("job", "facts", "action"),
    rows(a_running_task=A_RUNNING_TASK, a_finished_task=A_FINISHED_TASK, a_closed_job=A_CLOSED_JOB),
)
def test_the_next_action_is(job: Job, facts: Facts, action: Action) -> None:
    assert decide(job, facts, NOW, POLICY) == action


@pytest.mark.parametrize(("attempts", "op"), [(0, "failed"), (1, "failed"), (2, "expired")])
def test_a_lost_result_is_bought_again_only_when_that_is_set(attempts: int, op: str) -> None:
    job = replace(PARKED, deadline=NOW, attempts=attempts)
    assert decide(job, Facts(PHOTO), NOW, POLICY) == Write("expired", {"code": "ResultLost"})
    assert decide(job, Facts(PHOTO), NOW, replace(POLICY, resubmit_expired=True)) == Write(op, {"code": "ResultLost"})
