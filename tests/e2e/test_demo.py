"""`cosdrop demo`: the whole booth in one command."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.e2e.command import cosdrop


def test_the_demo_counts_what_it_did_and_shows_it_on_a_sheet(tmp_path: Path) -> None:
    ran = cosdrop("demo", "--json", "--out", tmp_path, LOCAL_TASK_SECONDS="0.3")
    assert ran.code == 0
    told = ran.document
    assert list(told) == ["photos", "portraits", "errors", "seconds", "calls"]
    assert (told["photos"], told["portraits"], told["errors"]) == (5, 4, 1)
    assert 0 < told["seconds"] < 60
    assert list(told["calls"]) == ["oss", "mns", "dashscope"]
    # Five submissions and as many looks at the least, a message for each, and per photo a dozen calls to the bucket.
    assert told["calls"]["dashscope"] >= 10 and told["calls"]["mns"] >= 5 and told["calls"]["oss"] >= 60
    assert "We could not find a face in this photo." in ran.err
    with Image.open(tmp_path / "contact-sheet.png") as sheet:
        assert sheet.format == "PNG" and sheet.width > 1000
    for portrait in (
        "astronaut.jpg.jpg",
        "grace_hopper.jpg.jpg",
        "hero/astronaut.jpg.jpg",
        "hero/grace_hopper.jpg.jpg",
    ):
        with Image.open(tmp_path / "portraits" / portrait) as picture:
            assert min(picture.size) >= 256
