"""The whole booth in one go: five photos through the local stack, four portraits, one readable error, one sheet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from local.contact_sheet import Row, contact_sheet
from ops import drops, supervisor
from ops.connection import connect
from ops.drops import Drop, Outcome
from ops.screen import say, show
from shared import journal
from shared.booth import Booth

DEMO = Path(__file__).resolve().parents[1] / "demo"
PLAN = (
    ("astronaut.jpg", ""),
    ("grace_hopper.jpg", ""),
    ("astronaut.jpg", "hero"),
    ("grace_hopper.jpg", "hero"),
    ("no_face.jpg", ""),
)


@dataclass(frozen=True)
class Result:
    """What the demo did; nothing in it is written down beforehand."""

    outcomes: Sequence[Outcome]
    files: Sequence[Path]
    sheet: Path
    seconds: float
    calls: dict[str, int]

    def told(self) -> dict[str, Any]:
        """As `--json` prints it."""
        portraits = sum(1 for one in self.outcomes if one.portrait is not None)
        return {
            "photos": len(self.outcomes),
            "portraits": portraits,
            "errors": len(self.outcomes) - portraits,
            "seconds": round(self.seconds, 1),
            "calls": self.calls,
        }

    def __str__(self) -> str:
        told = self.told()
        calls = ", ".join(f"{count} {server}" for server, count in self.calls.items())
        return (
            "{photos} photos, {portraits} portraits, {errors} error in {seconds} s".format(**told) + f"; {calls} calls"
        )


def demo(data: Path) -> Result:
    """Run it on a fresh stack in `data`, which stays behind for a look."""
    say("starting OSS, MNS, DashScope and Function Compute on this machine ...")
    began = time.monotonic()
    with supervisor.running(data / "stack", say, fresh=True) as up:
        booth = connect(data / "stack")
        say(f"dropping {len(PLAN)} photos into the bucket")
        planned = [(DEMO / "photos" / name, route) for name, route in PLAN]
        dropped = [drops.drop(booth, file, drops.key_of(file, route)) for file, route in planned]
        outcomes = show(drops.follow(booth, dropped), len(dropped))
        outcomes.sort(key=lambda one: dropped.index(one.drop))
        files = [drops.save(booth, one, data) for one in outcomes if one.portrait is not None]
        sheet = _sheet(booth, outcomes, data)
        calls = {server: up.calls(server) for server in ("oss", "mns", "dashscope")}
    return Result(outcomes, files, sheet, time.monotonic() - began, calls)


def _sheet(booth: Booth, outcomes: Sequence[Outcome], data: Path) -> Path:
    path = data / "contact-sheet.png"
    contact_sheet([_row(booth, one, data) for one in outcomes]).save(path, optimize=True)
    return path


def _row(booth: Booth, one: Outcome, data: Path) -> Row:
    route = "hero" if "/hero/" in one.drop.photo else "default"
    portrait = Image.open(data / one.portrait) if one.portrait else None
    told = _took(booth, one.drop) if one.portrait else f"{(one.error or {})['en']} {(one.error or {})['todo_en']}"
    template = Image.open(DEMO / "templates" / f"{route}.png")
    return Row(Image.open(one.drop.file), template, portrait, f"{one.drop.photo}\n{told}")


def _took(booth: Booth, drop: Drop) -> str:
    job = journal.load(booth, drop.job)
    return f"{job.since - job.opened_at:.1f} s from drop to portrait, {job.model}"
