"""Generates the reference of settings: `docs/settings.md`, and the server's part of `.env.example`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from .declarations import GROUPS, Kind, Setting

WIDTH: Final = 118
NUMBERS: Final = (Kind.NUMBER, Kind.BYTES, Kind.SECONDS, Kind.MINUTES, Kind.DAYS)
UNITS: Final = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

INTRODUCTION: Final = """\
# Settings

<!-- Written by scripts/settings from microdock_server/config/declarations/. Change that, not this file. -->

The server reads its settings from the environment, then from `.env` in the working directory. The environment wins.
A value that cannot be used stops the start with one line that names the variable. [.env.example](../.env.example) lists
all settings with their defaults, ready to copy.

Some settings need an optional package, an extra: `pip install 'microdock-server[postgresql]'`. `scripts/serve` installs
the extras that the settings ask for.

What administrators change while the server runs (review, upload size, reserved names) is in the
[configuration](operations.md#review), not here.
"""

EXAMPLE: Final = """\
# Every setting of the server, with its default. Copy to .env and keep what you change; the environment wins over .env.
# Written by scripts/settings from microdock_server/config/declarations/, down to the part on nginx and containers,
# which is not for the server but for deploy/nginx/render and compose.yaml.
"""


def markdown() -> str:
    """The text of `docs/settings.md`."""
    lines = [INTRODUCTION]
    for group in GROUPS:
        lines += [f"## {group.title}", "", "| variable | type | default | meaning |", "|---|---|---|---|"]
        lines += [f"| `{item.name}` | {_type(item)} | {_default(item)} | {item.meaning} |" for item in group.settings]
        lines.append("")
    return "\n".join(lines)


def example() -> str:
    """The server's part of `.env.example`."""
    return "\n".join(
        (EXAMPLE, *(line for group in GROUPS for line in (_headline(group.title), *_lines(group.settings))))
    )


def _lines(settings: tuple[Setting, ...]) -> Iterator[str]:
    for item in settings:
        meaning = f"{item.meaning} Default: {item.follows}." if item.follows else item.meaning
        yield from textwrap.wrap(
            meaning.replace("`", ""),
            WIDTH,
            initial_indent="# ",
            subsequent_indent="# ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield f"{item.name}={_text(item.default)}"
    yield ""


def _headline(title: str) -> str:
    return f"# --- {title} ".ljust(WIDTH, "-")


def _text(default: str | int | bool) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _type(item: Setting) -> str:
    if item.choices:
        return ", ".join(f"`{choice}`" for choice in item.choices)
    if item.kind not in NUMBERS:
        return item.kind.value
    low, high = (_size(bound) if item.kind is Kind.BYTES else f"{bound:,}" for bound in (item.low, item.high))
    return f"{item.kind.value}, {low} to {high}"


def _default(item: Setting) -> str:
    if item.follows:
        return item.follows
    if item.default == "":
        return "–"
    size = f" ({_size(int(item.default))})" if item.kind is Kind.BYTES and item.default else ""
    return f"`{_text(item.default)}`{size}"


def _size(amount: int) -> str:
    """A size in the largest unit of which it is a whole number."""
    for power, unit in reversed(list(enumerate(UNITS))):
        if power and amount >= 1024**power and amount % 1024**power == 0:
            return f"{amount // 1024**power} {unit}"
    return str(amount)
