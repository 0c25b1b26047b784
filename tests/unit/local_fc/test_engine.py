from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from local.clock import ManualClock
from local.fc.engine import ASYNC_LIMIT, SYNC_LIMIT, Fc, Invocation
from local.fc.errors import FcError, Outcome
from local.fc.functions import Destination, Function, OssTrigger, Timer
from local.state import State

CODE = Path("/code")
DONE = Outcome(b"done")
FAILED = Outcome(b'{"errorMessage": "no"}', "UnhandledInvocationError", "FunctionUnhandledError")


def to(name: str) -> Destination:
    return Destination(f"acs:fc:cn-beijing:42:functions/{name}")


def function(name: str = "f", **settings: Any) -> Function:
    return Function(name, CODE, **settings)


def make(*functions: Function, clock: ManualClock | None = None, state: State | None = None, **settings: Any) -> Fc:
    return Fc(state or State(), clock or ManualClock(), functions, rng=random.Random(1), **settings)


def pass_time(fc: Fc, seconds: float) -> None:
    fc.clock.sleep(seconds)


def start_one(fc: Fc) -> Invocation:
    (invocation,) = fc.start_due()
    return invocation


def waits(fc: Fc) -> float:
    """Seconds until the engine wants to be asked again."""
    due = fc.next_due()
    assert due is not None
    return due - fc.clock.now()


# --- the queue


def test_an_accepted_event_is_started_once_and_is_then_gone() -> None:
    # Given an event in the queue
    fc = make(function())
    request_id = fc.enqueue("f", b"\x00\xff", "api")
    # When it is started and succeeds
    invocation = start_one(fc)
    fc.finish(invocation, DONE)
    # Then it was the one accepted, byte for byte, and nothing is left to do
    assert (invocation.id, invocation.payload.encode("latin-1")) == (request_id, b"\x00\xff")
    assert (fc.start_due(), fc.next_due()) == ([], None)


def test_events_start_in_the_order_of_their_arrival() -> None:
    fc = make(function(), max_instances=10)
    ids = [fc.enqueue("f", b"", "api") for _ in range(10)]
    assert [invocation.id for invocation in fc.start_due()] == ids


def test_what_is_beyond_this_machine_waits_for_an_instance_without_being_throttled() -> None:
    # Given more events than instances
    fc = make(function(), max_instances=2)
    ids = [fc.enqueue("f", b"", "api") for _ in range(3)]
    first, second = fc.start_due()
    assert fc.next_due() is None
    # When one instance is free again
    fc.finish(first, DONE)
    # Then the third event is started at once
    third = start_one(fc)
    assert ([first.id, second.id, third.id], third.throttled) == (ids, 0)


REFUSALS = [
    ("nobody", b"", 404, "FunctionNotFound"),
    ("f", bytes(ASYNC_LIMIT + 1), 400, "EntityTooLarge"),
]


@pytest.mark.parametrize(("name", "payload", "status", "code"), REFUSALS)
def test_what_cannot_be_run_is_not_accepted(name: str, payload: bytes, status: int, code: str) -> None:
    fc = make(function())
    with pytest.raises(FcError) as refusal:
        fc.enqueue(name, payload, "api")
    assert (refusal.value.status, refusal.value.code, fc.start_due()) == (status, code, [])


# --- retries


def test_a_failed_function_is_retried_three_times_with_doubling_spacing() -> None:
    # Given an event whose every run fails
    fc = make(function())
    request_id = fc.enqueue("f", b"", "api")
    spacings = []
    for _ in range(3):
        fc.finish(start_one(fc), FAILED)
        assert fc.start_due() == []
        spacings.append(waits(fc))
        pass_time(fc, spacings[-1])
    # When the third retry fails too
    last = start_one(fc)
    fc.finish(last, FAILED)
    # Then it is given up
    assert (spacings, last.id, fc.next_due()) == ([1.0, 2.0, 4.0], request_id, None)


@pytest.mark.parametrize("error", ["InitializationError", "UnhandledInvocationError"])
def test_a_function_without_retries_runs_once(error: str) -> None:
    fc = make(function(retries=0))
    fc.enqueue("f", b"", "api")
    fc.finish(start_one(fc), Outcome(b"", error))
    assert fc.next_due() is None


def test_an_event_past_its_age_is_not_run_again() -> None:
    # Given an event that may be one second old and whose first run took two
    fc = make(function(max_age=1))
    fc.enqueue("f", b"", "api")
    invocation = start_one(fc)
    pass_time(fc, 2)
    fc.finish(invocation, FAILED)
    # When its retry is due
    pass_time(fc, waits(fc))
    # Then it lapses
    assert (fc.start_due(), fc.next_due()) == ([], None)


# --- reserved concurrency


def test_calls_beyond_the_reserved_concurrency_back_off_from_half_a_second_doubling() -> None:
    # Given a function that runs alone, and is running
    fc = make(function(reserved_concurrency=1))
    fc.enqueue("f", b"first", "api")
    running = start_one(fc)
    fc.enqueue("f", b"second", "api")
    # When the second call is tried again and again
    spacings = []
    for _ in range(4):
        assert fc.start_due() == []
        spacings.append(waits(fc))
        pass_time(fc, spacings[-1])
    fc.finish(running, DONE)
    # Then each 429 doubled its wait, and it runs when the first has ended
    assert (spacings, start_one(fc).payload) == ([0.5, 1.0, 2.0, 4.0], "second")


def test_a_throttled_call_costs_no_attempt() -> None:
    fc = make(function(reserved_concurrency=1, retries=1))
    first, second = fc.enqueue("f", b"", "api"), fc.enqueue("f", b"", "api")
    running = start_one(fc)
    fc.finish(running, DONE)
    pass_time(fc, waits(fc))
    retried = start_one(fc)
    fc.finish(retried, FAILED)
    pass_time(fc, waits(fc))
    assert [running.id, retried.id, start_one(fc).id] == [first, second, second]


@pytest.mark.parametrize(("max_age", "lapses_within"), [(60, 128), (7 * 86_400, 10 * 3600)])
def test_throttled_calls_lapse_with_their_age_or_after_five_hours(max_age: int, lapses_within: float) -> None:
    # Given a call that always finds the function busy
    fc = make(function(reserved_concurrency=1, max_age=max_age))
    fc.enqueue("f", b"", "api")
    start_one(fc)
    fc.enqueue("f", b"", "api")
    began = fc.clock.now()
    # When it is tried until nothing is due any more
    fc.start_due()
    while fc.next_due() is not None:
        pass_time(fc, waits(fc))
        assert fc.start_due() == []
    # Then that came to pass soon after the limit, at the next back-off
    limit = min(max_age, 5 * 3600)
    assert limit < fc.clock.now() - began <= lapses_within


def test_a_reserved_concurrency_of_nothing_blocks_the_function() -> None:
    fc = make(function(reserved_concurrency=0))
    fc.enqueue("f", b"", "api")
    assert fc.start_due() == []
    with pytest.raises(FcError) as refusal:
        fc.start_sync("f", b"")
    assert refusal.value.status == 429


def test_an_invocation_for_which_this_machine_has_no_instance_is_tried_again_and_costs_no_attempt() -> None:
    # Given an event that may run once, and a machine that is short of memory
    fc = make(function(retries=0))
    fc.enqueue("f", b"", "api")
    fc.put_back(start_one(fc))
    # When its back-off is over
    assert (fc.start_due(), waits(fc)) == ([], 0.5)
    pass_time(fc, 0.5)
    # Then it starts, as if for the first time
    assert start_one(fc).runs == 0


# --- synchronous calls


def test_a_synchronous_call_takes_an_instance_and_gives_it_back() -> None:
    # Given a function that runs alone, called synchronously
    fc = make(function(reserved_concurrency=1))
    fc.start_sync("f", b"")
    # When it is called again
    with pytest.raises(FcError) as refusal:
        fc.start_sync("f", b"")
    # Then that is refused until the first has ended
    assert (refusal.value.status, refusal.value.code) == (429, "ResourceExhausted")
    fc.finish_sync("f")
    assert fc.start_sync("f", bytes(SYNC_LIMIT)).startswith("1-")


def test_request_ids_carry_the_time_and_never_repeat() -> None:
    fc = make(function())
    ids = {fc.request_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(request_id.startswith("1-6553f100-") for request_id in ids)


# --- destinations


def told(fc: Fc) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(start_one(fc).payload.encode("latin-1"))
    return told


def test_a_success_wakes_its_destination_and_tells_it_all() -> None:
    # Given a function whose success goes to another
    fc = make(function(on_success=to("next")), function("next"), account_id="42", region="cn-hangzhou")
    request_id = fc.enqueue("f", "小明".encode(), "oss")
    # When it succeeds
    fc.finish(start_one(fc), Outcome(b'"ok"'))
    # Then the other is invoked with the vendor's account of it
    notice = told(fc)
    assert notice["requestContext"] == {
        "requestId": request_id,
        "functionArn": "acs:fc:cn-hangzhou:42:functions/f",
        "condition": "",
        "approximateInvokeCount": 1,
    }
    assert (notice["requestPayload"], notice["responsePayload"]) == ("小明", '"ok"')


def test_a_failure_is_told_once_after_its_last_retry() -> None:
    fc = make(function(on_failure=to("alarm"), retries=1), function("alarm"))
    fc.enqueue("f", b"", "oss")
    fc.finish(start_one(fc), FAILED)
    pass_time(fc, waits(fc))
    fc.finish(start_one(fc), FAILED)
    notice = told(fc)
    assert notice["requestContext"]["condition"] == "UnhandledInvocationError"
    assert notice["requestContext"]["approximateInvokeCount"] == 2


def test_an_event_that_grew_too_old_is_told_as_a_failure() -> None:
    fc = make(function(on_failure=to("alarm"), max_age=10), function("alarm"))
    fc.enqueue("f", b"", "oss")
    pass_time(fc, 11)
    notice = told(fc)
    assert notice["requestContext"]["condition"] == "Expired"
    assert notice["requestContext"]["approximateInvokeCount"] == 0


def test_a_timer_invocation_has_no_destination() -> None:
    fc = make(function(on_success=to("next"), timers=(Timer("tick", "0 * * * * *"),)), function("next"))
    pass_time(fc, waits(fc))
    fc.finish(start_one(fc), DONE)
    assert fc.start_due() == []


def test_a_destination_that_refuses_is_forgotten() -> None:
    # Given destinations that are not there, or cannot take so much
    fc = make(function(on_success=to("nobody")), function("g", on_success=to("f")))
    fc.enqueue("f", b"", "oss")
    fc.enqueue("g", b"", "oss")
    # When both functions succeed, one with a large answer
    first, second = fc.start_due()
    fc.finish(first, DONE)
    fc.finish(second, Outcome(bytes(ASYNC_LIMIT)))
    # Then nothing follows
    assert (fc.start_due(), fc.next_due()) == ([], None)


QUEUE = Destination("acs:mns:cn-beijing:42:/queues/done/messages")


def test_a_queue_is_told_what_a_function_would_be_told() -> None:
    fc = make(function(on_success=QUEUE))
    request_id = fc.enqueue("f", b"photo", "oss")
    fc.finish(start_one(fc), DONE)
    (notice,) = fc.notices.start_due()
    assert notice.queue == "done"
    assert json.loads(notice.body)["requestContext"]["requestId"] == request_id


def test_a_notice_is_due_at_once_and_survives_a_kill(tmp_path: Path) -> None:
    # Given a notice that is committed, and on its way when the process is killed
    clock, state = ManualClock(), State(tmp_path)
    before = make(function(on_success=QUEUE), clock=clock, state=state)
    before.enqueue("f", b"", "oss")
    before.finish(start_one(before), DONE)
    assert waits(before) == 0
    before.notices.start_due()
    state.close()
    # Then it is on its way again after the restart
    after = make(function(on_success=QUEUE), clock=clock, state=State(tmp_path))
    assert [notice.queue for notice in after.notices.start_due()] == ["done"]


# --- triggers


def test_a_timer_fires_on_its_moment_and_tells_it() -> None:
    fc = make(function(timers=(Timer("tick", "0 * * * * *", "go"),)), clock=ManualClock(1_700_000_000.0))
    assert fc.start_due() == []
    pass_time(fc, waits(fc))
    assert told(fc) == {"triggerTime": "2023-11-14T22:14:00Z", "triggerName": "tick", "payload": "go"}
    assert waits(fc) == 60


@pytest.mark.parametrize("cron", ["0 * * * * *", "@every 1m"])
def test_ticks_missed_while_the_machine_slept_are_one(cron: str) -> None:
    fc = make(function(timers=(Timer("tick", cron),)))
    pass_time(fc, 3600)
    assert len(fc.start_due()) == 1
    assert 0 < waits(fc) <= 60


def test_an_interval_does_not_drift_when_looked_at_late() -> None:
    fc = make(function(timers=(Timer("tick", "@every 1m"),)))
    pass_time(fc, 61)
    fc.start_due()
    assert waits(fc) == 59


def test_a_timer_that_is_not_enabled_never_fires() -> None:
    fc = make(function(timers=(Timer("tick", "0 * * * * *", enabled=False),)))
    pass_time(fc, 3600)
    assert (fc.start_due(), fc.next_due()) == ([], None)


def upload(key: str) -> dict[str, Any]:
    return {"eventName": "ObjectCreated:PutObject", "oss": {"bucket": {"name": "pics"}, "object": {"key": key}}}


def test_an_oss_event_invokes_every_function_whose_trigger_wants_it() -> None:
    # Given two functions that watch photos/, one of them with two rules that both match, and one that watches elsewhere
    photos = OssTrigger("photos", "pics", ("oss:ObjectCreated:PutObject",), "photos/")
    twice = function("twice", oss_triggers=(photos, OssTrigger("all", "pics", ("oss:ObjectCreated:*",))))
    fc = make(function("once", oss_triggers=(photos,)), twice, function("never"))
    # When a photo arrives
    ids = fc.enqueue_oss([upload("photos/a.jpg")])
    # Then each is invoked once with that event
    started = fc.start_due()
    assert ({each.function for each in started}, {each.id for each in started}) == ({"once", "twice"}, set(ids))
    assert [json.loads(each.payload)["events"] for each in started] == [[upload("photos/a.jpg")]] * 2


def test_an_oss_event_that_nobody_wants_invokes_nobody() -> None:
    fc = make(function(oss_triggers=(OssTrigger("t", "pics", ("oss:ObjectCreated:*",), "photos/"),)))
    assert fc.enqueue_oss([upload("portraits/a.jpg")]) == []


# --- after a restart


def test_what_was_running_or_waiting_at_a_kill_is_run_after_the_restart(tmp_path: Path) -> None:
    # Given one invocation that is running, one that waits for its retry and one that has ended, all committed
    clock, state = ManualClock(), State(tmp_path)
    before = make(function(), clock=clock, state=state)
    running, failed, ended = (before.enqueue("f", b"", "api") for _ in range(3))
    _, second, third = before.start_due()
    before.finish(second, FAILED)
    before.finish(third, DONE)
    state.close()
    # When the runner starts again
    after = make(function(), clock=clock, state=State(tmp_path))
    # Then the running one is due at once, the failed one after its spacing, and the ended one never
    assert start_one(after).id == running
    pass_time(after, waits(after))
    retried = start_one(after)
    assert (retried.id, retried.runs, ended in {running, retried.id}) == (failed, 1, False)


def test_rows_of_a_function_that_was_taken_away_are_kept_for_its_return(tmp_path: Path) -> None:
    # Given an accepted event whose function is then missing from s.yaml
    state = State(tmp_path)
    request_id = make(function("gone"), state=state).enqueue("gone", b"", "api")
    state.close()
    between = State(tmp_path)
    assert make(function("other"), state=between).start_due() == []
    between.close()
    # When the function is back
    fc = make(function("gone"), state=State(tmp_path))
    # Then its event runs
    assert start_one(fc).id == request_id
