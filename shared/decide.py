"""The one decision: what to do next with a job. No I/O, no clock, no randomness: time is the argument `now`.

`decide` either asks for one more fact, names one action, or says until when to wait. The engine does as told and
asks again; so this module alone says in which order things are looked at and written.
"""

from __future__ import annotations

from typing import Any

from shared.facts import (
    NEVER,
    Action,
    Ask,
    Candidates,
    Copy,
    Fact,
    Facts,
    Gone,
    Hold,
    Policy,
    Post,
    Stored,
    Stuck,
    Wait,
    Write,
)
from shared.fit import Look, fit, is_processable
from shared.job import Job, State
from shared.models.contract import Accepted, Ambiguous, Posted, Refusal, Status, Unsent, deadline
from shared.models.verdict import Verdict, judge
from shared.ports import Head, Unreadable
from shared.recipe import Recipe, Trouble

HOUR = 3600.0
DAY = 24 * HOUR
LIST_REACH = 23 * HOUR
"""The task list shows 24 h: after this, a task missing from it proves nothing."""
HELD_LOOK = HOUR / 4
"""How often a held submission is looked up again."""
UNKNOWN_PATIENCE = 600.0
"""Right after a submit UNKNOWN does not prove loss (the task may not be visible yet)."""


def decide(job: Job, facts: Facts, now: float, policy: Policy) -> Action:
    """The next action for `job`."""
    if job.state is State.NEW:
        return _new(job, facts, now, policy)
    if job.state is State.SUBMITTING:
        return _submitting(job, facts, now, policy)
    if job.state is State.RUNNING:
        return _running(job, facts, now, policy)
    if job.state is State.FINISHED:
        return _finished(job, facts, now, policy)
    return _closed(job, facts)


# --- new: may it be submitted, and is it its turn? ---------------------------------------------------------------


def _new(job: Job, facts: Facts, now: float, policy: Policy) -> Action:
    if job.held == "request" and now < job.held_at + HELD_LOOK:
        return NEVER
    return (
        _same_photo(job, facts)
        or _acceptable(facts)
        or _not_done_before(job, facts)
        or _not_held(job, facts, now, policy)
        or _its_turn(job, facts, now)
    )


def _same_photo(job: Job, facts: Facts) -> Action | None:
    if facts.photo is None:
        return Ask(Fact.PHOTO)
    if isinstance(facts.photo, Gone):
        return Write("withdrawn", {})
    if facts.photo.etag != job.etag:
        return Write("superseded", {})
    return None


def _acceptable(facts: Facts) -> Action | None:
    assert isinstance(facts.photo, Head)
    if facts.photo.size == 0:
        return _refuse("EmptyFile")
    if facts.look is None:
        return Ask(Fact.LOOK)
    if isinstance(facts.look, Unreadable):
        return _refuse("TooLarge" if facts.look.code == "ImageTooLarge" else "NotAnImage")
    return None if is_processable(facts.look) else _refuse("TooLarge")


def _not_done_before(job: Job, facts: Facts) -> Action | None:
    # A log that starts from nothing although the portrait is there: it was removed. Do not pay again.
    if job.posts:
        return None
    if facts.portrait is None:
        return Ask(Fact.PORTRAIT)
    name, _, portrait = facts.portrait.partition(" ")
    return Write("done", {"portrait": portrait}) if name == job.id else None


def _not_held(job: Job, facts: Facts, now: float, policy: Policy) -> Action | None:
    if facts.recipe is None:
        return Ask(Fact.RECIPE)
    if isinstance(facts.recipe, Trouble):
        return _hold(job, f"template.{job.route}", facts.recipe.code)
    if facts.holds is None:
        return Ask(Fact.HOLDS)
    hold = _hold_on(facts.recipe, facts.holds)
    if hold is not None and now < hold.probe_at:
        return _hold(job, hold.reason, hold.code)
    if facts.turn is None:
        return Ask(Fact.TURN)
    most = policy.max_images_per_day
    if most is not None and facts.turn.slot.bought_on(now) >= most:
        return _hold(job, "budget", "BudgetSpent")
    return Write("resumed", {"code": hold.code} if hold is not None else {}) if job.held else None


def _hold_on(recipe: Recipe, holds: tuple[Hold, ...]) -> Hold | None:
    wanted = ("paused", "account", f"model.{recipe.model}")
    return next((hold for reason in wanted for hold in holds if hold.reason == reason), None)


def _hold(job: Job, reason: str, code: str) -> Action:
    return NEVER if (job.held, job.code) == (reason, code) else Write("held", {"reason": reason, "code": code})


def _its_turn(job: Job, facts: Facts, now: float) -> Action:
    assert facts.turn is not None and isinstance(facts.recipe, Recipe) and isinstance(facts.look, Look)
    slot = facts.turn.slot
    if slot.holder not in ("", job.id) or not facts.turn.is_first:
        return NEVER
    if now < slot.ready_at:
        return Wait(slot.ready_at)
    return Post(facts.recipe, fit(facts.look), _hold_on(facts.recipe, facts.holds or ()))


# --- submitting: what became of the POST? ------------------------------------------------------------------------


def _submitting(job: Job, facts: Facts, now: float, policy: Policy) -> Action:
    if facts.posted is not None:
        return _after_post(job, facts, facts.posted, policy)
    if job.held:
        return _held_submitting(job, facts, now, policy)
    if now < job.since + policy.grace:
        return Wait(job.since + policy.grace)
    return _ask_the_list(job, facts, now, policy)


def _after_post(job: Job, facts: Facts, posted: Posted, policy: Policy) -> Action:
    match posted:
        case Accepted(task_id, request_id):
            return Write("submitted", {"task_id": task_id, "request_id": request_id, "how": "post"})
        case Unsent(reason):
            return Write("returned", {"code": "Unreachable", "reason": reason})
        case Ambiguous():
            return Wait(job.since + policy.grace)
        case Refusal():
            return _after_refusal(job, facts, posted, policy)


def _after_refusal(job: Job, facts: Facts, refusal: Refusal, policy: Policy) -> Action:
    verdict = judge(refusal)
    said = {"code": refusal.code, "request_id": refusal.request_id}
    if verdict is Verdict.AGAIN:
        return Wait(job.since + policy.grace)  # a gateway's time-out or a crash over there: perhaps accepted
    if verdict is Verdict.BUSY:
        return Write("returned", said)
    return _after_failure(job, facts, verdict, said, policy)


def _after_failure(job: Job, facts: Facts, verdict: Verdict, said: dict[str, Any], policy: Policy) -> Action:
    """The same for a refused POST and a FAILED task: both are certain, and neither is billed."""
    if verdict is Verdict.PHOTO:
        return _end(job, facts, "refused", said)
    if verdict in (Verdict.ACCOUNT, Verdict.MODEL, Verdict.REQUEST):
        return Write("returned", said | {"held": _reason(verdict, job.model)})
    if job.attempts + 1 >= policy.max_attempts:
        return _end(job, facts, "refused", said)
    return Write("failed", said)


def _end(job: Job, facts: Facts, op: str, said: dict[str, Any]) -> Action:
    """End with an error, unless a newer photo under the same name has its own end, or there is none any more."""
    return _same_photo(job, facts) or Write(op, said)


def _reason(verdict: Verdict, model: str) -> str:
    return {Verdict.ACCOUNT: "account", Verdict.MODEL: f"model.{model}"}.get(verdict, "request")


def _held_submitting(job: Job, facts: Facts, now: float, policy: Policy) -> Action:
    settled = job.looks >= policy.looks - 1
    if (settled and now < job.looked_at + HELD_LOOK) or now >= job.since + LIST_REACH:
        return NEVER
    # Its task may have become clear since, for instance because our key's id was learned; or nobody wants it any more.
    return _same_photo(job, facts) or _ask_the_list(job, facts, now, policy)


def _ask_the_list(job: Job, facts: Facts, now: float, policy: Policy) -> Action:
    if now < job.looked_at + policy.look_spacing:
        return Wait(job.looked_at + policy.look_spacing)
    if facts.listed is None:
        return Ask(Fact.LISTED)
    if facts.listed.claimed:
        return _adopt(facts.listed.claimed)
    saw = _summary(facts.listed)
    if saw != job.saw or job.looks + 1 < policy.looks:
        return Write("looked", {"saw": saw})
    return _settle(job, facts.listed, now)


def _settle(job: Job, listed: Candidates, now: float) -> Action:
    if len(listed.ours) == 1 and not listed.strangers:
        return _adopt(listed.ours[0])
    if not listed.ours and not listed.strangers and now < job.since + LIST_REACH:
        return Write("returned", {"code": "NotInTaskList"})
    if job.held == "unsure":
        return Write("looked", {"saw": _summary(listed)})  # still unclear: the next look is a quarter of an hour away
    return _hold(job, "unsure", "UnsureSubmission")


def _adopt(task_id: str) -> Action:
    return Write("submitted", {"task_id": task_id, "request_id": "", "how": "adopted"})


def _summary(listed: Candidates) -> str:
    return ",".join(sorted(listed.ours)) + (f"+{listed.strangers}" if listed.strangers else "")


# --- running and finished ----------------------------------------------------------------------------------------


def _running(job: Job, facts: Facts, now: float, policy: Policy) -> Action:
    if facts.task is None:
        return Ask(Fact.TASK)
    report = facts.task
    if report.status is Status.SUCCEEDED and report.link:
        return Write("finished", {"deadline": deadline(report, job.submitted_at)})
    if report.failure is not None:
        said = {"code": report.failure.code, "request_id": report.request_id}
        return _after_failure(job, facts, judge(report.failure), said, policy)
    if report.status is Status.UNKNOWN:
        return _unknown(job, facts, now, policy)
    return Wait(now + policy.look_again(now - job.submitted_at))


def _unknown(job: Job, facts: Facts, now: float, policy: Policy) -> Action:
    age = now - job.submitted_at
    if age >= DAY:
        return _end(job, facts, "expired", {"code": "TaskLost"})
    if job.lost or age < UNKNOWN_PATIENCE:
        return Wait(now + policy.look_again(age))
    if now < job.looked_at + policy.look_spacing:
        return Wait(job.looked_at + policy.look_spacing)
    if facts.listed is None:
        return Ask(Fact.LISTED)
    if facts.listed.claimed:
        return Wait(now + policy.look_again(age))
    return Write("lost", {}) if job.looks else Write("looked", {"saw": ""})


def _finished(job: Job, facts: Facts, now: float, policy: Policy) -> Action:
    if isinstance(facts.copied, Stored):
        return Write("done", {"portrait": facts.copied.key})
    if now >= job.deadline:
        again = policy.resubmit_expired and job.attempts + 1 < policy.max_attempts
        return _end(job, facts, "failed" if again else "expired", {"code": "ResultLost"})
    if isinstance(facts.copied, Stuck):
        return Write("parked", {"code": facts.copied.code})
    retry_at = job.looked_at + min(600.0, 5.0 * 2**job.tries) if job.tries else 0.0
    if now < retry_at:
        return Wait(min(retry_at, job.deadline))
    return _same_photo(job, facts) or Copy()


# --- closed: was the same photo dropped anew? --------------------------------------------------------------------


def _closed(job: Job, facts: Facts) -> Action:
    if facts.photo is None:
        return Ask(Fact.PHOTO)
    if isinstance(facts.photo, Gone) or facts.photo.etag != job.etag:
        return NEVER
    if facts.photo.modified_at <= job.dropped_at:
        return NEVER
    if facts.portrait is None:
        return Ask(Fact.PORTRAIT)
    anew = Write("reopened", {"dropped_at": facts.photo.modified_at})
    if job.state is not State.DONE or facts.portrait.partition(" ")[0] != job.id:
        return anew
    if facts.recipe is None:
        return Ask(Fact.RECIPE)
    return anew if isinstance(facts.recipe, Recipe) and facts.recipe.digest != job.recipe else NEVER


def _refuse(code: str) -> Write:
    return Write("refused", {"code": code, "request_id": ""})
