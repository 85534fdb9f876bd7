"""The kinds of domain errors, which surfaces map to statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..messages import Message, duration


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that is wrong, with its field, archive entry or rule; `facts` are what else a program can use, as JSON
    by name.
    """

    message: Message
    field: str | None = None
    entry: str | None = None
    rule: str | None = None
    facts: Mapping[str, object] | None = None


class DomainError(Exception):
    """Base of all domain errors. `params` fill the text; `details` list everything that is wrong."""

    slug: ClassVar[str] = "internal_error"
    # Whole seconds until a retry makes sense, if it does. The text shows it as `{wait}`.
    retry_after: int | None = None

    def __init__(self, *, details: Sequence[Detail] = (), **params: object) -> None:
        super().__init__(self.slug)
        self.details = tuple(details)
        self.params = params

    @property
    def message(self) -> Message:
        """The text for the user, not yet in any language."""
        waits = {} if self.retry_after is None else {"wait": duration(self.retry_after)}
        return Message(f"error.{self.slug}", {**self.params, **waits})


class Malformed(DomainError):
    slug = "malformed_request"


class RangeNotSatisfiable(DomainError):
    slug = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(size=size)
        self.size = size


class PreconditionFailed(DomainError):
    slug = "precondition_failed"

    def __init__(self, etag: str) -> None:
        super().__init__()
        self.etag = etag


class Invalid(DomainError):
    slug = "validation_error"

    @classmethod
    def field(cls, name: str, key: str, /, **params: object) -> Invalid:
        """An Invalid error for one field."""
        return cls(details=[Detail(Message(key, params), field=name)])


class BadPackage(DomainError):
    """`details` hold every problem of the package; the message shows the first."""

    slug = "bad_package"

    def __init__(self, details: Sequence[Detail]) -> None:
        super().__init__(details=details)

    @property
    def message(self) -> Message:
        first = self.details[0]
        if first.field is not None or first.entry == "plugin.json":
            return Message("error.bad_manifest", {"problem": first.message})
        key = "error.bad_package" if len(self.details) == 1 else "error.bad_package_many"
        return Message(key, {"problem": first.message, "count": len(self.details)})


class Unauthenticated(DomainError):
    slug = "unauthenticated"


class Forbidden(DomainError):
    slug = "forbidden"


class NotFound(DomainError):
    slug = "not_found"


class Conflict(DomainError):
    slug = "conflict"


class TooLarge(DomainError):
    slug = "too_large"


class TooMany(DomainError):
    """`retry_after`: whole seconds until a retry makes sense."""

    slug = "too_many_requests"

    def __init__(self, retry_after: int, headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self.retry_after = retry_after
        self.headers = headers or {}


class ClientTooSlow(DomainError):
    slug = "request_timeout"


class ServerBusy(DomainError):
    """`retry_after`: whole seconds until a retry makes sense."""

    slug = "busy"
    retry_after: int = 5

    def __init__(self, retry_after: int | None = None) -> None:
        super().__init__()
        self.retry_after = retry_after or self.retry_after


class DatabaseBusy(DomainError):
    slug = "database_busy"
    retry_after = 5


class StorageFailure(DomainError):
    slug = "storage_failure"
