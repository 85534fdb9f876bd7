"""The public list of blocks: the same bytes on every node, from a row of `settings`.

Every act on a block makes it anew in its own transaction. Otherwise the first request does that finds it older than an
hour, or a block in it expired: hosts learn from its `expires_at` that the server still stands behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Engine, select

from ...caching import LoadingCache, SingleFlight
from ...clock import iso, lasts_until, utcnow
from ...database.prepared import Prepared
from ...database.session import db, table_of
from ...database.unit_of_work import ensure_whole, read_autocommit, unit_of_work
from ...errors import DatabaseBusy, StorageFull
from ...models import Block as BlockRow
from ...models import Setting
from ...vocabulary import BLOCK_LIST
from .. import catalog
from .decision import Block
from .lines import block_of, in_force

# How long a list is believed, and after what time it is made anew.
LIFETIME: Final = timedelta(hours=24)
AGE: Final = timedelta(hours=1)

_SETTING: Final = table_of(Setting)
_STORED: Final = Prepared(select(_SETTING.c.value).where(_SETTING.c.key == BLOCK_LIST))


@dataclass(frozen=True, slots=True)
class BlockList:
    """The list at one moment. `json` is `{serial, generated_at, expires_at, blocks}`."""

    serial: int
    expires_at: datetime
    # When it has to be made anew, because of its age or because a block in it expires.
    stale_at: datetime
    json: bytes

    def is_fresh(self, now: datetime) -> bool:
        """Does it still say what is in force? One from the future was made before the clock was set back."""
        return lasts_until(self.stale_at, AGE, now)


# By database and revision of the catalogue, which every act on a block increments.
_lists: Final[LoadingCache[tuple[str, int], BlockList]] = LoadingCache(4)
_making: Final[SingleFlight[tuple[str, int], BlockList]] = SingleFlight()


def current(engine: Engine) -> BlockList:
    """The list as it is now, made anew if it has to be. `engine` is an `autocommit_engine`.

    While the database cannot be written, an old list stays in use until it expires.
    """
    key = (str(engine.url), catalog.committed_revision(engine))
    found = _lists.get(key)
    if found is not None and found.is_fresh(utcnow()):
        return found
    return _making.run(key, lambda: _load(key, engine))


def serial(engine: Engine) -> int:
    """The serial of the list as it was last made; 0 if there never was one. Writes nothing."""
    key = (str(engine.url), catalog.committed_revision(engine))
    found = _lists.get(key)
    if found is None or not found.is_fresh(utcnow()):
        found = _stored(engine)
        if found is None:
            return 0
        _lists.put(key, found)
    return found.serial


def serial_in_unit() -> int:
    """The same, as this unit of work sees it."""
    row = db.session.get(Setting, BLOCK_LIST)
    return 0 if row is None else _parsed(row.value).serial


def renew() -> BlockList:
    """Make the list anew, in this transaction. The serial only grows, also after an older database was restored (see
    snapshots/numbering.py).
    """
    ensure_whole()
    row, now = db.session.get(Setting, BLOCK_LIST), utcnow()
    last = 0 if row is None else _parsed(row.value).serial
    made = {
        "serial": max(last + 1, int(now.timestamp())),
        "generated_at": iso(now),
        "expires_at": iso(now + LIFETIME),
        "blocks": [shown(found.plugin, block_of(found)) for found in _in_force(now)],
    }
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    if row is None:
        db.session.add(Setting(key=BLOCK_LIST, value=text))
    else:
        row.value = text
    return _parsed(text)


def shown(plugin: str, block: Block) -> dict[str, Any]:
    """A block as the public is told of it, as JSON: `severity` is the one in force, `reason` in both languages."""
    return {
        "plugin": plugin,
        "versions": None if block.versions is None else str(block.versions),
        "sha256": sorted(block.hashes),
        "severity": block.severity.value,
        "reason": dict(block.reason),
        "advisory_url": block.advisory_url,
        "since": iso(block.since),
        "expires_at": None if block.expires_at is None else iso(block.expires_at),
    }


def _load(key: tuple[str, int], engine: Engine) -> BlockList:
    """The stored list, made anew by one process if it has to be; the others find it."""
    found, now = _stored(engine), utcnow()
    if found is None or not found.is_fresh(now):
        try:
            found = _remade(now)
        except (DatabaseBusy, StorageFull):
            if found is None or found.expires_at <= now:
                raise
            return found
    _lists.put(key, found)
    return found


def _remade(now: datetime) -> BlockList:
    with unit_of_work():
        # Inside the unit that writes: another process may have been faster.
        row = db.session.get(Setting, BLOCK_LIST)
        found = None if row is None else _parsed(row.value)
        return found if found is not None and found.is_fresh(now) else renew()


def _stored(engine: Engine) -> BlockList | None:
    rows = read_autocommit(engine, _STORED)
    return _parsed(rows[0].value) if rows else None


def _in_force(now: datetime) -> Iterable[BlockRow]:
    """Blocks that are neither revoked nor expired, oldest first."""
    query = select(BlockRow).where(in_force(now))
    return db.session.scalars(query.order_by(BlockRow.created_at, BlockRow.id))


# An old list is parsed once, and not for every request until it is made anew.
@lru_cache(maxsize=4)
def _parsed(text: str) -> BlockList:
    said = json.loads(text)
    ends = (_moment(block["expires_at"]) for block in said["blocks"] if block["expires_at"] is not None)
    return BlockList(
        serial=said["serial"],
        expires_at=_moment(said["expires_at"]),
        stale_at=min([_moment(said["generated_at"]) + AGE, *ends]),
        json=text.encode(),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
