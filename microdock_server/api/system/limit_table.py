"""Every limit that a client can meet, for `GET /api/v1/limits` and the table in the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ...config import Settings
from ...services import configuration
from ...services.accounts import hashing
from ...services.accounts.tokens import GRACE, LONGEST_LOGIN
from ...services.configuration import Config
from ...services.plugins import images
from ..core import forms, inspections, login_throttle, middleware, parsing
from ..core.rate_limits import FAILURES, PAGE, RATES
from ..websocket import hub

Per = Literal["address", "user", "address or user", "request", "user_key", "account", "login", "server"]

# Whom a group's windows are kept for; limits on single actions count in addition to the caller's group,
# but for those that count alone.
_PER: dict[str, Per] = {"public": "address", PAGE: "address", "authenticated": "user", "admin": "user"}


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: `amount` of `unit`, per `seconds` where it is a rate. An amount of 0 means no limit."""

    name: str
    per: Per
    amount: int
    unit: str
    seconds: int | None
    status: int | None


def table(settings: Settings, current: Config) -> Iterator[Limit]:
    """All limits in force. Where a setting and the configuration limit the same thing, the lower one counts."""
    yield from _rates()
    yield from _guesses_and_turns(settings)
    yield from _sizes(settings, configuration.effective_upload_limit(current, settings.max_upload_size))
    yield from _kept(settings)
    yield Limit("open_reviews", "user", current.review_settings.max_open_reviews, "reviews", None, 409)
    yield from _connections(settings)
    yield Limit("refresh_reuse", "user", int(GRACE.total_seconds()), "seconds", None, 401)
    yield Limit("login_chain", "user", LONGEST_LOGIN.days, "days", None, 401)


def _guesses_and_turns(settings: Settings) -> Iterator[Limit]:
    yield Limit("login_delay", "login", round(login_throttle.LONGEST_DELAY * 1000), "milliseconds", None, 401)
    yield Limit("login_delay_waiting", "server", login_throttle.MAX_WAITING, "answers", None, 429)
    yield Limit(
        "unknown_user_keys", "address", login_throttle.FREE_UNKNOWN, "user keys", login_throttle.MEMORY_SECONDS, None
    )
    yield Limit("passwords_waiting", "server", hashing.MAX_WAITING, "checks", None, 503)
    yield Limit("passwords_waiting", "address", hashing.MAX_WAITING_EACH, "checks", None, 503)
    yield Limit("inspections", "address", 1, "at once", int(inspections.WAIT_SECONDS), 503)
    yield Limit("uploads", "server", middleware.uploads_at_once(settings), "at once", None, 503)


def _sizes(settings: Settings, upload_limit: int) -> Iterator[Limit]:
    yield Limit("package_size", "request", upload_limit, "bytes", None, 413)
    yield Limit("json_size", "request", parsing.MAX_JSON, "bytes", None, 413)
    yield Limit("form_field", "request", forms.MAX_FIELD_BYTES, "bytes", None, 413)
    yield Limit("form_parts", "request", forms.MAX_FIELDS, "parts", None, 400)
    yield Limit("picture_size", "request", images.MAX_BYTES, "bytes", None, 413)
    yield Limit("screenshots", "request", images.MAX_SCREENSHOTS, "pictures", None, 422)
    yield Limit("package_entries", "request", settings.package_max_entries, "entries", None, 400)
    yield Limit("package_unpacked", "request", settings.package_max_unpacked, "bytes", None, 400)


def _kept(settings: Settings) -> Iterator[Limit]:
    yield Limit("backup_count", "user_key", settings.backup_max_count, "backups", None, 409)
    yield Limit("backup_bytes", "user_key", settings.backup_max_bytes, "bytes", None, 409)
    yield Limit("account_bytes", "account", settings.account_max_bytes, "bytes", None, 409)
    yield Limit("address_bytes", "address", settings.address_max_bytes, "bytes", None, 409)
    yield Limit("storage_bytes", "server", settings.storage_max_bytes, "bytes", None, 507)
    yield Limit("disk_reserve", "server", settings.disk_reserve, "bytes", None, 507)


def _connections(settings: Settings) -> Iterator[Limit]:
    yield Limit("slow_head", "request", settings.client_grace_seconds, "seconds", None, 408)
    yield Limit("slow_body", "request", settings.client_min_rate, "bytes per second", None, 408)
    if settings.ws_max_connections:
        yield Limit("sockets", "server", settings.ws_max_connections, "connections", None, 503)
        yield Limit("sockets_per_user", "user", settings.ws_max_per_user, "connections", None, None)
        yield Limit("sockets_before_login", "address", hub.MAX_STRANGERS, "connections", None, 429)


def _rates() -> Iterator[Limit]:
    for group, items in RATES.items():
        unit = "failures" if group in FAILURES else "requests"
        for item in items:
            yield Limit(group, _PER.get(group, "address or user"), item.amount, unit, item.get_expiry(), 429)
