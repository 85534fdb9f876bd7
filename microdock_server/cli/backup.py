"""Commands for backups of the whole server: `flask backup …`, and without an application `scripts/restore`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
from sqlalchemy import URL, make_url

from .. import snapshots
from ..config import Settings
from ..config.read_env import read_env
from ..config.release import installed_version
from ..context import context
from ..database.migration_files import migration_files
from ..database.session import db, migrations
from ..snapshots import Keys, Known, Lock, SnapshotProblem, archive_files, retention
from ..storage import data_dir_lock
from .commands import Commands, say_database

backup = Commands("backup", help="Backups of the whole server: create, verify, restore, undo.")

PASSPHRASE: Final = "SNAPSHOT_PASSPHRASE"  # noqa: S105  (a variable's name)
SECRET_WORDS: Final = ("secret", "password", "key", "token")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DIRECTORY = click.Path(file_okay=False, path_type=Path)
IDENTITY = click.option("--identity", type=FILE, help="File with the secret key of an encrypted archive.")
PASSPHRASE_FILE = click.option(
    "--passphrase-file", type=FILE, help=f"File with the passphrase, instead of {PASSPHRASE}."
)


@backup.command("create", example="flask backup create --out /srv/backups --incremental --keep 14")
@click.option("--out", type=DIRECTORY, required=True, help="The directory for archives.")
@click.option("--incremental", is_flag=True, help="Store only what the newest full archive in the directory lacks.")
@click.option("--base", type=FILE, help="Store only what this archive lacks; it must stay beside the new one.")
@click.option(
    "--keep", type=click.IntRange(1), help="Keep this many archives, and those that they need; by default all."
)
@click.option("--recipient", help="Encrypt to this age public key (age1…).")
@IDENTITY
@PASSPHRASE_FILE
def create(
    *,
    out: Path,
    incremental: bool,
    base: Path | None,
    keep: int | None,
    recipient: str | None,
    identity: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Back up the running server; print the archive's path.

    The archive is encrypted with --recipient, --passphrase-file or the environment variable SNAPSHOT_PASSPHRASE.
    """
    keys = _keys(identity, passphrase_file)
    with _problems(), archive_files.locked(out), _present(context().settings.data_dir):
        found = _base(out.absolute(), base, incremental, keys)
        with _bar() as watch:
            made = snapshots.create(_source(), out.absolute(), base=found, lock=_lock(recipient, keys), watch=watch)
        kind = made.manifest.is_incremental
        archive_files.record(context().settings.data_dir, made.path, made.size, incremental=kind)
        for path in retention.prune(out.absolute(), keep, keys) if keep else ():
            click.echo(f"removed {path.name}", err=True)
    click.echo(made.path)


@backup.command(
    "verify",
    with_appcontext=False,
    example="flask backup verify /srv/backups/microdock-20261128T030000Z-full.tar.zst",
    exits={1: "or the archive is damaged"},
)
@click.argument("file", type=FILE)
@IDENTITY
@PASSPHRASE_FILE
def verify(file: Path, identity: Path | None, passphrase_file: Path | None) -> None:
    """Verify an archive, and the archives that it needs, byte by byte."""
    with _problems(), _count(file) as advance:
        found = snapshots.verify(file.absolute(), keys=_keys(identity, passphrase_file), advance=advance)
    manifest = found.manifest
    held = sum(blob.source == 0 for blob in manifest.blobs)
    click.echo(
        f"sound: {manifest.database_kind} at migration {manifest.revision or '-'} of {manifest.created_at}, "
        f"{sum(manifest.tables.values())} rows, {len(manifest.blobs)} files ({manifest.bytes_named >> 20} MiB), "
        f"{held} of them here, the others in {len(found.bases)} archives beside it"
    )


@backup.command(
    "restore",
    with_appcontext=False,
    example="flask backup restore /srv/backups/microdock-20261128T030000Z-full.tar.zst --data-dir instance",
)
@click.argument("file", type=FILE, required=False)
@click.option(
    "--data-dir", type=DIRECTORY, required=True, help="The DATA_DIR to restore; existing data is moved aside."
)
@click.option("--undo", "is_undo", is_flag=True, help="Put back the data from before the last restore.")
@IDENTITY
@PASSPHRASE_FILE
def restore(
    file: Path | None, data_dir: Path, is_undo: bool, identity: Path | None, passphrase_file: Path | None
) -> None:
    """Restore an archive, or undo the last restore.

    Stop the server first. The archive is verified, its data is written beside DATA_DIR, and then the two directories
    are exchanged.
    """
    if is_undo == (file is not None):
        raise click.UsageError("give either an archive or --undo")
    # Not an option: it may hold a password, and everybody can read command lines.
    database_url = read_env().get("DATABASE_URL")
    with _problems():
        if file is None:
            click.echo(f"{data_dir} is as it was; what had been restored is in {snapshots.undo(data_dir.absolute())}")
            return
        with _count(file) as advance:
            done = snapshots.restore(
                file.absolute(),
                data_dir.absolute(),
                revisions=migration_files(migrations()).known,
                keys=_keys(identity, passphrase_file),
                database_url=database_url,
                advance=advance,
            )
    is_file = done.manifest.database_kind == "sqlite"
    say_database(
        URL.create("sqlite", database=str(data_dir.absolute() / snapshots.SQLITE_FILE))
        if is_file
        else make_url(database_url or "")
    )
    click.echo(f"{data_dir} is the server of {done.manifest.created_at}")
    if done.before is not None:
        click.echo(f"what stood there is in {done.before}; to go back: scripts/restore --undo --data-dir {data_dir}")


def _source() -> snapshots.Source:
    found = context()
    data_dir = found.settings.data_dir
    return snapshots.Source(
        db.engine, found.storage, installed_version(), shown(found.settings), data_dir / "jwt-secret"
    )


def _base(out: Path, base: Path | None, incremental: bool, keys: Keys) -> Known | None:
    if base is not None:
        if base.absolute().parent != out:
            raise SnapshotProblem(f"{base} must be in {out}: an incremental archive finds its base beside it")
        return snapshots.read_manifest(base.absolute(), keys)
    found = retention.newest_full(out, keys) if incremental else None
    if incremental and found is None:
        click.echo(f"{out} has no full archive yet: making one", err=True)
    return found


def shown(settings: Settings) -> dict[str, Any]:
    """The settings as an archive may record them: without secrets, and without credentials in URLs."""
    plain = {name: value for name, value in asdict(settings).items() if not any(word in name for word in SECRET_WORDS)}
    return {name: _without_credentials(value) for name, value in plain.items()}


def _without_credentials(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str) and "://" in value:
        parts = urlsplit(value)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
    return value


def _keys(identity: Path | None, passphrase_file: Path | None) -> Keys:
    lines = _text(identity).splitlines() if identity else []
    identities = tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    if passphrase_file is not None:
        return Keys(identities, _text(passphrase_file).strip())
    return Keys(identities, os.environ.get(PASSPHRASE) or None)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as reason:
        raise click.ClickException(f"{file} is no text") from reason


def _lock(recipient: str | None, keys: Keys) -> Lock | None:
    if recipient is not None:
        return Lock(recipient=recipient)
    return Lock(passphrase=keys.passphrase) if keys.passphrase else None


@contextmanager
def _present(data_dir: Path) -> Iterator[None]:
    """While this lock is held, no restore replaces the directory."""
    try:
        descriptor = data_dir_lock.lock_shared(data_dir)
    except data_dir_lock.InUse as reason:
        raise SnapshotProblem(f"{data_dir} is being restored") from reason
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except SnapshotProblem as reason:
        raise click.ClickException(str(reason)) from reason
    except OSError as reason:
        raise click.ClickException(f"{reason.strerror}: {reason.filename}") from reason


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with click.progressbar(length=1, file=sys.stderr, label="backing up") as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield show


@contextmanager
def _count(file: Path) -> Iterator[Callable[[int], None]]:
    """Like `_bar`, for work that reads whole files, perhaps more than once."""
    with _bar() as show:
        done, size = 0, file.stat().st_size

        def advance(amount: int) -> None:
            nonlocal done
            done += amount
            show(done, max(size, done))

        yield advance
