"""Published plugins as the decision sees them, kept in the process and brought up to date by what changed only."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cachetools import LRUCache
from sqlalchemy import Engine, func, select

from ...database.pairs import is_any_of
from ...database.session import db, table_of
from ...database.unit_of_work import unit_of_work
from ...errors import DatabaseBusy, StorageFull
from ...models import Plugin, PluginVersion
from ...vocabulary import CHANGELOG_MAX, PLUGIN_NAME, PLUGIN_NAME_MAX
from .. import catalog
from ..catalog.since import Changes
from . import block_list, lines
from .decision import Block, Line, Release

# Versions that one process keeps; those read first make room for others.
MOST_RELEASES: Final = 60_000
# In seconds.
SERIAL_AGE: Final = 5.0

# Of a changelog, how many characters are shown; of all in one answer; and how many one process keeps.
CHANGELOG_SHOWN: Final = CHANGELOG_MAX
CHANGELOGS_SHOWN: Final = 500_000
_CHANGELOGS_KEPT: Final = 4_000_000
_AT_ONCE: Final = 500

_PLUGIN: Final = table_of(Plugin)
_VERSION: Final = table_of(PluginVersion)
# By the plugin's name and the version's number.
Key = tuple[str, str]
_ROWS: Final = select(_PLUGIN.c.name_key, _PLUGIN.c.number)


class ReleaseIndex:
    """Plugins by name, at the catalogue's revision. One per process; threads share it.

    A plugin is read when it is first asked about, with all others that are missing in the same question, and again when
    it has changed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._changes = Changes(_ROWS)
        # Of the public list of blocks, and when it was looked up.
        self._serial, self._serial_at = 0, 0.0
        # The oldest first. None: there is no plugin of this name, published or blocked.
        self._lines: dict[str, Line | None] = {}
        self._releases = 0
        # With the serial of the list at the time.
        self._blocks_serial = -1
        self._blocks: Mapping[str, tuple[Block, ...]] = {}
        self._changelogs: LRUCache[Key, str] = LRUCache(_CHANGELOGS_KEPT, lambda text: len(text) + 1)

    def lines(self, names: Collection[str]) -> dict[str, Line]:
        """Published plugins by name in lower case, of those with these names, ignoring case; and a Line without
        releases for what is not published, but blocked.
        """
        keys = [name.lower() for name in names]
        return {key: line for key, line in zip(keys, self.lines_of(keys), strict=True) if line is not None}

    def further(self, names: Collection[str]) -> dict[str, Line]:
        """`lines` for more names of a question for which it was asked already: whether anything changed is not asked
        again, so that a long chain of dependencies costs no statement for each of its steps.
        """
        keys = [name.lower() for name in names]
        with self._lock:
            if missing := self._missing(keys):
                with unit_of_work(writing=False):
                    self._read(missing)
            found = {key: line for key in keys if (line := self._lines.get(key)) is not None}
            self._make_room()
            return found

    def lines_of(self, keys: Sequence[str]) -> list[Line | None]:
        """The same for names in lower case, in their order; None for what is neither published nor blocked.

        Costs one short statement if nothing changed and nothing is new.
        """
        with self._lock:
            if self._changes.revision != catalog.committed_revision(self._engine):
                with unit_of_work(writing=False):
                    self._refresh()
                    self._read(self._missing(keys))
            elif missing := self._missing(keys):
                with unit_of_work(writing=False):
                    self._read(missing)
            found = list(map(self._lines.get, keys))
            self._make_room()
            return found

    def serial(self) -> int:
        """The serial of the public list of blocks. Every act on a block shows at once; that the list was made anew
        because of its age, within seconds.
        """
        with self._lock:
            if not self._serial or time.monotonic() - self._serial_at > SERIAL_AGE:
                self._serial, self._serial_at = _serial(self._engine), time.monotonic()
            return self._serial

    def changelogs(self, wanted: Sequence[tuple[Line, Sequence[Release]]]) -> dict[Key, str]:
        """Changelogs of these releases, each cut at CHANGELOG_SHOWN characters; of the first ones, up to
        CHANGELOGS_SHOWN characters together.
        """
        keys = [(line.name, str(release.version)) for line, releases in wanted for release in releases]
        with self._lock:
            found = {key: text for key in keys if (text := self._changelogs.get(key)) is not None}
        missing = [key for key in keys if key not in found]
        if missing:
            found |= self._read_changelogs(missing)
        return dict(_first(found, keys))

    def _read_changelogs(self, keys: Sequence[Key]) -> dict[Key, str]:
        found: dict[Key, str] = {}
        name, number = _VERSION.c["plugin_name", "version"]
        query = select(name, number, func.substr(_VERSION.c.changelog, 1, CHANGELOG_SHOWN))
        with unit_of_work(writing=False):
            for start in range(0, len(keys), _AT_ONCE):
                rows = db.session.execute(query.where(is_any_of((name, number), keys[start : start + _AT_ONCE])))
                found |= {(plugin, version): text for plugin, version, text in rows}
                if sum(map(len, found.values())) > CHANGELOGS_SHOWN:
                    break
        with self._lock:
            self._changelogs.update(found)
        return found

    def _refresh(self) -> None:
        """Forget what changed since the last revision, within a unit of work."""
        seen, changed = self._changes.read()
        if changed is None:
            self._lines.clear()
            self._changelogs.clear()
            self._releases = 0
        for row in changed or ():
            self._forget(row.name_key)
        serial = block_list.serial_in_unit()
        if serial != self._blocks_serial or changed is None:
            self._take_blocks({key: tuple(blocks) for key, blocks in lines.blocks_not_revoked().items()})
        self._blocks_serial = self._serial = serial
        self._serial_at = time.monotonic()
        self._changes.took(seen)

    def _take_blocks(self, blocks: Mapping[str, tuple[Block, ...]]) -> None:
        for key in self._blocks.keys() | blocks.keys():
            if key not in self._lines or self._blocks.get(key) == blocks.get(key):
                continue
            line = self._lines[key]
            if line is None or not line.releases:
                self._forget(key)
            else:
                self._lines[key] = replace(line, blocks=blocks.get(key, ()))
        self._blocks = blocks

    def _missing(self, keys: Collection[str]) -> list[str]:
        """Those to be read: what cannot be a plugin's name is not looked for, and takes no room."""
        known = self._lines
        return [key for key in keys if key not in known and _can_be_name(key)]

    def _read(self, missing: Collection[str]) -> None:
        found = lines.load(missing) if missing else {}
        of_packages = [key for key in missing if key not in found and _name_packages(self._blocks.get(key, ()))]
        former = lines.former(of_packages) if of_packages else {}
        for key in missing:
            self._forget(key)
            line = found.get(key)
            if line is None and key in self._blocks:
                line = Line(key, (), blocks=self._blocks[key], former=former.get(key, {}))
            self._lines[key] = line
            self._releases += _weight(line)

    def _forget(self, key: str) -> None:
        if key in self._lines:
            self._releases -= _weight(self._lines.pop(key))

    def _make_room(self) -> None:
        while self._releases > MOST_RELEASES and len(self._lines) > 1:
            self._forget(next(iter(self._lines)))


def _serial(engine: Engine) -> int:
    """That of the list, which is made now if there never was one."""
    try:
        return block_list.serial(engine) or block_list.current(engine).serial
    except (DatabaseBusy, StorageFull):
        return 0


def _can_be_name(key: str) -> bool:
    return len(key) <= PLUGIN_NAME_MAX and PLUGIN_NAME.fullmatch(key) is not None


def _name_packages(blocks: Sequence[Block]) -> bool:
    return any(block.hashes for block in blocks)


def _weight(line: Line | None) -> int:
    # Names that nobody published take room as well.
    return 1 if line is None else 1 + len(line.releases) + len(line.former)


def _first(found: Mapping[Key, str], keys: Sequence[Key]) -> Iterator[tuple[Key, str]]:
    shown = 0
    for key in keys:
        text = found.get(key)
        if text is None:
            continue
        shown += len(text)
        if shown > CHANGELOGS_SHOWN:
            return
        yield key, text
