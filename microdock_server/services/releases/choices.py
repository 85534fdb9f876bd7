"""What may be chosen for one plugin of a host, and the answer that follows. Plain values alone.

The choices are, the best first: the offered versions above the installed one, highest first; below it only where the
installed one must be left; and, last of all, to stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ...bundle.versions import Range, Version
from ...vocabulary import AboutInstalled, Channel, HostAction, WhyNot
from . import permissions
from .decision import Block, Host, Line, Reason, Release, satisfies, strongest_block, why_not

# How many reasons an answer has for one plugin, and how many versions are tried for one.
MOST: Final = 20

Code = WhyNot | AboutInstalled


@dataclass(frozen=True, slots=True)
class HostPlugin:
    """A plugin that a host has, as an update check states it. `version` is None where the text is no version; `sha256`
    is the package's, if known.

    `channel` takes precedence over the host's; `pin` is a range that its user set; `granted` are the permissions that
    the user granted, None if the host does not say.
    """

    name: str
    text: str
    version: Version | None
    sha256: str | None = None
    channel: Channel | None = None
    pin: Range | None = None
    granted: tuple[str, ...] | None = None

    @property
    def hashes(self) -> tuple[str, ...]:
        """Those that identify the package."""
        return () if self.sha256 is None else (self.sha256,)


@dataclass(frozen=True, slots=True)
class Told:
    """One reason: a code, the version that it is about (None: the plugin), and the values that decided."""

    code: Code
    version: str | None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Update:
    """The answer for one plugin.

    `own` is the installed version as it was published, None where it never was. `passed` are the published versions
    above the installed one up to the target, newest first. `permissions_added` is None where either version does not
    declare its permissions.
    """

    installed: HostPlugin
    action: HostAction
    line: Line | None = None
    own: Release | None = None
    target: Release | None = None
    newest: Release | None = None
    reasons: Sequence[Told] = ()
    permissions_added: Sequence[str] | None = ()
    passed: Sequence[Release] = ()
    block: Block | None = None
    # Those of the reasons, each once.
    codes: frozenset[Code] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", frozenset(told.code for told in self.reasons))


@dataclass(slots=True)
class Outcome:
    """What a host has of a plugin afterwards, as far as other plugins depend on it. `version` is None where that is
    unknown, or the plugin is to be disabled or removed.
    """

    version: Version | None
    needs: Mapping[str, Range]
    is_installed: bool
    wants_preview: bool
    # What the installed version, as it was published, needs.
    needed: Mapping[str, Range]

    def holds(self, name: str, other: Outcome | None) -> bool:
        """Does a dependency hold? One on a plugin that the host does not have counts if it is new."""
        if other is None:
            return self.is_installed or name in self.needed
        return other.fits(self.needs[name])

    def fits(self, needed: Range) -> bool:
        """Does it satisfy a dependency?"""
        if self.version is None:
            return False
        return satisfies(needed, self.version, is_installed=self.is_installed, wants_preview=self.wants_preview)


@dataclass(slots=True)
class Choice:
    """The choices that are left for one plugin. `line` is the published plugin, or an unpublished one with blocks."""

    key: str
    host: Host
    installed: HostPlugin
    line: Line | None
    # The installed version as it was published, and the block on it.
    own: Release | None = None
    block: Block | None = None
    # What may still be chosen, the best first; to stay comes after the last. More of them follow from a place in the
    # line on.
    offered: list[Release] = field(default_factory=list)
    following: int = 0
    struck: dict[Version, Reason] = field(default_factory=dict)

    @classmethod
    def of(cls, host: Host, installed: HostPlugin, line: Line | None) -> Choice:
        if installed.channel is not None and installed.channel is not host.channel:
            host = replace(host, channel=installed.channel)
        choice = cls(installed.name.lower(), host, installed, line)
        if line is not None:
            choice._look(line)
        return choice

    def _look(self, line: Line) -> None:
        version, hashes = self.installed.version, self.installed.hashes
        self.own = None if version is None else line.find(version)
        if line.blocks:
            published = self.own.sha256 if self.own is not None else line.former.get(version) if version else None
            every = hashes if published is None else (*hashes, published)
            self.block = strongest_block(line, version, every, self.host.now)
        if version is None or not line.is_enabled:
            return
        self._fill(line, version)

    def _fill(self, line: Line, version: Version) -> None:
        """Look for the next choices, as many as are tried at once."""
        releases = line.releases
        while self.following < len(releases) and len(self.offered) < MOST:
            release = releases[self.following]
            if release.version < version and not self._must_be_left:
                return
            self.following += 1
            if release.version != version and why_not(release, line, self.host, self.installed.pin) is None:
                self.offered.append(release)

    @property
    def _must_be_left(self) -> bool:
        """Is the installed version one that even a lower one is better than?"""
        if self.block is not None or (self.own is not None and self.own.is_yanked):
            return True
        version, bound = self.installed.version, self.line.recommended if self.line else None
        return version is not None and bound is not None and version > bound

    @property
    def target(self) -> Release | None:
        return self.offered[0] if self.offered else None

    @property
    def chosen(self) -> Release | None:
        """What the host has afterwards, as it was published; None where that is unknown."""
        return self.target or self.own

    @property
    def version(self) -> Version | None:
        """The version that the host has afterwards; None where it is to be disabled or removed."""
        if self.target is not None:
            return self.target.version
        return None if self._goes else self.installed.version

    @property
    def _goes(self) -> bool:
        return self.block is not None and self.block.stops

    def spelling(self, key: str) -> str:
        """The name of a plugin that the chosen version needs, as its manifest writes it."""
        written = () if self.chosen is None else self.chosen.dependencies
        return next((name for name in written if name.lower() == key), key)

    def strike(self, reason: Reason) -> None:
        """Take the best choice away."""
        self.struck[self.offered.pop(0).version] = reason
        if not self.offered and self.line is not None and self.installed.version is not None:
            self._fill(self.line, self.installed.version)

    @property
    def outcome(self) -> Outcome:
        """What the host has afterwards, if nothing else is struck out."""
        needs = {} if self.chosen is None else self.chosen.needs
        needed = {} if self.own is None else self.own.needs
        return Outcome(self.version, needs, self.target is None, self.host.channel is Channel.PREVIEW, needed)

    def fits(self, needed: Range) -> bool:
        """Does what the host has afterwards satisfy a dependency?"""
        return self.outcome.fits(needed)

    def can_fit(self, needed: Range) -> bool:
        """Is there a choice left that satisfies it?"""
        if any(self._satisfies(needed, release.version, is_installed=False) for release in self.offered):
            return True
        stays = None if self._goes else self.installed.version
        return stays is not None and self._satisfies(needed, stays, is_installed=True)

    def _satisfies(self, needed: Range, version: Version, *, is_installed: bool) -> bool:
        wants_preview = self.host.channel is Channel.PREVIEW
        return satisfies(needed, version, is_installed=is_installed, wants_preview=wants_preview)

    def answer(self) -> Update:
        line, installed = self.line, self.installed
        if line is None or not line.releases:
            action = HostAction(self.block.severity.value) if self.block and self._goes else HostAction.UNKNOWN
            about = (Told(AboutInstalled.UNKNOWN_PLUGIN, None),)
            return Update(installed, action, line=line, reasons=(*self._of_block(), *about), block=self.block)
        target = self.target
        added = self._added(target)
        return Update(
            installed,
            self._action(line),
            line=line,
            own=self.own,
            target=target,
            newest=line.releases[0],
            reasons=(*self._why_not_higher(line), *self._about_installed(line, added)),
            permissions_added=added,
            passed=self._passed(line, target),
            block=self.block,
        )

    def _action(self, line: Line) -> HostAction:
        version = self.installed.version
        if self.target is not None and version is not None:
            return HostAction.UPDATE if self.target.version > version else HostAction.DOWNGRADE
        if self.block is not None and self._goes:
            return HostAction(self.block.severity.value)
        return HostAction.UNKNOWN if version is None else HostAction.NONE

    def _why_not_higher(self, line: Line) -> list[Told]:
        if self.installed.version is None or not line.is_enabled:
            return []
        least = self.installed.version if self.target is None else self.target.version
        told: list[Told] = []
        for release in line.releases:
            if not release.version > least or len(told) == MOST:
                break
            reason = (
                why_not(release, line, self.host, self.installed.pin)
                or self.struck.get(release.version)
                or self._why_own_is_left(release)
            )
            if reason is not None:
                told.append(Told(reason.code, str(release.version), reason.params))
        if self.target is None and self._must_be_left:
            # Why the installed version is not even left for a lower one.
            lower = [
                release for release in line.releases if not release.version > least and release.version in self.struck
            ]
            told += [self._told(release) for release in lower[: MOST - len(told)]]
        return told

    def _why_own_is_left(self, release: Release) -> Reason | None:
        """Why the installed version, which is sound as it was published, is left for a lower one: the package that the
        host has is blocked.
        """
        return None if release is not self.own or self.block is None else self.block.as_reason()

    def _told(self, struck: Release) -> Told:
        reason = self.struck[struck.version]
        return Told(reason.code, str(struck.version), reason.params)

    def _about_installed(self, line: Line, added: Sequence[str] | None) -> list[Told]:
        installed, own, number = self.installed, self.own, self.installed.text
        told = self._of_block()
        if own is None:
            told.append(Told(AboutInstalled.INSTALLED_UNPUBLISHED, number))
        elif own.is_yanked:
            told.append(Told(AboutInstalled.INSTALLED_YANKED, number, {"reason": own.yank_reason}))
        if own is not None and installed.sha256 is not None and installed.sha256 != own.sha256:
            told.append(Told(AboutInstalled.INSTALLED_MODIFIED, number, {"sha256": own.sha256}))
        if not line.is_enabled:
            told.append(Told(AboutInstalled.DISABLED, None))
        if line.is_deprecated or (own is not None and own.is_deprecated):
            told.append(Told(AboutInstalled.DEPRECATED, None, {"replacement": line.replacement}))
        if added and self.target is not None:
            permissions = {"permissions": list(added)}
            told.append(Told(AboutInstalled.PERMISSIONS_WIDENED, str(self.target.version), permissions))
        return told

    def _of_block(self) -> list[Told]:
        if self.block is None:
            return []
        params = {"severity": self.block.severity.value, "reason": dict(self.block.reason)}
        return [Told(AboutInstalled.INSTALLED_BLOCKED, self.installed.text, params)]

    def _added(self, target: Release | None) -> Sequence[str] | None:
        if target is None:
            return ()
        granted = self.installed.granted
        if granted is None and self.own is not None:
            granted = self.own.permissions
        return permissions.added(target.permissions, granted)

    def _passed(self, line: Line, target: Release | None) -> Sequence[Release]:
        version = self.installed.version
        if target is None or version is None:
            return ()
        between = (release for release in line.releases if version < release.version)
        return [release for release in between if not release.version > target.version][:MOST]
