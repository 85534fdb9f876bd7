"""Commands for files: `flask storage …`."""

from __future__ import annotations

import sys
from collections import Counter

import click

from ..clock import utcnow
from ..context import context
from ..services import files
from ..services.files import migration
from ..services.files.migration import Outcome
from ..storage.incoming import sweep_bodies
from .commands import Commands

storage = Commands("storage", help="Stored files: verify, remove orphans, move to another storage.")

FINE = (Outcome.MOVED, Outcome.GONE)


@storage.command("verify", example="flask storage verify", exits={1: "or a file is missing or changed"})
def verify() -> None:
    """Compare every file with its database row."""
    result = files.verify(context().storage)
    for word, keys in (
        ("missing", result.missing),
        ("changed", result.changed),
        ("orphaned", result.orphaned),
    ):
        for key in keys:
            click.echo(f"{word}  {key}")
    click.echo(
        f"{result.checked} checked, {len(result.missing)} missing, {len(result.changed)} changed, "
        f"{len(result.orphaned)} orphaned"
    )
    sys.exit(0 if result.is_sound else 1)


@storage.command("gc", example="flask storage gc")
def collect_garbage() -> None:
    """Remove unreferenced files. Also remains of interrupted uploads; both only if older than an hour."""
    gone = files.collect_garbage(context().storage)
    gone += sweep_bodies(context().settings.temp_dir, utcnow() - files.ORPHAN_AGE)
    for key in gone:
        click.echo(f"removed  {key}")
    click.echo(f"{len(gone)} removed")


@storage.command("migrate", example="flask storage migrate --to s3", exits={1: "or a file could not be moved"})
@click.option(
    "--to", "name", type=click.Choice(["local", "s3"]), help="The target. Default: the storage for new files."
)
def migrate(name: str | None) -> None:
    """Move every file to one storage, verified. The command can be interrupted and run again."""
    storages = context().storage
    target = storages.by_name.get(name or storages.main.name)
    if target is None:
        raise click.ClickException("there is no bucket: set STORAGE_URL")
    target.ensure_writable()
    moves = migration.waiting(target.name)
    found: Counter[Outcome] = Counter()
    with click.progressbar(length=sum(move.size for move in moves), file=sys.stderr, label="moving") as bar:
        for move, outcome in migration.migrate(moves, storages, target):
            found[outcome] += 1
            if outcome not in FINE:
                click.echo(f"{outcome.value}  {move.place.backend}:{move.place.key}")
            bar.update(move.size)
    stayed = found.total() - sum(found[outcome] for outcome in FINE)
    click.echo(f"{found[Outcome.MOVED]} moved to {target.name}, {found[Outcome.GONE]} gone, {stayed} stayed behind")
    sys.exit(1 if stayed else 0)
