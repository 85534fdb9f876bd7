"""The catalogue of all texts that users read, in Chinese (default) and English.

A text is identified by a key and filled with parameters; the surface chooses the language as late as possible. So the
domain carries `Message`s, never sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from .bundle import BUNDLE
from .errors import ERRORS
from .fields import FIELDS
from .plans import PLANS
from .releases import RELEASES
from .rules import EVENTS, RULES
from .success import SUCCESS

Language = Literal["zh", "en"]
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
}


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
    """The text with this key. An unknown key is a bug and raises KeyError."""
    template = CATALOGUE[key][0 if language == "zh" else 1]
    return template.format_map(params) if params else template


@lru_cache(maxsize=512)
def language_of(accept_language: str) -> Language:
    """The language that an `Accept-Language` header prefers, of Chinese and English; Chinese by default."""
    best: tuple[float, Language] = (0.0, DEFAULT_LANGUAGE)
    for item in accept_language[:512].split(","):
        tag, _, options = item.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        quality = _quality(options)
        if primary in ("zh", "en") and quality > best[0]:
            best = (quality, "zh" if primary == "zh" else "en")
    return best[1]


def _quality(options: str) -> float:
    name, _, value = options.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(1.0, float(value))
    except ValueError:
        return 0.0
