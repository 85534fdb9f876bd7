"""Icons and screenshots, drawn from a few shapes: flat, and the same bytes for the same arguments.

An icon is written as shapes on a field of 100 by 100, separated by semicolons. Each begins with its kind and its colour
(`w` white, `a` the accent, `b` the ground, `d` dark):

- `c w 50 50 20`: a disc of radius 20; `r w 10 10 80 20 5`: a rectangle with corners of radius 5
- `l w 10 10 90 90 4`: a line of width 4 with round ends; `p w 10 10 90 10 50 80`: a polygon
- `a w 50 50 20 0 180 4`: an arc from 0 to 180 degrees, of width 4
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw

from . import scenes
from .scenes import Canvas, Palette

ICON: Final = 256
SCREEN: Final = (960, 600)
# Drawn so many times larger, and then reduced: Pillow's shapes have hard edges.
_FINER: Final = 3
_SCREEN_FINER: Final = 2
# Scenes are drawn on a surface of this width.
_SURFACE: Final = 1200

PALETTES: Final = {
    "ember": Palette("#c8553d", "#ffb86b", "#5c1f14", "#fdf1ea"),
    "rose": Palette("#c4476b", "#ffc2cf", "#5e1730", "#fdf0f3"),
    "berry": Palette("#7d3f98", "#f3a6d8", "#351548", "#f7effa"),
    "plum": Palette("#5b4b9a", "#c5b8ff", "#251c4e", "#f2f0fb"),
    "ink": Palette("#2f3e5c", "#8fb3e8", "#131b2c", "#eef2f8"),
    "slate": Palette("#4a6274", "#a8d0e0", "#1c2932", "#eff4f6"),
    "sky": Palette("#3d86c6", "#ffe08a", "#153a5c", "#edf5fb"),
    "lagoon": Palette("#16858a", "#9be8d8", "#063f43", "#eaf7f6"),
    "pine": Palette("#2f6f4f", "#b9e5a0", "#10301f", "#eef6f1"),
    "moss": Palette("#6b8e3d", "#e4f0a8", "#2c3d14", "#f4f8ec"),
    "honey": Palette("#d9922b", "#fff0b8", "#5f3a06", "#fdf6e8"),
    "sand": Palette("#a9805a", "#ffe3c2", "#47301b", "#faf4ee"),
}


def icon(drawing: str, palette: str) -> bytes:
    """A PNG of 256 by 256 pixels."""
    colours = PALETTES[palette]
    unit = ICON * _FINER / 100
    picture = Image.new("RGBA", (ICON * _FINER,) * 2)
    canvas = ImageDraw.Draw(picture)
    canvas.rounded_rectangle((0, 0, ICON * _FINER - 1, ICON * _FINER - 1), 22 * unit, colours.base)
    names = {"w": "#ffffff", "a": colours.accent, "b": colours.base, "d": colours.dark}
    for shape in drawing.split(";"):
        kind, colour, *numbers = shape.split()
        _shape(canvas, kind, names[colour], [float(number) * unit for number in numbers], unit)
    return _png(picture.reduce(_FINER))


def screenshots(wanted: Sequence[str], palette: str, name: str) -> list[bytes]:
    """PNGs of 960 by 600 pixels, one for each scene; `name` decides what differs between plugins with the same."""
    return [_screenshot(scene, PALETTES[palette], f"{name} {place}") for place, scene in enumerate(wanted)]


def _shape(canvas: ImageDraw.ImageDraw, kind: str, colour: str, at: Sequence[float], unit: float) -> None:
    if kind == "c":
        _disc(canvas, at[0], at[1], at[2], colour)
    elif kind == "r":
        x, y, width, height, radius = at
        canvas.rounded_rectangle((x, y, x + width, y + height), radius, colour)
    elif kind == "l":
        x, y, to_x, to_y, width = at
        canvas.line((x, y, to_x, to_y), colour, round(width))
        for tip in ((x, y), (to_x, to_y)):
            _disc(canvas, *tip, width / 2, colour)
    elif kind == "p":
        canvas.polygon(list(at), colour)
    else:
        x, y, radius, start, end, width = at
        box = (x - radius, y - radius, x + radius, y + radius)
        canvas.arc(box, start / unit, end / unit, colour, round(width))
        for angle in (start / unit, end / unit):
            along = radius - width / 2
            turned = math.radians(angle)
            _disc(canvas, x + along * math.cos(turned), y + along * math.sin(turned), width / 2, colour)


def _disc(canvas: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: str) -> None:
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), colour)


def _screenshot(scene: str, palette: Palette, seed: str) -> bytes:
    """A window on a coloured desk, with what the scene draws in it."""
    width, height = SCREEN
    picture = Image.new("RGB", (width * _SCREEN_FINER, height * _SCREEN_FINER), palette.base)
    finer = width * _SCREEN_FINER / _SURFACE
    canvas = Canvas(ImageDraw.Draw(picture), finer, palette, random.Random(seed))  # noqa: S311  (no secret)
    canvas.disc(1080, 110, 260, scenes.mixed(palette.base, palette.accent, 0.35))
    canvas.disc(90, 700, 200, scenes.mixed(palette.base, palette.dark, 0.25))
    canvas.box(92, 72, 1016, 622, scenes.mixed(palette.base, palette.dark, 0.6), 22)
    canvas.box(90, 66, 1016, 618, palette.paper, 22)
    canvas.box(90, 66, 1016, 54, scenes.mixed(palette.paper, palette.base, 0.16), 22)
    canvas.box(90, 96, 1016, 24, scenes.mixed(palette.paper, palette.base, 0.16))
    for place in range(3):
        canvas.disc(122 + 26 * place, 93, 8, (palette.base, palette.accent, palette.dark)[place])
    canvas.box(498, 85, 200, 16, scenes.mixed(palette.paper, palette.dark, 0.3), 8)
    scenes.SCENES[scene](canvas)
    return _png(picture.reduce(_SCREEN_FINER))


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
