"""A plugin's versions as pages show them: what hosts would get, and why they do not get a higher one.

Within a unit of work. Costs as many statements for a thousand versions as for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup

from ..api.core.links import download_path, web_address
from ..clock import utcnow
from ..context import context
from ..media import prose
from ..messages import Language, text, written
from ..models import Plugin, PluginVersion
from ..services.plugins import texts, versions
from ..services.releases import decision
from ..services.releases.decision import Block, Host, Line, Reason
from ..vocabulary import BlockSeverity, WhyNot

SHOWN: Final = 50
# Changelogs on a plugin's page, in characters of HTML together; of further ones there are only links.
CHANGELOGS: Final = 30_000


@dataclass(frozen=True, slots=True)
class Warned:
    """A block as people read it. `stops`: nobody can download what it is about."""

    stops: bool
    reason: str
    advisory: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """A published version.

    `reasons` say why hosts that want stable versions do not get it (yet), one sentence each. `download` is None where
    it is refused. `changelog` is None where it is too long to stand among others.
    """

    row: PluginVersion
    reasons: Sequence[str]
    block: Warned | None
    download: str | None
    changelog: Markup | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class Releases:
    """Those of a plugin, the highest first: `shown` are some of them, `numbers` all.

    `higher` says in words why each version above the current one is not the current one.
    """

    current: Release
    shown: Sequence[Release]
    numbers: Sequence[str]
    higher: Sequence[str]
    are_all_stopped: bool

    @property
    def more(self) -> int:
        """How many are not shown."""
        return len(self.numbers) - len(self.shown)

    @property
    def is_offered(self) -> bool:
        """Is there one to install by the plugin's name alone?"""
        return self.current.download is not None and not self.current.row.is_yanked


class Offers:
    """What is decided about a plugin's versions now. `Host`: one about which nothing is known."""

    def __init__(self, plugin: Plugin, language: Language) -> None:
        self._plugin, self._language, self._host = plugin, language, Host(utcnow())
        self._line = context().releases.lines([plugin.name]).get(plugin.name_key) or Line(plugin.name, ())
        self._known = {str(release.version): release for release in self._line.releases}

    @property
    def numbers(self) -> Sequence[str]:
        """All published versions, the highest first."""
        return list(self._known)

    def is_stopped(self, version: str) -> bool:
        """Are downloads of the version refused, or does a block stop it?"""
        release = self._known.get(version)
        return release is not None and decision.is_refused(release, self._line, self._host.now)

    def reasons(self, version: str) -> list[str]:
        """Why hosts do not get the version, in the order in which the decision asks."""
        release = self._known.get(version)
        if release is None:
            return []
        found = decision.all_reasons(release, self._line, self._host)
        return [self._sentence(version, one) for one in found if one.code is not WhyNot.NEEDS_ENGINE]

    def release(self, row: PluginVersion, changelog: Markup | None) -> Release:
        """A published version with what is decided about it."""
        release = self._known.get(row.version)
        block = None
        if release is not None:
            block = decision.strongest_block(self._line, release.version, (release.sha256,), self._host.now)
        is_open = self._plugin.is_enabled and (block is None or not block.stops)
        return Release(
            row=row,
            reasons=self.reasons(row.version),
            block=None if block is None else self._warned(block),
            download=download_path(self._plugin.name, row.version) if is_open else None,
            changelog=changelog,
            is_current=row.version == self._plugin.current_version,
        )

    def _warned(self, block: Block) -> Warned:
        return Warned(block.stops, written(block.reason, self._language), web_address(block.advisory_url))

    def _sentence(self, version: str, reason: Reason) -> str:
        params = {name: self._word(value) for name, value in reason.params.items()}
        return text(f"page.why.{_key(reason)}", self._language, {**params, "version": version})

    def _word(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return written(value, self._language)
        return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else value


def _key(reason: Reason) -> str:
    if reason.code is WhyNot.YANKED and not reason.params["reason"]:
        return "yanked_plain"
    if reason.code is WhyNot.ROLLOUT and reason.params["paused"]:
        return "rollout_paused"
    if reason.code is WhyNot.BLOCKED and reason.params["severity"] == BlockSeverity.WARN.value:
        return "warned"
    return reason.code.value


def of(plugin: Plugin, language: Language) -> Releases:
    """The versions of a published plugin."""
    offers = Offers(plugin, language)
    rows = versions.highest_public(plugin, SHOWN)
    room, shown = CHANGELOGS, []
    for row in rows:
        written = changelog(row, below=3)
        room -= len(written)
        shown.append(offers.release(row, written if room >= 0 else None))
    current = next((one for one in shown if one.is_current), None)
    if current is None:
        row = versions.current(plugin)
        current = offers.release(row, changelog(row, below=3))
    numbers = offers.numbers
    above = numbers[: numbers.index(plugin.current_version)] if plugin.current_version in numbers else []
    return Releases(
        current=current,
        shown=shown,
        numbers=numbers,
        higher=[reasons[0] for number in above if (reasons := offers.reasons(number))],
        are_all_stopped=bool(numbers) and all(map(offers.is_stopped, numbers)),
    )


def changelog(row: PluginVersion, below: int) -> Markup:
    """A version's changelog, for a place under a heading of this level."""
    return prose.in_page(texts.changelog_html(row, context().autocommit), below)
