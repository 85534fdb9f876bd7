"""A cache of update checks: decided and rendered once for all hosts that ask the same about a plugin."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from cachetools import LRUCache

from ...messages import Language
from ...services.releases import updates
from ...services.releases.asked import asked_range, asked_version
from ...services.releases.choices import Choice, Code, HostPlugin, Outcome, Update
from ...services.releases.decision import Host, Line, Release, Validity
from ...services.releases.index import CHANGELOGS_SHOWN, Key, ReleaseIndex
from ...vocabulary import Channel, HostAction
from .release_answers import shown
from .rendering import kept_json

# Bytes of answers that one process keeps, and what one takes beside its text and what was asked.
KEPT_BYTES: Final = 12 * 1024 * 1024
OVERHEAD: Final = 900
# Characters of a question about one plugin beyond which its answer is not kept: of its permissions, pin, and engines.
LONGEST_KEPT: Final = 2000
# Bytes that what was asked may take: a character, each permission, and each engine.
_CHARACTER: Final = 4
_PERMISSION: Final = 60
_ENGINE: Final = 150
_KEYS: Final = 256


class Asked(NamedTuple):
    """An installed plugin as it was asked about, checked; its own key in caches."""

    name: str
    version: str
    sha256: str | None
    channel: Channel | None
    pin: str | None
    granted: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Asking:
    """A host's question, but for its plugins."""

    host: Host
    language: Language
    # What of it decides, rollouts aside.
    key: tuple[Any, ...]

    # Characters of its engines.
    length: int

    @classmethod
    def of(cls, host: Host, language: Language) -> Asking:
        engines = host.engine_texts()
        length = sum(len(name) + len(version) for name, version in engines)
        return cls(host, language, _shared((engines, host.channel, language)), length)

    def key_for(self, asked: Asked, line: Line) -> tuple[Any, ...]:
        """What decides about a plugin by itself: equal keys have equal answers as long as the line is the same one."""
        return asked, self.key, line.served(self.host.client_id)

    def bytes(self, asked: Asked) -> int:
        """About what it takes to keep a question about one plugin."""
        granted = asked.granted or ()
        texts = (asked.name, asked.version, asked.pin or "", *granted)
        things = _ENGINE * len(self.host.engines) + _PERMISSION * len(granted)
        return _CHARACTER * (self.length + sum(map(len, texts))) + things

    def is_short(self, asked: Asked) -> bool:
        """Is it short enough for its answer to be kept?"""
        return self.length + len(asked.pin or "") + sum(map(len, asked.granted or ())) <= LONGEST_KEPT


@lru_cache(_KEYS)
def _shared(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """The first of equal keys, so that all that is kept shares it."""
    return key


# A plugin that is asked about, and what the catalogue has of it.
Wanted = tuple[Asked, Line | None]


@dataclass(slots=True)
class PluginAnswer:
    """The answer for one plugin as JSON, and what is counted of it. `has` is the plugin's name and the installed
    version, None where that was never published.
    """

    body: bytes
    action: HostAction
    codes: frozenset[Code]
    has: tuple[str, str] | None


@dataclass(slots=True)
class _Known:
    """The answer for one plugin by itself; true as long as its validity holds.

    Nothing of it holds the line or its releases: the index may forget them.
    """

    answer: PluginAnswer
    outcome: Outcome
    # None: the catalogue has no such plugin.
    validity: Validity | None
    # Characters of its changelogs, and whether all are there: so many were asked for at once that some were left out.
    changelogs: int
    is_whole: bool
    # About how many bytes it takes to keep.
    weight: int

    def holds(self, line: Line, now: datetime) -> bool:
        """Is it still what would be decided now?"""
        return self.validity is not None and self.validity.holds(line, now)


class UpdateAnswers:
    """Answers by plugin and question. One per process; threads share it."""

    def __init__(self, index: ReleaseIndex, most: int = KEPT_BYTES) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._known: LRUCache[Any, _Known] = LRUCache(most, lambda known: known.weight)

    def answer(self, asking: Asking, asked: Sequence[Asked]) -> list[PluginAnswer]:
        """The answer for each of these plugins, in their order."""
        keys = [one.name.lower() for one in asked]
        wanted = list(zip(asked, self._index.lines_of(keys), strict=True))
        found = self._look_up(asking, wanted)
        if None in found:
            self._make(asking, wanted, found)
        every = [known for known in found if known is not None]
        is_short = sum([known.changelogs for known in every]) <= CHANGELOGS_SHOWN
        if is_short and self._fit_already(asking, dict(zip(keys, wanted, strict=True)), every):
            return [known.answer for known in every]
        # Some plugins hold others back. That depends on all of them, so it is not kept.
        choices = [_choice(asking, one, line) for one, line in wanted]
        if not is_short:
            return self._rendered(asking, updates.decide(choices))
        updates.fit(choices)
        changed = [choice.answer() for choice in choices if choice.struck]
        rendered = iter(self._rendered(asking, changed))
        return [next(rendered) if choice.struck else known.answer for choice, known in zip(choices, every, strict=True)]

    def _fit_already(self, asking: Asking, wanted: Mapping[str, Wanted], every: Sequence[_Known]) -> bool:
        outcomes = {key: known.outcome for key, known in zip(wanted, every, strict=True)}
        return updates.fit_already(outcomes, lambda key: _choice(asking, *wanted[key]))

    def _look_up(self, asking: Asking, wanted: Sequence[Wanted]) -> list[_Known | None]:
        """What is known of each."""
        now = asking.host.now
        found: list[_Known | None] = []
        with self._lock:
            for asked, line in wanted:
                known = None if line is None else self._known.get(asking.key_for(asked, line))
                found.append(known if known is not None and line is not None and known.holds(line, now) else None)
        return found

    def _make(self, asking: Asking, wanted: Sequence[Wanted], found: list[_Known | None]) -> None:
        """Decide and render what is not known; and keep it, but for what is in no catalogue, or asked at length."""
        places = [place for place, known in enumerate(found) if known is None]
        choices = [_choice(asking, *wanted[place]) for place in places]
        decided = [choice.answer() for choice in choices]
        changelogs = self._index.changelogs(_wanted(decided))
        for place, choice, update in zip(places, choices, decided, strict=True):
            asked, line = wanted[place]
            found[place] = known = _known(asking, asked, choice, update, changelogs)
            if line is not None and known.is_whole and asking.is_short(asked) and known.weight < self._known.maxsize:
                with self._lock:
                    self._known[asking.key_for(asked, line)] = known

    def _rendered(self, asking: Asking, decided: Sequence[Update]) -> list[PluginAnswer]:
        changelogs = self._index.changelogs(_wanted(decided))
        return [_answer(update, shown(update, changelogs, asking.language)) for update in decided]


def _known(asking: Asking, asked: Asked, choice: Choice, update: Update, changelogs: Mapping[Key, str]) -> _Known:
    body = shown(update, changelogs, asking.language)
    answer = _answer(update, body)
    return _Known(
        answer,
        choice.outcome,
        None if update.line is None else Validity.of(update.line, asking.host.now),
        sum([len(entry["changelog"]) for entry in body["changelog"]]),
        len(body["changelog"]) == len(update.passed),
        len(answer.body) + asking.bytes(asked) + OVERHEAD,
    )


def _answer(update: Update, body: Mapping[str, Any]) -> PluginAnswer:
    own = None if update.line is None or update.own is None else (update.line.name, str(update.own.version))
    return PluginAnswer(kept_json(body), update.action, update.codes, own)


def _choice(asking: Asking, asked: Asked, line: Line | None) -> Choice:
    installed = HostPlugin(
        name=asked.name,
        text=asked.version,
        version=asked_version(asked.version),
        sha256=asked.sha256,
        channel=asked.channel,
        pin=None if asked.pin is None else asked_range(asked.pin),
        granted=asked.granted,
    )
    return Choice.of(asking.host, installed, line)


def _wanted(found: Sequence[Update]) -> list[tuple[Line, Sequence[Release]]]:
    return [(one.line, one.passed) for one in found if one.line is not None and one.passed]
