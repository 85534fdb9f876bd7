"""Finds everything in a package that could run: assemblies wherever they are hidden, native code, scripts, unreadable
data.

Files are judged by content. Assemblies are found as files of any name, inside other files (resources, byte arrays,
texts), compressed or masked, and inside archives. Where a limit is reached the result says so: what was not read is
never reported as clean. Encrypted data cannot be read; it is reported, so that rules can look at it together with the
code that loads it.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import BinaryIO, Final

from microdock_server.bundle.contents import kinds
from microdock_server.bundle.contents.found import Assembly, Contents, FileKind, Limit
from microdock_server.bundle.contents.large import holds_more, parts_hold_more
from microdock_server.bundle.contents.opaque import is_opaque
from microdock_server.bundle.contents.readers import begins_image, metadata_of, reader_at, reader_of
from microdock_server.bundle.contents.unpacking import (
    HEAD,
    ZIP,
    inflated,
    is_compressed,
    streams_in,
    texts_in,
    unmasked,
)
from microdock_server.bundle.dotnet.assembly import IMAGE_MAX, SIZE_MAX, Opened, open_assembly
from microdock_server.bundle.dotnet.assembly_facts import examine_assembly, imports_of, references_of
from microdock_server.bundle.dotnet.capabilities import loads_bytes, uses_of
from microdock_server.bundle.dotnet.entry import load_entry
from microdock_server.bundle.dotnet.image import HEADERS_MAX, Read, Unreadable, open_image
from microdock_server.bundle.dotnet.metadata import Metadata
from microdock_server.bundle.dotnet.obfuscation import obfuscated_names
from microdock_server.bundle.dotnet.parts import items_of, parts_of
from microdock_server.bundle.dotnet.types import is_reference_assembly, target_framework
from microdock_server.bundle.inspect import MANIFEST
from microdock_server.bundle.manifest import Manifest, parse_manifest
from microdock_server.bundle.problems import Problems, printable
from microdock_server.bundle.zip.archive import Archive, Limits, open_archive

__all__ = ["Assembly", "Contents", "FileKind", "Limit", "survey"]

ASSEMBLIES_MAX: Final = 500
# At most this many findings of each kind are named.
FILES_MAX: Final = 200
DEPTH_MAX: Final = 3
CANDIDATES_MAX: Final = 200_000
# Limits for all metadata of a package together, and for the duration of a survey.
METADATA_MAX: Final = 512 << 20
SECONDS_MAX: Final = 300
# The last of the four bytes of e_lfanew is zero: images whose PE header lies beyond 16 MiB do not load.
_IMAGE: Final = re.compile(rb"(?=MZ.{58}(?P<at>.{3})\0)", re.DOTALL)
_PE, _ZIP_END = b"PE\0\0", b"PK\x05\x06"
_ENDINGS: Final = (".dll", ".exe", ".winmd")


def survey(file: BinaryIO, limits: Limits, clock: Callable[[], float] = time.monotonic) -> Contents:
    """Inspect every file of a package. Empty if it is not an archive; bad content never raises.

    Files up to 16 MiB are held in memory one at a time; of larger ones only headers and metadata.
    """
    archive = open_archive(file, limits, Problems())
    if archive is None:
        return Contents()
    manifest, _ = parse_manifest(archive.read(MANIFEST, limits.max_manifest) or b"")
    survey_ = _Survey(limits, manifest.main if manifest else "", clock)
    survey_.archive(archive, "", 0)
    if manifest:
        survey_.entry(archive, manifest)
    return survey_.contents


class _Survey:
    """One survey, with one budget for all of its parts."""

    def __init__(self, limits: Limits, main: str, clock: Callable[[], float]) -> None:
        self.contents = Contents(main=main)
        self._limits = limits
        # Budget in bytes for data that is read a second time or unpacked.
        self._left = limits.max_unpacked
        self._metadata_left = METADATA_MAX
        self._clock, self._end = clock, clock() + SECONDS_MAX
        # Paths of assemblies by simple name, to which references are resolved.
        self._paths: dict[str, list[str]] = {}
        self._inflated = set[str]()

    def archive(self, archive: Archive, inside: str, depth: int) -> None:
        for entry in archive.entries:
            path = f"{inside}{entry.name}"
            if self._is_late(path):
                return
            if entry.size > SIZE_MAX:
                self._large(archive, entry.name, entry.size, path)
                continue
            data = archive.read(entry.name, SIZE_MAX)
            if data is None:
                self._skip("unreadable", path)
            else:
                self._data(data, path, depth)

    def entry(self, archive: Archive, manifest: Manifest) -> None:
        """Find the entry class in the package."""
        folder = manifest.main.rpartition("/")[0]
        opened: dict[str, Metadata | None] = {}

        def find(name: str) -> Metadata | None:
            key = name.lower()
            if key not in opened:
                paths = self._paths.get(key, [])
                beside = [path for path in paths if path.rpartition("/")[0] == folder]
                opened[key] = next((metadata_of(archive, path) for path in beside or paths), None)
            found = opened[key]
            # A file that holds another assembly than its name says is refused.
            return found if found is not None and found.assembly_name().lower() == key else None

        if archive.size_of(manifest.main) is not None:
            self.contents.facts = examine_assembly(reader_of(archive, manifest.main), manifest.entry_class)
        main = metadata_of(archive, manifest.main)
        if main is not None:
            self.contents.entry = load_entry(main, manifest.entry_class, find)
            if self.contents.entry.is_cut:
                self._skip("too_many", manifest.main)
            if any(item.truncated for item in (main, *opened.values()) if item):
                self._skip("rows", manifest.main)

    def _data(self, data: bytes, path: str, depth: int) -> None:
        """A file in memory: the file itself, and what is embedded in it."""
        is_image = self._image(reader_at(data, 0), path, path)
        kind = "image" if is_image else self._kind(data, path)
        images = [0] if is_image else []
        for place in self._places(data, path):
            if place:
                self._image(reader_at(data, place), f"{path}!{place}", path)
                images.append(place)
        if not is_image:
            self._piece(data, f"{path}!", path, depth, is_known=kind != "other")
        for place in images:
            self._parts(data, place, path, depth)
        self._packed_inside(data, path, depth)

    def _parts(self, data: bytes, image: int, path: str, depth: int) -> None:
        """The embedded data of an assembly, each piece treated as a file."""
        read = reader_at(data, image)
        try:
            opened = open_assembly(read)
        except Unreadable:
            return
        if opened is None:
            return
        parts, is_cut = parts_of(opened.image, opened.metadata, read)
        if is_cut:
            self._skip("too_many", path)
        for place, length in parts:
            if self._is_late(path) or not self._pays(length, path):
                return
            piece = read(place, length)
            items = items_of(piece)
            for at, size in [(0, length)] if items is None else items:
                self._piece(piece[at : at + size], f"{path}!{image + place + at}!", path, depth)

    def _piece(self, data: bytes, inner: str, path: str, depth: int, *, is_known: bool = False) -> None:
        """A piece that is packed or masked as a whole; otherwise, whether it can be read at all."""
        if data.startswith(ZIP):
            if self._fits(depth, path):
                self._zip(data, inner, depth + 1, is_known=is_known)
        elif is_compressed(data[:HEAD]):
            if self._fits(depth, path):
                self._inflate(data, inner, depth + 1)
        elif (plain := unmasked(data)) is not None:
            if self._fits(depth, path):
                self._data(plain, inner, depth + 1)
        elif not is_known and is_opaque(data):
            self._file("opaque_data", inner.removesuffix("!"))

    def _packed_inside(self, data: bytes, path: str, depth: int) -> None:
        """Compressed streams, archives and encoded texts that begin somewhere in the middle."""
        places, is_cut = streams_in(data)
        if is_cut:
            self._skip("too_many", path)
        for place in places:
            if self._is_late(path) or not self._fits(depth, path) or not self._pays(len(data) - place, path):
                return
            self._inflate(data[place:], f"{path}!{place}!", depth + 1)
        for place, decoded in texts_in(data):
            if self._is_late(path) or not self._fits(depth, path) or not self._pays(len(decoded), path):
                return
            self._data(decoded, f"{path}!{place}!", depth + 1)
        self._appended(data, path, depth)

    def _appended(self, data: bytes, path: str, depth: int) -> None:
        """An archive appended to something else, located by its end record as ZIP readers do."""
        start, end = data.find(ZIP), data.rfind(_ZIP_END)
        if not 0 < start < end or not self._fits(depth, path):
            return
        comment = int.from_bytes(data[end + 20 : end + 22], "little")
        whole = data[start : end + 22 + comment]
        if open_archive(BytesIO(whole), self._limits, Problems()):
            self._zip(whole, f"{path}!{start}!", depth + 1)
        elif _names_its_directory(data, end) and end + 22 + comment == len(data):
            self._zip(data, f"{path}!", depth + 1)

    def _inflate(self, data: bytes, inner: str, depth: int) -> None:
        if inner in self._inflated:
            return
        self._inflated.add(inner)
        limit = min(SIZE_MAX, self._left)
        unpacked = inflated(data, limit) if limit > 0 else None
        self._left -= limit if unpacked is None else len(unpacked)
        if unpacked is None:
            self._skip("too_large", inner.removesuffix("!"))
        else:
            self._data(unpacked, inner, depth)

    def _zip(self, data: bytes, inner: str, depth: int, *, is_known: bool = False) -> None:
        problems = Problems()
        limits = dataclasses.replace(self._limits, max_unpacked=max(self._left, 0))
        archive = open_archive(BytesIO(data), limits, problems)
        path = inner.removesuffix("!")
        if archive is None and not is_known:
            self._file("archive", path)
        if problems.done():
            # Other readers may see other files in an archive that breaks the rules.
            self._skip("not_unpacked", path)
        if archive is not None:
            self._left -= archive.unpacked_size
            self.archive(archive, inner, depth)

    def _large(self, archive: Archive, name: str, size: int, path: str) -> None:
        """A file too large for memory: its headers, and whether another image may be inside it."""
        read = partial(archive.part, name)
        head = read(0, HEADERS_MAX)
        is_image = begins_image(read)
        if not is_image:
            self._large_data(head, path)
        elif size > IMAGE_MAX:
            self._skip("too_large", path)
        else:
            self._image(read, path, path)
            if parts_hold_more(read, archive.pieces(name)):
                self._skip("too_large", path)
        if holds_more(archive.pieces(name), expected=1 if is_image else 0):
            self._skip("too_large", path)

    def _large_data(self, head: bytes, path: str) -> None:
        """Large data that is not an image, judged by its first bytes."""
        kind = self._kind(head, path)
        if head.startswith(ZIP) or is_compressed(head[:HEAD]):
            self._file("archive", path)
            self._skip("too_large", path)
        elif kind == "other" and is_opaque(head):
            self._file("opaque_data", path)

    def _places(self, data: bytes, path: str) -> Iterator[int]:
        """Offsets in a file at which images begin."""
        if _PE not in data:
            return
        for count, found in enumerate(_IMAGE.finditer(data)):
            if count >= CANDIDATES_MAX:
                self._skip("too_many", path)
                return
            place = found.start() + int.from_bytes(found["at"], "little")
            if data[place : place + 4] == _PE:
                if self._is_late(path):
                    return
                yield found.start()

    def _image(self, read: Read, path: str, file: str) -> bool:
        """Record an image at the beginning of the data; False if there is none."""
        try:
            image = open_image(read)
            if image is None:
                return False
            self._metadata_left -= image.metadata[1] if image.is_managed else 0
            if self._metadata_left < 0:
                self._skip("too_large", path)
                return True
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
        found, is_cut = _assembly(opened, path, is_embedded=path != file)
        self.contents.assemblies.append(found)
        if opened.metadata.truncated or is_cut:
            self._skip("rows", path)
        if found.is_embedded or "!" in path:
            self._file("embedded_assembly", path)
            return
        self._paths.setdefault(path.rpartition("/")[2].lower().removesuffix(".dll"), []).append(path)
        if not path.lower().endswith(_ENDINGS):
            self._file("disguised_assembly", path)
        elif not opened.image.is_library and path != self.contents.main:
            self._file("managed_executable", path)

    def _kind(self, data: bytes, path: str) -> kinds.Kind:
        kind = kinds.kind_of(data, path)
        if kind == "archive":
            if is_compressed(data[:HEAD]):
                return "other"
            self._skip("not_unpacked", path)
        if kind != "other":
            self._file(kind, path)
        return kind

    def _file(self, kind: FileKind, path: str) -> None:
        known = sum(other == kind for other, _ in self.contents.files)
        if known < FILES_MAX:
            self.contents.files.append((kind, printable(path)))
        elif ("too_many", kind) not in self.contents.incomplete:
            self._skip("too_many", kind)

    def _skip(self, limit: Limit, path: str) -> None:
        note = limit, printable(path)
        if len(self.contents.incomplete) < FILES_MAX and note not in self.contents.incomplete:
            self.contents.incomplete.append(note)

    def _fits(self, depth: int, path: str) -> bool:
        if depth >= DEPTH_MAX:
            self._skip("too_deep", path)
        return depth < DEPTH_MAX

    def _pays(self, cost: int, path: str) -> bool:
        if self._left < cost:
            self._skip("too_large", path)
            return False
        self._left -= cost
        return True

    def _is_late(self, path: str) -> bool:
        is_late = self._clock() > self._end
        if is_late:
            self._skip("too_long", path)
        return is_late


def _assembly(opened: Opened, path: str, *, is_embedded: bool) -> tuple[Assembly, bool]:
    """Record an assembly; returns whether anything that rules ask about had to be left out."""
    image, metadata = opened.image, opened.metadata
    hidden, names = obfuscated_names(metadata)
    (references, more_references), (imports, more_imports) = references_of(metadata), imports_of(metadata)
    found = Assembly(
        printable(path),
        printable(metadata.assembly_name()),
        image.architecture,
        is_mixed=image.is_mixed,
        is_reference=is_reference_assembly(metadata),
        is_embedded=is_embedded,
        target_framework=target_framework(metadata),
        references=references,
        imports=imports,
        # Where these lists are cut, some entries of every capability remain.
        uses=uses_of(metadata)[0],
        hidden_names=hidden,
        names=names,
        loads_bytes=loads_bytes(metadata),
    )
    return found, more_references or more_imports


def _names_its_directory(data: bytes, end: int) -> bool:
    """Does the end record follow a directory of the length it declares? Otherwise the two signatures are
    coincidence.
    """
    length = int.from_bytes(data[end + 12 : end + 16], "little")
    return 46 <= length <= end and data.startswith(b"PK\x01\x02", end - length)
