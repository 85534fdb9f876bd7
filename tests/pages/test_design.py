"""The design's values: readable in both themes, and named in one file alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from microdock_server.pages import writing
from microdock_server.pages.glyphs import glyph

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "microdock_server/pages/static"
TEMPLATES = ROOT / "microdock_server/pages/templates"
ADMIN = ROOT / "frontend/src"
TOKENS = (STATIC / "tokens.css").read_text(encoding="utf-8")
STYLESHEETS = sorted([*STATIC.glob("*.css"), *ADMIN.rglob("*.css"), *ADMIN.rglob("*.vue")])

Colour = tuple[float, float, float]
PAIRS: Final = re.findall(r"--color-([a-z-]+): light-dark\((#\w{6}), (#\w{6})\);", TOKENS)
THEMES: Final[dict[str, dict[str, str]]] = {
    "light": {name: light for name, light, _ in PAIRS},
    "dark": {name: dark for name, _, dark in PAIRS},
}
GROUNDS: Final = ("page", "surface", "sunken", "brand-soft")
# By text: the backgrounds on which it stands.
READ: Final = {
    "text": (*GROUNDS, "good-soft", "warn-soft", "bad-soft"),
    "muted": GROUNDS,
    "brand": GROUNDS,
    "brand-strong": GROUNDS,
    "on-brand": ("brand", "brand-strong", "good", "warn", "bad"),
    "accent": ("page", "surface"),
    "good": ("page", "surface", "good-soft"),
    "warn": ("page", "surface", "warn-soft"),
    "bad": ("page", "surface", "bad-soft"),
}
# Of what can be pressed or filled, the edge has to be seen, not read.
SEEN: Final = {"edge": ("page", "surface")}
# As much of a colour is in the backgrounds that Element Plus lays behind text of that colour.
TINT: Final = 0.1

LITERAL: Final = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|light-dark)\(", re.IGNORECASE
)
NAMED: Final = re.compile(
    r"(?<![\w-])(?:white|black|gr[ae]y|silver|red|green|blue|yellow|orange|purple|pink|brown|navy|teal|lime|maroon|"
    r"gold|cyan|magenta|(?:dark|light|medium|deep|pale)[a-z]{3,})(?![\w-])"
)
DECLARATION: Final = re.compile(r"(?<=[{;\s])([\w-]+)\s*:\s*([^;{}]+);")


def rgb(colour: str) -> Colour:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def mixed(colour: Colour, share: float, ground: Colour) -> Colour:
    red, green, blue = (one * share + other * (1 - share) for one, other in zip(colour, ground, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """By WCAG 2.1."""

    def luminance(colour: Colour) -> float:
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_every_background_that_it_stands_on(theme: str) -> None:
    values = THEMES[theme]
    poor = {
        f"{text} on {ground}": round(contrast(rgb(values[text]), rgb(values[ground])), 2)
        for wanted, pairs in ((4.5, READ), (3.0, SEEN))
        for text, grounds in pairs.items()
        for ground in grounds
        if contrast(rgb(values[text]), rgb(values[ground])) < wanted
    }
    assert poor == {}


@pytest.mark.parametrize("text", ["brand", "good", "warn", "bad", "muted"])
@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_its_own_tint(theme: str, text: str) -> None:
    colour, surface = rgb(THEMES[theme][text]), rgb(THEMES[theme]["surface"])
    assert contrast(colour, mixed(colour, TINT, surface)) >= 4.5


def test_every_colour_is_one_that_is_looked_at() -> None:
    """A new colour has to say what it is for."""
    declared = set(re.findall(r"^  --color-([a-z-]+): light-dark", TOKENS, re.MULTILINE))
    looked_at = {*READ, *SEEN, *(ground for grounds in READ.values() for ground in grounds)}
    # A line only parts, and a shade is let through.
    assert declared == looked_at | {"line", "shade"}


def styles(path: Path) -> str:
    """The styles of a stylesheet or a component, without comments and quoted words."""
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".vue":
        content = "\n".join(re.findall(r"<style[^>]*>(.*?)</style>", content, re.DOTALL))
    return re.sub(r"/\*.*?\*/|'[^']*'", "", content, flags=re.DOTALL)


def literals(css: str) -> Iterator[str]:
    for name, value in DECLARATION.findall(css):
        named = () if name in ("content", "white-space", "color-scheme") else NAMED.findall(value)
        yield from (f"{name}: {value}" for _ in (*LITERAL.findall(value), *named))


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
def test_no_other_stylesheet_names_a_colour(path: Path) -> None:
    if path == STATIC / "tokens.css":
        assert list(literals(styles(path)))
    else:
        assert list(literals(styles(path))) == []


@pytest.mark.parametrize(
    "css",
    [
        "a { color: #fff; }",
        "a { border: 1px solid RGB(0 0 0 / 10%); }",
        "a { background: linear-gradient(white, var(--color-page)); }",
        "a { color: darkred; }",
    ],
)
def test_a_colour_is_seen_however_it_is_written(css: str) -> None:
    assert len(list(literals(css))) == 1


@pytest.mark.parametrize("css", ["#menu { color: var(--color-text); }", "a { white-space: pre-line; color: inherit; }"])
def test_what_is_no_colour_is_let_through(css: str) -> None:
    assert list(literals(css)) == []


def test_scripts_and_templates_name_no_colour() -> None:
    found = {
        path.name: named
        for path in [*ADMIN.rglob("*.ts"), *ADMIN.rglob("*.vue"), *TEMPLATES.iterdir(), STATIC / "gallery.js"]
        if (named := re.findall(r"""['"](?:#[0-9a-fA-F]{3,8}|rgba?\([^'"]*)['"]""", path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
def test_every_value_that_is_used_is_declared(path: Path) -> None:
    css = styles(path)
    declared = set(re.findall(r"(--[\w-]+)\s*:", TOKENS + css))
    # Element Plus has its own. What an ancestor or a script may set is used with what holds where neither does.
    assert {used for used in re.findall(r"var\((--[\w-]+)\)", css) if not used.startswith("--el-")} <= declared


def test_the_icon_has_the_design_s_colours() -> None:
    used = set(re.findall(r"#[0-9a-f]{3,6}", (STATIC / "icon.svg").read_text(encoding="utf-8")))
    assert used == {THEMES["light"]["brand"], "#fff", THEMES["dark"]["accent"]}


def test_the_admin_page_takes_its_values_from_the_same_file() -> None:
    assert "@import '@design/tokens.css';" in (ADMIN / "styles.css").read_text(encoding="utf-8")


def test_all_styles_together_are_small() -> None:
    assert len(writing.STYLE.document.packed) <= 20 * 1024


def test_every_picture_beside_words_exists() -> None:
    for path in TEMPLATES.iterdir():
        for name in re.findall(r"glyph\('(\w+)'\)", path.read_text(encoding="utf-8")):
            assert 'aria-hidden="true"' in glyph(name)


def test_a_picture_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        glyph("nothing-like-it")
