"""What a result is, by its bytes: whole pictures pass, everything else is no result."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from shared.errors import BadResult
from shared.picture import extension


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_a_whole_picture_is_known_by_its_bytes(kind: str, name: str) -> None:
    assert extension(picture(kind)) == name


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_few_bytes_after_the_end_do_no_harm(kind: str) -> None:
    assert extension(picture(kind) + b"\0" * 16)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_picture_that_is_cut_off_is_no_result(kind: str, part: float) -> None:
    data = picture(kind)
    with pytest.raises(BadResult, match="no whole JPEG") as bad:
        extension(data[: int(len(data) * part)])
    assert bad.value.code == "BadResult"


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"RIFF", b"RIFF\xff\xff\xff\xffWEBP", b"<?xml version='1.0'?><Error/>", b"{}", picture("GIF")],
    ids=lambda data: repr(data[:12]),
)
def test_anything_else_is_no_result(data: bytes) -> None:
    with pytest.raises(BadResult):
        extension(data)
