"""Background jobs on the marketplace surface: administrators see what was given up, and have it tried again."""

from __future__ import annotations

from typing import Any, Final

from ... import errors
from ...models import Job
from ...services import jobs, plugins
from ...services.accounts.tokens import Actor
from . import market
from .schemas import jobs as schemas
from .schemas.base import pagination

JOB: Final = {"job_id": {"type": "string", "maxLength": 36}}


@market.operation(
    "GET", "/admin/system/jobs", access="system.resources", query=schemas.JobQuery, answer=schemas.JobPage
)
def listed(query: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Background jobs with their last errors, newest first. What was done is forgotten after some days."""
    total, rows = jobs.page(query["state"], query["page"], query["limit"])
    return {"jobs": _rows(rows), "pagination": pagination(query, total)}


@market.operation(
    "POST",
    "/admin/system/jobs/<job_id>/retry",
    access="system.maintenance",
    path=JOB,
    answer=schemas.Job,
    message="market.job_queued",
    transaction="write",
    errors=(errors.JobNotFound, errors.JobNotFailed),
)
def retry(job_id: str, actor: Actor) -> dict[str, Any]:
    """Queue a job that was given up once more, with all its attempts."""
    return _rows([jobs.retry(job_id, actor)])[0]


def _rows(rows: Any) -> list[dict[str, Any]]:
    subjects = jobs.subjects(rows)
    titles = plugins.display_names(plugin for plugin, _ in subjects.values())
    return [_row(row, titles, *subjects.get(row.id, (None, None))) for row in rows]


def _row(job: Job, titles: dict[str, str], plugin: str | None, version: str | None) -> dict[str, Any]:
    named = ("id", "kind", "state", "attempts", "error", "created_at", "finished_at")
    return {
        **{name: getattr(job, name) for name in named},
        "plugin_name": plugin,
        "plugin_display_name": titles.get(plugin or ""),
        "version": version,
    }
