"""A space captain in a white helmet, the gold visor raised."""

from __future__ import annotations

import numpy as np

from drawing.canvas import POLISHED, Canvas, Plane, blur, mirrored
from drawing.figure import face, stars


def captain() -> Canvas:
    """A space captain, the gold visor raised."""
    canvas = Canvas(768, 1024)
    _space(canvas)
    _suit(canvas)
    _helmet(canvas)
    face(canvas, 384, 432, "#4a7fb5")
    return canvas


def _space(canvas: Canvas) -> None:
    canvas.backdrop((0, "#0e1238"), (0.55, "#2a2a6e"), (1, "#6a3f8f"))
    canvas.light_up(canvas.glow(384, 430, 300), "#5a6bd8", 0.55)
    canvas.light_up(canvas.glow(90, 820, 190), "#ff7ab8", 0.35)
    canvas.light_up(canvas.glow(700, 650, 160), "#37c6d0", 0.3)
    stars(canvas, 260, 7)
    planet = canvas.ellipse(645, 150, 74, 74)
    ring = canvas.ellipse(645, 150, 132, 30, -20) - canvas.ellipse(645, 150, 104, 19, -20)
    ring = np.clip(ring, 0, 1)
    canvas.fill(ring, "#ffd9a0", 0.9)
    canvas.solid(planet, "#f08a5d", 74)
    canvas.fill(ring * (canvas.y > 150 - (canvas.x - 645) * 0.36), "#ffe6bd", 0.95)
    canvas.solid(canvas.ellipse(92, 200, 34, 34), "#8fb7ff", 34)


def _suit(canvas: Canvas) -> None:
    pack = canvas.blob(*mirrored([(384, 640), (560, 645), (640, 700), (660, 860), (650, 1060), (384, 1070)], 384))
    canvas.solid(pack, "#5b6488", 40)
    for side in (-1, 1):
        arm = canvas.stroke([(384 + side * 205, 790), (384 + side * 268, 900), (384 + side * 282, 1060)], 150, 150)
        canvas.shadow(arm, 10, 14, 0.5)
        canvas.solid(arm, "#f4f1ec", 60)
        band = canvas.stroke([(384 + side * 190, 905), (384 + side * 270, 900), (384 + side * 360, 925)], 34, 34) * arm
        canvas.solid(band, "#f26a2e", 20)
    torso = canvas.blob(
        *mirrored([(384, 655), (500, 665), (585, 720), (600, 850), (592, 960), (600, 1070), (384, 1080)], 384)
    )
    canvas.shadow(torso, 8, 16, 0.5)
    canvas.solid(torso, "#f4f1ec", 90)
    for side in (-1, 1):
        strap = (
            canvas.stroke([(384 + side * 122, 670), (384 + side * 150, 800), (384 + side * 140, 1060)], 44, 44) * torso
        )
        canvas.shadow(strap, 4, 5, 0.4, torso)
        canvas.solid(strap, "#f26a2e", 16)
    _chest(canvas, torso)


def _chest(canvas: Canvas, torso: Plane) -> None:
    panel = canvas.blob((290, 872), (384, 866), (478, 872), (484, 930), (478, 990), (384, 996), (290, 990), (284, 930))
    canvas.shadow(panel, 8, 8, 0.5, torso)
    canvas.solid(panel, "#39426b", 16)
    for x, tint in ((322, "#ff5d5d"), (362, "#ffd34d"), (402, "#5fe08c")):
        canvas.light_up(canvas.glow(x, 905, 16), tint, 0.5)
        canvas.solid(canvas.ellipse(x, 905, 12, 12), tint, 12, POLISHED)
    canvas.fill(canvas.stroke([(316, 940), (400, 940)], 8), "#7fd6ff", 0.9)
    canvas.fill(canvas.stroke([(316, 962), (372, 962)], 8), "#7fd6ff", 0.5)
    dial = canvas.ellipse(446, 948, 22, 22)
    canvas.solid(dial, "#d6dbe8", 14, POLISHED)
    canvas.fill(canvas.stroke([(446, 948), (456, 936)], 5), "#f26a2e")


def _helmet(canvas: Canvas) -> None:
    collar = canvas.ellipse(384, 700, 218, 62)
    canvas.shadow(collar, 18, 16, 0.6)
    canvas.solid(collar, "#c9d0e0", 24, POLISHED)
    canvas.solid(canvas.ellipse(384, 688, 184, 44), "#2a2f52", 18)
    for side in (-1, 1):
        canvas.solid(canvas.ellipse(384 + side * 274, 440, 42, 78), "#f26a2e", 34, POLISHED)
    shell = canvas.pillow(384, 418, 284, 296)
    canvas.shadow(shell, 16, 22, 0.45)
    canvas.solid(shell, "#f7f5f2", 260, POLISHED)
    crest = canvas.ellipse(384, 200, 38, 110) * shell
    canvas.solid(crest, "#f26a2e", 22, POLISHED)
    _opening(canvas, shell)
    _visor(canvas, shell)


def _opening(canvas: Canvas, shell: Plane) -> None:
    rim = canvas.pillow(384, 440, 218, 226)
    canvas.shadow(rim, 6, 8, 0.5, shell)
    canvas.solid(rim, "#39426b", 22, POLISHED)
    canvas.fill(canvas.pillow(384, 440, 194, 202), "#191b3a")
    hood = canvas.pillow(384, 440, 184, 194)
    canvas.solid(hood, "#8a5a3c", 44)
    canvas.shadow(canvas.ellipse(384, 436, 152, 172), 0, 8, 0.8, hood)


def _visor(canvas: Canvas, shell: Plane) -> None:
    outer, inner = canvas.pillow(384, 430, 252, 262), canvas.pillow(384, 462, 212, 214)
    visor = outer * (1 - inner) * (canvas.y < 440 - np.abs(canvas.x - 384) * 0.1)
    canvas.shadow(visor, 10, 9, 0.5, shell)
    canvas.solid(visor, "#f7b32b", 30, POLISHED)
    gleam = canvas.stroke([(178, 350), (214, 272), (284, 214)], 7, 14)
    canvas.light_up(blur(gleam, 1.5), "#ffffff", 0.8)
    canvas.light_up(blur(canvas.ellipse(318, 200, 9, 7, -20), 1.5), "#ffffff", 0.8)
    for side in (-1, 1):
        bolt = canvas.ellipse(384 + side * 236, 424, 30, 30)
        canvas.shadow(bolt, 6, 6, 0.5, shell)
        canvas.solid(bolt, "#c9d0e0", 14, POLISHED)
        canvas.solid(canvas.ellipse(384 + side * 236, 424, 13, 13), "#f26a2e", 10, POLISHED)
