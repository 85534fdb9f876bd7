"""The envelopes: how each surface wraps answers and refusals, and the status it gives each kind of error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ... import errors
from ...clock import iso, utcnow
from ...errors import Detail, DomainError
from ...messages import Language, Message
from ...vocabulary import PACKAGE_FIELD
from .links import help_url

# The first match counts: child classes stand before their parents.
STATUS: Final[Sequence[tuple[type[DomainError], int]]] = (
    (errors.Malformed, 400),
    (errors.RangeNotSatisfiable, 416),
    (errors.PreconditionFailed, 412),
    (errors.BadPackage, 400),
    (errors.Invalid, 422),
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.ClientTooSlow, 408),
    (errors.TooLarge, 413),
    (errors.TooMany, 429),
    (errors.DatabaseBusy, 503),
    (errors.ServerBusy, 503),
    (errors.StorageFull, 507),
    (errors.StorageBytesExceeded, 507),
    (errors.StorageUnavailable, 503),
    (errors.StorageFailure, 500),
)

TYPES: Final[dict[int, str]] = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionError",
    404: "NotFoundError",
    405: "MethodNotAllowedError",
    408: "RequestTimeoutError",
    409: "ConflictError",
    412: "PreconditionFailedError",
    413: "PayloadTooLargeError",
    416: "RangeNotSatisfiableError",
    422: "ValidationError",
    429: "RateLimitError",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that is about to be rendered."""

    status: int
    slug: str
    message: Message
    details: Sequence[Detail] = ()


class HostEnvelope:
    """`{success, message, data}`; refusals add `status`, `error` and `details`."""

    def status_of(self, error: DomainError) -> int:
        """The status that a refusal becomes on this surface."""
        return self.status_of_kind(type(error))

    def status_of_kind(self, kind: type[DomainError]) -> int:
        """The status that refusals of this kind become on this surface."""
        return next((status for known, status in STATUS if issubclass(kind, known)), 500)

    def success(self, status: int, message: str, data: Any, request_id: str) -> dict[str, Any]:
        """An answer's body."""
        return {"success": True, "message": message, "data": data}

    def failure(self, refusal: Refusal, language: Language, request_id: str) -> dict[str, Any]:
        """A refusal's body."""
        return {
            "success": False,
            "message": refusal.message.render(language),
            "data": None,
            "status": refusal.status,
            "error": refusal.slug,
            "details": [
                {
                    "field": d.field,
                    "entry": d.entry,
                    "rule": d.rule,
                    "message": d.message.render(language),
                    "help_url": help_url(d.rule),
                }
                | dict(d.facts or {})
                for d in refusal.details
            ],
        }


class MarketEnvelope(HostEnvelope):
    """`{success, code, message, data, timestamp, request_id}`; refusals put `error: {type, details}` for `data`."""

    def success(self, status: int, message: str, data: Any, request_id: str) -> dict[str, Any]:
        return {"success": True, "code": status, "message": message, "data": data, **_stamp(request_id)}

    def failure(self, refusal: Refusal, language: Language, request_id: str) -> dict[str, Any]:
        details = []
        # A fault of the package that concerns none of its manifest's fields is reported under the form's file field.
        elsewhere = PACKAGE_FIELD if refusal.slug == errors.BadPackage.slug else None
        for detail in refusal.details:
            found = {"field": detail.field or elsewhere, "message": detail.message.render(language)}
            if detail.rule is not None:
                found |= {"rule": detail.rule, "entry": detail.entry, "help_url": help_url(detail.rule)}
            details.append(found)
        return {
            "success": False,
            "code": refusal.status,
            "message": refusal.message.render(language),
            "data": None,
            "error": {
                "type": TYPES.get(refusal.status, "ServerError"),
                "slug": refusal.slug,
                "details": details,
            },
            **_stamp(request_id),
        }


class InstallsEnvelope(MarketEnvelope):
    """The market's envelope; a wrong field is 400, as the installs document says."""

    def status_of_kind(self, kind: type[DomainError]) -> int:
        return 400 if issubclass(kind, errors.Invalid) else super().status_of_kind(kind)


HOST: Final = HostEnvelope()
MARKET: Final = MarketEnvelope()
INSTALLS: Final = InstallsEnvelope()


def _stamp(request_id: str) -> dict[str, str]:
    return {"timestamp": iso(utcnow()), "request_id": request_id}
