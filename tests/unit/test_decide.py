"""The one decision up to the task, as a table: a job, what is known, and what is done next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.decide import DAY, HELD_LOOK, HOUR, LIST_REACH, decide
from shared.facts import NEVER, Action, Ask, Candidates, Fact, Facts, Gone, Hold, Post, Turn, Wait, Write
from shared.fit import Look
from shared.job import Job
from shared.models.contract import Accepted, Ambiguous, Unsent
from shared.ports import Unreadable
from shared.recipe import Trouble
from shared.slot import Slot, day_ends
from tests.unit.decisions import (
    GOOD,
    MODEL,
    NEW,
    NO_MODEL,
    NOW,
    OVERWRITTEN,
    PAUSED,
    PHOTO,
    POLICY,
    RECIPE,
    REFUSED,
    SUBMITTING,
    Row,
    answered,
    held,
    refused,
    rows,
    slot,
    submitted,
)

A_NEW_JOB: list[Row] = [
    ("its photo is looked at first", NEW, Facts(), Ask(Fact.PHOTO)),
    ("its photo was deleted", NEW, Facts(Gone()), Write("withdrawn", {})),
    ("its photo was overwritten", NEW, Facts(OVERWRITTEN), Write("superseded", {})),
    ("its photo is empty", NEW, Facts(replace(PHOTO, size=0)), refused("EmptyFile")),
    ("then its size and format", NEW, Facts(PHOTO), Ask(Fact.LOOK)),
    ("it is no picture", NEW, replace(GOOD, look=Unreadable("BadRequest")), refused("NotAnImage")),
    ("it is too large", NEW, replace(GOOD, look=Unreadable("ImageTooLarge")), refused("TooLarge")),
    ("it has a side too long", NEW, replace(GOOD, look=Look(30_001, 9, "jpg", 1, 9)), refused("TooLarge")),
    ("then whether it is done already", NEW, replace(GOOD, portrait=None), Ask(Fact.PORTRAIT)),
    ("its portrait is there", NEW, replace(GOOD, portrait=f"{NEW.id} p.jpg"), Write("done", {"portrait": "p.jpg"})),
    ("an older job's portrait is there", NEW, replace(GOOD, portrait="k p.jpg"), Post(RECIPE, "")),
    ("reopened: its old portrait is old", replace(NEW, posts=1), replace(GOOD, portrait=None), Post(RECIPE, "")),
    ("then the template", NEW, replace(GOOD, recipe=None), Ask(Fact.RECIPE)),
    ("no template", NEW, replace(GOOD, recipe=Trouble("NoTemplate")), held("template.default", "NoTemplate")),
    ("a bad template", NEW, replace(GOOD, recipe=Trouble("BadTemplate")), held("template.default", "BadTemplate")),
    ("then what holds", NEW, replace(GOOD, holds=None), Ask(Fact.HOLDS)),
    ("paused", NEW, replace(GOOD, holds=(PAUSED,)), held("paused", "Paused")),
    ("the account is refused", NEW, replace(GOOD, holds=(REFUSED,)), held("account", "Arrearage")),
    ("its model is gone", NEW, replace(GOOD, holds=(NO_MODEL,)), held(f"model.{MODEL}", "ModelNotFound")),
    ("another model is gone", NEW, replace(GOOD, holds=(Hold("model.x", "c", NOW + 60),)), Post(RECIPE, "")),
    ("paused comes before all", NEW, replace(GOOD, holds=(REFUSED, PAUSED)), held("paused", "Paused")),
    ("then the slot", NEW, replace(GOOD, turn=None), Ask(Fact.TURN)),
    ("the slot is taken", NEW, slot(holder="k"), NEVER),
    ("somebody waits longer", NEW, replace(GOOD, turn=Turn(Slot(), is_first=False)), NEVER),
    ("the last submission was just now", NEW, slot(ready_at=NOW + 0.4), Wait(NOW + 0.4)),
    ("the slot is free", NEW, slot(ready_at=NOW), Post(RECIPE, "")),
    ("the slot is ours already", NEW, slot(holder=NEW.id), Post(RECIPE, "")),
    (
        "a photo that must be fitted",
        NEW,
        replace(GOOD, look=Look(2000, 1000, "webp", 1, 9)),
        Post(RECIPE, "image/crop,w_1800,h_1000,g_center/auto-orient,1/format,jpg"),
    ),
]  # fmt: skip

HELD: list[Row] = [
    ("for the same reason", replace(NEW, held="paused", code="Paused"), replace(GOOD, holds=(PAUSED,)), NEVER),
    (
        "for a new reason",
        replace(NEW, held="template.default", code="NoTemplate"),
        replace(GOOD, recipe=Trouble("BadTemplate")),
        held("template.default", "BadTemplate"),
    ),
    ("no longer", replace(NEW, held="paused", code="Paused"), GOOD, Write("resumed", {})),
    ("the account is probed", replace(NEW, held="account", code="Arrearage"),
     replace(GOOD, holds=(replace(REFUSED, probe_at=NOW),)), Write("resumed", {"code": "Arrearage"})),
    ("its photo was deleted", replace(NEW, held="paused"), Facts(Gone()), Write("withdrawn", {})),
    ("for its request, just now", replace(NEW, held="request", held_at=NOW - HELD_LOOK + 1), Facts(), NEVER),
    ("for its request, long ago", replace(NEW, held="request", held_at=NOW - HELD_LOOK), GOOD, Write("resumed", {})),
    ("and probed by a new photo", NEW, replace(GOOD, holds=(replace(REFUSED, probe_at=NOW),)),
     Post(RECIPE, "", replace(REFUSED, probe_at=NOW))),
]  # fmt: skip

AFTER_THE_POST: list[Row] = [
    ("accepted", SUBMITTING, Facts(posted=Accepted("t", "req")),
     Write("submitted", {"task_id": "t", "request_id": "req", "how": "post"})),
    ("never left", SUBMITTING, Facts(posted=Unsent("refused")),
     Write("returned", {"code": "Unreachable", "reason": "refused"})),
    ("no answer", SUBMITTING, Facts(posted=Ambiguous("reset")), Wait(SUBMITTING.since + 450)),
    ("the vendor's own trouble", SUBMITTING, answered("InternalError", status=500), Wait(SUBMITTING.since + 450)),
    ("a gateway's time-out", SUBMITTING, answered("RequestTimeOut", status=408), Wait(SUBMITTING.since + 450)),
    ("too fast", SUBMITTING, answered("Throttling.RateQuota", status=429),
     Write("returned", {"code": "Throttling.RateQuota", "request_id": "req"})),
    ("no face", SUBMITTING, answered("InvalidFace"), refused("InvalidFace", "req")),
    ("no face, but another photo by now", SUBMITTING, replace(answered("InvalidFace"), photo=OVERWRITTEN),
     Write("superseded", {})),
    ("in arrears", SUBMITTING, answered("Arrearage"),
     Write("returned", {"code": "Arrearage", "request_id": "req", "held": "account"})),
    ("no such model", SUBMITTING, answered("InvalidParameter", "Model not exist."),
     Write("returned", {"code": "InvalidParameter", "request_id": "req", "held": f"model.{MODEL}"})),
    ("our request is wrong", SUBMITTING, answered("InvalidParameter"),
     Write("returned", {"code": "InvalidParameter", "request_id": "req", "held": "request"})),
    ("our link did not work", SUBMITTING, answered("InvalidURL"),
     Write("failed", {"code": "InvalidURL", "request_id": "req"})),
    ("our link did not work again and again", replace(SUBMITTING, attempts=2), answered("InvalidURL"),
     refused("InvalidURL", "req")),
]  # fmt: skip

LOOKED = replace(SUBMITTING, looks=2, looked_at=NOW - 60)
SAW_TASK = replace(LOOKED, saw="t1")
UNSURE = replace(LOOKED, held="unsure", code="UnsureSubmission", saw="+1", looked_at=NOW - HELD_LOOK)

SUBMITTED_OR_NOT: list[Row] = [
    ("too early to ask", replace(SUBMITTING, since=NOW - 449), Facts(), Wait(NOW + 1)),
    ("the list is asked", SUBMITTING, Facts(), Ask(Fact.LISTED)),
    ("it was asked just now", replace(SUBMITTING, looked_at=NOW - 5), Facts(), Wait(NOW + 15)),
    ("the list shows nothing, once", SUBMITTING, Facts(listed=Candidates()), Write("looked", {"saw": ""})),
    ("nothing, three times", LOOKED, Facts(listed=Candidates()), Write("returned", {"code": "NotInTaskList"})),
    ("nothing, but a day has passed", replace(LOOKED, since=NOW - LIST_REACH), Facts(listed=Candidates()),
     held("unsure", "UnsureSubmission")),
    ("one task of ours, three times", SAW_TASK, Facts(listed=Candidates(ours=("t1",))), submitted("t1")),
    ("another task than before", SAW_TASK, Facts(listed=Candidates(ours=("t2",))), Write("looked", {"saw": "t2"})),
    ("two tasks of ours", replace(LOOKED, saw="t1,t2"), Facts(listed=Candidates(ours=("t2", "t1"))),
     held("unsure", "UnsureSubmission")),
    ("somebody's task", replace(LOOKED, saw="+1"), Facts(listed=Candidates(strangers=1)),
     held("unsure", "UnsureSubmission")),
    ("a task that it claimed itself", SUBMITTING, Facts(listed=Candidates(claimed="t3", strangers=2)), submitted("t3")),
    ("held, looked at just now", replace(UNSURE, looked_at=NOW - 60), Facts(PHOTO), NEVER),
    ("held, and its photo is gone", UNSURE, Facts(Gone()), Write("withdrawn", {})),
    ("held, asked again", UNSURE, Facts(PHOTO), Ask(Fact.LISTED)),
    ("held, still unclear", UNSURE, Facts(PHOTO, listed=Candidates(strangers=1)), Write("looked", {"saw": "+1"})),
    ("held, something changed", UNSURE, Facts(PHOTO, listed=Candidates(ours=("t1",))), Write("looked", {"saw": "t1"})),
    ("held, clear now", replace(UNSURE, saw="t1"), Facts(PHOTO, listed=Candidates(ours=("t1",))), submitted("t1")),
    ("held for a day", replace(UNSURE, since=NOW - LIST_REACH), Facts(), NEVER),
]  # fmt: skip


@pytest.mark.parametrize(
    ("job", "facts", "action"),
    rows(a_new_job=A_NEW_JOB, held=HELD, after_the_post=AFTER_THE_POST, submitted_or_not=SUBMITTED_OR_NOT),
)
def test_the_next_action_is(job: Job, facts: Facts, action: Action) -> None:
    assert decide(job, facts, NOW, POLICY) == action


@pytest.mark.parametrize(
    ("bought", "now", "action"),
    [
        (9, NOW, Post(RECIPE, "")),
        (10, NOW, held("budget", "BudgetSpent")),
        (10, day_ends(NOW) - 1, held("budget", "BudgetSpent")),
        (10, day_ends(NOW), Post(RECIPE, "")),
    ],
)
def test_the_days_budget_holds_until_midnight_in_china(bought: int, now: float, action: Action) -> None:
    facts = slot(day=int((NOW + 8 * HOUR) // DAY), bought=bought)
    assert decide(NEW, facts, now, replace(POLICY, max_images_per_day=10)) == action
