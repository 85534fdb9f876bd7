"""The limits on the marketplace surface, for clients that want to stay within them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from ...context import settings
from ...services import configuration
from ..core.state import api_state
from ..core.surface import Answer
from ..system.limit_table import table
from . import market
from .schemas import system as schemas

# They change only when an administrator changes them: a minute late is soon enough.
KEPT: Final = {"Cache-Control": "public, max-age=60"}


@market.operation("GET", "/limits", answer=schemas.Limits)
def limits() -> Answer:
    """All limits in force: for whom, how much, in which time, and the status that a request over it gets."""
    shown = [asdict(limit) for limit in table(settings(), configuration.current())]
    return Answer({"rates_enabled": api_state().limits.enabled, "limits": shown}, KEPT)
