"""What a stranger reads is true: tables are fresh, commands exist, links lead somewhere, both languages agree."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.generate import PAGES, refreshed
from local.oss.http import OPERATIONS
from ops.cli import main
from shared.settings import variables
from shared.words import words

ROOT = PAGES.parent
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
READ = [ENGLISH, CHINESE, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(PAGES.rglob("*.md"))]
IN_PROGRESS = {"adopt", "cost", "pause", "resume", "retry"}
"""Verbs that texts may name although the command lacks them yet."""
FILLED_IN = {"OSS_REGION", "SUBMIT_TIMEOUT_SECONDS", "POLLER_TIMEOUT_SECONDS"}
"""Settings that s.yaml does not leave to the deployer."""

each_page = pytest.mark.parametrize("page", READ, ids=lambda page: str(page.relative_to(ROOT)))


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code_lines(page: Path) -> list[str]:
    """The lines of a page's code blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


def commands(page: Path) -> Iterator[list[str]]:
    """Every `cosdrop …` of a page, on a line of code or within a sentence, as words."""
    inline = re.findall(r"`(cosdrop [^`\n]+)`", text(page))
    shown = [line for line in code_lines(page) if line.startswith("cosdrop ")]
    yield from (shlex.split(line, comments=True)[1:] for line in inline + shown)


# --- tables made from code ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["settings.md", "errors.md"])
def test_a_table_made_from_code_is_fresh(name: str) -> None:
    page = text(PAGES / name)

    assert "<!-- generated: " in page
    assert refreshed(page) == page, "run: python -m docs.generate"


def test_the_example_of_an_error_object_says_what_the_code_says() -> None:
    shown = json.loads("\n".join(code_lines(PAGES / "errors.md")).partition("\n}")[0] + "}")
    said = words(shown["code"])

    assert (shown["en"], shown["zh"]) == (said.en, said.zh)
    assert (shown["todo_en"], shown["todo_zh"]) == (said.todo_en, said.todo_zh)


def test_the_settings_page_tells_what_s_yaml_reads() -> None:
    wanted = re.findall(r"env\('(\w+)'", text(ROOT / "s.yaml"))

    assert wanted
    assert [name for name in wanted if f"`{name}`" not in text(PAGES / "settings.md")] == []


def test_the_example_of_a_dot_env_names_all_that_may_be_set_and_nothing_else() -> None:
    named = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", text(ROOT / ".env.example"), re.MULTILINE))

    assert named == set(re.findall(r"env\('(\w+)'", text(ROOT / "s.yaml")))
    assert named >= {row.name for row in variables()} - FILLED_IN


def test_the_local_cloud_page_names_every_operation_of_oss() -> None:
    page = text(PAGES / "local-cloud.md")

    assert [one.name for one in OPERATIONS.values() if not re.search(rf"\b{one.name}\b", page)] == []


# --- commands ----------------------------------------------------------------------------------------------------


@each_page
def test_every_command_shown_exists_with_its_options(page: Path) -> None:
    for name, *given in commands(page):
        if name in IN_PROGRESS:
            continue
        assert name in main.commands, f"cosdrop {name}"
        known = {option for parameter in main.commands[name].params for option in parameter.opts} | {"--help", "-h"}
        assert {word for word in given if word.startswith("-")} <= known, f"cosdrop {name} {given}"


def test_the_commands_of_the_readme_are_all_there_are() -> None:
    assert {name for name, *_ in commands(ENGLISH)} - IN_PROGRESS == set(main.commands)


def test_what_is_called_in_progress_is_not_there_yet() -> None:
    assert IN_PROGRESS.isdisjoint(main.commands)


def test_every_make_target_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    shown = {word for page in READ for line in code_lines(page) for word in re.findall(r"^make ([a-z]+)", line)}

    assert {"demo", "test"} <= shown <= targets


# --- links and places --------------------------------------------------------------------------------------------


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text(page))
    files = [(link or image).partition("#")[0] for link, image in targets if "://" not in link]

    assert [file for file in files if file and not (page.parent / file).exists()] == []


@each_page
def test_every_anchor_is_a_heading(page: Path) -> None:
    for file, anchor in re.findall(r"\]\(([^)\s:#]*)#([^)\s]+)\)", text(page)):
        there = text(page.parent / file) if file else text(page)
        headings = re.findall(r"^#+ (.+)$", there, re.MULTILINE)
        assert anchor in {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_nothing_tells_of_the_machine_it_was_written_on() -> None:
    # Given every text file that git keeps, or would
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]

    # Then none names a folder that only its author had
    places = [str(ROOT), f"{Path.home()}/", "../" + "shared", "/work/" + "shared", "shared/" + "reference"]
    telling = re.compile("|".join(re.escape(place) for place in places).encode())
    assert files
    assert [file.name for file in files if telling.search(file.read_bytes())] == []


# --- two languages -----------------------------------------------------------------------------------------------


def test_both_readmes_have_the_same_sections() -> None:
    def levels(page: Path) -> list[int]:
        return [len(marks) for marks in re.findall(r"^(#+) ", text(page), re.MULTILINE)]

    assert levels(CHINESE) == levels(ENGLISH)


def test_both_readmes_show_the_same_commands() -> None:
    def shown(page: Path) -> list[str]:
        lines = [line.partition("#")[0].strip() for line in code_lines(page)]
        return [line for line in lines if line.startswith(("make ", "cosdrop ", "cp ", "s "))]

    assert shown(CHINESE) == shown(ENGLISH)


def test_both_readmes_lead_to_the_same_places() -> None:
    def links(page: Path) -> set[str]:
        return set(re.findall(r"\]\(([^)]+)\)", text(page))) - {ENGLISH.name, CHINESE.name}

    assert links(CHINESE) == links(ENGLISH)


def test_the_picture_is_small_enough_for_a_first_screen() -> None:
    assert (PAGES / "contact-sheet.png").stat().st_size < 700_000
