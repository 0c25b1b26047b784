"""The demo's contact sheet: photo + template -> portrait on cards, two in a row.

What was refused stands below, with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

WIDTH = 1400
MARGIN, GAP, PADDING, WELL_PADDING = 28, 24, 24, 32
THUMB, PORTRAIT = (136, 181), (264, 352)
CARD = ((WIDTH - 2 * MARGIN - GAP) // 2, PORTRAIT[1] + 2 * PADDING)
STRIP = (WIDTH - 2 * MARGIN, THUMB[1] + 2 * PADDING)
PLUS, ARROW = 34, 42
"""Pixels between photo and template, and between template and portrait."""
BACKGROUND, SURFACE, WELL = "#eef0f4", "#ffffff", "#f7f2ef"
TEXT, QUIET, SIGN, REFUSAL = "#23283a", "#6a7186", "#a3abbd", "#b4533c"
_FINE = 4

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
# The font that Pillow brings along: a sheet looks the same on every machine.
TITLE_FONT, TEXT_FONT = ImageFont.load_default(21), ImageFont.load_default(17)
Corner = tuple[int, int]


@dataclass(frozen=True)
class Row:
    """What went in and what came out. The caption's first line is its title, the rest explains.

    Without a portrait the photo was refused, and the rest of the caption is the reason.
    """

    photo: Image.Image
    template: Image.Image
    portrait: Image.Image | None
    caption: str


def contact_sheet(rows: Sequence[Row]) -> Image.Image:
    """All rows on one sheet, WIDTH pixels wide: portraits first, each group in the order given."""
    made = [row for row in rows if row.portrait is not None]
    refused = [row for row in rows if row.portrait is None]
    spots = _spots(len(made), len(refused))
    sheet = Image.new("RGB", (WIDTH, spots.pop()[1] - GAP + MARGIN), BACKGROUND)
    for row, (x, y) in zip([*made, *refused], spots, strict=True):
        card = _card(row) if row.portrait is not None else _strip(row)
        _shadow(sheet, (x, y), card.size)
        sheet.paste(card, (x, y), _rounded(card.size, 20))
    return sheet


def _spots(cards: int, strips: int) -> list[Corner]:
    """The corner of every card and strip, and last the one where the next strip would begin."""
    placed = [(MARGIN + n % 2 * (CARD[0] + GAP), MARGIN + n // 2 * (CARD[1] + GAP)) for n in range(cards)]
    below = MARGIN + (cards + 1) // 2 * (CARD[1] + GAP)
    return placed + [(MARGIN, below + n * (STRIP[1] + GAP)) for n in range(strips + 1)]


def _card(row: Row) -> Image.Image:
    card, end = _begun(row, CARD)
    assert row.portrait is not None
    _paste(card, row.portrait, (CARD[0] - PADDING - PORTRAIT[0], PADDING), PORTRAIT)
    _write(card, _lines(row.caption, end - PADDING, QUIET), (PADDING, PADDING + THUMB[1] + 26))
    return card


def _strip(row: Row) -> Image.Image:
    card, end = _begun(row, STRIP)
    left = end + ARROW
    size = (STRIP[0] - PADDING - left, THUMB[1])
    well = Image.new("RGB", size, WELL)
    lines = _lines(row.caption, size[0] - 2 * WELL_PADDING, REFUSAL)
    _write(well, lines, (WELL_PADDING, (size[1] - sum(line.height for line in lines)) // 2))
    _paste(card, well, (left, PADDING), size)
    return card


def _begun(row: Row, size: tuple[int, int]) -> tuple[Image.Image, int]:
    """A card with photo, plus, template and arrow on it, and where the template ends."""
    card = Image.new("RGB", size, SURFACE)
    second = PADDING + THUMB[0] + PLUS
    end, middle = second + THUMB[0], PADDING + THUMB[1] // 2
    _paste(card, row.photo, (PADDING, PADDING), THUMB)
    _paste(card, row.template, (second, PADDING), THUMB)
    _sign(card, (second - PLUS // 2, middle), [((-7, 0), (7, 0)), ((0, -7), (0, 7))])
    _sign(card, (end + ARROW // 2, middle), [((-11, 0), (11, 0)), ((11, 0), (4, -7)), ((11, 0), (4, 7))])
    return card, end


def _sign(card: Image.Image, centre: Corner, lines: Sequence[tuple[Corner, Corner]]) -> None:
    """Round-ended lines about `centre`, drawn large and shrunk: Pillow's own have ragged edges."""
    side = 32
    mask = Image.new("L", (side * _FINE, side * _FINE))
    draw = ImageDraw.Draw(mask)
    for line in lines:
        ends = [((x + side / 2) * _FINE, (y + side / 2) * _FINE) for x, y in line]
        draw.line(ends, 255, 3 * _FINE)
        for x, y in ends:
            draw.ellipse((x - 1.5 * _FINE, y - 1.5 * _FINE, x + 1.5 * _FINE, y + 1.5 * _FINE), 255)
    corner = (centre[0] - side // 2, centre[1] - side // 2)
    card.paste(SIGN, corner, mask.resize((side, side), Image.Resampling.LANCZOS))


def _paste(card: Image.Image, picture: Image.Image, corner: Corner, size: tuple[int, int]) -> None:
    """The picture, cut to fill `size` (faces sit above the middle), with round corners."""
    fitted = ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.LANCZOS, centering=(0.5, 0.3))
    card.paste(fitted, corner, _rounded(size, 12))


@dataclass(frozen=True)
class _Line:
    text: str
    font: Font
    ink: str
    height: int


def _lines(caption: str, width: int, ink: str) -> list[_Line]:
    """The caption as lines no wider than `width`: a dark title, then the rest in `ink`; breaks between words only."""
    title, *rest = caption.splitlines() or [""]
    lines = [_Line(text, TITLE_FONT, TEXT, 32) for text in _wrapped(title, TITLE_FONT, width)]
    for paragraph in rest:
        lines += [_Line(text, TEXT_FONT, ink, 25) for text in _wrapped(paragraph, TEXT_FONT, width)]
    return lines


def _wrapped(text: str, font: Font, width: int) -> list[str]:
    lines: list[str] = []
    for word in (_shortened(word, font, width) for word in text.split()):
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _shortened(word: str, font: Font, width: int) -> str:
    """The word itself, or as much of its beginning and end as there is room for."""
    kept = len(word)
    short = word
    while font.getlength(short) > width and kept > 2:
        kept -= 1
        short = f"{word[: kept - kept // 2]}...{word[len(word) - kept // 2 :]}"
    return short


def _write(card: Image.Image, lines: Sequence[_Line], corner: Corner) -> None:
    x, y = corner
    for line in lines:
        ImageDraw.Draw(card).text((x, y), line.text, line.ink, line.font)
        y += line.height


def _rounded(size: tuple[int, int], radius: int) -> Image.Image:
    """A mask with round corners."""
    mask = Image.new("L", (size[0] * _FINE, size[1] * _FINE))
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius * _FINE, 255)
    return mask.resize(size, Image.Resampling.LANCZOS)


def _shadow(sheet: Image.Image, corner: Corner, size: tuple[int, int]) -> None:
    """A faint shadow below a card."""
    mask = Image.new("L", sheet.size)
    mask.paste(_rounded(size, 20).point(lambda value: value * 0.16), (corner[0], corner[1] + 5))
    cast = ImageChops.invert(mask.filter(ImageFilter.GaussianBlur(11)))
    sheet.paste(ImageChops.multiply(sheet, Image.merge("RGB", (cast, cast, cast))))
