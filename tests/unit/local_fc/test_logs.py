from __future__ import annotations

import time

import pytest

from local.fc.logs import Filter, Line, Reader, heard, keep, kept, own, render

AT = 1_700_000_000.25
ID = "1-6553f100-12345678-90abcdef1234"


def lines(*raw: str) -> list[Line]:
    reader = Reader("poller")
    return [line for text in raw for line in reader.lines(AT, text)]


def test_fcs_own_marks_tell_which_request_a_line_belongs_to() -> None:
    heard_lines = lines(
        "before all requests",
        "FC Initialize Start RequestId: 1-a",
        "starting",
        "FC Initialize End RequestId: 1-a",
        "FC Invoke Start RequestId: 1-b",
        "unfinishedFC Invoke End RequestId: 1-b",
    )
    told = [(line.request_id, line.text) for line in heard_lines if line.level != "DEBUG"]
    assert told == [("", "before all requests"), ("1-a", "starting"), ("1-b", "unfinished")]
    assert [line.text for line in heard_lines if line.level == "DEBUG"][-1] == "FC Invoke End RequestId: 1-b"


HEARD = [
    # what was printed, its request id, its level, what it says
    ("printed 小明", "1-now", "INFO", "printed 小明"),
    ("", "1-now", "INFO", ""),
    ("2023-11-14T22:13:20.250Z 1-then [WARNING] logged", "1-then", "WARNING", "logged"),
    ("2023-11-14T22:13:20.250Z  [ERROR] at start", "1-now", "ERROR", "at start"),
    ("2023-11-14T22:13:20.250Z 1-then [LOUD] x", "1-now", "INFO", "2023-11-14T22:13:20.250Z 1-then [LOUD] x"),
    ('{"event": "held", "level": "error"}', "1-now", "ERROR", '{"event": "held", "level": "error"}'),
    ('{"event": "held", "level": 5}', "1-now", "INFO", '{"event": "held", "level": 5}'),
]


@pytest.mark.parametrize(("raw", "request_id", "level", "text"), HEARD)
def test_a_line_says_its_request_and_level_itself_or_has_them_from_around_it(
    raw: str, request_id: str, level: str, text: str
) -> None:
    assert heard(AT, "poller", "1-now", raw) == Line(AT, "poller", request_id, level, text)


SHOWN = [
    ("printed 小明", "printed 小明"),
    ('{"event": "tick", "seconds": 3}', "tick seconds=3"),
    ('{"event": "tick"}', "tick"),
    ('{"event": "held", "reason": "a b", "x": ""}', 'held reason="a b" x=""'),
    ('{"event": "held", "code": "a=b", "n": null, "list": [1, 2]}', 'held code="a=b" n=null list="[1, 2]"'),
    (f'{{"event": "done", "level": "info", "request_id": "{ID}", "job": "小"}}', "done job=小"),
    ('{"event": "done", "request_id": "another"}', "done request_id=another"),
    ('{"no": "event"}', '{"no": "event"}'),
    ('{"event": 5}', '{"event": 5}'),
    ("{not json", "{not json"),
    ("[1]", "[1]"),
]


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_json_lines_are_shown_as_an_event_and_what_belongs_to_it(text: str, shown: str) -> None:
    clock = time.strftime("%H:%M:%S", time.localtime(AT))
    assert render(Line(AT, "poller", ID, "INFO", text)) == f"{clock}.250 poller ef1234 INFO    {shown}"


def test_a_line_of_no_request_keeps_its_columns() -> None:
    assert render(Line(AT, "-", "", "WARNING", "hm")).endswith(".250 - -      WARNING hm")


KEPT = [
    Line(AT, "poller", ID, "INFO", '{"event": "tick", "seconds": 3}'),
    Line(AT, "poller", "", "ERROR", " indented | and piped "),
    Line(AT, "-", "", "WARNING", ""),
]


@pytest.mark.parametrize("line", KEPT)
def test_a_log_file_gives_back_what_was_kept(line: Line) -> None:
    assert kept(keep(line)) == line


@pytest.mark.parametrize("text", ["", "Traceback (most recent call last):", "a b INFORMED c | d", "INFO: started"])
def test_what_a_server_says_of_itself_is_not_taken_for_a_functions_line(text: str) -> None:
    assert kept(text) is None


def test_the_runners_own_lines_are_of_now() -> None:
    line = own("WARNING", "hm", "poller", ID)
    assert (line.function, line.request_id, line.level, line.text) == ("poller", ID, "WARNING", "hm")
    assert abs(line.at - time.time()) < 60


FILTERS = [
    # filter, function, level, shown
    ("", "cosdrop-poller", "DEBUG", True),
    ("poller", "cosdrop-poller", "DEBUG", True),
    ("poller", "poller", "INFO", True),
    ("poller", "cosdrop-submit", "ERROR", False),
    ("poller", "cosdrop-nopoller", "INFO", False),
    ("cosdrop-poller", "cosdrop-poller", "INFO", True),
    ("poller:warning", "cosdrop-poller", "INFO", False),
    ("poller:warning", "cosdrop-poller", "WARNING", True),
    ("poller:WARNING , submit", "cosdrop-submit", "DEBUG", True),
    (":error", "cosdrop-submit", "WARNING", False),
    (":error", "cosdrop-submit", "CRITICAL", True),
    (":error,poller:info", "cosdrop-poller", "INFO", True),
]


@pytest.mark.parametrize(("text", "function", "level", "shown"), FILTERS)
def test_a_filter_names_functions_and_their_least_level(text: str, function: str, level: str, shown: bool) -> None:
    assert Filter.read(text).shows(Line(AT, function, ID, level, "")) is shown


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD is no level"):
        Filter.read("poller:loud")
