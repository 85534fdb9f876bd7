"""A snapshot of a running server's data beside `cp -a` of the same tree, and what changed since beside the same."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, create_engine, select, update

from microdock_server import create_app, snapshots
from microdock_server.config import load_settings
from microdock_server.database.session import db
from microdock_server.models import PluginVersion
from microdock_server.snapshots import Known, archive_files

from . import data
from .results import Goal, NotMeasured, Section, race, ratio_row, seconds
from .servers import Server
from .stage import FULL, MEGABYTE, PUBLISHED, Stage, publish

LARGE_RUN, SMALL_RUN = (10_000, 5_000), (1_000, 300)
CHANGED = 100


def measure(stage: Stage) -> Section:
    """10,000 plugins and 5 GB; with --quick 1,000 and 300 MB."""
    plugins, megabytes = LARGE_RUN if stage.plan == FULL else SMALL_RUN
    section = Section("Snapshots of the server")
    server = stage.servers.real("snapshots", "WARNING")
    publish(server, stage.package("published", 4096))
    data.fill(server.database, plugins, PUBLISHED)
    engine = create_engine(f"sqlite:///{server.database}")
    with engine.begin() as connection:
        _write_files(connection, server.directory, megabytes * MEGABYTE)
    engine.dispose()
    shutil.rmtree(server.directory / "uploads" / "published", ignore_errors=True)
    work = stage.servers.directory / "snapshot-work"
    work.mkdir()
    app = create_app(load_settings({"DATA_DIR": str(server.directory), "LOG_LEVEL": "WARNING"}))
    base = _known(app, work)
    changed = _change(server)
    contenders = {
        "full": lambda: _timed(lambda: _snapshot(app, work / "full", None), work / "full"),
        "incremental": lambda: _timed(lambda: _snapshot(app, base.path.parent, base), None),
        "cp": lambda: _timed(lambda: _copy(server.directory, work / "copy"), work / "copy"),
    }
    samples = race(contenders, stage.plan.rounds)
    against = f"cp -a, {plugins:,} plugins, {megabytes:,} MB"
    full, part = Goal(1.5, at_most=True), Goal(0.05, at_most=True)
    section.rows.append(
        ratio_row("full snapshot, every file hashed", samples["full"], samples["cp"], against, full, show=seconds)
    )
    what = f"incremental snapshot, {changed:,} files changed"
    section.rows.append(ratio_row(what, samples["incremental"], samples["cp"], against, part, show=seconds))
    section.notes.append(
        "The archive is synced to the disk, the copy is not. The command's start (a second) is not in it."
    )
    shutil.rmtree(work)
    return section


def _write_files(connection: Connection, directory: Path, total: int) -> None:
    """Give every version a file of its own that does not compress, as packages do not."""
    table = PluginVersion.__table__
    keys = connection.execute(select(table.c.storage_key)).scalars().all()
    size = total // len(keys)
    for key in keys:
        content = os.urandom(size)
        path = directory / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        row = update(table).where(table.c.storage_key == key)
        connection.execute(row.values(file_size=size, file_hash=hashlib.sha256(content).hexdigest()))


def _change(server: Server) -> int:
    """Put other files in the place of one in a hundred, under names of their own; how many."""
    engine = create_engine(f"sqlite:///{server.database}")
    table = PluginVersion.__table__
    with engine.begin() as connection:
        rows = connection.execute(select(table.c.storage_key, table.c.file_size)).all()
        chosen = rows[::CHANGED]
        for key, size in chosen:
            content = os.urandom(size)
            new = f"{key[:-6]}{os.urandom(3).hex()}"
            (server.directory / new).write_bytes(content)
            (server.directory / key).unlink()
            changed = {"storage_key": new, "file_hash": hashlib.sha256(content).hexdigest()}
            connection.execute(update(table).where(table.c.storage_key == key).values(**changed))
    engine.dispose()
    return len(chosen)


def _known(app: Flask, work: Path) -> Known:
    return snapshots.read_manifest(_snapshot(app, work / "base", None).path)


def _snapshot(app: Flask, out: Path, base: Known | None) -> snapshots.Snapshot:
    with app.app_context(), archive_files.locked(out):
        context = app.extensions["microdock"]
        source = snapshots.Source(db.engine, context.storage, "benchmark", {})
        return snapshots.create(source, out, base=base and snapshots.read_manifest(base.path))


def _copy(tree: Path, target: Path) -> None:
    done = subprocess.run(["cp", "-a", str(tree), str(target)], check=False, capture_output=True)
    if done.returncode:
        raise NotMeasured(f"cp failed: {done.stderr.decode()[-200:]}")


def _timed(act: Callable[[], object], left: Path | None) -> float:
    """Seconds; what other rounds left unwritten is written first, and what this one leaves is removed."""
    os.sync()
    started = time.perf_counter()
    act()
    took = time.perf_counter() - started
    if left is not None:
        shutil.rmtree(left)
    return took
