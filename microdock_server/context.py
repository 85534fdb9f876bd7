"""The composition root: what requests, jobs and commands share, created once per application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from flask import Flask, current_app
from sqlalchemy import Engine

from .addresses.bucket import Credentials, parse_address
from .cluster.postgresql import PostgresWakeUps
from .cluster.redis import Redis
from .cluster.wakeup import NoWakeUps, RedisWakeUps, WakeUps
from .config import Settings
from .database.session import db
from .database.unit_of_work import autocommit_engine
from .services.files.disk_space import DiskGuard
from .services.releases.actives import Actives
from .services.releases.index import ReleaseIndex
from .storage import LocalStorage, MeasuredStorage, Storages


@dataclass(slots=True)
class Context:
    """Shared services below the API. They know nothing of HTTP."""

    settings: Settings
    storage: Storages
    disk: DiskGuard
    autocommit: Engine
    releases: ReleaseIndex
    # None if it is not configured.
    redis: Redis | None
    wakeups: WakeUps
    # Hosts that asked for updates, as counted by this process.
    actives: Actives

    @classmethod
    def of(cls, app: Flask, settings: Settings) -> Self:
        """The context of an application whose database is bound already."""
        with app.app_context():
            autocommit = autocommit_engine(db.engine, app.config["SQLALCHEMY_ENGINE_OPTIONS"])
        redis = Redis(settings.redis_url) if settings.redis_url else None
        places = {"data": settings.data_dir, "temp": settings.temp_dir}
        if not settings.storage_url:
            places |= _areas(settings)
        return cls(
            settings=settings,
            storage=_storages(settings),
            disk=DiskGuard(places, settings.disk_reserve, settings.disk_warning),
            autocommit=autocommit,
            releases=ReleaseIndex(autocommit),
            redis=redis,
            wakeups=_wakeups(redis, autocommit),
            actives=Actives(autocommit),
        )


def context() -> Context:
    """The current application's context."""
    found = current_app.extensions["microdock"]
    assert isinstance(found, Context)
    return found


def settings() -> Settings:
    """The current application's settings."""
    return context().settings


def _wakeups(redis: Redis | None, engine: Engine) -> WakeUps:
    if redis is not None:
        return RedisWakeUps(redis)
    return PostgresWakeUps(engine) if engine.dialect.name == "postgresql" else NoWakeUps()


def _storages(settings: Settings) -> Storages:
    """New files go to the bucket if there is one; files on the local disk stay readable."""
    local = MeasuredStorage(LocalStorage(_areas(settings), accel_prefix=settings.x_accel_prefix))
    if not settings.storage_url:
        return Storages(local)
    from .storage.objects import ObjectStorage  # noqa: PLC0415  (its library is an extra)

    bucket = ObjectStorage(
        parse_address(settings.storage_url),
        Credentials(settings.aws_access_key_id, settings.aws_secret_access_key, settings.aws_session_token),
        redirects=settings.storage_downloads == "redirect",
        lifetime=timedelta(seconds=settings.storage_link_seconds),
    )
    return Storages(MeasuredStorage(bucket), local)


def _areas(settings: Settings) -> dict[str, Path]:
    return {"uploads": settings.upload_dir, "backups": settings.backup_dir}
