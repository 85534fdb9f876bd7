"""What a request can reach: the settings and the services that were set up with the application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, request
from sqlalchemy import Engine

from ..config import Settings
from ..messages import Language, language_of
from ..nodes.bell import Bell
from ..nodes.redis import Redis
from ..services.diskspace import DiskGuard
from ..storage import Storages

if TYPE_CHECKING:
    from .auth import DecodedTokens, RefusedTokens
    from .catalog_cache import CatalogCache
    from .inspections import Inspections
    from .limits import RateLimits
    from .origins import Origins

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
