"""What the surfaces share, made once an application: what is remembered between requests, and the rules for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from ...context import Context
from ...database.session import db
from .inspections import Inspections
from .list_cache import CatalogCache
from .origins import Origins
from .rate_limits import RateLimits, SharedWindows, SQLiteWindows
from .token_caches import DecodedTokens, RefusedTokens


@dataclass(slots=True)
class ApiState:
    """The context's counterpart on this side of HTTP."""

    origins: Origins
    limits: RateLimits
    inspections: Inspections
    decoded: DecodedTokens
    refused: RefusedTokens
    # The host's plugin list.
    catalog: CatalogCache
    # The OpenAPI document as JSON, made when it is first asked for.
    document: Callable[[], bytes]


def api_state() -> ApiState:
    """The running application's."""
    return state_of(current_app)


def state_of(app: Flask) -> ApiState:
    """An application's."""
    found = app.extensions["microdock_api"]
    assert isinstance(found, ApiState)
    return found


def limits_of(context: Context) -> RateLimits:
    """The rate limits of these settings: counted in Redis where there is one, and in a file of this machine."""
    settings = context.settings
    store = SQLiteWindows(settings.data_dir / "ratelimits.db")
    windows = SharedWindows(context.redis, store) if context.redis else store
    return RateLimits(windows, enabled=settings.ratelimit_enabled)


def close_databases(app: Flask) -> None:
    """Close the connections that nobody uses; other threads may still use theirs."""
    context: Context = app.extensions["microdock"]
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    context.autocommit.dispose()
    state_of(app).limits.close()
