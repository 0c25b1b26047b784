"""What lies on the queue: our reminders are read back, everybody else's messages are known as such."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.message import Reminder, decode, encode

JOB, TASK = "0123456789abcdef01234567", "86ecf553-d340-4e21-af6e-a0c6a421c010"


def body(**changes: object) -> str:
    return json.dumps({"v": 1, "job": JOB, "task_id": TASK, "not_before": 1_700_000_003.25} | changes)


@given(st.floats(0, 4e9))
def test_a_reminder_is_read_back_to_the_millisecond(at: float) -> None:
    assert decode(encode(Reminder(JOB, TASK, at))) == Reminder(JOB, TASK, round(at, 3))


def test_the_body_has_the_documented_fields_and_is_ascii() -> None:
    text = encode(Reminder(JOB, TASK, 1_700_000_003.25))
    assert json.loads(text) == json.loads(body())
    assert text.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "null",
        "[]",
        "3",
        '"text"',
        "{}",
        "<xml/>",
        "aGVsbG8=",
        "\ud800",
        "[" * 60_000,
        body(job=None),
        body(job=""),
        body(job=7),
        body(job="../../photos/a"),
        body(job=".."),
        body(job=JOB + "0"),
        body(job=JOB.upper()),
        body(task_id=None),
        body(task_id="a/b"),
        body(not_before="soon"),
        body(not_before=None),
        body(not_before=10**400),
    ],
    ids=lambda text: text[:40],
)
def test_a_message_that_is_not_ours_is_known(text: str) -> None:
    assert decode(text) is None


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_message_breaks_the_reader(text: str) -> None:
    assert decode(text) is None
