"""One operation of the document: an endpoint's declaration in OpenAPI's terms."""

from __future__ import annotations

import re
from typing import Any, Final

from ..envelopes import HOST, HostEnvelope
from ..surface import Access, Endpoint, Surface
from . import refusals
from .topics import topic_of

# Files that a bucket may send instead of the server: see STORAGE_DOWNLOADS.
HANDED_OUT: Final = ("application/zip", "application/octet-stream")
IF_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "the ETag of what is changed, or several: where it is at another revision by now, 412 and no change",
}
ETAG: Final = {"schema": {"type": "string"}, "description": "`revision`, in double quotes: what If-Match takes"}
_WHO: Final = {
    Access.PUBLIC: "No login is needed.",
    Access.OPTIONAL: "No login is needed; an invalid token is ignored.",
    Access.GUEST: "No login is needed, but an invalid token is refused.",
    Access.LOGGED_IN: "Needs a login.",
    Access.REFRESH: "Needs the refresh token as bearer token.",
}


def operation(surface: Surface, endpoint: Endpoint, prefix: str) -> dict[str, Any]:
    """The operation of an endpoint, for a surface mounted at `prefix`."""
    said = re.sub(r"\s*\n\s*", " ", (endpoint.view.__doc__ or "").strip())
    path = f"{prefix}{endpoint.rule}"
    made: dict[str, Any] = {
        "operationId": operation_id(endpoint.method, path),
        "summary": re.split(r"(?<=[.?]) ", said)[0].removesuffix("."),
        "description": f"{said} {_who(endpoint.access)}",
        "tags": [topic_of(path)],
        "parameters": _parameters(endpoint),
        "responses": _responses(surface.envelope, endpoint),
    }
    if not isinstance(endpoint.access, Access):
        made["x-permission"] = endpoint.access
    if endpoint.access in (Access.OPTIONAL, Access.GUEST):
        made["security"] = [{}, {"bearer": []}]
    elif endpoint.access is not Access.PUBLIC:
        made["security"] = [{"bearer": []}]
    body = _request_body(endpoint)
    if body:
        made["requestBody"] = body
    return made


def operation_id(method: str, path: str) -> str:
    """The operation's id: its method and path rule."""
    return f"{method.lower()}_{re.sub(r'[^a-zA-Z0-9_]+', '_', path).strip('_') or 'root'}"


def _who(access: Access | str) -> str:
    return _WHO[access] if isinstance(access, Access) else f"Needs the permission `{access}`."


def _parameters(endpoint: Endpoint) -> list[Any]:
    parameters: list[Any] = [
        {"in": "path", "name": name, "required": True, "schema": schema} for name, schema in endpoint.path.items()
    ]
    if endpoint.query is not None:
        parameters.append({"in": "query", "schema": endpoint.query})
    if endpoint.is_guarded:
        parameters.append(dict(IF_MATCH))
    return parameters


def _request_body(endpoint: Endpoint) -> dict[str, Any] | None:
    kinds = (("application/json", endpoint.body), ("multipart/form-data", endpoint.form))
    content = {media_type: {"schema": schema} for media_type, schema in kinds if schema is not None}
    return {"required": True, "content": content} if content else None


def _responses(envelope: HostEnvelope, endpoint: Endpoint) -> dict[str, Any]:
    success = _success(envelope, endpoint)
    if endpoint.conditional and endpoint.answer is not None:
        success = {**success, "headers": {"ETag": ETAG}}
    responses = {str(endpoint.status): success, **refusals.responses(envelope, endpoint)}
    if endpoint.file_type in HANDED_OUT:
        responses["303"] = {"description": "Fetch the file from the address in Location; it is good for a while"}
    if endpoint.errors == (503,):
        responses["503"] = {**success, "description": refusals.REASONS[503]}
    return responses


def _success(envelope: HostEnvelope, endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.file_type is not None:
        return {"description": "The file", "content": {endpoint.file_type: {"schema": _file(endpoint.file_type)}}}
    data: Any = endpoint.answer or endpoint.plain_answer or {"type": "null"}
    if endpoint.many:
        data = {"type": "array", "items": endpoint.answer}
    message = {"type": "string", "description": "what happened, in the language of the request"}
    properties: dict[str, Any] = {"success": {"const": True}, "message": message, "data": data}
    if envelope is not HOST:
        properties |= {"code": {"const": endpoint.status}, "timestamp": {"type": "string", "format": "date-time"}}
        properties["request_id"] = {"type": "string"}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": sorted(properties)}
    if endpoint.at_top:
        schema = {"allOf": [schema, endpoint.answer]}
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _file(media_type: str) -> dict[str, Any]:
    if media_type == "application/json":
        return {"type": "object", "description": "As the specification of OpenAPI says, which defines its fields"}
    return {"type": "string"} if media_type.startswith("text/") else {"type": "string", "format": "binary"}
