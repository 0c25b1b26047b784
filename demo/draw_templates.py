"""Draws the demo's templates and its photo without a face: `python demo/draw_templates.py`.

The project drew these pictures itself, so nobody else has rights in them. Nothing is random but for fixed seeds.
"""

from __future__ import annotations

from pathlib import Path

from drawing.captain import captain
from drawing.fox_wizard import fox_wizard
from drawing.teapot import teapot

HERE = Path(__file__).parent

if __name__ == "__main__":
    captain().save(HERE / "templates" / "default.png")
    fox_wizard().save(HERE / "templates" / "hero.png")
    teapot().save(HERE / "photos" / "no_face.jpg")
