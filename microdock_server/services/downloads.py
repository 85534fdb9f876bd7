"""Handing out packages, and counting that exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from sqlalchemy import Engine, Row, bindparam, select, update

from ..bundle.versions import sort_key
from ..errors import PluginDisabled, PluginNotFound, VersionNotFound
from ..extensions import db
from ..models import Plugin, PluginVersion
from ..storage import Storage
from ..uow import execute_durably_enough, unit_of_work
from ..vocabulary import PluginStatus


@dataclass(frozen=True, slots=True)
class Download:
    """A package on its way out. `stream` is open at its first byte; None where `url` says who sends it instead."""

    file_name: str
    size: int
    sha256: str
    is_deprecated: bool
    url: str | None
    stream: BinaryIO | None


def begin(name: str, version: str | None, storage: Storage, counting: Engine) -> Download:
    """Open a published version's package (None: the current version's) and count one download, durably, before the first byte.

    Raises PluginNotFound, VersionNotFound, PluginDisabled, or FileMissing.
    """
    with unit_of_work(writing=False):
        row = _find(name, version)
    url = storage.url(row.storage_key)
    stream = None if url else storage.open(row.storage_key)
    counted = execute_durably_enough(counting, _COUNT, {"name": row.name, "number": row.version})
    if not counted:
        # Deleted since it was found.
        if stream:
            stream.close()
        raise PluginNotFound()
    file_name = f"{row.name.rpartition('.')[2]}@{row.version}.zip"
    deprecated = row.plugin_deprecated or row.is_deprecated
    return Download(file_name, row.file_size, row.file_hash, deprecated, url, stream)


def preview(version: PluginVersion, storage: Storage) -> Download:
    """Open a package for somebody who may see it before everybody may. It is no download, and is not counted."""
    url = storage.url(version.storage_key)
    stream = None if url else storage.open(version.storage_key)
    return Download(version.file_name, version.file_size, version.file_hash, version.is_deprecated, url, stream)


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
