"""Published plugins as the decision sees them, read from the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, bindparam, or_, select

from ...bundle.versions import EngineRange, InvalidRange, Range, Version
from ...database.session import db, table_of
from ...models import Block as BlockRow
from ...models import Plugin, PluginVersion, VersionTombstone
from ...vocabulary import BlockSeverity, BlockStatus, Channel, PluginStatus
from .decision import Block, Line, Release

# Versions and ranges are the same texts over and over: each is parsed once, and shared.
_PARSED: Final = 65_536
_RANGES: Final = 8192
# Engines limit the parameters of a statement.
AT_ONCE: Final = 500

_BLOCK: Final = table_of(BlockRow)
_PLUGIN: Final = table_of(Plugin)
_VERSION: Final = table_of(PluginVersion)
_NOT_REVOKED: Final = _BLOCK.c.status != BlockStatus.REVOKED.value
_BLOCKS_OF: Final = select(_BLOCK).where(_BLOCK.c.plugin_key.in_(bindparam("keys", expanding=True)), _NOT_REVOKED)
_ALL_BLOCKS: Final = select(_BLOCK).where(_NOT_REVOKED)
_PLUGINS: Final = select(
    *_PLUGIN.c["name", "name_key", "recommended_version", "is_enabled", "is_deprecated", "replacement"]
).where(_PLUGIN.c.name_key.in_(bindparam("keys", expanding=True)), _PLUGIN.c.status == PluginStatus.PUBLISHED.value)
# The columns that decide which version is the current one, besides its number.
OUTLINE: Final = (
    *("channel", "available_at", "rollout", "is_paused", "is_held", "is_yanked", "yank_reason", "is_deprecated"),
    *("file_hash", "file_size", "published_at", "created_at"),
)
_OUTLINES: Final = select(_VERSION.c.version, *(_VERSION.c[name] for name in OUTLINE)).where(
    _VERSION.c.plugin_name == bindparam("name"), _VERSION.c.status == PluginStatus.PUBLISHED.value
)
_VERSIONS: Final = (
    select(
        *_VERSION.c["plugin_name", "version", "engines", "dependencies", "permissions"],
        *(_VERSION.c[name] for name in OUTLINE),
    )
    .where(
        _VERSION.c.plugin_name.in_(bindparam("names", expanding=True)),
        _VERSION.c.status == PluginStatus.PUBLISHED.value,
    )
    .order_by(_VERSION.c.plugin_name, _VERSION.c.precedence.desc())
)
_TOMBSTONE: Final = table_of(VersionTombstone)
_FORMER: Final = (
    select(_PLUGIN.c.name_key, *_VERSION.c["version", "file_hash"])
    .join_from(_VERSION, _PLUGIN, _PLUGIN.c.name == _VERSION.c.plugin_name)
    .where(_PLUGIN.c.name_key.in_(bindparam("keys", expanding=True)), _VERSION.c.published_at.is_not(None))
    .union_all(
        select(*_TOMBSTONE.c["name_key", "version", "file_hash"]).where(
            _TOMBSTONE.c.name_key.in_(bindparam("keys", expanding=True))
        )
    )
)


def load(names: Collection[str]) -> dict[str, Line]:
    """Published plugins by name in lower case, of those with these names (ignoring case) that exist.

    Three statements for each 500 of them.
    """
    keys = sorted({name.lower() for name in names})
    found: dict[str, Line] = {}
    for start in range(0, len(keys), AT_ONCE):
        found |= _load(keys[start : start + AT_ONCE])
    return found


def former(keys: Collection[str]) -> dict[str, dict[Version, str]]:
    """SHA-256 of packages by version, of versions that were published, by the plugin's name in lower case."""
    found: dict[str, dict[Version, str]] = defaultdict(dict)
    for start in range(0, len(keys), AT_ONCE):
        for row in db.session.execute(_FORMER, {"keys": sorted(keys)[start : start + AT_ONCE]}):
            found[row.name_key][parsed_version(row.version)] = row.file_hash
    return found


def is_in_force(block: BlockRow, now: datetime) -> bool:
    """Is a block neither revoked nor expired? A pending one is in force, as `disable`."""
    return block.status != BlockStatus.REVOKED and block_of(block).lasts(now)


def in_force(now: datetime) -> ColumnElement[bool]:
    """The same for `where`, of rows of `blocks`."""
    return and_(_NOT_REVOKED, or_(_BLOCK.c.expires_at.is_(None), _BLOCK.c.expires_at > now))


def blocks_not_revoked() -> dict[str, list[Block]]:
    """All blocks that are not revoked, by the plugin's name in lower case; expired ones too."""
    return _by_plugin(db.session.execute(_ALL_BLOCKS))


def blocks_of(keys: Collection[str]) -> dict[str, list[Block]]:
    """Blocks of the plugins with these names in lower case, that are not revoked; expired ones too."""
    return _by_plugin(db.session.execute(_BLOCKS_OF, {"keys": list(keys)}))


def block_of(row: Any) -> Block:
    """A row of `blocks` as the decision sees it."""
    severity = BlockSeverity(row.severity)
    if row.status == BlockStatus.PENDING:
        severity = min(severity, BlockSeverity.DISABLE, key=lambda one: one.rank)
    return Block(
        id=row.id,
        severity=severity,
        since=row.created_at,
        reason=row.reason,
        advisory_url=row.advisory_url,
        versions=None if row.versions is None else parsed_range(row.versions),
        hashes=frozenset(row.sha256),
        expires_at=row.expires_at,
    )


def release_of(row: Any) -> Release:
    """A version's row as the decision sees it."""
    return replace(
        outline_of(row),
        engines=_shared(_ENGINE, row.engines),
        dependencies=(ranges := _shared(_PLUGIN_RANGE, row.dependencies)),
        needs=_needs_of(row.plugin_name.lower(), tuple(ranges.items())) if ranges else ranges,
        permissions=None if row.permissions is None else tuple(row.permissions),
    )


@lru_cache(_RANGES)
def _needs_of(key: str, ranges: tuple[tuple[str, Range], ...]) -> Mapping[str, Range]:
    """A dependency on the plugin itself means nothing. Versions of a plugin mostly need the same, and share it."""
    in_order = sorted(ranges, key=lambda one: one[0].lower())
    return {name.lower(): needed for name, needed in in_order if name.lower() != key}


def outline_of(row: Any) -> Release:
    """The same without what decides about a single host: engines, dependencies and permissions."""
    return Release(
        version=parsed_version(row.version),
        published_at=row.published_at or row.created_at,
        available_at=row.available_at,
        sha256=row.file_hash,
        size=row.file_size,
        channel=Channel(row.channel),
        rollout=row.rollout,
        is_paused=row.is_paused,
        is_held=row.is_held,
        is_yanked=row.is_yanked,
        yank_reason=row.yank_reason,
        is_deprecated=row.is_deprecated,
    )


@lru_cache(_PARSED)
def parsed_version(text: str) -> Version:
    """Version.parse, remembered."""
    return Version.parse(text)


@lru_cache(_RANGES)
def parsed_range(text: str) -> Range:
    """Range.parse, remembered."""
    return Range.parse(text)


@lru_cache(_RANGES)
def _parsed_engine_range(text: str) -> EngineRange:
    return EngineRange.parse(text)


_ENGINE: Final = "engine"
_PLUGIN_RANGE: Final = "plugin"


def _shared(kind: str, ranges: Mapping[str, str]) -> Mapping[str, Any]:
    return _parsed_ranges(kind, tuple(ranges.items())) if ranges else _NONE


_NONE: Final[Mapping[str, Any]] = {}


@lru_cache(_RANGES)
def _parsed_ranges(kind: str, items: tuple[tuple[str, str], ...]) -> Mapping[str, Any]:
    """Ranges by name, without empty ones, which need nothing, and without what a version of the program accepted once
    and no host could read.
    """
    parse = _parsed_engine_range if kind is _ENGINE else parsed_range
    found = {}
    for name, written in items:
        try:
            if written.strip():
                found[name] = parse(written)
        except InvalidRange:
            continue
    return found


def _load(keys: Sequence[str]) -> dict[str, Line]:
    plugins = {row.name: row for row in db.session.execute(_PLUGINS, {"keys": keys})}
    releases: dict[str, list[Release]] = defaultdict(list)
    for row in db.session.execute(_VERSIONS, {"names": list(plugins)}) if plugins else ():
        releases[row.plugin_name].append(release_of(row))
    blocks = blocks_of([row.name_key for row in plugins.values()])
    return {
        row.name_key: line_of(row, tuple(releases[name]), tuple(blocks.get(row.name_key, ())))
        for name, row in plugins.items()
        if releases[name]
    }


def line_with(plugin: Plugin, release: Release) -> Line:
    """The plugin, published or not, with its published versions and this one; of the others, what does not decide about
    a single host is left out.
    """
    others = [outline_of(row) for row in db.session.execute(_OUTLINES, {"name": plugin.name})]
    releases = [release, *(one for one in others if one.version != release.version)]
    ordered = sorted(releases, key=lambda one: one.version, reverse=True)
    return line_of(plugin, ordered, blocks_of([plugin.name_key]).get(plugin.name_key, ()))


def line_of(plugin: Any, releases: Sequence[Release], blocks: Sequence[Block]) -> Line:
    """A plugin's row, or a Plugin, with its published releases, highest first, and its blocks."""
    recommended = plugin.recommended_version
    return Line(
        name=plugin.name,
        releases=releases,
        recommended=None if recommended is None else parsed_version(recommended),
        blocks=blocks,
        is_enabled=plugin.is_enabled,
        is_deprecated=plugin.is_deprecated,
        replacement=plugin.replacement,
    )


def _by_plugin(rows: Iterable[Row[Any]]) -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = defaultdict(list)
    for row in rows:
        found[row.plugin_key].append(block_of(row))
    return dict(found)
