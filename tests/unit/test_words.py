"""What a person reads: every code has its own words, in both languages, without jargon or gaps."""

from __future__ import annotations

import re
from dataclasses import astuple

import pytest

from shared.models.contract import Refusal
from shared.models.verdict import Verdict, judge
from shared.words import words
from tests.unit.test_verdict import REFUSED_POSTS

OURS = [
    *("EmptyFile", "NotAnImage", "TooLarge", "BadKey"),  # the photo
    *("BudgetSpent", "Paused", "UnsureSubmission"),  # held
    *("NoTemplate", "BadTemplate", "BadRouteOptions"),  # the route
    *("TaskLost", "ResultLost", "BadResultLink", "BadResult"),  # the result
    *("Unreachable", "NotInTaskList"),
]
VENDORS = [(code, judge(Refusal(code, message, "", status))) for status, code, message, _ in REFUSED_POSTS]
HOLDS = {Verdict.ACCOUNT: "account", Verdict.MODEL: "model.wanx-style-cosplay-v1", Verdict.REQUEST: "request"}
GENERAL = words("SomethingNew").en.replace("SomethingNew", "{code}")
JARGON = re.compile(
    r"HTTP|[Tt]raceback|[Ee]xception|OSS|MNS|DashScope|null|None\b|[Ss]tatus code|[Tt]imeout|\b[45]\d\d\b"
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def is_general(code: str, held: str = "") -> bool:
    return words(code, held).en.replace(code, "{code}") == GENERAL


@pytest.mark.parametrize("code", OURS)
def test_every_code_of_ours_has_words_of_its_own(code: str) -> None:
    assert not is_general(code)


@pytest.mark.parametrize(("code", "verdict"), [one for one in VENDORS if one[1] not in (Verdict.BUSY, Verdict.AGAIN)])
def test_every_code_of_the_vendor_that_is_about_us_has_words_of_its_own(code: str, verdict: Verdict) -> None:
    # InvalidParameter means a bad link only by its message: then the general words must do.
    assert is_general(code, HOLDS.get(verdict, "")) is ((code, verdict) == ("InvalidParameter", Verdict.LINK))


@pytest.mark.parametrize("code", [code for code, verdict in VENDORS if verdict in (Verdict.BUSY, Verdict.AGAIN)])
def test_the_vendors_own_trouble_is_told_in_general_words(code: str) -> None:
    assert is_general(code)
    assert code in words(code).en


@pytest.mark.parametrize("code", [*OURS, *(code for code, _ in VENDORS), "SomethingNew", ""])
@pytest.mark.parametrize("held", ["", *HOLDS.values()])
def test_the_words_are_whole_in_both_languages_and_plain(code: str, held: str) -> None:
    said = words(code, held, route="hero")
    assert all(text.strip() and not JARGON.search(text.replace(code or " ", "")) for text in astuple(said))
    assert all(not re.search(r"\{\w+\}", text) for text in astuple(said))
    assert CHINESE.search(said.zh)
    assert CHINESE.search(said.todo_zh)
    assert not CHINESE.search(said.en + said.todo_en)


@pytest.mark.parametrize("code", ["NoTemplate", "BadTemplate", "BadRouteOptions"])
def test_a_note_about_a_route_names_the_file_to_put(code: str) -> None:
    said = words(code, route="hero")
    assert "hero" in said.en
    assert "hero" in said.zh
    assert "templates/hero." in said.todo_en
    assert "templates/hero." in said.todo_zh


@pytest.mark.parametrize("route", ["a{b}", "{0}", "%s", "英雄", "{code}"])
def test_a_routes_name_is_printed_as_it_is(route: str) -> None:
    assert f"templates/{route}.png" in words("NoTemplate", route=route).todo_en


@pytest.mark.parametrize("code", [code for code, verdict in VENDORS if verdict is Verdict.MODEL])
def test_a_model_that_is_gone_names_the_setting_to_change(code: str) -> None:
    said = words(code, "model.wanx-style-cosplay-v1")
    assert "MODEL=wanx-style-repaint-v1" in said.todo_en
    assert "MODEL=wanx-style-repaint-v1" in said.todo_zh


@pytest.mark.parametrize("code", [code for code, verdict in VENDORS if verdict is Verdict.ACCOUNT])
def test_an_account_that_is_refused_is_never_the_photos_fault(code: str) -> None:
    assert "not at fault" in words(code, "account").todo_en
    assert "Drop" not in words(code, "account").todo_en


def test_no_face_names_the_template_as_a_suspect() -> None:
    assert "template" in words("InvalidFace").todo_en
    assert "模板" in words("InvalidFace").todo_zh


def test_a_code_that_nobody_knows_is_told_as_it_is() -> None:
    assert "SomethingNew" in words("SomethingNew").en
    assert "SomethingNew" in words("SomethingNew").zh
