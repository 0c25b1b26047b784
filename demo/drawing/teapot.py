"""A teapot and a cup: a picture without a face."""

from __future__ import annotations

import numpy as np

from drawing.canvas import POLISHED, Canvas, blur


def teapot() -> Canvas:
    """A teapot and a cup on a table: a photo without a face."""
    canvas = Canvas(1024, 768)
    canvas.backdrop((0, "#cfe3e6"), (0.66, "#f3ead6"), (0.661, "#b98a5f"), (1, "#8a5d3c"))
    canvas.light_up(canvas.glow(250, 180, 260), "#fff6dc", 0.6)
    spout = canvas.stroke([(640, 520), (740, 480), (770, 390), (836, 340)], 92, 40)
    handle = np.clip(canvas.ellipse(300, 480, 130, 116, 12) - canvas.ellipse(304, 478, 92, 78, 12), 0, 1)
    body = canvas.pillow(490, 500, 210, 168)
    canvas.shadow(canvas.ellipse(520, 664, 250, 24), 8, 16, 0.8)
    for part, depth in ((spout, 34), (handle, 18), (body, 160)):
        canvas.solid(part, "#2f8f8b", depth, POLISHED)
    for x, y in ((380, 520), (450, 548), (530, 548), (600, 520)):
        canvas.fill(canvas.star(x, y, 15, 6) * body, "#f6d67a")
    canvas.solid(canvas.ellipse(490, 352, 122, 30), "#26746f", 20, POLISHED)
    canvas.solid(canvas.ellipse(490, 318, 30, 28), "#f0b840", 28, POLISHED)
    canvas.shadow(canvas.ellipse(860, 690, 120, 18), 6, 10, 0.7)
    canvas.solid(canvas.ellipse(850, 682, 130, 24), "#f4efe6", 14)
    canvas.solid(canvas.pillow(850, 590, 84, 98) * (canvas.y > 590), "#f4efe6", 60, POLISHED)
    canvas.solid(canvas.ellipse(850, 590, 84, 20), "#fffaf0", 10)
    canvas.fill(canvas.ellipse(850, 592, 72, 14), "#9a5a2b")
    for x, sway in ((826, 14), (872, -12)):
        steam = canvas.stroke([(x, 560), (x + sway, 510), (x - sway, 460), (x + sway / 2, 410)], 12, 3)
        canvas.light_up(blur(steam, 7), "#ffffff", 0.8)
    return canvas
