"""The OpenAPI 3.1 document, made from the same declarations that drive the endpoints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from ...caching import LoadingCache
from ...config import Settings
from ...schemas import fields, form_fields
from .envelopes import HOST, INSTALLS, HostEnvelope
from .surface import Access, Endpoint, Surface

Mounted = tuple[Surface, str]

# Files that a bucket may send instead: see STORAGE_DOWNLOADS.
HANDED_OUT: Final = ("application/zip", "application/octet-stream")
IF_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "the ETag of what is changed, or several: where it is at another revision by now, 412 and no change",
}
ETAG: Final = {"schema": {"type": "string"}, "description": "`revision`, in double quotes: what If-Match takes"}
REASONS: Final = {
    400: "The request cannot be understood, or the package was refused",
    401: "No token, or one that is not believed",
    403: "Not allowed",
    404: "Not found",
    408: "The body was sent too slowly",
    409: "Conflict with what is stored",
    412: "What If-Match names is no longer what is there",
    413: "Too large",
    416: "The file is shorter than the range asked for",
    422: "A field is missing, of the wrong type or out of range",
    429: "Too many requests",
    500: "The server failed",
    503: "Busy, or not ready",
    507: "The disk is full",
}


def document(settings: Settings, mounted: Iterable[Mounted]) -> Callable[[], bytes]:
    """A function that gives the document as JSON; it is made once, when first asked for."""
    surfaces = list(mounted)
    rendered: LoadingCache[str, bytes] = LoadingCache(1)

    def build() -> bytes:
        return orjson.dumps(_spec(settings, surfaces).to_dict(), option=orjson.OPT_INDENT_2)

    return lambda: rendered.load("document", build)


def _spec(settings: Settings, surfaces: list[Mounted]) -> APISpec:
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        title=settings.app_name,
        version=settings.app_version,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": "Plugins, versions, backups and installs of a desktop host app."},
    )
    _describe_fields(plugin)
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for name, schema in _refusals().items():
        spec.components.schema(name, schema)
    for surface, prefix in surfaces:
        for endpoint in surface.endpoints:
            path = re.sub(r"<(\w+)>", r"{\1}", prefix + endpoint.rule)
            spec.path(path, operations={endpoint.method.lower(): _operation(surface, endpoint, prefix)})
    return spec


def _operation(surface: Surface, endpoint: Endpoint, prefix: str) -> dict[str, Any]:
    summary = (endpoint.view.__doc__ or "").strip()
    name = endpoint.view.__name__
    place = re.sub(r"\W+", "_", f"{prefix}{endpoint.rule}").strip("_") or "root"
    operation: dict[str, Any] = {
        "operationId": f"{endpoint.method.lower()}_{place}",
        "summary": summary.partition("\n")[0] or name,
        "tags": [endpoint.tag],
        "parameters": _parameters(endpoint),
        "responses": _responses(surface.envelope, endpoint),
    }
    if not isinstance(endpoint.access, Access):
        operation["x-permission"] = endpoint.access
    if endpoint.access in (Access.OPTIONAL, Access.GUEST):
        operation["security"] = [{}, {"bearer": []}]
    elif endpoint.access is not Access.PUBLIC:
        operation["security"] = [{"bearer": []}]
    body = _request_body(endpoint)
    if body:
        operation["requestBody"] = body
    return operation


def _parameters(endpoint: Endpoint) -> list[Any]:
    parameters: list[Any] = [
        {"in": "path", "name": name, "required": True, "schema": schema} for name, schema in endpoint.path.items()
    ]
    if endpoint.query is not None:
        parameters.append({"in": "query", "schema": endpoint.query})
    if _is_guarded(endpoint):
        parameters.append(IF_MATCH)
    return parameters


def _is_guarded(endpoint: Endpoint) -> bool:
    return endpoint.conditional and endpoint.method != "GET"


def _request_body(endpoint: Endpoint) -> dict[str, Any] | None:
    kinds = (("application/json", endpoint.body), ("multipart/form-data", endpoint.form))
    content = {media_type: {"schema": schema} for media_type, schema in kinds if schema is not None}
    return {"required": True, "content": content} if content else None


def _responses(envelope: HostEnvelope, endpoint: Endpoint) -> dict[str, Any]:
    success = _success(envelope, endpoint)
    if endpoint.conditional and endpoint.answer is not None:
        success = {**success, "headers": {"ETag": ETAG}}
    responses: dict[str, Any] = {str(endpoint.status): success}
    refusal = "HostRefusal" if envelope is HOST else "MarketRefusal"
    for status in _refusal_statuses(envelope, endpoint):
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{refusal}"}}}
        responses[str(status)] = {"description": REASONS[status], "content": content}
    if endpoint.file_type in HANDED_OUT:
        responses["303"] = {"description": "Fetch the file from the address in Location; it is good for a while"}
    if endpoint.errors == (503,):
        responses["503"] = {**_success(envelope, endpoint), "description": REASONS[503]}
    return responses


def _refusal_statuses(envelope: HostEnvelope, endpoint: Endpoint) -> list[int]:
    """What an endpoint can refuse with: what its parts imply, and what it says itself."""
    found = {*endpoint.errors, 500}
    if endpoint.limited:
        found |= {429, 503}
    if endpoint.access in (Access.LOGGED_IN, Access.REFRESH, Access.GUEST) or not isinstance(endpoint.access, Access):
        found.add(401)
    if not isinstance(endpoint.access, Access):
        found.add(403)
    if _is_guarded(endpoint):
        found |= {400, 412}
    if endpoint.body or endpoint.form:
        found |= {400, 408, 413, 503, 400 if envelope is INSTALLS else 422}
    if endpoint.query:
        found.add(400 if envelope is INSTALLS else 422)
    if endpoint.transaction == "write" or endpoint.form:
        found.add(507)
    return sorted(found)


def _success(envelope: HostEnvelope, endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.file_type is not None:
        return {"description": "OK", "content": {endpoint.file_type: {"schema": _file(endpoint.file_type)}}}
    data: Any = endpoint.answer or endpoint.plain_answer or {"type": "null"}
    if endpoint.many:
        data = {"type": "array", "items": endpoint.answer}
    properties: dict[str, Any] = {"success": {"const": True}, "message": {"type": "string"}, "data": data}
    if envelope is not HOST:
        properties |= {"code": {"const": endpoint.status}, "timestamp": {"type": "string"}}
        properties["request_id"] = {"type": "string"}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": sorted(properties)}
    if endpoint.at_top:
        schema = {"allOf": [schema, endpoint.answer]}
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


def _file(media_type: str) -> dict[str, Any]:
    if media_type == "application/json":
        return {"type": "object", "description": "As the specification of OpenAPI says, which defines its fields"}
    return {"type": "string"} if media_type.startswith("text/") else {"type": "string", "format": "binary"}


def _refusals() -> dict[str, dict[str, Any]]:
    text: dict[str, Any] = {"type": "string"}
    maybe = {"type": ["string", "null"]}
    detail = {"field": maybe, "entry": maybe, "rule": maybe, "message": text}
    host = {
        "success": {"const": False},
        "message": text,
        "data": {"type": "null"},
        "status": {"type": "integer"},
        "error": text,
        "details": {"type": "array", "items": _object(detail)},
    }
    error = {
        "type": text,
        "slug": text,
        "details": {"type": "array", "items": _object(detail, "field", "message")},
    }
    market = {
        "success": {"const": False},
        "code": {"type": "integer"},
        "message": text,
        "data": {"type": "null"},
        "error": _object(error),
        "timestamp": text,
        "request_id": text,
    }
    return {"HostRefusal": _object(host), "MarketRefusal": _object(market)}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(required or properties)}


def _schema_name(schema: Any) -> str:
    """`HostPlugin`, `MarketUser`, …: several surfaces use the same short name."""
    kind = schema if isinstance(schema, type) else type(schema)
    surface = next((name for name in ("host", "market", "installs") if f".api.{name}" in kind.__module__), "")
    return f"{surface.title()}{kind.__name__}"


def _describe_fields(plugin: MarshmallowPlugin) -> None:
    """Types of our own fields; the rest of their description is in their metadata."""
    plugin.map_to_openapi_type(fields.Moment, "string", "date-time")  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(form_fields.File, "string", "binary")  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(fields.Time, "string", "date-time")  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(fields.Amount, "number", None)  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(form_fields.JsonText, "string", None)  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(form_fields.Files, "array", None)  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(fields.TextFlag, "boolean", None)  # type: ignore[no-untyped-call]
