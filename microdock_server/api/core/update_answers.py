"""A cache of update checks: decided and rendered once for all hosts that ask the same about a plugin."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from ...messages import Language
from ...services.releases import decision, updates
from ...services.releases.asked import asked_range, asked_version
from ...services.releases.choices import Choice, HostPlugin, Update
from ...services.releases.decision import Host, Line, Release, is_served
from ...services.releases.index import CHANGELOGS_SHOWN, ReleaseIndex
from ...vocabulary import FULL_ROLLOUT, Channel
from . import links
from .release_answers import shown

# The plans' answers take it from here.
download_path: Final = links.download_path

# Bytes of answers that one process keeps, and answers about one plugin.
KEPT_BYTES: Final = 12 * 1024 * 1024
OVERHEAD: Final = 1500
# Characters of granted permissions beyond which an answer is not kept.
LONGEST_KEPT: Final = 2000
KEPT_OF_ONE: Final = 64


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

    @classmethod
    def of(cls, host: Host, language: Language) -> Asking:
        engines = tuple(sorted((name, str(version)) for name, version in host.engines.items()))
        return cls(host, language, (engines, host.channel, language))


@dataclass(slots=True)
class _Known:
    """The answer for one plugin by itself; true from `since` to `until`."""

    choice: Choice
    update: Update
    body: bytes
    # Characters of its changelogs, and whether all are there: so many were asked for at once that some were left out.
    changelogs: int
    is_whole: bool
    since: datetime
    until: datetime | None

    @property
    def bytes(self) -> int:
        """About what it takes to keep."""
        return len(self.body) + len(self.choice.installed.text) + OVERHEAD

    def holds(self, now: datetime) -> bool:
        """Is it still what would be decided now?"""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(slots=True)
class _Plugin:
    """What is known about one plugin, as long as its line is this one."""

    line: Line | None
    # Versions that not every host is offered.
    partial: tuple[Release, ...]
    known: dict[Any, _Known] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """About what it takes to keep, its line included: the index may have forgotten that."""
        releases = 0 if self.line is None else len(self.line.releases)
        return releases * OVERHEAD + sum(known.bytes for known in self.known.values())


class UpdateAnswers:
    """Answers by plugin and question. One per process; threads share it."""

    def __init__(self, index: ReleaseIndex) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._plugins: dict[str, _Plugin] = {}
        self._bytes = 0

    def answer(self, asking: Asking, asked: Sequence[Asked]) -> tuple[list[bytes], list[Update]]:
        """For each of these plugins, in their order, its answer as JSON, and what was decided."""
        wanted = list(zip(asked, self._index.lines_of([one.name.lower() for one in asked]), strict=True))
        found, missing = self._look_up(asking, wanted)
        if missing:
            made = self._made(asking, [wanted[place] for place in missing])
            for (place, key), known in zip(missing.items(), made, strict=True):
                if known.is_whole:
                    self._keep(wanted[place], key, known)
                found[place] = known
        every = [found[place] for place in range(len(asked))]
        is_short = sum(known.changelogs for known in every) <= CHANGELOGS_SHOWN
        if is_short and updates.fit_already([known.choice for known in every]):
            return [known.body for known in every], [known.update for known in every]
        # Some plugins hold others back. That depends on all of them, so it is not kept.
        decided = updates.decide([_choice(asking, one, line) for one, line in wanted])
        changelogs = self._index.changelogs(_wanted(decided))
        return [orjson.dumps(shown(one, changelogs, asking.language)) for one in decided], decided

    def _look_up(
        self, asking: Asking, wanted: Sequence[tuple[Asked, Line | None]]
    ) -> tuple[dict[int, _Known], dict[int, Any]]:
        """By place, the answers that are known; and for those that are not, the keys that they belong under."""
        found: dict[int, _Known] = {}
        missing: dict[int, Any] = {}
        for place, (asked, line) in enumerate(wanted):
            name = asked.name.lower()
            plugin = self._plugins.get(name)
            if plugin is None or plugin.line is not line:
                plugin = self._begin(name, line)
            served = tuple(is_served(one, line.name, asking.host.client_id) for one in plugin.partial) if line else ()
            key = (asked, asking.key, served)
            known = plugin.known.get(key)
            if known is not None and known.holds(asking.host.now):
                found[place] = known
            else:
                missing[place] = key
        return found, missing

    def _made(self, asking: Asking, missing: Sequence[tuple[Asked, Line | None]]) -> list[_Known]:
        choices = [_choice(asking, asked, line) for asked, line in missing]
        answers = [choice.answer() for choice in choices]
        changelogs = self._index.changelogs(_wanted(answers))
        now = asking.host.now
        return [
            _Known(
                choice,
                answer,
                orjson.dumps(body := shown(answer, changelogs, asking.language)),
                sum(len(entry["changelog"]) for entry in body["changelog"]),
                len(body["changelog"]) == len(answer.passed),
                now,
                None if line is None else decision.next_change(line, now),
            )
            for choice, answer, (_, line) in zip(choices, answers, missing, strict=True)
        ]

    def _begin(self, name: str, line: Line | None) -> _Plugin:
        """Forget what is known of the plugin: its line is another one now."""
        partial = () if line is None else tuple(one for one in line.releases if 0 < one.rollout < FULL_ROLLOUT)
        plugin = _Plugin(line, partial)
        with self._lock:
            before = self._plugins.pop(name, None)
            if before is not None:
                self._bytes -= before.bytes
            if line is not None:
                self._plugins[name] = plugin
                self._bytes += plugin.bytes
        return plugin

    def _keep(self, wanted: tuple[Asked, Line | None], key: Any, known: _Known) -> None:
        asked, line = wanted
        if sum(map(len, asked.granted or ())) > LONGEST_KEPT:
            return
        # Of whom it was first decided for is nothing kept.
        known.choice.host = replace(known.choice.host, client_id=None)
        with self._lock:
            plugin = self._plugins.get(asked.name.lower())
            if plugin is None or plugin.line is not line:
                return
            self._bytes -= plugin.bytes
            if len(plugin.known) >= KEPT_OF_ONE:
                plugin.known.clear()
            plugin.known[key] = known
            self._bytes += plugin.bytes
            if self._bytes > KEPT_BYTES:
                self._plugins.clear()
                self._bytes = 0


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
