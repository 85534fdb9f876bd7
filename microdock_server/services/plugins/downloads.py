"""Downloads of packages, and their exact counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Row, bindparam, select, update

from ...bundle.versions import sort_key
from ...database.session import db
from ...database.unit_of_work import execute_autocommit, unit_of_work
from ...errors import PluginDisabled, PluginNotFound, VersionNotFound
from ...models import DownloadWindow, Plugin, PluginVersion
from ...storage import Outgoing, Storages, Suits
from ...vocabulary import PluginStatus
from ..files import Place, place_of

MEDIA_TYPE: Final = "application/zip"


@dataclass(frozen=True, slots=True)
class Package:
    """A version's package: what can be sent."""

    plugin_name: str
    version: str
    place: Place
    size: int
    sha256: str
    is_deprecated: bool

    @property
    def file_name(self) -> str:
        return f"{self.plugin_name.rpartition('.')[2]}@{self.version}.zip"


@dataclass(frozen=True, slots=True)
class Download:
    """A package that is being sent."""

    package: Package
    outgoing: Outgoing


def total(plugin: Plugin) -> int:
    """All downloads of the plugin, as of the last roll-up."""
    found = db.session.get(DownloadWindow, plugin.name)
    return found.total if found else 0


def begin(name: str, version: str | None, storage: Storages, autocommit: Engine, suits: Suits) -> Download:
    """Open a published version's package (None: the current version's) and count one download, before the first byte.

    Durable when it returns. Raises PluginNotFound, VersionNotFound, PluginDisabled, or FileMissing.
    """
    with unit_of_work(writing=False):
        package = find(name, version)
    download = open_package(package, storage, suits)
    count(download, autocommit)
    return download


def find(name: str, version: str | None) -> Package:
    """A published version's package (None: the current version's).

    Raises PluginNotFound, VersionNotFound or PluginDisabled.
    """
    row = _find(name, version)
    deprecated = row.plugin_deprecated or row.is_deprecated
    return Package(row.name, row.version, place_of(row), row.file_size, row.file_hash, deprecated)


def preview(version: PluginVersion) -> Package:
    """The package of an unpublished version, for those who may see it; not counted as a download."""
    return Package(
        version.plugin_name,
        version.version,
        place_of(version),
        version.file_size,
        version.file_hash,
        version.is_deprecated,
    )


def open_package(package: Package, storage: Storages, suits: Suits) -> Download:
    """The package, open at its first byte, or handed over to another sender. Raises FileMissing."""
    outgoing = storage.outgoing(*package.place, file_name=package.file_name, media_type=MEDIA_TYPE, suits=suits)
    return Download(package, outgoing)


def count(download: Download, autocommit: Engine) -> None:
    """Count one download, durably. Raises PluginNotFound, after closing the stream, if the plugin was deleted since."""
    package = download.package
    if not execute_autocommit(autocommit, _COUNT, {"name": package.plugin_name, "number": package.version}):
        if download.outgoing.stream:
            download.outgoing.stream.close()
        raise PluginNotFound()


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


_COLUMNS: Final = (
    Plugin.name,
    Plugin.status,
    Plugin.is_enabled,
    Plugin.is_deprecated.label("plugin_deprecated"),
    PluginVersion.version,
    PluginVersion.status.label("version_status"),
    PluginVersion.is_deprecated,
    PluginVersion.storage_backend,
    PluginVersion.storage_key,
    PluginVersion.file_size,
    PluginVersion.file_hash,
)
_BY_NAME: Final = select(*_COLUMNS).select_from(Plugin).where(Plugin.name_key == bindparam("key"))
_SAME_PLUGIN: Final = PluginVersion.plugin_name == Plugin.name
_CURRENT: Final = _BY_NAME.outerjoin(PluginVersion, _SAME_PLUGIN & (PluginVersion.version == Plugin.current_version))
_CHOSEN: Final = _BY_NAME.outerjoin(PluginVersion, _SAME_PLUGIN & (PluginVersion.precedence == bindparam("chosen")))
_COUNT: Final = (
    update(PluginVersion)
    .where(PluginVersion.plugin_name == bindparam("name"), PluginVersion.version == bindparam("number"))
    .values(download_count=PluginVersion.download_count + 1)
)
