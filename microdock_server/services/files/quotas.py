"""Storage quotas of the server, of an account and of an address, in bytes of packages, images and backups.

Sums are computed from the existing rows, so they are right after deletions, crashes and writes by an earlier version of
this program; they are read from indexes (an account's with a look-up for each of its plugins). They are checked twice:
before a body is received, and in the unit that writes its row, where the database admits one writer: concurrent uploads
never both take the last place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select

from ...database.session import db
from ...errors import AccountBytesExceeded, AddressBytesExceeded, StorageBytesExceeded
from ...models import Backup, Plugin, PluginImage, PluginVersion

MIB: Final = 1 << 20
TABLES: Final = (PluginVersion, PluginImage, Backup)


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes may be stored, and who asks; 0: no limit."""

    total: int = 0
    account: int = 0
    from_address: int = 0
    address: str = ""

    @property
    def source(self) -> str | None:
        """The column values that record where a row's file came from."""
        return self.address if self.from_address else None

    def ensure(self, size: int, owner_id: str | None = None) -> None:
        """Check the quotas for `size` further bytes of this account (None: of none), from this address.

        Raises StorageBytesExceeded, AccountBytesExceeded or AddressBytesExceeded. A plugin's files count for its owner,
        whoever sent them; backups and plugins without an owner count for no account.
        """
        if self.total and _everything() + size > self.total:
            raise StorageBytesExceeded()
        if self.account and owner_id is not None and used_by(owner_id) + size > self.account:
            raise AccountBytesExceeded(limit_mb=f"{self.account / MIB:g}")
        if self.from_address and _from(self.address) + size > self.from_address:
            raise AddressBytesExceeded(limit_mb=f"{self.from_address / MIB:g}")


UNLIMITED: Final = Room()


def used_by(owner_id: str) -> int:
    """The bytes of an account's plugins: every version, in any status, and every image."""
    return _asked(_OWNED, owner_id=owner_id)


def _everything() -> int:
    return _asked(_ALL)


def _from(address: str) -> int:
    return _asked(_SENT, address=address)


def _sum(table: Any) -> Select[Any]:
    return select(func.coalesce(func.sum(table.file_size), 0)).select_from(table)


def _asked(queries: Sequence[Select[Any]], **values: str) -> int:
    return sum(int(db.session.execute(query, values).scalar_one()) for query in queries)


# Built once: building a query costs as much as running it.
_ALL: Final = [_sum(table) for table in TABLES]
_SENT: Final = [_sum(table).where(table.stored_from == bindparam("address")) for table in TABLES]
_OWNED: Final = [
    _sum(table).join(Plugin, Plugin.name == table.plugin_name).where(Plugin.owner_id == bindparam("owner_id"))
    for table in (PluginVersion, PluginImage)
]
