"""Creates a snapshot while the server runs.

A snapshot is the database at one moment and every blob that it refers to. Nothing is stopped: blobs never change, so
they are copied first, as the database refers to them now, and the database last. Rows written meanwhile refer to a few
more blobs, deleted rows to a few less; so the database is read again until a view of it finds every blob copied, and
that view is stored. A blob that vanishes between two views was deleted if the second one no longer refers to it; if it
still does, the server had lost it before.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import Engine

from ..clock import iso, utcnow
from ..errors import FileMissing, StorageFailure
from ..storage import Storages
from . import database
from .archive_files import SCRATCH, Partial, file_name
from .encryption import Lock, sealed
from .frames import Output
from .manifest import Archive, Blob, Content, Manifest, dump
from .members import DATABASES, SECRET
from .problems import SnapshotProblem
from .reading import Known
from .writing import ArchiveWriter

# With this few bytes left to copy, the database view is held until they are: a large database is read once, not twice.
LITTLE: Final = 64 << 20
MOST_LOOKS: Final = 100

Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """The server whose snapshot is created."""

    engine: Engine
    storage: Storages
    program: str
    settings: Mapping[str, Any]
    # A file that only encrypted archives contain.
    secret: Path | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A finished archive; size in bytes."""

    path: Path
    size: int
    manifest: Manifest


def create(
    source: Source,
    directory: Path,
    *,
    base: Known | None = None,
    lock: Lock | None = None,
    watch: Watch | None = None,
) -> Snapshot:
    """Write an archive into `directory`; with `base`, only the blobs that the base lacks; with `lock`, encrypted.

    To be called within `archive_files.locked`. When this returns, the archive is complete, synced and under its name;
    nothing incomplete ever has that name. `watch` receives the number of bytes of blobs done, and the total. Raises
    SnapshotProblem.
    """
    archive_id = uuid.uuid4().hex
    file = file_name(archive_id, incremental=base is not None, encrypted=lock is not None)
    with _in_words(directory), Partial(directory, file) as partial:
        with sealed(partial.descriptor, lock) as descriptor, ArchiveWriter(Output(descriptor)) as writer:
            making = _Making(
                source, writer, Archive(archive_id, file), base=base, watch=watch or _nobody, scratch=directory
            )
            manifest = making.make(with_secret=lock is not None)
            writer.finish(dump(manifest))
        path = partial.publish()
    return Snapshot(path, path.stat().st_size, manifest)


@contextmanager
def _in_words(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as reason:
        raise SnapshotProblem(f"the archive could not be written into {directory}: {reason.strerror}") from reason
    except StorageFailure as reason:
        raise SnapshotProblem("the storage failed while its files were read") from reason


class _Making:
    """One run; see the module."""

    def __init__(
        self,
        source: Source,
        writer: ArchiveWriter,
        archive: Archive,
        *,
        base: Known | None,
        watch: Watch,
        scratch: Path,
    ) -> None:
        self._source, self._writer, self._archive, self._base = source, writer, archive, base
        self._watch, self._scratch = watch, scratch
        self._known = {blob.key: blob for blob in base.manifest.blobs} if base else {}
        self._copied: dict[str, Blob] = {}
        self._hashes: dict[str, Future[str]] = {}
        self._missing: set[str] = set()
        self._done = self._total = 0

    def make(self, *, with_secret: bool) -> Manifest:
        """Write every member except the manifest, which is returned."""
        for _ in range(MOST_LOOKS):
            with database.view(self._source.engine) as view:
                named = database.named(view.connection)
                wanted = self._wanted(named)
                if _is_little(wanted) and self._copy(wanted):
                    return self._manifest(view, named, with_secret)
            self._copy(wanted)
        raise SnapshotProblem("files come and go faster than they can be copied: try again when there is less to do")

    def _wanted(self, named: Mapping[str, Blob]) -> list[Blob]:
        """The blobs that are still to be copied."""
        lost = sorted(self._missing & named.keys())
        if lost:
            raise SnapshotProblem(f"{len(lost)} files are lost, {lost[0]} first: see `flask storage verify`")
        wanted = [blob for key, blob in named.items() if key not in self._copied and not self._is_known(blob)]
        self._total = self._done + sum(blob.size for blob in wanted)
        return wanted

    def _is_known(self, blob: Blob) -> bool:
        """Does the base have it, or refer to an archive that does?"""
        known = self._known.get(blob.key)
        return known is not None and known.sha256 == blob.sha256

    def _copy(self, wanted: list[Blob]) -> bool:
        """Copy blobs; returns whether all of them exist."""
        complete = True
        for blob in wanted:
            if blob.key in self._copied:
                continue
            try:
                stream = self._source.storage.open_wherever(blob.key)
            except FileMissing:
                self._missing.add(blob.key)
                complete = False
                continue
            with stream:
                self._add(blob, stream)
        return complete

    def _add(self, blob: Blob, stream: BinaryIO) -> None:
        hashed = self._writer.add(blob.member, blob.size, stream)
        if hashed is None:
            raise _damaged(blob)
        self._copied[blob.key], self._hashes[blob.key] = blob, hashed
        self._done += blob.size
        self._watch(self._done, self._total)

    def _manifest(self, view: database.View, named: Mapping[str, Blob], with_secret: bool) -> Manifest:
        moment = iso(utcnow())
        files = {DATABASES[view.kind]: self._copy_database(view)}
        if with_secret and self._source.secret is not None and self._source.secret.is_file():
            files[SECRET] = self._writer.add_bytes(SECRET, self._source.secret.read_bytes())
        for key, hashed in self._hashes.items():
            if hashed.result() != self._copied[key].sha256:
                raise _damaged(self._copied[key])
        archives, blobs = self._placed(named)
        return Manifest(
            archives=archives,
            created_at=moment,
            program=self._source.program,
            database_kind=view.kind,
            revision=database.revision(view.connection),
            files=files,
            tables=database.counts(view.connection),
            settings=self._source.settings,
            blobs=blobs,
            deleted={key: Content(b.size, b.sha256) for key, b in self._copied.items() if key not in named},
        )

    def _copy_database(self, view: database.View) -> Content:
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self._scratch) as scratch:
            path = Path(scratch, "copy")
            view.copy(path)
            size = path.stat().st_size
            with path.open("rb", buffering=0) as stream:
                hashed = self._writer.add(DATABASES[view.kind], size, stream)
        assert hashed is not None
        return Content(size, hashed.result())

    def _placed(self, named: Mapping[str, Blob]) -> tuple[tuple[Archive, ...], tuple[Blob, ...]]:
        """All archives that the snapshot needs, and every blob with the archive that contains it."""
        if self._base is None:
            return (self._archive,), tuple(named.values())
        own = Archive(self._base.manifest.id, self._base.path.name, self._base.sha256)
        behind = (own, *self._base.manifest.archives[1:])
        holders = {blob.key: behind[self._known[blob.key].source].id for blob in named.values() if self._is_known(blob)}
        needed = set(holders.values())
        archives = (self._archive, *(archive for archive in behind if archive.id in needed))
        places = {archive.id: index for index, archive in enumerate(archives)}
        # Without dataclasses.replace, which takes longer than everything else here.
        blobs = [
            Blob(key, blob.size, blob.sha256, places[holders.get(key, self._archive.id)]) for key, blob in named.items()
        ]
        return archives, tuple(blobs)


def _is_little(wanted: list[Blob]) -> bool:
    return sum(blob.size for blob in wanted) <= LITTLE


def _damaged(blob: Blob) -> SnapshotProblem:
    return SnapshotProblem(f"the file {blob.key} is not what its row says: see `flask storage verify`")


def _nobody(_done: int, _total: int) -> None:
    """Ignores progress."""
