"""Administration on the marketplace surface: configuration, statistics, resources, maintenance, the audit log."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any, Final

from ...clock import iso
from ...context import context, settings
from ...errors import Invalid
from ...services import (
    audit,
    audit_acts,
    audit_targets,
    configuration,
    notifications,
    resources,
    statistics,
    waiting,
)
from ...services.accounts.tokens import Actor
from ...services.configuration import Config
from ...services.revisions import Expected
from ...vocabulary import Event, permits
from . import market
from .schemas import system as schemas
from .schemas.base import pagination

# Prefixes are nobody's on a new server.
_DEFAULTS: Final = {name: values for name, values in Config().as_json().items() if name != "reserved_prefixes"}


@market.operation("GET", "/admin/system/config", access="system.config", answer=schemas.Config, conditional=True)
def config(actor: Actor) -> dict[str, Any]:
    """The configuration in force, for every worker."""
    return _shown(configuration.current())


@market.operation(
    "PUT",
    "/admin/system/config",
    access="system.config",
    body=schemas.ConfigChange,
    answer=schemas.Config,
    message="market.config_updated",
    transaction="write",
    conditional=True,
)
def change_config(actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Change some values; the others stay. The audit log records who changed what."""
    return _shown(configuration.change(actor, body, expected))


@market.operation(
    "GET",
    "/admin/system/stats",
    access="system.stats",
    query=schemas.StatsQuery,
    answer=schemas.SystemStats,
    transaction="own",
)
def stats(query: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Statistics of the whole server."""
    return statistics.of_system(query["period"])


@market.operation(
    "GET", "/admin/system/resources", access="system.resources", answer=schemas.Resources, transaction="own"
)
def system_resources(actor: Actor) -> dict[str, Any]:
    """CPU, memory, disk, queued jobs, maintenance tasks, and damaged files."""
    return resources.measure(settings().data_dir, context().disk, settings().maintenance)


@market.operation(
    "POST",
    "/admin/system/maintenance",
    access="system.maintenance",
    body=schemas.Maintenance,
    answer=schemas.MaintenanceNotice,
    message="market.maintenance_announced",
    transaction="write",
)
def announce(actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Announce maintenance to everybody, live and in their notifications."""
    if body["ends_at"] <= body["starts_at"]:
        raise Invalid.field("ends_at", "field.moment_order")
    times = {"starts_at": iso(body["starts_at"]), "ends_at": iso(body["ends_at"])}
    notifications.notify(None, Event.MAINTENANCE, text=body["message"], link="/admin/", **times)
    audit.record(actor, "system.maintenance_announced", "system", "maintenance", text=body["message"], **times)
    return body


@market.operation("GET", "/admin/waiting", access="review.view", answer=schemas.Waiting)
def what_waits(actor: Actor) -> dict[str, Any]:
    """What waits for somebody, in numbers: only of what the caller may see the list of."""
    return waiting.counts(partial(permits, actor.role))


@market.operation("GET", "/admin/audit", access="system.audit", query=schemas.AuditQuery, answer=schemas.AuditPage)
def audit_log(query: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """What administrators and moderators did, newest first. An `action` that ends in `.` matches every action with
    that prefix. A search by name looks at the newest 100,000 entries up to `until`, and tells since when.
    """
    search = audit_targets.matching(query["search"], query["target"], query["since"], query["until"])
    total, rows = audit.page(
        actor_id=query["actor"],
        actor_name=query["actor_name"],
        action=query["action"],
        target_type=query["target_type"],
        target_id=query["target_id"],
        since=query["since"],
        until=query["until"],
        also=search.conditions,
        page_number=query["page"],
        limit=query["limit"],
    )
    entries = [
        {
            **{name: getattr(row, name) for name in ("id", "at", "action", "details", "previous_hash", "hash")},
            "actor": {"id": row.actor_id, "username": row.actor_name},
            **asdict(said),
        }
        for row, said in zip(rows, audit_targets.named(rows), strict=True)
    ]
    told = {"searched_since": search.since} if search.since else {}
    return {"entries": entries, "pagination": pagination(query, total), **told}


@market.operation("GET", "/admin/audit/acts", access="system.audit", answer=schemas.AuditActs)
def acts(actor: Actor) -> dict[str, Any]:
    """Every action that this server records, and every kind of target: what the log can be filtered by."""
    return {"actions": list(audit_acts.ACTS), "target_types": list(audit_acts.TARGETS)}


@market.operation(
    "GET",
    "/admin/audit/targets",
    access="system.audit",
    query=schemas.AuditTargetQuery,
    answer=schemas.AuditTarget,
    many=True,
)
def targets(query: dict[str, Any], actor: Actor) -> list[dict[str, Any]]:
    """What entries are about, found by name: those of the newest entries first. What is gone is found too."""
    found = audit_targets.find(query["target_type"], query["search"], query["limit"])
    return [asdict(target) for target in found]


def _shown(current: Config) -> dict[str, Any]:
    who, when = configuration.last_change() or (None, None)
    return {
        **current.as_json(),
        "effective_max_file_size": configuration.effective_upload_limit(current, settings().max_upload_size),
        "has_scanner": bool(settings().clamav_url),
        "defaults": _DEFAULTS,
        "revision": configuration.revision(current),
        "updated_at": when,
        "updated_by": who,
    }
