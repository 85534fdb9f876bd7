"""Everything in a package that could run: assemblies wherever they hide, native code, scripts, and what was not read.

Files are judged by content. Assemblies are found as files of any name, inside other files (resources, byte arrays),
compressed ones included, and inside archives. Where a limit is reached it says so: what was not read is not clean.
"""

from __future__ import annotations

import dataclasses
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO, Final, Literal

from microdock_server.bundle.archive import Archive, Limits, open_archive
from microdock_server.bundle.assembly import IMAGE_MAX, SIZE_MAX, Opened, open_assembly
from microdock_server.bundle.assembly_facts import (
    ApiUse,
    AssemblyFacts,
    NativeImport,
    examine_assembly,
    imports_of,
    references_of,
)
from microdock_server.bundle.dotnet.capabilities import uses_of
from microdock_server.bundle.dotnet.entry import EntryLoad, load_entry
from microdock_server.bundle.dotnet.image import HEADERS_MAX, Read, Unreadable, open_image
from microdock_server.bundle.dotnet.metadata import Metadata
from microdock_server.bundle.dotnet.obfuscation import obfuscated_names
from microdock_server.bundle.dotnet.types import is_reference_assembly, target_framework
from microdock_server.bundle.inspect import MANIFEST
from microdock_server.bundle.kinds import kind_of
from microdock_server.bundle.manifest import Manifest, parse_manifest
from microdock_server.bundle.problems import Problems, printable

ASSEMBLIES_MAX: Final = 500
FILES_MAX: Final = 200
DEPTH_MAX: Final = 3
# Enough of what is compressed to see the first bytes of it.
HEAD: Final = 1024
CANDIDATES_MAX: Final = 200_000
# The header's place is in the fourth byte of the pair: images whose header lies beyond 16 MiB are none that load.
_IMAGE: Final = re.compile(rb"(?=MZ.{58}(?P<at>.{3})\0)", re.DOTALL)
_GZIP, _ZIP, _PE = b"\x1f\x8b\x08", b"PK\x03\x04", b"PE\0\0"
_ENDINGS: Final = (".dll", ".exe", ".winmd")

# Why something was not read to its end.
Limit = Literal["rows", "unreadable", "too_large", "too_many", "too_deep", "not_unpacked"]
FileKind = Literal[
    "native_library", "executable", "managed_executable", "script", "archive", "disguised_assembly", "embedded_assembly"
]


@dataclass(frozen=True, slots=True)
class Assembly:
    """A managed assembly. `path` is where it is: `lib/Evil.dll`, `Main.dll!4096` at an offset in another file."""

    path: str
    name: str
    architecture: str
    is_mixed: bool = False
    is_reference: bool = False
    is_embedded: bool = False
    target_framework: str = ""
    references: tuple[str, ...] = ()
    imports: tuple[NativeImport, ...] = ()
    uses: tuple[ApiUse, ...] = ()
    hidden_names: int = 0
    names: int = 0


@dataclass(slots=True)
class Contents:
    """What can run, and what was not read: (limit, path)."""

    assemblies: list[Assembly] = field(default_factory=list)
    files: list[tuple[FileKind, str]] = field(default_factory=list)
    incomplete: list[tuple[Limit, str]] = field(default_factory=list)
    main: str = ""
    # None where the package has no such file.
    facts: AssemblyFacts | None = None
    entry: EntryLoad | None = None

    def as_json(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return {
            "assemblies": [dataclasses.asdict(item) for item in self.assemblies],
            "files": [{"kind": kind, "path": path} for kind, path in self.files],
            "incomplete": [{"limit": limit, "path": path} for limit, path in self.incomplete],
            "main": self.main,
            "entry": self.entry.as_json() if self.entry else None,
        }


def survey(file: BinaryIO, limits: Limits) -> Contents:
    """Look into every file of a package. Empty where it is no archive; bad content never raises.

    Files up to 16 MiB are in memory one at a time; of larger ones the headers and the metadata.
    """
    archive = open_archive(file, limits, Problems())
    if archive is None:
        return Contents()
    manifest, _ = parse_manifest(archive.read(MANIFEST, limits.max_manifest) or b"")
    survey_ = _Survey(limits, manifest.main if manifest else "")
    survey_.archive(archive, "", 0)
    if manifest:
        survey_.entry(archive, manifest)
    return survey_.contents


class _Survey:
    """One survey; what all its parts together may cost is bounded."""

    def __init__(self, limits: Limits, main: str) -> None:
        self.contents = Contents(main=main)
        self._limits = limits
        self._left = limits.max_unpacked
        # Where the files are that assemblies are looked for in, by their simple names.
        self._paths: dict[str, list[str]] = {}

    def archive(self, archive: Archive, inside: str, depth: int) -> None:
        for entry in archive.entries:
            path = f"{inside}{entry.name}"
            if entry.size > SIZE_MAX:
                self._large(archive, entry.name, entry.size, path)
                continue
            data = archive.read(entry.name, SIZE_MAX)
            if data is None:
                self._skip("unreadable", path)
            else:
                self._data(data, path, depth)

    def entry(self, archive: Archive, manifest: Manifest) -> None:
        """Follow the entry class through the package."""
        folder = manifest.main.rpartition("/")[0]
        opened: dict[str, Metadata | None] = {}

        def find(name: str) -> Metadata | None:
            key = name.lower()
            if key not in opened:
                paths = self._paths.get(key, [])
                beside = [path for path in paths if path.rpartition("/")[0] == folder]
                opened[key] = next((_metadata(archive, path) for path in beside or paths), None)
            return opened[key]

        if archive.size_of(manifest.main) is not None:
            self.contents.facts = examine_assembly(_reader(archive, manifest.main), manifest.entry_class)
        main = _metadata(archive, manifest.main)
        if main is not None:
            self.contents.entry = load_entry(main, manifest.entry_class, find)
            if self.contents.entry.is_cut:
                self._skip("too_many", manifest.main)

    def _data(self, data: bytes, path: str, depth: int) -> None:
        """A file in memory: what it is itself, and what is in it."""
        is_image = self._image(_at(data, 0), path, path)
        if not is_image:
            self._kind(data[:HEADERS_MAX], path)
        for place in self._places(data, path):
            if place:
                self._image(_at(data, place), f"{path}!{place}", path)
        self._inside(data, path, depth)

    def _inside(self, data: bytes, path: str, depth: int) -> None:
        """What is packed once more: archives, compressed files, compressed resources."""
        packed = [(f"{path}!{place}", data, place) for place in _resources(data)] + [(path, data, 0)]
        for name, whole, place in packed:
            head = whole[place : place + HEAD]
            if not (head.startswith((_GZIP, _ZIP)) or _deflated(head)):
                continue
            if depth >= DEPTH_MAX:
                self._skip("too_deep", name)
            elif head.startswith(_ZIP):
                self._zip(whole[place:], name, depth + 1)
            else:
                unpacked = _inflated(whole[place:], min(SIZE_MAX, self._left))
                self._left -= len(unpacked or b"")
                if unpacked is None:
                    self._skip("too_large", name)
                else:
                    self._data(unpacked, f"{name}!", depth + 1)

    def _zip(self, data: bytes, path: str, depth: int) -> None:
        limits = dataclasses.replace(self._limits, max_unpacked=max(self._left, 0))
        archive = open_archive(BytesIO(data), limits, Problems())
        if archive is None:
            self._file("archive", path)
            return
        self._left -= archive.unpacked_size
        self.archive(archive, f"{path}!", depth)

    def _large(self, archive: Archive, name: str, size: int, path: str) -> None:
        """A file that is not held in memory: its headers, and whether there may be another image in it."""
        read = partial(archive.part, name)
        head = read(0, HEADERS_MAX)
        is_image = open_image_or_none(head)
        if is_image and size > IMAGE_MAX:
            self._skip("too_large", path)
        elif not self._image(read, path, path):
            self._kind(head, path)
            if head.startswith((_GZIP, _ZIP)):
                self._file("archive", path)
        if _holds_more(archive.pieces(name), expected=1 if is_image else 0):
            self._skip("too_large", path)

    def _places(self, data: bytes, path: str) -> Iterator[int]:
        """Where images begin in a file."""
        if _PE not in data:
            return
        for count, found in enumerate(_IMAGE.finditer(data)):
            if count >= CANDIDATES_MAX:
                self._skip("too_many", path)
                return
            place = found.start() + int.from_bytes(found["at"], "little")
            if data[place : place + 4] == _PE:
                yield found.start()

    def _image(self, read: Read, path: str, file: str) -> bool:
        """Note an image at the beginning of what is read; False where there is none."""
        try:
            image = open_image(read)
            if image is None:
                return False
            opened = open_assembly(read) if image.is_managed else None
        except Unreadable:
            self._skip("unreadable", path)
            return True
        if opened is None:
            self._file("native_library" if image.is_library else "executable", path)
        elif len(self.contents.assemblies) >= ASSEMBLIES_MAX:
            self._skip("too_many", path)
        else:
            self._assembly(opened, path, file)
        return True

    def _assembly(self, opened: Opened, path: str, file: str) -> None:
        found = _assembly(opened, path, is_embedded=path != file)
        self.contents.assemblies.append(found)
        if opened.metadata.truncated:
            self._skip("rows", path)
        if found.is_embedded or "!" in path:
            self._file("embedded_assembly", path)
            return
        self._paths.setdefault(path.rpartition("/")[2].lower().removesuffix(".dll"), []).append(path)
        if not path.lower().endswith(_ENDINGS):
            self._file("disguised_assembly", path)
        elif not opened.image.is_library and path != self.contents.main:
            self._file("managed_executable", path)

    def _kind(self, head: bytes, path: str) -> None:
        kind = kind_of(head, path)
        if kind != "other":
            self._file(kind, path)

    def _file(self, kind: FileKind, path: str) -> None:
        if sum(known == kind for known, _ in self.contents.files) < FILES_MAX:
            self.contents.files.append((kind, printable(path)))

    def _skip(self, limit: Limit, path: str) -> None:
        if len(self.contents.incomplete) < FILES_MAX:
            self.contents.incomplete.append((limit, printable(path)))


def _assembly(opened: Opened, path: str, *, is_embedded: bool) -> Assembly:
    image, metadata = opened.image, opened.metadata
    hidden, names = obfuscated_names(metadata)
    return Assembly(
        printable(path),
        printable(metadata.assembly_name()),
        image.architecture,
        is_mixed=image.is_mixed,
        is_reference=is_reference_assembly(metadata),
        is_embedded=is_embedded,
        target_framework=target_framework(metadata),
        references=references_of(metadata)[0],
        imports=imports_of(metadata)[0],
        uses=uses_of(metadata)[0],
        hidden_names=hidden,
        names=names,
    )


def _metadata(archive: Archive, path: str) -> Metadata | None:
    try:
        opened = open_assembly(_reader(archive, path))
    except Unreadable:
        return None
    return opened.metadata if opened else None


def _reader(archive: Archive, path: str) -> Read:
    size = archive.size_of(path)
    if size is None or size > SIZE_MAX:
        return partial(archive.part, path)
    return _at(archive.read(path, SIZE_MAX) or b"", 0)


def _at(data: bytes, start: int) -> Callable[[int, int], bytes]:
    """Parts of what begins at `start`."""
    return lambda offset, length: data[start + offset : start + offset + length]


def open_image_or_none(head: bytes) -> bool:
    """Does an image begin here, readable or not?"""
    try:
        return open_image(_at(head, 0)) is not None
    except Unreadable:
        return True


def _holds_more(pieces: Iterator[bytes], *, expected: int) -> bool:
    """Is the mark of an image in there more often than expected?"""
    tail, found = b"", 0
    for piece in pieces:
        found += (tail + piece).count(_PE)
        tail = piece[-3:]
    return found > expected


def _resources(data: bytes) -> Iterator[int]:
    """Where the content of each resource of an assembly begins."""
    try:
        opened = open_assembly(_at(data, 0))
    except Unreadable:
        return
    if opened is None or not opened.image.resources[1]:
        return
    start, length = opened.image.resources
    for offset, _, _, implementation in opened.metadata.rows("ManifestResource"):
        if implementation == 0 and offset + 4 < length:
            yield start + offset + 4


def _deflated(head: bytes) -> bool:
    """Is it an image, compressed without any mark or with zlib's?"""
    for bits in (-zlib.MAX_WBITS, zlib.MAX_WBITS):
        try:
            if zlib.decompressobj(bits).decompress(head, 2) == b"MZ":
                return True
        except zlib.error:
            continue
    return False


def _inflated(data: bytes, limit: int) -> bytes | None:
    """What is behind gzip, zlib or plain deflate, as far as it is whole; None above the limit."""
    bits = zlib.MAX_WBITS | 32 if data.startswith(_GZIP) or data[:1] == b"\x78" else -zlib.MAX_WBITS
    stream = zlib.decompressobj(bits)
    try:
        found = stream.decompress(data, max(limit, 1))
    except zlib.error:
        return b""
    return None if stream.unconsumed_tail else found
