"""Builds a data directory from a snapshot: verified first, written beside the old one, then switched to."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import orjson
from sqlalchemy import ColumnClause, Engine, NullPool, column, create_engine, table, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from .. import file_modes
from ..clock import iso, utcnow
from ..storage import LocalStorage
from . import database, numbering, postgresql, unsaved
from .encryption import Keys
from .manifest import Manifest
from .members import SECRET, Member
from .problems import DamagedArchive, SnapshotProblem
from .reading import NO_KEYS, Choose, scan
from .switching import Switch
from .verifying import Verified, verify
from .writing import Advance, silent

SQLITE_FILE: Final = "microdock.db"
RECORD: Final = "restored-from.json"
SPARE: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored; `before` is where the replaced data are now."""

    manifest: Manifest
    before: Path | None


def restore(
    path: Path,
    data_dir: Path,
    *,
    revisions: Collection[str],
    keys: Keys = NO_KEYS,
    database_url: str | None = None,
    advance: Advance = silent,
) -> Restored:
    """Restore `data_dir` to the moment of a snapshot; existing data are moved aside, never deleted.

    Everybody is logged out: a token revoked since the snapshot must not become valid again.

    `revisions` are the migrations that this program knows: a database of a later one is refused, one of an earlier is
    migrated when the server starts. A PostgreSQL snapshot is loaded into the empty database of `database_url`. Raises
    SnapshotProblem, and then nothing has changed.
    """
    with Switch(data_dir) as switch:
        verified = verify(path, keys=keys, advance=advance)
        manifest = verified.manifest
        if manifest.revision and manifest.revision not in revisions:
            raise SnapshotProblem(
                f"the snapshot's database is at migration {manifest.revision!r}, which this program (an older one than "
                f"{manifest.program}) does not know: restore with the program that made it"
            )
        _ensure_room(data_dir.parent, manifest.bytes_named)
        engine = _target(manifest, switch.fresh, database_url)
        try:
            _build(switch.fresh, verified, keys, advance)
            _settle(engine, switch.fresh, manifest)
        finally:
            engine.dispose()
        _note(switch.fresh, verified)
        _carry_over(data_dir / SECRET, switch.fresh / SECRET)
        before = switch.over()
    return Restored(manifest, before)


def _target(manifest: Manifest, fresh: Path, database_url: str | None) -> Engine:
    """The database that will be filled."""
    if manifest.database_kind == "sqlite":
        return create_engine(URL.create("sqlite", database=str(fresh / SQLITE_FILE)), poolclass=NullPool)
    if database_url is None or not database_url.startswith("postgres"):
        raise SnapshotProblem("the snapshot is of PostgreSQL: set DATABASE_URL to an empty database there")
    engine = create_engine(f"postgresql+psycopg://{database_url.partition('://')[2]}", poolclass=NullPool)
    try:
        postgresql.ensure_empty(engine)
    except SQLAlchemyError as reason:
        raise SnapshotProblem(f"the database of DATABASE_URL cannot be reached: {type(reason).__name__}") from reason
    return engine


def _ensure_room(directory: Path, needed: int) -> None:
    free = shutil.disk_usage(directory).free
    if free < needed + SPARE:
        raise SnapshotProblem(f"{directory} has {free >> 20} MiB free, the snapshot needs {needed >> 20} MiB")


def _build(fresh: Path, verified: Verified, keys: Keys, advance: Advance) -> None:
    """Write everything; each archive is verified again while it is extracted."""
    for index, holder in enumerate(verified.holders()):
        wanted = {blob.member: fresh / blob.key for blob in verified.manifest.blobs if blob.source == index}
        if index == 0:
            wanted[verified.manifest.database_member] = fresh / _database_file(verified.manifest)
            wanted[SECRET] = fresh / SECRET
        again = scan(holder.path, keys, choose=_into(wanted), advance=advance)
        if again.sha256 != holder.sha256:
            raise DamagedArchive(f"{holder.path.name} was changed while it was read")


def _database_file(manifest: Manifest) -> str:
    return SQLITE_FILE if manifest.database_kind == "sqlite" else manifest.database_member


def _into(wanted: dict[str, Path]) -> Choose:
    made: set[Path] = set()

    def choose(member: Member) -> BinaryIO | None:
        path = wanted.get(member.name)
        if path is None:
            return None
        if path.parent not in made:
            file_modes.make_directory(path.parent)
            made.add(path.parent)
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file_modes.OWNER.file), "wb")

    return choose


def _settle(engine: Engine, fresh: Path, manifest: Manifest) -> None:
    """Check the database and its references to blobs, and assign all blobs to the local disk, wherever they were.

    Its counters are advanced beyond what was given out since.
    """
    path = fresh / _database_file(manifest)
    try:
        if manifest.database_kind == "sqlite":
            _ensure_whole(path)
        else:
            postgresql.load(engine, path)
            path.unlink()
        with engine.begin() as connection:
            if database.named(connection).keys() != {blob.key for blob in manifest.blobs}:
                raise DamagedArchive("the snapshot's database and its files do not belong together")
            for name in database.owners(connection):
                backend: ColumnClause[str] = column("storage_backend")
                moved = update(table(name, backend)).where(backend != LocalStorage.name)
                connection.execute(moved.values(storage_backend=LocalStorage.name))
            numbering.move_on(connection)
            unsaved.settle(connection)
    except (sqlite3.Error, SQLAlchemyError) as reason:
        raise DamagedArchive("the snapshot's database is damaged") from reason


def _ensure_whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        # Whatever the file's schema contains, none of its functions run.
        connection.execute("PRAGMA trusted_schema=OFF")
        [answer] = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise DamagedArchive("the snapshot's database is damaged")


def _note(fresh: Path, verified: Verified) -> None:
    manifest = verified.manifest
    fields = {
        "archive": verified.known.path.name,
        "id": manifest.id,
        "created_at": manifest.created_at,
        "restored_at": iso(utcnow()),
        "settings": manifest.settings,
    }
    file_modes.make_file(fresh / RECORD)
    (fresh / RECORD).write_bytes(orjson.dumps(fields, option=orjson.OPT_INDENT_2))


def _carry_over(old: Path, new: Path) -> None:
    """The secret that signs tokens stays the machine's own, unless the archive has one."""
    if old.is_file() and not new.exists():
        shutil.copy2(old, new)
