"""Is there room: what the server, an account and an address may keep, in bytes of packages, images and backups.

Sums are made of the rows there are, so they are right after deletions, crashes and writes of an earlier version of this
program; they are read from indexes (an account's with a look-up for each of its plugins). Asked twice: before a body is
received, and in the unit that writes its row, where the database lets one writer in: two uploads at once never both
take the last place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select

from ...database.session import db
from ...errors import AccountBytesExceeded, AddressBytesExceeded, StorageBytesExceeded
from ...models import Backup, Plugin, PluginImage, PluginVersion

MIB: Final = 1 << 20
TABLES: Final = (PluginVersion, PluginImage, Backup)


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes may be kept, and for whom somebody asks; 0: any number."""

    total: int = 0
    account: int = 0
    from_address: int = 0
    address: str = ""

    @property
    def source(self) -> str | None:
        """What a row says of where its file came from."""
        return self.address if self.from_address else None

    def ensure(self, size: int, owner_id: str | None = None) -> None:
        """Is there room for `size` more bytes of this account (None: nobody's), from this address?

        Raises StorageBytesExceeded, AccountBytesExceeded or AddressBytesExceeded. A plugin's files are its owner's,
        whoever sent them; backups and plugins without an owner are no account's.
        """
        if self.total and _everything() + size > self.total:
            raise StorageBytesExceeded()
        if self.account and owner_id is not None and used_by(owner_id) + size > self.account:
            raise AccountBytesExceeded(limit_mb=f"{self.account / MIB:g}")
        if self.from_address and _from(self.address) + size > self.from_address:
            raise AddressBytesExceeded(limit_mb=f"{self.from_address / MIB:g}")


UNLIMITED: Final = Room()


def used_by(owner_id: str) -> int:
    """The bytes of an account's plugins: every version, whatever its state, and every image."""
    theirs = [
        _sum(table).join(Plugin, Plugin.name == table.plugin_name).where(Plugin.owner_id == owner_id)
        for table in (PluginVersion, PluginImage)
    ]
    return sum(_asked(query) for query in theirs)


def _everything() -> int:
    return sum(_asked(_sum(table)) for table in TABLES)


def _from(address: str) -> int:
    found = 0
    for table in TABLES:
        is_theirs: ColumnElement[bool] = table.stored_from == address
        found += _asked(_sum(table).where(is_theirs))
    return found


def _sum(table: Any) -> Select[Any]:
    return select(func.coalesce(func.sum(table.file_size), 0)).select_from(table)


def _asked(query: Select[Any]) -> int:
    return int(db.session.execute(query).scalar_one())
