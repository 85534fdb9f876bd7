"""Downloads of packages, and their exact counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Row, Update, bindparam, select, update

from ...bundle.versions import is_version, sort_key
from ...clock import utcnow
from ...database.prepared import Prepared
from ...database.session import db
from ...database.unit_of_work import execute_autocommit, read_autocommit, unit_of_work, write_autocommit
from ...errors import PluginDisabled, PluginNotFound, VersionBlocked, VersionNotFound, VersionYanked
from ...messages import Message
from ...models import DownloadDay, DownloadWindow, Plugin, PluginVersion, package_file_name
from ...storage import Outgoing, Storages, Suits
from ...vocabulary import PluginStatus
from ..files import Place, place_of
from ..releases import decision, lines

MEDIA_TYPE: Final = "application/zip"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """What those are told who download a deprecated version, or any of a deprecated plugin."""

    since: datetime
    # When the plugin will be gone; None if that is not known.
    sunset: datetime | None
    # The name of the plugin to use instead; None if there is none.
    replacement: str | None
    # The number of the plugin's current version.
    current: str


@dataclass(frozen=True, slots=True)
class Package:
    """A version's package: what can be sent."""

    plugin_name: str
    version: str
    place: Place
    size: int
    sha256: str
    # None: neither plugin nor version is deprecated.
    deprecation: Deprecation | None

    @property
    def file_name(self) -> str:
        return package_file_name(self.plugin_name, self.version)


@dataclass(frozen=True, slots=True)
class Download:
    """A package that is being sent."""

    package: Package
    outgoing: Outgoing


def total(plugin: Plugin) -> int:
    """All downloads of the plugin, as of the last roll-up."""
    found = db.session.get(DownloadWindow, plugin.name)
    return found.total if found else 0


def by_day(plugin: Plugin, since: date) -> dict[str, int]:
    """Downloads of the plugin by day (UTC, `2026-01-31`), from this day on; days without any are missing."""
    rows = db.session.execute(_BY_DAY, {"name": plugin.name, "since": since.isoformat()})
    return {str(day): int(count) for day, count in rows}


def begin(name: str, version: str | None, storage: Storages, autocommit: Engine, suits: Suits) -> Download:
    """Open a published version's package (None: the current version's) and count one download, before the first byte.

    Durable when it returns. Raises what `find` raises, and FileMissing.
    """
    counted = begin_published(name, version, storage, autocommit, suits)
    if counted is not None:
        return counted
    with unit_of_work(writing=False):
        package = find(name, version)
    # Published meanwhile, or a block expired.
    download = open_package(package, storage, suits)
    count(download, autocommit)
    return download


def begin_published(
    reference: str, version: str | None, storage: Storages, autocommit: Engine, suits: Suits
) -> Download | None:
    """The same for a plugin's id or name, in one statement; None where nothing is counted, without saying why.

    What cannot be opened is not counted. Raises FileMissing.
    """
    if version is not None and not is_version(version):
        return None
    chosen = None if version is None else sort_key(version)
    if _ID.fullmatch(reference):
        package = _counted(autocommit, "id", reference, chosen)
    else:
        package = _counted(autocommit, "name", reference.lower(), chosen)
    if package is None:
        return None
    try:
        return open_package(package, storage, suits)
    except BaseException:
        _change_count(package, -1, autocommit)
        raise


def find(name: str, version: str | None) -> Package:
    """A published version's package (None: the current version's).

    Raises PluginNotFound, PluginDisabled, VersionNotFound, VersionBlocked, and VersionYanked where no version is meant
    and the current one is yanked.
    """
    row = _find(name, version)
    if row.is_blocked:
        _ensure_unblocked(row)
    if version is None and row.is_yanked:
        raise VersionYanked(name=row.name, version=row.version, reason=row.yank_reason)
    is_deprecated = row.plugin_deprecated or row.is_deprecated
    said = _deprecation(row.name, row.version) if is_deprecated else None
    return Package(row.name, row.version, place_of(row), row.file_size, row.file_hash, said)


def preview(version: PluginVersion) -> Package:
    """The package of an unpublished version, for those who may see it; not counted as a download."""
    return Package(
        version.plugin_name,
        version.version,
        place_of(version),
        version.file_size,
        version.file_hash,
        _deprecation(version.plugin_name, version.version) if version.is_deprecated else None,
    )


def open_package(package: Package, storage: Storages, suits: Suits) -> Download:
    """The package, open at its first byte, or handed over to another sender. Raises FileMissing."""
    outgoing = storage.outgoing(*package.place, file_name=package.file_name, media_type=MEDIA_TYPE, suits=suits)
    return Download(package, outgoing)


def count(download: Download, autocommit: Engine) -> None:
    """Count one download, durably. Raises PluginNotFound, after closing the stream, if the plugin was deleted since."""
    package = download.package
    if not _change_count(package, 1, autocommit):
        if download.outgoing.stream:
            download.outgoing.stream.close()
        raise PluginNotFound()


def _counted(autocommit: Engine, kind: str, value: str, chosen: str | None) -> Package | None:
    """The package of a published version that one download was counted for; None where there is none."""
    statement = _COUNT_CURRENT[kind] if chosen is None else _COUNT_CHOSEN[kind]
    found = write_autocommit(autocommit, statement, {kind: value, "chosen": chosen})
    if not found:
        return None
    row = found[0]
    said = None
    if row.plugin_deprecated or row.is_deprecated:
        # Read apart: most packages are not deprecated, and every further column would be read for all of them.
        rows = read_autocommit(autocommit, _SAID_AT_ONCE, {"name": row.plugin_name, "number": row.version})
        said = _deprecation_of(rows[0]) if rows else None
    return Package(row.plugin_name, row.version, place_of(row), row.file_size, row.file_hash, said)


def _deprecation(name: str, version: str) -> Deprecation:
    return _deprecation_of(db.session.execute(_SAID, {"name": name, "number": version}).one())


def _deprecation_of(row: Row[*tuple[Any, ...]]) -> Deprecation:
    """Deprecated since the earlier of the two moments. Earlier versions of the program noted none."""
    of_plugin = (row.plugin_deprecated_at or row.updated_at) if row.plugin_deprecated else None
    of_version = (row.deprecated_at or row.published_at or row.created_at) if row.is_deprecated else None
    # Undone meanwhile: what was sent was deprecated.
    moments = [moment for moment in (of_plugin, of_version) if moment] or [row.updated_at]
    return Deprecation(min(moments), row.sunset_at, row.replacement, row.current_version)


def _change_count(package: Package, by: int, autocommit: Engine) -> int:
    """Change the count; returns how many versions that were: none where the plugin was deleted."""
    return execute_autocommit(autocommit, _COUNT, {"name": package.plugin_name, "number": package.version, "by": by})


def _ensure_unblocked(row: Row[*tuple[Any, ...]]) -> None:
    """Raise VersionBlocked where a block in force refuses the version; its row may say so for a minute longer."""
    found = lines.blocks_of([row.name_key]).get(row.name_key, ())
    line = decision.Line(row.name, (), blocks=found)
    block = decision.strongest_block(line, lines.parsed_version(row.version), (row.file_hash,), utcnow())
    if block is not None and block.stops:
        raise VersionBlocked(name=row.name, version=row.version, reason=Message("said", block.reason))


def _find(name: str, version: str | None) -> Row[*tuple[Any, ...]]:
    if version is None:
        found = db.session.execute(_CURRENT, {"key": name.lower()})
    else:
        found = db.session.execute(_CHOSEN, {"key": name.lower(), "chosen": sort_key(version)})
    row: Row[*tuple[Any, ...]] | None = found.one_or_none()
    if row is None or row.status != PluginStatus.PUBLISHED:
        raise PluginNotFound()
    if not row.is_enabled:
        raise PluginDisabled(name=row.name)
    if row.version is None or row.version_status != PluginStatus.PUBLISHED:
        raise VersionNotFound()
    return row


_BY_DAY: Final = select(DownloadDay.day, DownloadDay.count).where(
    DownloadDay.plugin_name == bindparam("name"), DownloadDay.day >= bindparam("since")
)
_COLUMNS: Final = (
    Plugin.name,
    Plugin.name_key,
    Plugin.status,
    Plugin.is_enabled,
    Plugin.is_deprecated.label("plugin_deprecated"),
    PluginVersion.version,
    PluginVersion.status.label("version_status"),
    PluginVersion.is_deprecated,
    PluginVersion.is_blocked,
    PluginVersion.is_yanked,
    PluginVersion.yank_reason,
    PluginVersion.storage_backend,
    PluginVersion.storage_key,
    PluginVersion.file_size,
    PluginVersion.file_hash,
)
_BY_NAME: Final = select(*_COLUMNS).select_from(Plugin).where(Plugin.name_key == bindparam("key"))
_SAME_PLUGIN: Final = PluginVersion.plugin_name == Plugin.name
_CURRENT: Final = _BY_NAME.outerjoin(PluginVersion, _SAME_PLUGIN & (PluginVersion.version == Plugin.current_version))
_CHOSEN: Final = _BY_NAME.outerjoin(PluginVersion, _SAME_PLUGIN & (PluginVersion.precedence == bindparam("chosen")))
_SAID: Final = (
    select(
        Plugin.is_deprecated.label("plugin_deprecated"),
        Plugin.deprecated_at.label("plugin_deprecated_at"),
        *(Plugin.updated_at, Plugin.sunset_at, Plugin.replacement, Plugin.current_version),
        *(PluginVersion.is_deprecated, PluginVersion.deprecated_at),
        *(PluginVersion.published_at, PluginVersion.created_at),
    )
    .join_from(Plugin, PluginVersion, _SAME_PLUGIN)
    .where(Plugin.name == bindparam("name"), PluginVersion.version == bindparam("number"))
)
_SAID_AT_ONCE: Final = Prepared(_SAID)
_COUNT: Final = (
    update(PluginVersion)
    .where(PluginVersion.plugin_name == bindparam("name"), PluginVersion.version == bindparam("number"))
    .values(download_count=PluginVersion.download_count + bindparam("by"))
)
# How ids are written, and names are not: these have dots.
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REFERENCES: Final = {"id": Plugin.id == bindparam("id"), "name": Plugin.name_key == bindparam("name")}


def _counting(is_plugin: ColumnElement[bool], version: ColumnElement[bool]) -> Update:
    """Counts a download of a published, unblocked version of the enabled, published plugin; returns what sending it
    takes.

    Subqueries, because SQLite returns nothing of a joined table.
    """
    is_open = (Plugin.status == PluginStatus.PUBLISHED) & Plugin.is_enabled
    return (
        update(PluginVersion)
        .where(PluginVersion.plugin_name == select(Plugin.name).where(is_plugin, is_open).scalar_subquery())
        .where(version, PluginVersion.status == PluginStatus.PUBLISHED, PluginVersion.is_blocked.is_(False))
        .values(download_count=PluginVersion.download_count + 1)
        .returning(
            PluginVersion.plugin_name,
            PluginVersion.version,
            PluginVersion.is_deprecated,
            PluginVersion.storage_backend,
            PluginVersion.storage_key,
            PluginVersion.file_size,
            PluginVersion.file_hash,
            select(Plugin.is_deprecated).where(is_plugin).scalar_subquery().label("plugin_deprecated"),
        )
    )


def _is_current(is_plugin: ColumnElement[bool]) -> ColumnElement[bool]:
    """The current version of the plugin, unless it is yanked: then it is sent only to whoever names it."""
    current = select(Plugin.current_version).where(is_plugin).scalar_subquery()
    return (PluginVersion.version == current) & PluginVersion.is_yanked.is_(False)


_COUNT_CURRENT: Final = {
    kind: Prepared(_counting(is_plugin, _is_current(is_plugin))) for kind, is_plugin in _REFERENCES.items()
}
_COUNT_CHOSEN: Final = {
    kind: Prepared(_counting(is_plugin, PluginVersion.precedence == bindparam("chosen")))
    for kind, is_plugin in _REFERENCES.items()
}
