"""The machine's resources: CPU, memory, disk, and queued jobs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from ..caching import SingleFlight
from ..database.session import db
from ..database.unit_of_work import unit_of_work
from ..models import Backup, PluginImage, PluginVersion
from ..vocabulary import NOT_MEASURED
from . import jobs, maintenance
from .files import rehash
from .files.disk_space import DiskGuard

# How many damaged files are listed; all are counted.
SHOWN: Final = 100
# Sums over everything stored: concurrent requests share them.
_flights: Final[SingleFlight[str, dict[str, Any]]] = SingleFlight()


def measure(data_dir: Path, guard: DiskGuard, schedule: Mapping[str, int]) -> dict[str, Any]:
    """Sizes in bytes, shares in percent. What this machine does not report is `not_measured`."""
    disk = shutil.disk_usage(data_dir)
    return {
        "cpu": {"count": os.cpu_count() or NOT_MEASURED, **_load()},
        "memory": _memory(),
        "disk": {
            "total": disk.total,
            "used": disk.used,
            "free": disk.free,
            "reserve": guard.reserve,
            "state": guard.state(),
            "percent": round(disk.used * 100 / disk.total, 1) if disk.total else NOT_MEASURED,
        },
        **_flights.run(str(db.engine.url), _stored),
        "maintenance": maintenance.overview(schedule),
    }


def _load() -> dict[str, Any]:
    # A percentage would need a second of sampling; the load does not.
    try:
        one, five, fifteen = os.getloadavg()
    except OSError:
        return dict.fromkeys(("load_1m", "load_5m", "load_15m"), NOT_MEASURED)
    return {"load_1m": round(one, 2), "load_5m": round(five, 2), "load_15m": round(fifteen, 2)}


def _memory() -> dict[str, Any]:
    """Of the machine, and of the worker that answers."""
    import psutil  # noqa: PLC0415  (only a page for administrators asks)

    memory = psutil.virtual_memory()
    return {
        "total": memory.total,
        "available": memory.available,
        "percent": memory.percent,
        "worker_rss": psutil.Process().memory_info().rss,
    }


def _stored() -> dict[str, Any]:
    with unit_of_work(writing=False):
        sizes = {
            name: int(db.session.execute(select(func.coalesce(func.sum(table.file_size), 0))).scalar_one())
            for name, table in (("packages", PluginVersion), ("images", PluginImage), ("backups", Backup))
        }
        found = rehash.damaged()
        damage = {"count": len(found), "files": [asdict(one) for one in found[:SHOWN]]}
        return {"storage": sizes, "jobs": jobs.counts(), "damage": damage}
