"""A young wizard in a fox hood, before the moon."""

from __future__ import annotations

import numpy as np

from drawing.canvas import FUR, MATTE, POLISHED, Canvas, Plane, blur, mirrored
from drawing.figure import face, stars


def fox_wizard() -> Canvas:
    """A young wizard in a fox hood, before the moon."""
    canvas = Canvas(768, 1024)
    _dusk(canvas)
    _staff(canvas)
    _cloak(canvas)
    _fox_hood(canvas)
    face(canvas, 384, 452, "#5c8f4e")
    return canvas


def _dusk(canvas: Canvas) -> None:
    canvas.backdrop((0, "#16204f"), (0.35, "#3d3c86"), (0.62, "#a8618f"), (0.78, "#f59a78"), (1, "#ffd09a"))
    stars(canvas, 160, 3, 0.5)
    canvas.light_up(canvas.glow(384, 300, 300), "#ffdca8", 0.5)
    moon = canvas.ellipse(384, 300, 292, 292)
    canvas.solid(moon, "#fff0cf", 292, FUR)
    for x, y, r in ((160, 250, 30), (196, 350, 18), (600, 220, 36), (640, 330, 20), (570, 420, 26), (300, 60, 22)):
        canvas.fill(blur(canvas.ellipse(x, y, r, r * 0.9), 3) * moon, "#e6c79c", 0.55)
    dice = np.random.default_rng(5)
    for depth, (tint, base, tall) in enumerate((("#8d5b8c", 760, 190), ("#5a3f74", 830, 240), ("#2d2850", 910, 300))):
        wood = np.zeros_like(canvas.x)
        for x in np.arange(-20, 800, 74 - depth * 8) + dice.uniform(-16, 16):
            wood = np.maximum(wood, _pine(canvas, x, base, tall * dice.uniform(0.65, 1.1)))
        canvas.fill(np.maximum(wood, np.clip((canvas.y - base + 20) / 30, 0, 1)), tint)
        canvas.light_up(np.clip((canvas.y - base + 60) / 200, 0, 1), "#ffb08a", 0.16)


def _pine(canvas: Canvas, x: float, base: float, tall: float) -> Plane:
    tree: Plane = np.zeros_like(canvas.x)
    for level in range(4):
        low, wide = base + 40 - tall * level * 0.22, tall * (0.27 - level * 0.05)
        tree = np.maximum(tree, canvas.polygon([(x, low - tall * 0.42), (x + wide, low), (x - wide, low)]))
    return tree


def _staff(canvas: Canvas) -> None:
    canvas.solid(canvas.stroke([(706, 1060), (694, 840), (704, 640), (696, 560)], 30, 22), "#7b4a2d", 12)
    hook = canvas.stroke([(696, 566), (664, 520), (676, 462), (718, 452), (740, 490)], 22, 10)
    canvas.solid(hook, "#7b4a2d", 10)
    canvas.light_up(canvas.glow(704, 506, 60), "#63f0ff", 0.8)
    crystal = canvas.polygon([(704, 466), (726, 500), (704, 548), (682, 500)])
    canvas.solid(crystal, "#54d9f0", 16, POLISHED)


def _cloak(canvas: Canvas) -> None:
    cloak = canvas.blob(*mirrored([(384, 640), (500, 660), (610, 730), (668, 860), (700, 1080), (384, 1100)], 384))
    canvas.shadow(cloak, 6, 18, 0.5)
    canvas.solid(cloak, "#3a4f9e", 120)
    for x, bend in ((214, -26), (292, -10), (476, 10), (554, 26)):
        fold = canvas.stroke([(384 + (x - 384) * 0.7, 760), (x, 900), (x + bend, 1060)], 4, 16)
        canvas.fill(blur(fold, 6) * cloak, "#1f2a66", 0.55)
    for x, y, r in (
        (180, 860, 13),
        (246, 960, 17),
        (322, 880, 10),
        (448, 900, 10),
        (520, 975, 17),
        (590, 850, 13),
        (385, 985, 13),
    ):
        canvas.fill(canvas.star(x, y, r), "#ffd76a", 0.95)
    for side in (-1, 1):
        mantle = canvas.blob(
            (384, 668),
            (384 + side * 150, 672),
            (384 + side * 236, 740),
            (384 + side * 190, 800),
            (384 + side * 70, 800),
            (384, 760),
        )
        canvas.shadow(mantle, 10, 10, 0.5, cloak)
        canvas.solid(mantle, "#27386f", 34)
        hem = canvas.stroke(
            [(384 + side * 6, 770), (384 + side * 76, 806), (384 + side * 186, 806), (384 + side * 240, 744)], 12
        )
        canvas.solid(hem, "#f0b840", 6, POLISHED)
    paw = canvas.ellipse(694, 838, 46, 42)
    canvas.shadow(paw, 8, 8, 0.5)
    canvas.solid(paw, "#8a4527", 34)
    for y in (820, 842, 862):
        canvas.solid(canvas.ellipse(672, y, 24, 13), "#9c5030", 11)


def _fox_hood(canvas: Canvas) -> None:
    for side in (-1, 1):
        _ear(canvas, side)
    head = canvas.blob(
        *mirrored([(384, 142), (484, 158), (582, 234), (640, 356), (668, 486), (632, 596), (524, 684), (400, 720)], 384)
    )
    canvas.shadow(head, 18, 20, 0.5)
    canvas.solid(head, "#e8722a", 200)
    blaze = canvas.blob(*mirrored([(384, 214), (404, 232), (436, 300), (384, 330)], 384))
    canvas.fill(blur(blaze, 5), "#fff1dc")
    for side in (-1, 1):
        brow = [(384 + side * 74, 226), (384 + side * 106, 246), (384 + side * 142, 240)]
        canvas.fill(canvas.stroke(brow, 7, 11), "#4a2418")
    _ruff(canvas, head)
    nose = canvas.pillow(384, 262, 32, 22)
    canvas.shadow(nose, 8, 6, 0.5)
    canvas.solid(nose, "#3a2024", 20, POLISHED)
    clasp = canvas.ellipse(384, 744, 40, 40)
    canvas.shadow(clasp, 8, 8, 0.6)
    canvas.solid(clasp, "#f0b840", 14, POLISHED)
    canvas.solid(canvas.ellipse(384, 744, 25, 25), "#39c28a", 25, POLISHED)


def _ear(canvas: Canvas, side: int) -> None:
    def at(x: float, y: float) -> tuple[float, float]:
        return 384 + side * x, y

    ear = canvas.blob(at(110, 220), at(150, 110), at(206, 36), at(228, 34), at(262, 140), at(272, 330), at(190, 300))
    canvas.shadow(ear, 8, 14, 0.4)
    canvas.solid(ear, "#e8722a", 46)
    tip = ear * np.clip((112 - canvas.y + 10 * np.sin(canvas.x / 6)) / 6, 0, 1)
    canvas.fill(tip, "#4a2418", 0.9)
    inner = canvas.blob(at(164, 210), at(188, 140), at(212, 104), at(234, 170), at(238, 280), at(196, 260))
    canvas.solid(inner, "#ffd9bd", 26, MATTE)


def _ruff(canvas: Canvas, head: Plane) -> None:
    ruff = canvas.fur(384, 456, 194, 206, 12)
    canvas.shadow(ruff, 10, 10, 0.45, head)
    canvas.solid(ruff, "#fff1dc", 34, FUR)
    inside = canvas.ellipse(384, 454, 160, 178)
    canvas.fill(blur(inside, 3), "#7a3a22")
