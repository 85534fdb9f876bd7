"""The OpenAPI 3.1 document as a whole, made once per process, on the first request for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from ....caching import LoadingCache
from ....config import Settings
from ....schemas import fields, form_fields
from ..mounts import ALIASES
from ..surface import Surface
from . import examples, meanings, refusals
from .operations import operation
from .topics import TOPICS

Mounted = tuple[Surface, str]

DESCRIPTION: Final = """Plugins, versions, backups and installs of a desktop host app.

Three APIs share one catalogue: the host's at `/api` (GET and POST, no parameters in paths), the marketplace's at
`/api/v1` (REST), and installs at `/api/v1/plugins`. Whatever stands at `/api/v1` stands at `/v1` as well, with the same
answers: this document names it once.

`Accept-Language: en` asks for messages in English; without it they are Chinese. Fields and slugs never change with the
language. Every refusal lists the slugs that it may have, in `x-slugs` too.
"""


def document(settings: Settings, mounted: Iterable[Mounted]) -> Callable[[], bytes]:
    """A function that returns the document as JSON and makes it on the first call."""
    surfaces = [(surface, prefix) for surface, prefix in mounted if not prefix.startswith(tuple(ALIASES))]
    rendered: LoadingCache[str, bytes] = LoadingCache(1)

    def build() -> bytes:
        return orjson.dumps(_spec(settings, surfaces))

    return lambda: rendered.load("document", build)


def _spec(settings: Settings, surfaces: list[Mounted]) -> dict[str, Any]:
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        title=settings.app_name,
        version=settings.app_version,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": DESCRIPTION},
        tags=[{"name": name, "description": meaning} for name, meaning in TOPICS.items()],
        **{"x-aliases": ALIASES},
    )
    _describe_fields(plugin)
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for name, schema in refusals.schemas().items():
        spec.components.schema(name, schema)
    for surface, prefix in surfaces:
        for endpoint in surface.endpoints:
            path = re.sub(r"<(\w+)>", r"{\1}", prefix + endpoint.rule)
            spec.path(path, operations={endpoint.method.lower(): operation(surface, endpoint, prefix)})
    made: dict[str, Any] = spec.to_dict()
    meanings.describe(made)
    examples.show(made)
    return made


def _schema_name(schema: Any) -> str:
    """`HostPlugin`, `MarketUser`, …: several surfaces use the same short name."""
    kind = schema if isinstance(schema, type) else type(schema)
    surface = next((name for name in ("host", "market", "installs") if f".api.{name}" in kind.__module__), "")
    return f"{surface.title()}{kind.__name__}"


def _describe_fields(plugin: MarshmallowPlugin) -> None:
    """Describe our own field types; the rest of a field's description is in its metadata."""
    plugin.map_to_openapi_type(fields.Moment, "string", "date-time")  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(form_fields.File, "string", "binary")  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(form_fields.Files, "array", None)  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(fields.Time, "string", "date-time")  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(fields.Amount, "number", None)  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(form_fields.JsonText, "string", None)  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(fields.TextFlag, "boolean", None)  # type: ignore[no-untyped-call]
