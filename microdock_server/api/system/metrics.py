"""Metrics that are computed per scrape: the state of the whole installation, whichever node answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy.exc import SQLAlchemyError

from ...clock import utcnow
from ...context import context
from ...database.unit_of_work import unit_of_work
from ...errors import DomainError
from ...services import jobs, maintenance
from ...services.files import rehash
from ...vocabulary import LAST_BACKUP

log = logging.getLogger(__name__)


def state(ready: dict[str, str]) -> list[Metric]:
    """The gauges, including the results of /readyz. Without a database, its gauges are left out."""
    found = [_ready(ready), *_disks(), *_backup(context().settings.data_dir / LAST_BACKUP)]
    try:
        with unit_of_work(writing=False):
            found += [*_jobs(), *_maintenance(), *_stored()]
    except (SQLAlchemyError, DomainError):
        log.warning("the database does not answer: its gauges are missing from the metrics")
    return found


def _ready(checks: dict[str, str]) -> Metric:
    gauge = GaugeMetricFamily("microdock_ready", "What /readyz says of each check: 1 is ok.", labels=["check"])
    for name, answer in checks.items():
        gauge.add_metric([name], float(answer == "ok"))
    return gauge


def _disks() -> Iterator[Metric]:
    free = GaugeMetricFamily("microdock_disk_free_bytes", "Bytes left for us, by directory.", labels=["directory"])
    size = GaugeMetricFamily("microdock_disk_size_bytes", "Size of the filesystem, by directory.", labels=["directory"])
    guard = context().disk
    for name, space in guard.spaces().items():
        free.add_metric([name], space.free)
        size.add_metric([name], space.size)
    yield free
    yield size
    yield GaugeMetricFamily("microdock_disk_reserve_bytes", "Below this, uploads are refused.", guard.reserve)
    yield GaugeMetricFamily("microdock_disk_warning_bytes", "Below this, the log warns.", guard.warning)


def _backup(note: Path) -> Iterator[Metric]:
    finished = None
    try:
        told = json.loads(note.read_bytes())
        finished, size = datetime.fromisoformat(told["finished_at"]), float(told["size"])
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, KeyError):
        log.warning("%s cannot be read: the metrics say that no backup is known", LAST_BACKUP)
    yield GaugeMetricFamily(
        "microdock_backup_known", "Is there a snapshot that we know of?", float(finished is not None)
    )
    if finished is None:
        return
    moment = finished if finished.tzinfo else finished.replace(tzinfo=UTC)
    age = max(0.0, (utcnow() - moment).total_seconds())
    yield GaugeMetricFamily("microdock_backup_age_seconds", "Time since the last snapshot was complete.", age)
    yield GaugeMetricFamily("microdock_backup_size_bytes", "Size of the last snapshot.", size)


def _jobs() -> Iterator[Metric]:
    labels = ["kind", "state"]
    count = GaugeMetricFamily("microdock_jobs", "Background jobs that are not done, by kind and state.", labels=labels)
    for (kind, job_state), number in jobs.unfinished().items():
        count.add_metric([kind, job_state], number)
    oldest = jobs.oldest_due()
    age = 0.0 if oldest is None else max(0.0, (utcnow() - oldest).total_seconds())
    yield count
    yield GaugeMetricFamily("microdock_job_oldest_waiting_seconds", "How long the oldest due job has waited.", age)


def _maintenance() -> Iterator[Metric]:
    schedule = context().settings.maintenance
    families = {
        name: GaugeMetricFamily(f"microdock_maintenance_{name}", text, labels=["task"])
        for name, text in (
            ("interval_seconds", "Time between two runs of a maintenance task; 0: it is turned off."),
            ("last_run_timestamp_seconds", "When the last complete run began."),
            ("last_success_timestamp_seconds", "When the last run that went well was over."),
            ("last_duration_seconds", "How long the last complete run took."),
            ("last_handled", "How many rows, files or days the last complete run handled."),
            ("last_failed", "Did the last complete run fail?"),
        )
    }
    for task, record in maintenance.records().items():
        families["interval_seconds"].add_metric([task], schedule[task])
        if record.started is None:
            continue
        families["last_run_timestamp_seconds"].add_metric([task], record.started.timestamp())
        families["last_duration_seconds"].add_metric([task], record.seconds)
        families["last_handled"].add_metric([task], record.handled)
        families["last_failed"].add_metric([task], float(record.outcome == "failed"))
        if record.succeeded is not None:
            families["last_success_timestamp_seconds"].add_metric([task], record.succeeded.timestamp())
    yield from families.values()


def _stored() -> Iterator[Metric]:
    text = "Stored files that are not what they were, by what is wrong with them."
    corrupt = GaugeMetricFamily("microdock_corrupt_blobs", text, labels=["problem"])
    problems = [one.problem for one in rehash.damaged()]
    for problem in ("changed", "missing", "unreadable"):
        corrupt.add_metric([problem], problems.count(problem))
    yield corrupt
    position = rehash.position()
    yield GaugeMetricFamily("microdock_rehash_checked_blobs", "Files read in this cycle.", position.checked)
    if position.cycle_finished:
        moment = datetime.fromisoformat(position.cycle_finished).timestamp()
        text = "When all stored files had been read again."
        yield GaugeMetricFamily("microdock_rehash_cycle_finished_timestamp_seconds", text, moment)
