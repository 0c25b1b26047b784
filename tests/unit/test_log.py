"""Logs: one line of JSON per event, and no signature in any of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.log import Log, scrub

LINK = "https://booth.oss-cn-hangzhou.aliyuncs.com/photos/a.jpg?x-oss-security-token=TOKEN&x-oss-signature=SECRET"


def logged(event: str, **fields: Any) -> dict[str, Any]:
    """The one line that was written, read back."""
    lines: list[str] = []
    Log(lines.append)(event, **fields)
    (line,) = lines
    assert "\n" not in line
    told: dict[str, Any] = json.loads(line)
    return told


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("nothing to hide?", "nothing to hide?"),
        ("http://h/a.jpg", "http://h/a.jpg"),
        ("http://h/a.jpg?Expires=1&Signature=S", "http://h/a.jpg?..."),
        ("got http://h/a?S=1 and https://h/b?S=2, sorry", "got http://h/a?... and https://h/b?... sorry"),
        ("{'url': 'http://h/a?S=1'}", "{'url': 'http://h/a?...'}"),
        ("http://h/照片 1.jpg?S=1", "http://h/照片 1.jpg?S=1"),  # a space ends a link, so this one has no query
    ],
)
def test_a_link_loses_its_query(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed


@pytest.mark.parametrize(
    "text",
    [
        LINK,
        f"GET {LINK} failed",
        f'the link "{LINK}" is refused',
        f"the link '{LINK}' is refused",
        f"{{'url': '{LINK}'}}",
        f"one\n{LINK}\nthree",
        LINK.upper().replace("HTTPS", "https"),
        LINK.replace("a.jpg", "a\\b.jpg"),
    ],
)
def test_no_signature_reaches_the_log_and_the_line_stays_json(text: str) -> None:
    told = logged("trouble", reason=text)
    assert "secret" not in told["reason"].lower()
    assert "token" not in told["reason"].lower()
    assert told["reason"].startswith(text.partition("?")[0])


@given(st.text(), st.text())
def test_whatever_is_logged_is_a_line_of_json(before: str, after: str) -> None:
    told = logged("trouble", reason=f'{before}"{LINK}"{after}')
    assert "SECRET" not in told["reason"]


def test_a_nested_link_is_scrubbed_too() -> None:
    assert "SECRET" not in json.dumps(logged("posted", body={"input": {"face_image_url": LINK}}))


def test_fields_that_are_bound_are_on_every_later_line() -> None:
    lines: list[str] = []
    log = Log(lines.append, request_id="r").bind(job="j")
    log("opened")
    log("done", job="k")
    assert [json.loads(line) for line in lines] == [
        {"event": "opened", "request_id": "r", "job": "j"},
        {"event": "done", "request_id": "r", "job": "k"},
    ]


def test_chinese_and_emoji_stay_readable() -> None:
    lines: list[str] = []
    Log(lines.append)("opened", photo="photos/英雄/👩‍🚀.jpg")
    assert "photos/英雄/👩‍🚀.jpg" in lines[0]


def test_what_is_no_json_is_written_as_text() -> None:
    assert logged("trouble", error=ValueError("no"))["error"] == "no"


def test_half_an_emoji_can_be_written_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    # Event bytes may hold a lone surrogate, which no stream in UTF-8 can take.
    Log()("refused", photo="photos/\ud83d.jpg")
    assert json.loads(capsys.readouterr().out)["event"] == "refused"


def test_a_line_on_standard_output_fits_into_the_log_store(capsys: pytest.CaptureFixture[str]) -> None:
    Log()("trouble", reason="很" * 100_000)
    assert len(capsys.readouterr().out.encode()) <= 32 * 1024
