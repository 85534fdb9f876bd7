"""What happens once before a server starts to answer: the administrator is created, and unsafe settings are refused."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import sys
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from . import file_modes
from .cli.commands import is_missing
from .cli.errors import in_one_line, wrong_settings
from .config import DEFAULT_PASSWORD, ConfigurationError, Settings, is_loopback
from .context import Context
from .database.schema_state import SchemaState, schema_state, state_at_start
from .database.session import db
from .database.unit_of_work import unit_of_work
from .errors import Conflict, Invalid
from .models import Setting
from .services import accounts, statistics
from .services.accounts import passwords
from .services.catalog import categories, search
from .services.releases import feeds
from .vocabulary import Role

log = logging.getLogger(__name__)

FINGERPRINT = "administrator.fingerprint"


def prepare(app: Flask) -> None:
    """Create the administrator on first start, check what is stored, and update derived data.

    Does nothing on a database without tables (unless the settings ask to migrate it), for `flask db …`, and for a
    command without a database. On a database that a later version has migrated, only data that this program needs is
    updated; nothing is migrated or derived anew.

    Raises ConfigurationError where there is no database, and where serving would be unsafe. Leaves no connection open,
    so that a server may fork.
    """
    context: Context = app.extensions["microdock"]
    with wrong_settings(), app.app_context():
        if _is_command() and is_missing(db.engine.url):
            # Connecting would create the SQLite file; the command itself reports a missing database.
            return
        file_modes.tighten(_layout(context.settings))
        _ensure_reachable()
        if _is_about_schema():
            return
        if state_at_start() is SchemaState.BEHIND and context.settings.auto_migrate:
            from flask_migrate import upgrade  # noqa: PLC0415  (loads Alembic: see database/migration_files.py)

            upgrade()
        try:
            fingerprint = _known_fingerprint()
        except SQLAlchemyError:
            log.warning("the database has no tables yet: run `flask db upgrade`")
            return
        try:
            ensure_administrator(context.settings, fingerprint)
            ensure_no_default_password(context.settings)
            # On a database ahead of us, derived data is in the later version's form: not ours to update.
            if schema_state() is SchemaState.CURRENT:
                with unit_of_work():
                    accounts.complete()
                    categories.complete()
                    feeds.ensure_installation_id()
                # Before the server forks, so that its workers do not compete for it.
                search.ensure_built()
                statistics.roll()
        finally:
            db.session.remove()
            db.engine.dispose()


def _layout(settings: Settings) -> file_modes.Layout:
    """The directories that belong to the server alone, or to its group."""
    logs = settings.log_dir.glob(f"{settings.log_file.stem}.*")
    database = [Path(f"{db.engine.url.database}{suffix}") for suffix in ("", "-wal", "-shm")]
    return file_modes.Layout(
        data_dir=settings.data_dir,
        areas=(settings.upload_dir, settings.backup_dir),
        others=(settings.log_dir, settings.temp_dir, settings.data_dir / "metrics"),
        files=[*logs, *settings.log_dir.glob("error.log*"), *(database if db.engine.dialect.name == "sqlite" else ())],
        is_shared=settings.x_accel_prefix is not None,
    )


def _is_about_schema() -> bool:
    """Was this loaded by `flask db …`, which handles the database's state itself?"""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true" and "db" in words[:2]


def _is_command() -> bool:
    """Was this loaded by a command that does not serve?"""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true" and "run" not in words


def _known_fingerprint() -> str | None:
    with unit_of_work(writing=False):
        known = db.session.get(Setting, FINGERPRINT)
        return known.value if known else None


def _ensure_reachable() -> None:
    try:
        db.engine.connect().close()
    except DatabaseError as reason:
        raise ConfigurationError(f"DATABASE_URL: the database cannot be opened: {in_one_line(reason)}") from None


def ensure_administrator(settings: Settings, known: str | None) -> None:
    """Create the administrator once; if the variable is changed later, nothing is overwritten and a warning is
    logged.
    """
    fingerprint = _fingerprint(settings)
    if known is None:
        _create(settings)
    elif hmac.compare_digest(known, fingerprint):
        return
    elif not _still_true(settings):
        log.warning(
            "ADMIN_USERNAME or ADMIN_PASSWORD changed since the first start; the stored account is kept as it is "
            "(use `flask users set-password`)"
        )
        return
    with unit_of_work():
        db.session.merge(Setting(key=FINGERPRINT, value=fingerprint))


def ensure_no_default_password(settings: Settings) -> None:
    """Refuse to start where others than this machine could log in with the documented default password."""
    with unit_of_work(writing=False):
        names = accounts.names_with_default_password()
    if not names:
        return
    if settings.debug and is_loopback(settings.host):
        _remind(names[0])
    else:
        raise ConfigurationError(
            f"the stored password of {names[0]!r} is the documented default: run `flask users set-password "
            f"{names[0]}`, or set DEBUG=true and HOST=127.0.0.1"
        )


def _remind(name: str) -> None:
    """At a server's start, log a warning while the documented password is in use."""
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
        log.warning(
            "the account %r still has the documented password: it works on this machine alone and through no proxy; "
            "change it with `flask users set-password %s`",
            name,
            name,
        )


def _create(settings: Settings) -> None:
    try:
        accounts.create(
            settings.admin_username,
            settings.admin_password,
            email=settings.admin_email,
            role=Role.ADMIN,
            is_bootstrap=True,
            has_default_password=settings.admin_password == DEFAULT_PASSWORD,
        )
    except Conflict:
        log.info("an account named as ADMIN_USERNAME exists already and is kept")
    except Invalid as wrong:
        reasons = (f"ADMIN_{str(d.field).upper()}: {d.message.render('en')}" for d in wrong.details)
        raise ConfigurationError("; ".join(reasons)) from wrong
    else:
        log.info("administrator %r created", settings.admin_username)


def _still_true(settings: Settings) -> bool:
    """Has only the key of the fingerprint changed, and not the password it was made from?"""
    with unit_of_work(writing=False):
        user = accounts.find(settings.admin_username)
        stored = user.password_hash if user else None
    return stored is not None and passwords.matches(stored, settings.admin_password)


def _fingerprint(settings: Settings) -> str:
    # Keyed, so that the database alone does not help to guess the password; a fast hash, because every start computes
    # it.
    text = f"{settings.admin_username}\0{settings.admin_password}".encode()
    return hmac.new(settings.jwt_secret_key.encode(), text, hashlib.sha256).hexdigest()
