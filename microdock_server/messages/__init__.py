"""The catalogue of all texts that users read: of the API, the gallery and the admin page.

Every text is there in Chinese (the default) and in English; a further language is one file in languages/. A text is
identified by a key and filled with parameters; the surface chooses the language as late as possible. So the domain
carries `Message`s, never sentences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from .admin_page import ADMIN
from .bundle import BUNDLE
from .errors import ERRORS
from .fields import FIELDS
from .pages import PAGES
from .plans import PLANS
from .plugin_pages import PLUGIN_PAGES
from .releases import RELEASES
from .rule_help import HELP_TEXTS
from .rules import EVENTS, RULES
from .scans import SCANS
from .success import SUCCESS
from .translations import translations

# "zh", "en", or the name of a file in languages/ without its ending.
Language = str
DEFAULT_LANGUAGE: Final[Language] = "zh"

CATALOGUE: Final[Mapping[str, tuple[str, str]]] = {
    **SUCCESS,
    **ERRORS,
    **FIELDS,
    **BUNDLE,
    **RULES,
    **EVENTS,
    **RELEASES,
    **PLANS,
    **PAGES,
    **PLUGIN_PAGES,
    **HELP_TEXTS,
    **SCANS,
    **ADMIN,
}
TRANSLATIONS: Final[dict[Language, Mapping[str, str]]] = translations(CATALOGUE)
# What each language is called in itself.
LANGUAGES: Final[dict[Language, str]] = {
    **dict(zip(("zh", "en"), CATALOGUE["language.name"], strict=True)),
    **{tag: texts.get("language.name", tag) for tag, texts in TRANSLATIONS.items()},
}


# Letters that are written from right to left, and the mark that says so.
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


@dataclass(frozen=True, slots=True)
class Message:
    """A text that is not yet in any language."""

    key: str
    params: Mapping[str, object] = field(default_factory=dict)

    def render(self, language: Language) -> str:
        """The text in a language. A parameter that is itself a message is rendered in the same language."""
        filled = {k: v.render(language) if isinstance(v, Message) else v for k, v in self.params.items()}
        return text(self.key, language, filled)


def duration(seconds: int) -> Message:
    """A duration in words: seconds up to two minutes, then minutes, rounded up."""
    count, unit = (seconds, "second") if seconds < 120 else (-(-seconds // 60), "minute")
    return Message(f"duration.{unit}" if count == 1 else f"duration.{unit}s", {"count": count})


def text(key: str, language: Language, params: Mapping[str, object] | None = None) -> str:
    """The text with this key; in English where a language lacks it. An unknown key is a bug and raises KeyError.

    Parameters written from right to left are isolated (Unicode's FSI and PDI): the sentence keeps its order.
    """
    chinese, english = CATALOGUE[key]
    if language == "zh":
        template = chinese
    else:
        template = english if language == "en" else TRANSLATIONS[language].get(key, english)
    return template.format_map({name: _isolated(value) for name, value in params.items()}) if params else template


def _isolated(value: object) -> object:
    """What is written from right to left, set apart: else it would turn the words of the sentence around it."""
    if isinstance(value, str) and not value.isascii() and _RIGHT_TO_LEFT.search(value):
        return f"\u2068{value}\u2069"
    return value


def written(texts: Mapping[str, str], language: Language) -> str:
    """Of what people wrote in Chinese and English, that in the language; for readers of a further one, the English."""
    return texts["zh" if language == "zh" else "en"]


def tag_of(language: Language) -> str:
    """The language as HTML and HTTP name it."""
    return "zh-CN" if language == "zh" else language


@lru_cache(maxsize=512)
def language_of(accept_language: str) -> Language:
    """The language that an `Accept-Language` header prefers, of those that there are; Chinese by default."""
    best: tuple[float, Language] = (0.0, DEFAULT_LANGUAGE)
    for item in accept_language[:512].split(","):
        tag, _, options = item.partition(";")
        language, quality = _spoken(tag.strip().lower()), _quality(options)
        if language is not None and quality > best[0]:
            best = (quality, language)
    return best[1]


def _spoken(tag: str) -> Language | None:
    """The language with this tag; without one of its region, that of any."""
    primary = tag.partition("-")[0]
    exact = [language for language in LANGUAGES if language.lower() in (tag, primary)]
    near = [language for language in LANGUAGES if language.lower().startswith(f"{primary}-")]
    return max(exact, key=len, default=None) or next(iter(near), None)


def _quality(options: str) -> float:
    name, _, value = options.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(1.0, float(value))
    except ValueError:
        return 0.0
