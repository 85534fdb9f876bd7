"""The files that a reviewed version changes, against the version that was published before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from ...bundle import Limits
from ...bundle.diff.files import TEXT_MAX, Facts, Look, TextDiff, compare_texts
from ...bundle.inventory import FileChange, FileFacts, Inventory, changed_files
from ...bundle.zip.archive import Archive, Entry, known_archive
from ...database.session import db
from ...errors import ChangedFileNotFound
from ...models import PluginVersion
from ...storage import Storages
from .. import reviews
from ..files import Place, place_of
from ..plugins import inventories


@dataclass(frozen=True, slots=True)
class Stored:
    """A version's package."""

    plugin_name: str
    version: str
    sha256: str
    place: Place

    @classmethod
    def of(cls, row: PluginVersion) -> Stored:
        """The package of a version."""
        return cls(row.plugin_name, row.version, row.file_hash, place_of(row))


@dataclass(frozen=True, slots=True)
class Pair:
    """What is compared: the reviewed package, and the one that was published before, if there is one."""

    before: Stored | None
    after: Stored


class Looked(NamedTuple):
    """The facts about a changed file; a side is None where it does not exist."""

    file: FileChange
    before: Facts | None
    after: Facts | None


def pair_of(review_id: str) -> Pair:
    """What a review compares, within a unit of work. Raises ReviewNotFound."""
    review = reviews.get(review_id)
    after = db.session.get_one(PluginVersion, (review.plugin_name, review.version))
    before = inventories.published_before(review.plugin_name, review.version)
    return Pair(None if before is None else Stored.of(before), Stored.of(after))


def listed(pair: Pair, storage: Storages, limits: Limits) -> list[FileChange]:
    """Every file that is not the same, by path. Makes inventories that are missing.

    Opens its own units. Raises FileMissing.
    """
    return changed_files(*(_inventory(one, storage, limits) for one in (pair.before, pair.after)))


def looked_at(
    pair: Pair, files: Sequence[FileChange], storage: Storages, limits: Limits, look: Look | None = None
) -> list[Looked]:
    """The facts about these files. Opens its own units; packages are read outside of them. Raises FileMissing."""
    look = look or Look()
    with (
        _opened(pair.before, [one.before for one in files], storage, limits) as before,
        _opened(pair.after, [one.after for one in files], storage, limits) as after,
    ):
        return [Looked(one, _facts(before, one.before, look), _facts(after, one.after, look)) for one in files]


def text_diff(pair: Pair, path: str, storage: Storages, limits: Limits) -> tuple[FileChange, TextDiff]:
    """A changed file, line by line. Raises ChangedFileNotFound, FileMissing. Opens its own units."""
    file = next((one for one in listed(pair, storage, limits) if one.path == path), None)
    if file is None:
        raise ChangedFileNotFound()
    if any(side is not None and side.size > TEXT_MAX for side in (file.before, file.after)):
        return file, TextDiff(None, None, "too_large")
    with _opened(pair.before, [file.before], storage, limits) as before:
        was = _content(before, file.before)
    with _opened(pair.after, [file.after], storage, limits) as after:
        now = _content(after, file.after)
    if (file.before and was is None) or (file.after and now is None):
        return file, TextDiff(None, None, "unreadable")
    return file, compare_texts(was, now)


def _inventory(one: Stored | None, storage: Storages, limits: Limits) -> Inventory:
    return Inventory() if one is None else inventories.of(one.plugin_name, one.version, one.place, storage, limits)


@contextmanager
def _opened(
    one: Stored | None, files: Sequence[FileFacts | None], storage: Storages, limits: Limits
) -> Iterator[Archive | None]:
    """The package with those of these files that can be unpacked; None without any."""
    wanted = {file.name for file in files if file is not None and file.sha256}
    if one is None or not wanted:
        yield None
        return
    packed = inventories.entries(one.plugin_name, one.version, one.place, storage, limits)
    entries = [
        Entry(row.path, row.size, row.compressed_size, row.crc32, row.method, row.offset)
        for row in packed
        if row.path in wanted
    ]
    with storage.open(*one.place) as file:
        yield known_archive(file, entries)


def _facts(archive: Archive | None, file: FileFacts | None, look: Look) -> Facts | None:
    if file is None:
        return None
    return look.at(archive, file.name) if archive is not None and file.sha256 else Facts("unreadable")


def _content(archive: Archive | None, file: FileFacts | None) -> bytes | None:
    return None if archive is None or file is None else archive.read(file.name, TEXT_MAX)
