"""A job is its log: a golden one, what each line changes, and lines from the future."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.job import Job, Line, State, apply, decode, encode, fold

ID, KEY = "0123456789abcdef01234567", "photos/英雄/a b.jpg"

# Written by version 1. Whatever comes later must read it as it is.
GOLDEN = """\
{"v":1,"id":"01","at":1000.0,"op":"opened","key":"photos/英雄/a b.jpg","etag":"E","dropped_at":999.0}
{"v":1,"id":"02","at":1001.0,"op":"held","reason":"template.英雄","code":"NoTemplate"}
{"v":1,"id":"03","at":1060.0,"op":"resumed"}
{"v":1,"id":"04","at":1061.5,"op":"submitting","model":"wanx-style-cosplay-v1","recipe":"4b8d52c16534"}
{"v":1,"id":"05","at":1062.0,"op":"returned","code":"Throttling.RateQuota","request_id":"r1"}
{"v":1,"id":"06","at":1064.0,"op":"submitting","model":"wanx-style-cosplay-v1","recipe":"4b8d52c16534"}
{"v":1,"id":"07","at":1065.0,"op":"submitted","task_id":"t1","request_id":"r2","how":"post"}
{"v":1,"id":"08","at":1070.0,"op":"failed","code":"InternalError.Algo","request_id":"r3"}
{"v":1,"id":"09","at":1071.0,"op":"submitting","model":"wanx-style-cosplay-v1","recipe":"4b8d52c16534"}
{"v":1,"id":"10","at":1600.0,"op":"looked","saw":"t2"}
{"v":1,"id":"11","at":1620.0,"op":"looked","saw":"t2"}
{"v":1,"id":"12","at":1640.0,"op":"submitted","task_id":"t2","request_id":"","how":"adopted"}
{"v":1,"id":"13","at":1650.0,"op":"finished","deadline":88050.0}
{"v":1,"id":"14","at":1651.0,"op":"parked","code":"BadResultLink"}
{"v":1,"id":"15","at":1700.0,"op":"done","portrait":"portraits/英雄/a b.jpg.jpg"}
"""


def line(op: str, at: float = 2000.0, **fields: Any) -> Line:
    return {"v": 1, "id": "x", "at": at, "op": op, **fields}


def test_the_golden_log_tells_the_job() -> None:
    data = GOLDEN.encode()
    assert fold(ID, decode(data), len(data)) == Job(
        id=ID,
        key=KEY,
        etag="E",
        dropped_at=999.0,
        opened_at=1000.0,
        state=State.DONE,
        since=1700.0,
        op="done",
        held_at=1001.0,
        attempts=1,
        posts=3,
        recipe="4b8d52c16534",
        model="wanx-style-cosplay-v1",
        task_id="t2",
        submitted_at=1640.0,
        deadline=88050.0,
        tries=1,
        looked_at=1651.0,
        portrait="portraits/英雄/a b.jpg.jpg",
        position=len(data),
    )


def test_the_golden_log_is_written_the_same_today() -> None:
    assert b"".join(encode(one) for one in decode(GOLDEN.encode())) == GOLDEN.encode()


STATES = [
    *("absent", "new", "new", "new"),
    *("submitting", "new", "submitting", "running", "new"),
    *("submitting", "submitting", "submitting", "running"),
    *("finished", "finished", "done"),
]


@pytest.mark.parametrize(("count", "state"), list(enumerate(STATES)))
def test_after_each_line_the_job_is_where_a_person_expects_it(count: int, state: str) -> None:
    assert fold(ID, decode(GOLDEN.encode())[:count]).state == State(state)


@pytest.mark.parametrize("count", range(16))
def test_folding_in_two_parts_is_folding_at_once(count: int) -> None:
    lines = decode(GOLDEN.encode())
    job = fold(ID, lines[:count])
    for later in lines[count:]:
        job = apply(job, later)
    assert job == fold(ID, lines)


def test_a_line_of_an_unknown_operation_is_skipped() -> None:
    lines = decode(GOLDEN.encode())
    future = line("framed", by="version 2", code="Gold")
    assert fold(ID, [one for known in lines for one in (known, future)]) == fold(ID, lines)


@given(st.text(), st.text())
def test_a_line_is_one_line_whatever_it_holds(key: str, code: str) -> None:
    told = {"op": "x", "key": key.encode("utf-8", "ignore").decode(), "code": code.encode("utf-8", "ignore").decode()}
    assert decode(encode(told) * 2) == [told, told]
    assert encode(told).count(b"\n") == 1
    assert json.loads(encode(told)) == told


RUNNING = Job(ID, KEY, "E", opened_at=1000.0, state=State.RUNNING, since=1065.0, posts=1, task_id="t", model="m")
MARKERS = ".cosdrop/open/"


@pytest.mark.parametrize(
    ("job", "marker", "uses_slot", "has_note"),
    [
        (replace(RUNNING, state=State.NEW), "waiting/0000001000000", False, False),
        (replace(RUNNING, state=State.NEW, held="paused"), "held.paused/0000001000000", False, True),
        (replace(RUNNING, state=State.SUBMITTING), "running/0000001000000", True, False),
        (replace(RUNNING, state=State.SUBMITTING, held="unsure"), "held.unsure/0000001000000", False, True),
        (RUNNING, "running/0000001000000", True, False),
        (replace(RUNNING, lost=True), "running/0000001000000", False, False),
        (replace(RUNNING, state=State.FINISHED, deadline=2500.5), "finished/0000002500500", False, False),
        (replace(RUNNING, state=State.FINISHED, deadline=2500.5, tries=1), "finished/0000002500500", False, True),
    ],
)
def test_an_open_job_has_one_marker(job: Job, marker: str, uses_slot: bool, has_note: bool) -> None:
    assert job.marker == f"{MARKERS}{marker}-{ID}"
    assert (job.uses_slot, job.has_note) == (uses_slot, has_note)


@pytest.mark.parametrize("state", [state for state in State if not state.is_open])
def test_a_closed_job_has_none(state: State) -> None:
    job = replace(RUNNING, state=state, tries=3)
    assert (job.marker, job.uses_slot, job.has_note) == ("", False, False)


@pytest.mark.parametrize("op", ["refused", "expired", "superseded", "withdrawn"])
def test_a_job_that_ends_forgets_why_it_was_held(op: str) -> None:
    job = apply(replace(RUNNING, held="unsure"), line(op, code="TaskLost", request_id="r9"))
    assert (job.state, job.held, job.code, job.request_id) == (State(op), "", "TaskLost", "r9")


def test_looks_count_only_while_the_list_says_the_same() -> None:
    job = replace(RUNNING, state=State.SUBMITTING)
    seen = []
    for saw in ["", "", "t1", "t1", "t1", ""]:
        job = apply(job, line("looked", saw=saw))
        seen.append(job.looks)
    assert seen == [1, 2, 1, 2, 3, 1]


def test_looking_does_not_forget_what_was_said_before() -> None:
    job = apply(replace(RUNNING, held="unsure", code="UnsureSubmission"), line("looked", saw=""))
    assert job.code == "UnsureSubmission"


def test_a_failed_task_burns_an_attempt_and_a_returned_one_none() -> None:
    assert apply(RUNNING, line("failed", code="InternalError")).attempts == 1
    assert apply(RUNNING, line("returned", code="Throttling")).attempts == 0


def test_a_reopened_job_starts_anew_but_knows_that_it_was_posted() -> None:
    done = replace(RUNNING, state=State.DONE, attempts=2, portrait="p", dropped_at=900.0, position=77)
    fresh = apply(done, line("reopened", dropped_at=1999.0))
    expected = Job(ID, KEY, "E", dropped_at=1999.0, opened_at=2000.0, state=State.NEW, since=2000.0, op="reopened")
    assert fresh == replace(expected, posts=1, position=77)


def test_a_state_is_entered_when_it_changes() -> None:
    job = apply(RUNNING, line("lost", at=3000.0))
    assert job.since == RUNNING.since
    assert apply(job, line("finished", at=4000.0, deadline=9.0)).since == 4000.0
