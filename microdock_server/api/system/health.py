"""Endpoints about the server as a whole: name, health, metrics, documentation."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from marshmallow import fields as plain
from sqlalchemy.exc import SQLAlchemyError

from ... import errors
from ...caching import SingleFlight
from ...context import context, settings
from ...database import engines
from ...database.schema_state import schema_state
from ...database.session import db
from ...errors import StorageFailure
from ...observability import metrics
from ...schemas.base import Schema
from ..core.envelopes import HOST
from ..core.state import api_state
from ..core.surface import Answer, Surface
from . import admin_page
from .metrics import state

_checking: Final[SingleFlight[int, dict[str, str]]] = SingleFlight()
_scraping: Final[SingleFlight[int, tuple[bytes, str]]] = SingleFlight()

system = Surface("system", __name__, HOST)


class Root(Schema):
    message = plain.String(required=True)
    name = plain.String(required=True)
    version = plain.String(required=True)
    docs = plain.String(required=True)
    health = plain.String(required=True)


class Health(Schema):
    status = plain.String(required=True)
    name = plain.String(required=True)
    version = plain.String(required=True)
    database = plain.String(required=True)


class Live(Schema):
    status = plain.String(required=True)


class Readiness(Schema):
    database = plain.String(required=True)
    migrations = plain.String(required=True)
    storage = plain.String(required=True)
    # Present only with REDIS_URL. "lost" does not make the server unready: it answers without Redis.
    redis = plain.String()


@system.operation("GET", "/", answer=Root, message="system.root", limited=False, transaction="own")
def root() -> Any:
    """What this server is, with links to read on. A browser is redirected to the admin page."""
    if admin_page.is_wanted():
        return api_state().home()
    base = settings().public_url or ""
    data = {
        "message": "MicroDock PluginServer API",
        "name": settings().app_name,
        "version": settings().app_version,
        "docs": f"{base}/docs",
        "health": f"{base}/api/health",
    }
    return Answer(data, headers={"Vary": "Accept"})


@system.operation(
    "GET",
    "/api/health",
    answer=Health,
    message="system.healthy",
    limited=False,
    transaction="own",
    errors=(503,),
)
def health() -> Any:
    """Does the server run, and can it reach its database?"""
    alive = engines.answers(db.engine)
    data = {
        "status": "healthy" if alive else "unhealthy",
        "name": settings().app_name,
        "version": settings().app_version,
        "database": "connected" if alive else "disconnected",
    }
    return data if alive else Answer(data, status=503, message="system.unhealthy")


@system.operation("GET", "/healthz", answer=Live, message="system.healthy", limited=False, transaction="own")
def healthz() -> dict[str, str]:
    """Is the process alive? Depends on nothing else."""
    return {"status": "ok"}


@system.operation(
    "GET",
    "/readyz",
    answer=Readiness,
    message="system.ready",
    limited=False,
    transaction="own",
    errors=(503,),
)
def readyz() -> Any:
    """Can requests be sent here: database reachable and migrated (by this version or a later one), storage writable?"""
    checks = readiness()
    if any(state != "ok" for state in checks.values()):
        return Answer({**checks, **_redis_state()}, status=503, message="system.not_ready")
    states = _redis_state()
    return Answer({**checks, **states}, message="system.degraded" if "lost" in states.values() else "system.ready")


def readiness() -> dict[str, str]:
    """The state of each dependency by name: `ok`, or what is wrong with it. Concurrent requests share one check."""
    return _checking.run(id(context()), _checked)


def _checked() -> dict[str, str]:
    return {
        "database": "ok" if engines.answers(db.engine) else "unreachable",
        "migrations": "ok" if _is_migrated() else "pending",
        "storage": "ok" if _storage_is_writable() else "not writable",
    }


@system.operation(
    "GET", "/metrics", file_type="text/plain", limited=False, transaction="own", errors=(errors.NotFound,)
)
def prometheus() -> Response:
    """Metrics in Prometheus format: of all processes of this machine, and of the whole installation."""
    body, media_type = _scraping.run(id(context()), _scraped)
    return Response(body, content_type=media_type)


def _scraped() -> tuple[bytes, str]:
    return metrics.exposition(state({**readiness(), **_redis_state()}))


@system.operation("GET", "/openapi.json", file_type="application/json", limited=False, transaction="own")
def openapi() -> Response:
    """This document."""
    return Response(api_state().document(), mimetype="application/json", headers={"Cache-Control": "no-cache"})


def _is_migrated() -> bool:
    try:
        return schema_state().is_usable
    except SQLAlchemyError:
        return False


def _redis_state() -> dict[str, str]:
    redis = context().redis
    if redis is None:
        return {}
    return {"redis": "ok" if redis.answers() else "lost"}


def _storage_is_writable() -> bool:
    try:
        context().storage.main.ensure_writable()
    except StorageFailure:
        return False
    return True
