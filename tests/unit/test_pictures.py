"""The stand-in's eye and brush: faces found and not found, portraits, styles, and the contact sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageChops

from local.contact_sheet import BACKGROUND, CARD, GAP, MARGIN, PORTRAIT, STRIP, THUMB, WIDTH, Row, contact_sheet
from local.dashscope.faces import Box, face_place, find_eyes, find_faces
from local.dashscope.paint import cosplay, restyle
from local.dashscope.styles import STYLES

DEMO = Path(__file__).parents[2] / "demo"
PEOPLE = ("astronaut", "grace_hopper")
TEMPLATES = ("default", "hero")
TRUE_FACE = {"astronaut": Box(178, 69, 92, 92), "grace_hopper": Box(149, 102, 229, 229)}
"""Forehead to chin, as a person would draw it."""
TRUE_EYES = {"astronaut": ((203, 101), (248, 103)), "grace_hopper": ((222, 190), (305, 187))}

Pixels = npt.NDArray[np.uint8]


def opened(path: Path) -> Image.Image:
    with path.open("rb") as file:
        return Image.open(file).convert("RGB")


def photo(name: str) -> Image.Image:
    return opened(DEMO / "photos" / f"{name}.jpg")


def template(name: str) -> Image.Image:
    return opened(DEMO / "templates" / f"{name}.png")


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, np.uint8)


def difference(one: Image.Image, other: Image.Image) -> Pixels:
    """The largest difference of any colour, pixel by pixel."""
    largest: Pixels = pixels(ImageChops.difference(one, other)).max(axis=2)
    return largest


@pytest.fixture(scope="module", params=[(person, look) for person in PEOPLE for look in TEMPLATES], ids="-".join)
def made(request: pytest.FixtureRequest) -> tuple[Image.Image, Image.Image]:
    """A template and the portrait painted on it."""
    person, look = request.param
    return template(look), cosplay(photo(person), template(look), TRUE_FACE[person])


# The eye


@pytest.mark.parametrize("name", PEOPLE)
def test_the_face_is_found_where_it_is(name: str) -> None:
    (face,) = find_faces(pixels(photo(name)))
    assert face.overlap(TRUE_FACE[name]) > 0.7


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("factor", [0.6, 2.0, 4.0])
def test_the_face_is_found_at_any_size(name: str, factor: float) -> None:
    image = photo(name)
    resized = image.resize((int(image.width * factor), int(image.height * factor)))
    (face,) = find_faces(pixels(resized))
    assert face.overlap(TRUE_FACE[name].scaled(factor)) > 0.6


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("degrees", [-8, 8])
def test_a_tilted_head_is_found(name: str, degrees: int) -> None:
    assert len(find_faces(pixels(photo(name).rotate(degrees)))) == 1


@pytest.mark.parametrize("name", PEOPLE)
def test_a_mirrored_face_is_found_on_the_other_side(name: str) -> None:
    image, there = photo(name), TRUE_FACE[name]
    (face,) = find_faces(pixels(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
    assert face.overlap(Box(image.width - there.x - there.width, there.y, there.width, there.height)) > 0.6


def test_a_grey_photo_has_its_face_too() -> None:
    assert len(find_faces(pixels(photo("grace_hopper").convert("L").convert("RGB")))) == 1


def test_of_two_faces_the_larger_comes_first() -> None:
    # Given two people side by side, the second one's face more than twice as large
    pair = Image.new("RGB", (1024, 600))
    pair.paste(photo("astronaut"), (0, 0))
    pair.paste(photo("grace_hopper"), (512, 0))
    # When faces are looked for
    first, second = find_faces(pixels(pair))
    # Then the large one leads
    assert first.x > 512 > second.x
    assert first.area > second.area


def _pattern(name: str) -> Pixels:
    y, x = np.mgrid[0:600, 0:800]
    noise = np.random.default_rng(1).integers(0, 256, (600, 800, 3))
    waves = (np.sin(x / 19) + np.sin(y / 23)) * 60 + 128
    drawn = {
        "plain": np.full((600, 800), 90),
        "stripes": x // 20 % 2 * 255,
        "squares": (x // 32 + y // 32) % 2 * 255,
        "waves": waves,
        "rings": np.sin(np.hypot(x - 400, y - 300) / 9) * 120 + 128,
        "slope": x / 800 * 255,
    }
    return (noise if name == "noise" else np.repeat(drawn[name][..., None], 3, axis=2)).astype(np.uint8)


@pytest.mark.parametrize("name", ["plain", "stripes", "squares", "waves", "rings", "slope", "noise"])
def test_no_face_is_seen_in_a_pattern(name: str) -> None:
    assert find_faces(_pattern(name)) == []


def test_a_teapot_has_no_face() -> None:
    assert find_faces(pixels(photo("no_face"))) == []


def test_a_face_upside_down_is_not_taken() -> None:
    assert find_faces(pixels(photo("astronaut").rotate(180))) == []


@pytest.mark.parametrize("name", PEOPLE)
def test_the_eyes_are_found_behind_glasses_too(name: str) -> None:
    found = find_eyes(pixels(photo(name)), TRUE_FACE[name])
    for eye, there in zip(found, TRUE_EYES[name], strict=True):
        assert np.hypot(*(eye - np.array(there))) < 0.08 * TRUE_FACE[name].width


# Where a template leaves room for a face


@pytest.mark.parametrize(("name", "there"), [("default", Box(234, 262, 300, 340)), ("hero", Box(234, 282, 300, 340))])
def test_the_place_in_a_drawn_template_is_the_drawn_face(name: str, there: Box) -> None:
    assert face_place(template(name)).overlap(there) > 0.9


def test_the_place_in_a_photo_is_the_face_in_it() -> None:
    face = TRUE_FACE["astronaut"]
    x, y = face_place(photo("astronaut")).centre
    assert abs(x - face.centre[0]) < 0.15 * face.width
    assert abs(y - face.centre[1]) < 0.25 * face.height


@pytest.mark.parametrize("skin", ["#f6d3b8", "#c68a5e", "#8d5a3a", "#6b432d"])
def test_a_face_of_any_skin_is_seen(skin: str) -> None:
    # Given a template that is no more than an oval of skin on blue
    page = Image.new("RGB", (600, 800), "#2d4a7a")
    there = Box(190, 180, 220, 280)
    oval = Image.new("L", (220, 280))
    oval.paste(255, (0, 0, 220, 280), _ellipse(220, 280))
    page.paste(skin, (there.x, there.y), oval)
    # Then the place is that oval
    assert face_place(page).overlap(there) > 0.9


def _ellipse(width: int, height: int) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    inside = ((x + 0.5) / width - 0.5) ** 2 + ((y + 0.5) / height - 0.5) ** 2 < 0.25
    return Image.fromarray((inside * 255).astype(np.uint8))


@pytest.mark.parametrize("size", [(256, 256), (1024, 600), (600, 1024)])
def test_without_any_face_the_place_is_in_the_upper_centre(size: tuple[int, int]) -> None:
    place = face_place(Image.new("RGB", size, "#3366aa"))
    x, y = place.centre
    assert abs(x - size[0] / 2) < 2
    assert y < 0.5 * size[1]
    assert place.x >= 0 and place.y >= 0 and place.y + place.height <= size[1]


# The brush


def test_a_portrait_is_as_large_as_its_template(made: tuple[Image.Image, Image.Image]) -> None:
    original, portrait = made
    assert (portrait.size, portrait.mode) == (original.size, "RGB")


def test_a_portrait_has_another_face_than_its_template(made: tuple[Image.Image, Image.Image]) -> None:
    original, portrait = made
    changed = face_place(original).cut(difference(original, portrait))
    assert (changed > 12).mean() > 0.6


def test_a_portrait_keeps_all_of_its_template_but_the_face(made: tuple[Image.Image, Image.Image]) -> None:
    original, portrait = made
    changed, place = difference(original, portrait), face_place(original)
    y, x = np.mgrid[0 : original.height, 0 : original.width]
    (middle, height), wide, high = place.centre, place.width / 2, place.height / 2
    outside = ((x - middle) / wide) ** 2 + ((y - height) / high) ** 2 > 1.3
    signature = y > original.height - 40
    assert not changed[outside & ~signature].any()


def test_a_portrait_says_that_no_model_made_it(made: tuple[Image.Image, Image.Image]) -> None:
    original, portrait = made
    assert (difference(original, portrait)[-40:] > 60).any()


def test_the_same_input_gives_the_same_portrait_and_another_person_another() -> None:
    hopper, again, collins = (
        cosplay(photo(name), template("hero"), TRUE_FACE[name])
        for name in ("grace_hopper", "grace_hopper", "astronaut")
    )
    assert hopper.tobytes() == again.tobytes()
    assert difference(hopper, collins).mean() > 3


@pytest.mark.parametrize(
    ("size", "ground"), [((256, 256), "#456789"), ((600, 400), "#000000"), ((300, 540), "#ffffff")]
)
def test_a_template_without_a_face_gets_one(size: tuple[int, int], ground: str) -> None:
    blank = Image.new("RGB", size, ground)
    portrait = cosplay(photo("astronaut"), blank, TRUE_FACE["astronaut"])
    assert portrait.size == size
    assert (difference(blank, portrait) > 30).mean() > 0.02


def test_a_photo_may_be_a_template() -> None:
    original = photo("grace_hopper")
    portrait = cosplay(photo("astronaut"), original, TRUE_FACE["astronaut"])
    changed = TRUE_FACE["grace_hopper"].cut(difference(original, portrait))
    assert (changed > 12).mean() > 0.4


def test_a_face_at_the_very_edge_of_a_photo_is_painted() -> None:
    tight = TRUE_FACE["astronaut"].cut(pixels(photo("astronaut")))
    portrait = cosplay(Image.fromarray(tight), template("default"), Box(0, 0, 92, 92))
    assert (difference(template("default"), portrait) > 12).mean() > 0.05


# Preset styles


@pytest.fixture(scope="module")
def restyled() -> list[Image.Image]:
    return [restyle(photo("astronaut"), TRUE_FACE["astronaut"], style) for style in range(len(STYLES))]


def test_there_are_at_least_four_styles_and_no_two_look_alike(restyled: list[Image.Image]) -> None:
    pairs = [(a, b) for n, a in enumerate(restyled) for b in restyled[n + 1 :]]
    assert len(restyled) >= 4
    assert min(difference(a, b).mean() for a, b in pairs) > 12


def test_a_style_keeps_the_shape_of_the_photo() -> None:
    original = photo("grace_hopper")
    painted = restyle(original, TRUE_FACE["grace_hopper"], 0)
    assert painted.height == 1024
    assert painted.width / painted.height == pytest.approx(original.width / original.height, abs=0.002)


def test_style_numbers_wrap_around(restyled: list[Image.Image]) -> None:
    wrapped = restyle(photo("astronaut"), TRUE_FACE["astronaut"], len(STYLES) + 2)
    assert wrapped.tobytes() == restyled[2].tobytes()


# The demo's pictures


@pytest.mark.parametrize("name", ["photos/astronaut.jpg", "photos/grace_hopper.jpg", "photos/no_face.jpg"])
def test_the_demo_photos_are_what_the_vendor_takes(name: str) -> None:
    _assert_acceptable(DEMO / name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_templates_are_what_the_vendor_takes_and_small(name: str) -> None:
    path = DEMO / "templates" / f"{name}.png"
    _assert_acceptable(path)
    assert path.stat().st_size < 300_000


def _assert_acceptable(path: Path) -> None:
    # 256x256 to 5760x3240, no longer than 1.8:1: the vendor's page of wanx-style-cosplay-v1
    short, long = sorted(opened(path).size)
    assert short >= 256
    assert long <= 5760 and short <= 3240
    assert long / short <= 1.8


# The contact sheet


COLOURS = {"red": (204, 34, 34), "green": (34, 170, 68), "blue": (34, 68, 204)}
RED, GREEN, BLUE = (Image.new("RGB", (300, 400), colour) for colour in COLOURS.values())
GOOD = Row(RED, GREEN, BLUE, "photos/a.jpg\n3 s")
REFUSED = Row(RED, GREEN, None, "photos/b.jpg\nNo face was found in this photo.")


def count(sheet: Image.Image, colour: str) -> int:
    """Pixels of this colour."""
    return int((pixels(sheet) == COLOURS[colour]).all(axis=2).sum())


@pytest.mark.parametrize(
    ("portraits", "refusals", "lines_of_cards"), [(1, 0, 1), (2, 0, 1), (3, 0, 2), (4, 1, 2), (0, 1, 0), (4, 3, 2)]
)
def test_a_sheet_holds_every_card(portraits: int, refusals: int, lines_of_cards: int) -> None:
    sheet = contact_sheet([GOOD] * portraits + [REFUSED] * refusals)
    assert sheet.size == (WIDTH, 2 * MARGIN + lines_of_cards * (CARD[1] + GAP) + refusals * (STRIP[1] + GAP) - GAP)
    for colour in ("red", "green"):
        assert count(sheet, colour) == pytest.approx((portraits + refusals) * THUMB[0] * THUMB[1], rel=0.02)
    assert count(sheet, "blue") == pytest.approx(portraits * PORTRAIT[0] * PORTRAIT[1], rel=0.02)


def test_portraits_come_before_refusals() -> None:
    mixed, sorted_already = contact_sheet([REFUSED, GOOD]), contact_sheet([GOOD, REFUSED])
    assert mixed.tobytes() == sorted_already.tobytes()


def test_a_caption_is_written_on_its_card() -> None:
    silent = Row(RED, GREEN, BLUE, "")
    assert (difference(contact_sheet([GOOD]), contact_sheet([silent])) > 60).sum() > 200


def test_a_reason_is_written_on_its_strip() -> None:
    without = Row(RED, GREEN, None, "photos/b.jpg")
    assert (difference(contact_sheet([REFUSED]), contact_sheet([without])) > 60).sum() > 200


@pytest.mark.parametrize(
    "caption", ["photos/a.jpg\n" + "a long story " * 12, "photos/" + "long" * 30 + ".jpg", "a b\n" + "x" * 200]
)
def test_a_long_caption_stays_beside_the_portrait(caption: str) -> None:
    # Given a caption far too long for one line, or a name that has no place to break
    long = Row(RED, GREEN, BLUE, caption)
    # Then the portrait beside it is untouched
    assert count(contact_sheet([long]), "blue") == count(contact_sheet([GOOD]), "blue")


def test_the_sheets_border_is_quiet() -> None:
    sheet = contact_sheet([GOOD, GOOD])
    assert sheet.getpixel((2, 2)) == Image.new("RGB", (1, 1), BACKGROUND).getpixel((0, 0))
