"""Refusals of operations: statuses, the slugs of each, and the two shapes of error bodies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .... import errors
from ....errors import DomainError
from ..envelopes import HOST, HostEnvelope
from ..surface import Access, Endpoint

REASONS: Final = {
    400: "The request cannot be understood, or the package was refused",
    401: "No token, or an invalid one",
    403: "Not allowed",
    404: "Not found",
    408: "The body was sent too slowly",
    409: "Conflict with what is stored",
    412: "The current state is not the one that If-Match names",
    413: "Too large",
    416: "The file is shorter than the range asked for",
    422: "A field is missing, of the wrong type or out of range",
    429: "Too many requests",
    500: "The server failed",
    503: "Busy, or not ready",
    507: "The disk is full",
}
# Not domain errors: those of the frameworks, and unexpected ones.
_FAILURES: Final = {500: ("database_unavailable", "internal_error")}
_BODY: Final = (errors.MalformedBody, errors.WrongContentType, errors.ClientTooSlow, errors.TooLarge, errors.ServerBusy)
_FORM: Final = (errors.FileTooLarge, errors.StorageFull, errors.StorageBytesExceeded)
_WRITING: Final = (errors.DatabaseBusy, errors.StorageFull)

Refusals = dict[int, list[str]]


def refusals_of(envelope: HostEnvelope, endpoint: Endpoint) -> Refusals:
    """The slugs that an endpoint may refuse with, by status: those its parts imply, and those it declares."""
    found: dict[int, set[str]] = {500: {*_FAILURES[500], errors.StorageFailure.slug}}
    for kind in (*_implied(endpoint), *(one for one in endpoint.errors if not isinstance(one, int))):
        found.setdefault(envelope.status_of_kind(kind), set()).add(kind.slug)
    return {status: sorted(found[status]) for status in sorted(found)}


def _implied(endpoint: Endpoint) -> Iterator[type[DomainError]]:
    if endpoint.limited:
        yield from (errors.TooMany, errors.ServerBusy, errors.DatabaseBusy)
    yield from _of_access(endpoint.access)
    if endpoint.is_guarded:
        yield from (errors.MalformedIfMatch, errors.ChangedMeanwhile)
    if endpoint.query:
        yield errors.Invalid
    if endpoint.body or endpoint.form:
        yield from (errors.Invalid, *_BODY)
    if endpoint.form:
        yield from _FORM
    if endpoint.transaction in ("write", "caller") or endpoint.form:
        yield from _WRITING


def _of_access(access: Access | str) -> Iterator[type[DomainError]]:
    if access in (Access.LOGGED_IN, Access.REFRESH) or not isinstance(access, Access):
        yield errors.Unauthenticated
    if access in (Access.LOGGED_IN, Access.REFRESH, Access.GUEST) or not isinstance(access, Access):
        yield errors.InvalidToken
    if not isinstance(access, Access):
        yield errors.AdminRequired if access.startswith("system.") else errors.Forbidden


def responses(envelope: HostEnvelope, endpoint: Endpoint) -> dict[str, Any]:
    """The refusals of an endpoint as OpenAPI responses; `x-slugs` lists the possible values of `error`."""
    schema = {"$ref": f"#/components/schemas/{'HostRefusal' if envelope is HOST else 'MarketRefusal'}"}
    return {
        str(status): {
            "description": f"{REASONS[status]}: {', '.join(f'`{slug}`' for slug in slugs)}",
            "x-slugs": slugs,
            "content": {"application/json": {"schema": schema}},
        }
        for status, slugs in refusals_of(envelope, endpoint).items()
    }


def schemas() -> dict[str, dict[str, Any]]:
    """The schemas of error bodies, by name."""
    text: dict[str, Any] = {"type": "string"}
    maybe = {"type": ["string", "null"]}
    texts: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
    detail = {
        "field": {**maybe, "description": "the field, by its path (`metadata.tags.0`)"},
        "entry": {**maybe, "description": "the entry of the archive, or what `rule` says it is"},
        "rule": {**maybe, "description": "the rule that it breaks"},
        "message": {**text, "description": "what is wrong, in the language of the request"},
        "help_url": {**maybe, "description": "the page that explains the rule; null without a rule"},
    }
    conflict = {
        "name": {**text, "description": "where plugins cannot be had together: the plugin that is needed"},
        "range": {**maybe, "description": "the versions of it that are needed; null: none, or it is unknown"},
        "required_by": {**texts, "description": "plugins whose dependency that is; empty: the request asks for it"},
        "candidates": {**texts, "description": "versions that this host can have or has, the highest first"},
    }
    host = {
        "success": {"const": False},
        "message": text,
        "data": {"type": "null"},
        "status": {"type": "integer"},
        "error": text,
        "details": {"type": "array", "items": _object({**detail, **conflict}, *detail)},
    }
    error = {
        "type": {**text, "description": "the kind of refusal, by its status"},
        "slug": {**text, "description": "names the refusal, and never changes with the language"},
        "details": {
            "type": "array",
            "description": "what is wrong, each with its field; `rule`, `entry`, `help_url` only where there is a rule",
            "items": _object(detail, "field", "message"),
        },
    }
    market = {
        "success": {"const": False},
        "code": {"type": "integer"},
        "message": text,
        "data": {"type": "null"},
        "error": _object(error),
        "timestamp": {**text, "format": "date-time"},
        "request_id": text,
    }
    return {"HostRefusal": _object(host), "MarketRefusal": _object(market)}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(required or properties)}
