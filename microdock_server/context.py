"""What a request can reach: the settings and the services that were set up with the application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, request
from sqlalchemy import Engine

from .cluster.redis import Redis
from .cluster.wakeup import Bell
from .config import Settings
from .messages import Language, language_of
from .services.diskspace import DiskGuard
from .storage import Storages

if TYPE_CHECKING:
    from .api.core.auth import DecodedTokens, RefusedTokens
    from .api.core.inspections import Inspections
    from .api.core.origins import Origins
    from .api.core.rate_limits import RateLimits
    from .api.host.list_cache import CatalogCache

REQUEST_ID = "microdock.request_id"


@dataclass(slots=True)
class Context:
    """Made once an application."""

    settings: Settings
    storage: Storages
    disk: DiskGuard
    counting: Engine
    origins: Origins
    limits: RateLimits
    inspections: Inspections
    catalog: CatalogCache
    decoded: DecodedTokens
    refused: RefusedTokens
    # None where there is none by the settings.
    redis: Redis | None
    bell: Bell
    # The OpenAPI document as JSON, made when it is first asked for.
    document: Callable[[], bytes]


def context() -> Context:
    """The running application's context."""
    found = current_app.extensions["microdock"]
    assert isinstance(found, Context)
    return found


def settings() -> Settings:
    """The running application's settings."""
    return context().settings


def request_id() -> str:
    """The id of this request, as it is answered and logged."""
    return str(request.environ.get(REQUEST_ID, "-"))


def language() -> Language:
    """The language this request wants to be answered in."""
    return language_of(request.headers.get("Accept-Language", ""))
