"""A plugin and its versions as JSON, rendered once per change: only download counts are read for every answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from ...bundle.lookalikes import Lookalike
from ...caching import LoadingCache
from ...context import context
from ...database.unit_of_work import unit_of_work
from ...errors import PluginNotFound
from ...messages import text
from ...models import Plugin
from ...services import catalog, plugins
from ...services.plugins import resemblance, versions
from ...services.releasing import blocks
from ..core.links import help_url
from ..core.rendering import head_renderer
from ..core.request import language
from . import schemas

# How many plugins are cached, and how large one may be in bytes: larger ones are rendered once for all concurrent
# requests.
LARGEST: Final = 32 * 1024

_PLUGIN_FIELDS: Final = tuple(schemas.Plugin().fields)
_plugin_head = head_renderer(schemas.Plugin, "total_download_count")
_version_head = head_renderer(schemas.Version, "download_count")


# A plugin's id, and its revision.
_At = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A plugin and its versions at one revision, rendered up to their counts."""

    id: str
    revision: int
    plugin: bytes
    # The block that is shown with it, as one more field; empty for none.
    block: bytes
    versions: tuple[bytes, ...]

    @property
    def size(self) -> int:
        return len(self.plugin) + len(self.block) + sum(map(len, self.versions))


_rendered: Final[LoadingCache[_At, _Rendered]] = LoadingCache(512, lambda rendered: rendered.size <= LARGEST)


def detail(name: str) -> orjson.Fragment:
    """`{plugin, versions}`. Raises PluginNotFound."""
    rendered, counts = _current(name)
    plugin = b"%b%d%b}" % (rendered.plugin, sum(counts), rendered.block)
    return orjson.Fragment(b'{"plugin":' + plugin + b',"versions":' + _array(rendered, counts) + b"}")


def uploaded(plugin: Plugin, of_package: list[dict[str, str | None]]) -> dict[str, Any]:
    """The plugin as an upload answers it; with `warnings` that its uploader should know of, if any."""
    with unit_of_work(writing=False):
        found = resemblance.to_popular(plugin)
    warnings = [*map(_resembles, found), *of_package]
    told = {"warnings": warnings} if warnings else {}
    return {name: getattr(plugin, name) for name in _PLUGIN_FIELDS} | told


def _resembles(found: Lookalike) -> dict[str, str | None]:
    why = text(f"reason.{found.reason}", language())
    message = text("rule.lookalike", language(), {"name": found.name, "reason": why})
    return {
        "rule": "lookalike",
        "field": "name",
        "entry": "",
        "name": found.name,
        "message": message,
        "help_url": help_url("lookalike"),
    }


def version_list(name: str) -> orjson.Fragment:
    """All versions, highest first. Raises PluginNotFound."""
    return orjson.Fragment(_array(*_current(name)))


def _array(rendered: _Rendered, counts: list[int]) -> bytes:
    return b"[" + b",".join(b"%b%d}" % pair for pair in zip(rendered.versions, counts, strict=True)) + b"]"


def _current(name: str) -> tuple[_Rendered, list[int]]:
    """The plugin as it is now, and its versions' counts, highest version first."""
    engine = context().autocommit
    while rows := catalog.counts(name, engine):
        wanted: _At = (rows[0].id, rows[0].revision)
        found = _rendered.load(wanted, lambda: _render(name))
        if (found.id, found.revision) == wanted:
            return found, [row.download_count for row in rows]
        # The rendering is of a later revision than our snapshot: the counts are read again.
        _rendered.invalidate(wanted)
    raise PluginNotFound()


def _render(name: str) -> _Rendered:
    with unit_of_work(writing=False):
        plugin = plugins.get_public(name)
        heads = tuple(map(_version_head, versions.public_of(plugin)))
        block = blocks.shown_with(plugin)
        shown = b"" if block is None else b',"block":' + orjson.dumps(block)
        return _Rendered(plugin.id, plugin.revision, _plugin_head(plugin), shown, heads)
