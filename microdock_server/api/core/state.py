"""State of the API, one per application: caches between requests, and the rules that all surfaces share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, current_app

from ...context import Context
from ...database.session import db
from .documents import Documents
from .envelopes import Refusal
from .inspections import Inspections
from .list_cache import CatalogCache
from .origins import Origins
from .page_cache import PageCache
from .rate_limits import RateLimits, SharedWindows, SQLiteWindows
from .token_caches import DecodedTokens, RefusedTokens
from .update_answers import UpdateAnswers


@dataclass(slots=True)
class ApiState:
    """The HTTP layer's counterpart of the context."""

    origins: Origins
    limits: RateLimits
    inspections: Inspections
    decoded: DecodedTokens
    refused: RefusedTokens
    # The host's plugin list.
    catalog: CatalogCache
    # Pages of the marketplace's list.
    pages: PageCache
    # What hosts should do with their plugins.
    updates: UpdateAnswers
    # Pages for browsers.
    documents: Documents
    # The start page for browsers.
    home: Callable[[], Response]
    # A refusal as a page, where a page was asked for.
    problem: Callable[[Refusal], Response | None]
    # Returns the OpenAPI document as JSON; made on the first call.
    document: Callable[[], bytes]


def api_state() -> ApiState:
    """That of the current application."""
    return state_of(current_app)


def state_of(app: Flask) -> ApiState:
    """That of the given application."""
    found = app.extensions["microdock_api"]
    assert isinstance(found, ApiState)
    return found


def limits_of(context: Context) -> RateLimits:
    """The rate limits of these settings: counted in Redis where there is one, else in a file on this machine."""
    settings = context.settings
    store = SQLiteWindows(settings.data_dir / "ratelimits.db")
    windows = SharedWindows(context.redis, store) if context.redis else store
    return RateLimits(windows, enabled=settings.ratelimit_enabled)


def close_databases(app: Flask) -> None:
    """Close idle database connections; other threads keep theirs."""
    context: Context = app.extensions["microdock"]
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    context.autocommit.dispose()
    state_of(app).limits.close()
