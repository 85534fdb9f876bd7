"""Is the main DLL a managed assembly, and does it hold the entry class? Read from its metadata, never run.

The metadata is laid out by dnfile; the type table itself is scanned as bytes, because dnfile's row objects
cost a hundred times as much and a hostile table may hold a million rows. Sizes that dnfile would believe
(stream counts, row counts) are checked before it sees them.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Literal

import dnfile

Status = Literal["ok", "not_managed", "entry_class_missing", "unreadable"]

# What a worker is willing to hold in memory: the file once, and its metadata twice over while it is laid out.
# Main DLLs are rarely above 5 MiB, and most of a large one is code and resources.
SIZE_MAX: Final = 16 << 20
METADATA_MAX: Final = 6 << 20
STREAMS_MAX: Final = 16
TYPES_MAX: Final = 100_000
NESTING_MAX: Final = 8
_CLR_DIRECTORY: Final = 14
_METADATA_SIGNATURE: Final = 0x424A5342
_TABLE_STREAMS: Final = (b"#~", b"#-", b"#Schema")


def _is_not_dnfile(record: logging.LogRecord) -> bool:
    return record.module != "stream" or "dnfile" not in record.pathname


# What dnfile would log about a broken file is in the finding; some of it goes straight to the root logger.
logging.getLogger("dnfile").setLevel(logging.CRITICAL)
logging.getLogger().addFilter(_is_not_dnfile)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in the main DLL. `detail` says why, in English, for reviewers and logs."""

    status: Status
    assembly_name: str = ""
    entry_class: str = ""
    detail: str = ""

    def as_json(self) -> dict[str, str]:
        """The form in which a finding is stored and shown."""
        return {
            "status": self.status,
            "assembly_name": self.assembly_name,
            "entry_class": self.entry_class,
            "detail": self.detail,
        }


class _Image(dnfile.dnPE):
    """pefile's `close` runs a full garbage collection, even for images that were never opened as files."""

    def close(self) -> None:
        """Nothing is open."""


class _Unreadable(Exception):
    """The file is a PE image, but what it says about itself does not hold together."""


def read_assembly(data_or_file: bytes | BinaryIO, entry_class: str) -> Finding:
    """Look for `entry_class` (`Namespace.Type`, `Namespace.Outer+Inner`) in a DLL of at most 16 MiB.

    Never raises on bad content: whatever cannot be read is `unreadable`, with the reason in `detail`.
    """
    data = data_or_file if isinstance(data_or_file, bytes) else data_or_file.read(SIZE_MAX + 1)
    if len(data) > SIZE_MAX:
        return Finding("unreadable", entry_class=entry_class, detail=f"larger than {SIZE_MAX} bytes")
    if not data.startswith(b"MZ"):
        return Finding("not_managed", entry_class=entry_class, detail="not a Windows executable image")
    try:
        return _examine(data, entry_class)
    except _Unreadable as error:
        return Finding("unreadable", entry_class=entry_class, detail=str(error))
    except Exception as error:
        return Finding("unreadable", entry_class=entry_class, detail=type(error).__name__)


def _examine(data: bytes, entry_class: str) -> Finding:
    image: Any = _Image(data=data, fast_load=True, clr_lazy_load=True)  # type: ignore[no-untyped-call]
    if not _metadata_is_sane(image, len(data)):
        return Finding("not_managed", entry_class=entry_class, detail="no .NET header")
    image.parse_data_directories(directories=[_CLR_DIRECTORY])
    tables = image.net.mdtables if image.net else None
    if tables is None or tables.TypeDef is None or not tables.TypeDef.rva:
        raise _Unreadable("no type table")
    found = _Types(tables, image.net.strings).has(entry_class)
    return Finding("ok" if found else "entry_class_missing", _assembly_name(tables), entry_class)


def _metadata_is_sane(image: Any, size: int) -> bool:
    """False where there is no .NET header; raises _Unreadable where its sizes cannot be true."""
    directories = image.OPTIONAL_HEADER.DATA_DIRECTORY
    header = directories[_CLR_DIRECTORY] if len(directories) > _CLR_DIRECTORY else None
    if header is None or not header.VirtualAddress:
        return False
    rva, length = struct.unpack_from("<2L", image.get_data(header.VirtualAddress, 16), 8)
    if not 0 < length <= min(size, METADATA_MAX):
        raise _Unreadable("metadata of an impossible size")
    metadata = image.get_data(rva, length)
    if len(metadata) != length:
        raise _Unreadable("the metadata is cut")
    _check_streams(metadata)
    return True


def _check_streams(metadata: bytes) -> None:
    signature, _, _, _, version_length = struct.unpack_from("<L2H2L", metadata)
    if signature != _METADATA_SIGNATURE or version_length > 255:
        raise _Unreadable("no metadata root")
    _, count = struct.unpack_from("<2H", metadata, 16 + version_length)
    if not 0 < count <= STREAMS_MAX:
        raise _Unreadable("an odd number of metadata streams")
    total = 0
    for offset, length, name in _streams(metadata, 20 + version_length, count):
        total += length
        if offset + length > len(metadata) or total > len(metadata):
            raise _Unreadable("metadata streams that do not fit")
        if name in _TABLE_STREAMS:
            _check_rows(metadata[offset : offset + length])


def _streams(metadata: bytes, position: int, count: int) -> Iterator[tuple[int, int, bytes]]:
    for _ in range(count):
        offset, length = struct.unpack_from("<2L", metadata, position)
        name, nul, _ = metadata[position + 8 : position + 40].partition(b"\0")
        if not nul:
            raise _Unreadable("a metadata stream without a name")
        yield offset, length, name
        position += 8 + (len(name) // 4 + 1) * 4


def _check_rows(tables: bytes) -> None:
    """dnfile makes a list as long as each table claims to be, so the claims have to fit the bytes."""
    (present,) = struct.unpack_from("<Q", tables, 8)
    counts = struct.unpack_from(f"<{present.bit_count()}L", tables, 24)
    if sum(counts) * 2 > len(tables):
        raise _Unreadable("metadata tables that do not fit")


def _assembly_name(tables: Any) -> str:
    if tables.Assembly is None or not tables.Assembly.rva:
        return ""
    return str(tables.Assembly[0].Name or "")[:200]


class _Types:
    """The type table and the nesting table, as bytes."""

    def __init__(self, tables: Any, strings: Any) -> None:
        table, nesting = tables.TypeDef, tables.NestedClass
        nested_rows = nesting.num_rows if nesting is not None and nesting.rva else 0
        if not nested_rows <= table.num_rows <= TYPES_MAX:
            raise _Unreadable("too many types")
        self._strings: bytes = strings.__data__
        self._names = struct.Struct("<4x2L" if tables.strings_offset_size == 4 else "<4x2H")
        self._rows = _table_bytes(tables, table)
        self._row_size: int = table.row_size
        self._outer = _nesting(tables, nesting) if nested_rows else {}

    def has(self, entry_class: str) -> bool:
        """Is there such a type? The namespace belongs to the outermost one."""
        outermost, *nested = entry_class.split("+", NESTING_MAX)
        namespace, _, name = outermost.rpartition(".")
        found = set(self._named(namespace, name)) - self._outer.keys()
        for inner in nested:
            found = {row for row in self._named("", inner) if self._outer.get(row) in found}
        return bool(found)

    def _named(self, namespace: str, name: str) -> Iterator[int]:
        """The numbers (from 1) of the rows with this name."""
        texts = name.encode("utf-8") + b"\0", namespace.encode("utf-8") + b"\0"
        for start in range(0, len(self._rows) - self._row_size + 1, self._row_size):
            name_at, namespace_at = self._names.unpack_from(self._rows, start)
            if self._strings.startswith(texts[0], name_at) and self._strings.startswith(texts[1], namespace_at):
                yield start // self._row_size + 1


def _table_bytes(tables: Any, table: Any) -> bytes:
    data: bytes = tables.get_data_at_rva(table.rva, table.row_size * table.num_rows)
    return data


def _nesting(tables: Any, table: Any) -> dict[int, int]:
    """Row number of each nested type → that of the type around it."""
    index = struct.Struct("<2L" if table.row_size == 8 else "<2H")
    return dict(index.iter_unpack(_table_bytes(tables, table)))
