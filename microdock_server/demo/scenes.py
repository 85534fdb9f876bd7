"""What screenshots show: each scene draws into a window whose inside is 1016 by 564, from (90, 120)."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from PIL import ImageColor, ImageDraw

LEFT, TOP, RIGHT, BOTTOM = 130, 156, 1066, 650


@dataclass(frozen=True, slots=True)
class Palette:
    """Four colours that go together: the ground, what stands out, what is dark, and paper."""

    base: str
    accent: str
    dark: str
    paper: str


def mixed(one: str, other: str, share: float) -> str:
    """A colour between two, `share` of the way to the other."""
    pairs = zip(ImageColor.getrgb(one)[:3], ImageColor.getrgb(other)[:3], strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


@dataclass(frozen=True, slots=True)
class Canvas:
    """A surface of 1200 by 750, drawn `finer` times larger."""

    draw: ImageDraw.ImageDraw
    finer: float
    palette: Palette
    chance: random.Random

    def tint(self, share: float) -> str:
        """Paper with so much of the ground's colour."""
        return mixed(self.palette.paper, self.palette.base, share)

    def ink(self, share: float = 0.7) -> str:
        """Paper with so much of the dark colour."""
        return mixed(self.palette.paper, self.palette.dark, share)

    def box(self, x: float, y: float, width: float, height: float, colour: str, radius: float = 0) -> None:  # noqa: PLR0917  (a place, a size, a colour)
        place = [each * self.finer for each in (x, y, x + width, y + height)]
        self.draw.rounded_rectangle(place, radius * self.finer, colour)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        self.draw.ellipse([each * self.finer for each in (x - radius, y - radius, x + radius, y + radius)], colour)

    def line(self, x: float, y: float, to_x: float, to_y: float, width: float, colour: str) -> None:  # noqa: PLR0917  (a place, a size, a colour)
        self.draw.line([each * self.finer for each in (x, y, to_x, to_y)], colour, round(width * self.finer))
        for end in ((x, y), (to_x, to_y)):
            self.disc(*end, width / 2, colour)

    def polygon(self, points: list[tuple[float, float]], colour: str) -> None:
        self.draw.polygon([(x * self.finer, y * self.finer) for x, y in points], colour)

    def arc(self, x: float, y: float, radius: float, start: float, end: float, width: float, colour: str) -> None:  # noqa: PLR0917  (a place, a size, a colour)
        box = [each * self.finer for each in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.arc(box, start, end, colour, round(width * self.finer))

    def words(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A line of text, as pills of the length of words."""
        end = x + width
        while x < end - 24:
            long = min(self.chance.choice((34, 48, 62, 80, 104)), end - x)
            self.box(x, y, long, height, colour, height / 2)
            x += long + 12


def _clock(canvas: Canvas) -> None:
    share = canvas.chance.uniform(0.25, 0.85)
    canvas.disc(410, 402, 216, canvas.tint(0.14))
    canvas.arc(410, 402, 216, -90, -90 + 360 * share, 26, canvas.palette.base)
    for hour in range(12):
        turned = math.radians(hour * 30)
        x, y = 410 + 160 * math.cos(turned), 402 + 160 * math.sin(turned)
        canvas.disc(x, y, 7 if hour % 3 else 11, canvas.ink(0.5))
    for length, angle, width in ((92, canvas.chance.uniform(0, 360), 16), (140, -90 + 360 * share, 10)):
        turned = math.radians(angle)
        to = 410 + length * math.cos(turned), 402 + length * math.sin(turned)
        canvas.line(410, 402, *to, width, canvas.palette.dark)
    canvas.disc(410, 402, 16, canvas.palette.accent)
    canvas.disc(410, 402, 7, canvas.palette.dark)
    for row in range(4):
        y = 214 + 104 * row
        canvas.box(716, y, 330, 80, "#ffffff", 16)
        canvas.disc(760, y + 40, 20, canvas.palette.base if row == 0 else canvas.tint(0.35))
        canvas.words(796, y + 22, 150, 14, canvas.ink())
        canvas.words(796, y + 46, 220, 10, canvas.ink(0.3))


def _list(canvas: Canvas) -> None:
    _sidebar(canvas)
    for row in range(6):
        y = 156 + 82 * row
        is_done = canvas.chance.random() < 0.4
        canvas.box(390, y, 676, 66, "#ffffff", 14)
        canvas.box(412, y + 19, 28, 28, canvas.palette.base if is_done else canvas.tint(0.2), 8)
        if is_done:
            canvas.line(419, y + 33, 425, y + 40, 4, "#ffffff")
            canvas.line(425, y + 40, 434, y + 27, 4, "#ffffff")
        canvas.words(462, y + 17, canvas.chance.randint(240, 420), 14, canvas.ink(0.35 if is_done else 0.75))
        canvas.words(462, y + 42, canvas.chance.randint(120, 300), 9, canvas.ink(0.25))
        if row % 3 == 1:
            canvas.box(970, y + 20, 74, 26, mixed(canvas.palette.accent, "#ffffff", 0.3), 13)


def _sidebar(canvas: Canvas) -> None:
    canvas.box(90, 120, 260, 540, canvas.tint(0.1))
    canvas.box(90, 600, 260, 84, canvas.tint(0.1), 22)
    canvas.box(328, 640, 22, 44, canvas.tint(0.1))
    for row in range(7):
        y = 156 + 58 * row
        if row == 1:
            canvas.box(108, y - 14, 224, 46, canvas.palette.base, 12)
        canvas.disc(136, y + 9, 9, canvas.palette.accent if row == 1 else canvas.tint(0.5))
        canvas.words(160, y + 2, 130, 13, "#ffffff" if row == 1 else canvas.ink(0.5))


def _editor(canvas: Canvas) -> None:
    _sidebar(canvas)
    canvas.words(420, 166, 340, 26, canvas.ink(0.9))
    y = 226
    for row in range(11):
        if row in (4, 8):
            y += 18
        if row == 5:
            canvas.box(408, y - 10, 640, 70, mixed(canvas.palette.accent, canvas.palette.paper, 0.6), 10)
            canvas.box(408, y - 10, 7, 70, canvas.palette.base, 3)
        indent = 18 if row in (5, 6) else 0
        canvas.words(420 + indent, y, canvas.chance.randint(380, 600), 13, canvas.ink(0.55))
        y += 36
    canvas.box(700, y - 38, 4, 24, canvas.palette.base)


def _calendar(canvas: Canvas) -> None:
    canvas.words(LEFT, 150, 240, 26, canvas.ink(0.9))
    for place in range(35):
        column, row = place % 7, place // 7
        x, y = LEFT + 136 * column, 200 + 92 * row
        is_weekend = column > 4
        canvas.box(x, y, 122, 80, canvas.tint(0.1) if is_weekend else "#ffffff", 10)
        if place == 17:
            canvas.box(x, y, 122, 80, canvas.palette.base, 10)
        canvas.box(x + 12, y + 12, 22, 14, "#ffffff" if place == 17 else canvas.ink(0.6), 7)
        if canvas.chance.random() < 0.35:
            colour = canvas.palette.accent if canvas.chance.random() < 0.5 else canvas.tint(0.5)
            canvas.box(x + 12, y + 42, canvas.chance.randint(50, 96), 12, colour, 6)
        if canvas.chance.random() < 0.2:
            canvas.box(x + 12, y + 59, canvas.chance.randint(40, 80), 10, canvas.tint(0.3), 5)


def _board(canvas: Canvas) -> None:
    for column in range(4):
        x = LEFT - 14 + 244 * column
        canvas.box(x, 148, 228, 508, canvas.tint(0.1), 16)
        canvas.words(x + 18, 168, 120, 14, canvas.ink(0.7))
        y = 202.0
        for _ in range(canvas.chance.randint(2, 4)):
            height = canvas.chance.choice((84, 104, 128))
            if y + height > 640:
                break
            canvas.box(x + 14, y, 200, height, "#ffffff", 12)
            canvas.box(x + 14, y, 200, 10, canvas.chance.choice((canvas.palette.base, canvas.palette.accent)), 5)
            canvas.words(x + 28, y + 26, 160, 11, canvas.ink(0.65))
            canvas.words(x + 28, y + 48, 130, 9, canvas.ink(0.3))
            canvas.disc(x + 192, y + height - 18, 10, canvas.tint(0.5))
            y += height + 14


def _chart(canvas: Canvas) -> None:
    for place in range(3):
        x = LEFT + 318 * place
        canvas.box(x, 150, 300, 96, "#ffffff", 16)
        canvas.words(x + 24, 172, 110, 11, canvas.ink(0.35))
        canvas.box(
            x + 24, 198, canvas.chance.randint(70, 130), 24, canvas.palette.base if place else canvas.ink(0.8), 8
        )
    canvas.box(LEFT, 266, 936, 384, "#ffffff", 16)
    for row in range(4):
        canvas.box(LEFT + 30, 320 + 84 * row, 876, 2, canvas.tint(0.15))
    value, points = 0.4, []
    for step in range(25):
        value = min(0.95, max(0.08, value + canvas.chance.uniform(-0.16, 0.18)))
        points.append((LEFT + 30 + step * 36.5, 610 - value * 290))
    canvas.polygon([*points, (points[-1][0], 612), (points[0][0], 612)], mixed(canvas.palette.accent, "#ffffff", 0.45))
    for one, other in itertools.pairwise(points):
        canvas.line(*one, *other, 6, canvas.palette.base)
    canvas.disc(*points[-4], 12, "#ffffff")
    canvas.disc(*points[-4], 8, canvas.palette.dark)


def _table(canvas: Canvas) -> None:
    canvas.box(LEFT, 150, 936, 44, canvas.palette.base, 12)
    for column, x in enumerate((160, 400, 600, 760, 930)):
        canvas.words(x, 165, 90 if column else 150, 13, "#ffffff")
    for row in range(8):
        y = 202 + 56 * row
        canvas.box(LEFT, y, 936, 48, "#ffffff" if row % 2 else canvas.tint(0.07), 10)
        canvas.disc(166, y + 24, 8, canvas.palette.accent if row % 3 else canvas.palette.base)
        canvas.words(190, y + 18, canvas.chance.randint(110, 180), 12, canvas.ink(0.7))
        for x in (400, 600):
            canvas.words(x, y + 18, canvas.chance.randint(60, 150), 12, canvas.ink(0.35))
        canvas.box(760, y + 18, 130, 12, canvas.tint(0.15), 6)
        canvas.box(760, y + 18, canvas.chance.randint(20, 130), 12, canvas.palette.base, 6)
        canvas.words(930, y + 18, 90, 12, canvas.ink(0.35))


def _grid(canvas: Canvas) -> None:
    colours = [canvas.palette.base, canvas.palette.accent, canvas.palette.dark]
    canvas.box(LEFT, 150, 560, 46, "#ffffff", 23)
    canvas.disc(158, 173, 9, canvas.tint(0.5))
    canvas.words(182, 167, 200, 12, canvas.ink(0.3))
    for place in range(18):
        x, y = LEFT + 158 * (place % 6), 216 + 148 * (place // 6)
        one, other = canvas.chance.choice(colours), canvas.chance.choice((*colours, "#ffffff"))
        canvas.box(x, y, 142, 132, "#ffffff", 14)
        canvas.box(x, y, 142, 92, mixed(one, other, canvas.chance.uniform(0, 0.75)), 14)
        canvas.box(x, y + 76, 142, 16, "#ffffff")
        canvas.words(x + 14, y + 88, 90, 11, canvas.ink(0.65))
        canvas.words(x + 14, y + 108, 70, 8, canvas.ink(0.3))


def _map(canvas: Canvas) -> None:
    """Hills under a sun, with a way through them."""
    canvas.box(LEFT - 12, 144, 960, 512, mixed(canvas.palette.accent, "#ffffff", 0.45), 18)
    canvas.disc(canvas.chance.randint(320, 860), 270, 62, "#ffffff")
    for depth in range(4):
        colour = mixed(canvas.tint(0.45), canvas.palette.dark if depth == 3 else canvas.palette.base, depth / 3)
        start, base = canvas.chance.uniform(0, 6), 340 + 76 * depth
        points = [(LEFT - 12.0, 656.0)]
        for step in range(49):
            y = base + 38 * math.sin(start + step / 5.5) + 18 * math.sin(start * 2 + step / 2.6)
            points.append((LEFT - 12 + step * 20, min(656, y)))
        canvas.polygon([*points, (LEFT + 948.0, 656.0)], colour)
    canvas.box(790, 176, 250, 96, "#ffffff", 16)
    canvas.disc(830, 224, 20, canvas.palette.base)
    canvas.words(864, 206, 130, 13, canvas.ink(0.7))
    canvas.words(864, 232, 150, 10, canvas.ink(0.3))


def _player(canvas: Canvas) -> None:
    canvas.box(LEFT, 156, 330, 330, canvas.palette.base, 24)
    canvas.disc(295, 321, 122, canvas.palette.dark)
    canvas.disc(295, 321, 46, canvas.palette.accent)
    canvas.disc(295, 321, 9, canvas.palette.paper)
    canvas.words(500, 170, 330, 28, canvas.ink(0.9))
    canvas.words(500, 218, 240, 14, canvas.ink(0.4))
    played = canvas.chance.randint(18, 52)
    for bar in range(70):
        height = 14 + 92 * abs(math.sin(bar / 4.7) * canvas.chance.uniform(0.35, 1))
        colour = canvas.palette.base if bar < played else canvas.tint(0.3)
        canvas.box(500 + 8 * bar, 340 - height / 2, 5, height, colour, 2.5)
    for place, radius in enumerate((20, 32, 20)):
        canvas.disc(700 + 84 * place, 446, radius, canvas.palette.base if radius > 20 else canvas.tint(0.3))
    canvas.polygon([(775, 430), (775, 462), (802, 446)], "#ffffff")
    for row in range(4):
        y = 510 + 36 * row
        canvas.box(LEFT, y, 936, 28, "#ffffff" if row != 1 else mixed(canvas.palette.accent, "#ffffff", 0.4), 8)
        canvas.words(160, y + 9, canvas.chance.randint(180, 340), 10, canvas.ink(0.6))
        canvas.box(990, y + 9, 46, 10, canvas.ink(0.3), 5)


SCENES: Final[Mapping[str, Callable[[Canvas], None]]] = {
    "board": _board,
    "calendar": _calendar,
    "chart": _chart,
    "clock": _clock,
    "editor": _editor,
    "grid": _grid,
    "list": _list,
    "map": _map,
    "player": _player,
    "table": _table,
}
