"""Is the main DLL a managed assembly that contains the entry class? Read from its metadata, never run.

Only headers and metadata of the file are read, so its size does not matter; sizes that the file declares are checked
before that much is read or allocated.
"""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass
from typing import BinaryIO, Final, Literal

from microdock_server.bundle.dotnet.image import Image, Read, Unreadable, open_image
from microdock_server.bundle.dotnet.metadata import METADATA_MAX, Metadata
from microdock_server.bundle.dotnet.types import find_type, forwarded, target_framework
from microdock_server.bundle.problems import printable

Status = Literal["ok", "not_managed", "entry_class_missing", "unreadable"]

# Files up to this size are held in memory; of larger ones, headers and metadata are read from the archive.
SIZE_MAX: Final = 16 << 20
# The largest image that is examined: each part of it is unpacked from the beginning.
IMAGE_MAX: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in the main DLL. `detail` gives the reason, in English, for reviewers and logs.

    `architecture` is any, x86, x64, arm64 or arm; `target_framework` as the assembly states it
    (".NETCoreApp,Version=v8.0"). Both are "" where unknown.
    """

    status: Status
    assembly_name: str = ""
    entry_class: str = ""
    detail: str = ""
    architecture: str = ""
    target_framework: str = ""
    is_mixed: bool = False

    def as_json(self) -> dict[str, str | bool]:
        """The form in which a finding is stored and shown."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class Opened:
    """A managed assembly whose metadata can be read."""

    image: Image
    metadata: Metadata


def reader(data_or_file: bytes | BinaryIO) -> Read:
    """A reader for bytes in memory, or for a seekable file."""
    file = io.BytesIO(data_or_file) if isinstance(data_or_file, bytes) else data_or_file

    def read(offset: int, length: int) -> bytes:
        file.seek(offset)
        return file.read(length)

    return read


def open_assembly(read: Read) -> Opened | None:
    """Image and metadata of an assembly; None for anything that is not a managed assembly.

    Raises Unreadable for an assembly whose metadata cannot be read.
    """
    image = open_image(read)
    if image is None or not image.is_managed:
        return None
    offset, length = image.metadata
    if not 0 < length <= METADATA_MAX:
        raise Unreadable("metadata of an impossible size")
    root = read(offset, length)
    if len(root) != length:
        raise Unreadable("the metadata is cut")
    return Opened(image, Metadata(root))


def read_assembly(data_or_file: bytes | BinaryIO, entry_class: str) -> Finding:
    """Look for `entry_class` (`Namespace.Type`, `Namespace.Outer+Inner`) in a DLL; a forwarded type counts as found.

    Never raises on bad content: what cannot be read is `unreadable`, with the reason in `detail`.
    """
    return find_entry_class(reader(data_or_file), entry_class)


def find_entry_class(read: Read, entry_class: str) -> Finding:
    """Like `read_assembly`, for a file that is read in parts."""
    try:
        opened = open_assembly(read)
        if opened is None:
            return _no_assembly(read, entry_class)
        metadata = opened.metadata
        found = find_type(metadata, entry_class) or forwarded(metadata, entry_class) is not None
        return Finding(
            "ok" if found else "entry_class_missing",
            printable(metadata.assembly_name()),
            entry_class,
            architecture=opened.image.architecture,
            target_framework=target_framework(metadata),
            is_mixed=opened.image.is_mixed,
        )
    except Unreadable as error:
        return Finding("unreadable", entry_class=entry_class, detail=str(error))


def _no_assembly(read: Read, entry_class: str) -> Finding:
    if read(0, 2) != b"MZ":
        return Finding("not_managed", entry_class=entry_class, detail="not a Windows executable image")
    if open_image(read) is None:
        return Finding("unreadable", entry_class=entry_class, detail="no PE header")
    return Finding("not_managed", entry_class=entry_class, detail="no .NET header")
