"""The metadata of an assembly: tables and heaps (ECMA-335 II.22 and II.24), read within bounds.

Rows are unpacked when they are asked for; declared sizes are checked against the data before anything that large is
allocated. Dangling references are None, "" or b"". Row numbers start at 1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from microdock_server.bundle.dotnet.image import Unreadable
from microdock_server.bundle.problems import printable

SIGNATURE: Final = 0x424A5342
STREAMS_MAX: Final = 16
METADATA_MAX: Final = 32 << 20
NESTING_MAX: Final = 8
NAME_MAX: Final = 200
# Longer tables are read in part: the largest real ones are far below.
ROWS_MAX: Final = 100_000

# Columns: 2 and 4 are byte widths; S, G and B are offsets into the string, GUID and blob heaps; the name of a table
# means a row number in it, a name in CODED a row of one of several tables.
TABLES: Final[dict[int, tuple[str, str]]] = {
    0: ("Module", "2 S G G G"),
    1: ("TypeRef", "ResolutionScope S S"),
    2: ("TypeDef", "4 S S TypeDefOrRef Field MethodDef"),
    3: ("FieldPtr", "Field!"),
    4: ("Field", "2 S B"),
    5: ("MethodPtr", "MethodDef!"),
    6: ("MethodDef", "4 2 2 S B Param"),
    7: ("ParamPtr", "Param!"),
    8: ("Param", "2 2 S"),
    9: ("InterfaceImpl", "TypeDef TypeDefOrRef"),
    10: ("MemberRef", "MemberRefParent S B"),
    11: ("Constant", "2 HasConstant B"),
    12: ("CustomAttribute", "HasCustomAttribute CustomAttributeType B"),
    13: ("FieldMarshal", "HasFieldMarshal B"),
    14: ("DeclSecurity", "2 HasDeclSecurity B"),
    15: ("ClassLayout", "2 4 TypeDef"),
    16: ("FieldLayout", "4 Field!"),
    17: ("StandAloneSig", "B"),
    18: ("EventMap", "TypeDef Event"),
    19: ("EventPtr", "Event!"),
    20: ("Event", "2 S TypeDefOrRef"),
    21: ("PropertyMap", "TypeDef Property"),
    22: ("PropertyPtr", "Property!"),
    23: ("Property", "2 S B"),
    24: ("MethodSemantics", "2 MethodDef! HasSemantics"),
    25: ("MethodImpl", "TypeDef MethodDefOrRef MethodDefOrRef"),
    26: ("ModuleRef", "S"),
    27: ("TypeSpec", "B"),
    28: ("ImplMap", "2 MemberForwarded S ModuleRef"),
    29: ("FieldRVA", "4 Field!"),
    30: ("EncLog", "4 4"),
    31: ("EncMap", "4"),
    32: ("Assembly", "4 2 2 2 2 4 B S S"),
    33: ("AssemblyProcessor", "4"),
    34: ("AssemblyOS", "4 4 4"),
    35: ("AssemblyRef", "2 2 2 2 4 B S S B"),
    36: ("AssemblyRefProcessor", "4 AssemblyRef"),
    37: ("AssemblyRefOS", "4 4 4 AssemblyRef"),
    38: ("File", "4 S B"),
    39: ("ExportedType", "4 4 S S Implementation"),
    40: ("ManifestResource", "4 4 S Implementation"),
    41: ("NestedClass", "TypeDef TypeDef"),
    42: ("GenericParam", "2 2 TypeOrMethodDef S"),
    43: ("MethodSpec", "MethodDefOrRef B"),
    44: ("GenericParamConstraint", "GenericParam TypeDefOrRef"),
}
CODED: Final[dict[str, tuple[int, str]]] = {
    "TypeDefOrRef": (2, "TypeDef TypeRef TypeSpec"),
    "HasConstant": (2, "Field Param Property"),
    "HasCustomAttribute": (
        5,
        "MethodDef Field TypeRef TypeDef Param InterfaceImpl MemberRef Module DeclSecurity Property Event "
        "StandAloneSig ModuleRef TypeSpec Assembly AssemblyRef File ExportedType ManifestResource GenericParam "
        "GenericParamConstraint MethodSpec",
    ),
    "HasFieldMarshal": (1, "Field Param"),
    "HasDeclSecurity": (2, "TypeDef MethodDef Assembly"),
    "MemberRefParent": (3, "TypeDef TypeRef ModuleRef MethodDef TypeSpec"),
    "HasSemantics": (1, "Event Property"),
    "MethodDefOrRef": (1, "MethodDef MemberRef"),
    "MemberForwarded": (1, "Field MethodDef"),
    "Implementation": (2, "File AssemblyRef ExportedType"),
    "CustomAttributeType": (3, "MethodDef MemberRef"),
    "ResolutionScope": (2, "Module ModuleRef AssemblyRef TypeRef"),
    "TypeOrMethodDef": (1, "TypeDef MethodDef"),
}
_POINTERS: Final = {
    "Field": "FieldPtr",
    "MethodDef": "MethodPtr",
    "Param": "ParamPtr",
    "Event": "EventPtr",
    "Property": "PropertyPtr",
}
_HEAP_BITS: Final = {"S": 1, "G": 2, "B": 4}
_EXTRA_DATA: Final = 0x40


class Metadata:
    """The tables and heaps of one assembly. `truncated`: a table was too long to be read completely."""

    def __init__(self, root: bytes) -> None:
        streams = _streams(root)
        name = next((name for name in ("#~", "#-", "#Schema") if name in streams), None)
        if name is None:
            raise Unreadable("no metadata tables")
        self.truncated = False
        self._strings, self._blobs = streams.get("#Strings", b""), streams.get("#Blob", b"")
        # The program's string literals: UTF-16, each prefixed with its length.
        self.literals = streams.get("#US", b"")
        self._opened = _tables(streams[name], is_wide="#JTD" in streams)

    def count(self, name: str) -> int:
        """The number of rows of a table."""
        layout, rows = self._table(name)
        return len(rows) // layout.size

    def rows(self, name: str, limit: int = ROWS_MAX) -> Iterator[tuple[int, ...]]:
        """The first rows of a table, at most `limit`."""
        layout, rows = self._table(name)
        self.truncated = self.truncated or len(rows) > limit * layout.size
        return layout.iter_unpack(rows[: limit * layout.size])

    def row(self, name: str, number: int) -> tuple[int, ...] | None:
        """One row."""
        layout, rows = self._table(name)
        within = 0 < number <= len(rows) // layout.size
        return layout.unpack_from(rows, (number - 1) * layout.size) if within else None

    def is_text(self, at: int, text: bytes) -> bool:
        """Is the string at this offset exactly this one?"""
        return self._strings.startswith(text + b"\0", at)

    def text(self, at: int) -> str:
        """A string, cut at 200 bytes, so that unterminated heaps cost nothing."""
        text = self.raw_text(at)
        return text if text.isprintable() else printable(text, NAME_MAX)

    def raw_text(self, at: int) -> str:
        """A string, cut at 200 bytes, unchanged: with its invisible characters."""
        return self._strings[at : at + NAME_MAX].partition(b"\0")[0].decode("utf-8", "replace")

    def blob(self, at: int) -> bytes:
        """The first bytes of a blob."""
        return sized(self._blobs[at : at + NAME_MAX])

    def around(self, number: int) -> list[int]:
        """A type reference, and those it is nested in, from the inside out."""
        row = self.row("TypeRef", number)
        found = [number]
        while row and row[0] & 3 == 3 and len(found) < NESTING_MAX:
            found.append(row[0] >> 2)
            row = self.row("TypeRef", found[-1])
        return found

    def type_name(self, number: int) -> str:
        """The name of a type reference as .NET's reflection writes it."""
        rows = filter(None, (self.row("TypeRef", outer) for outer in reversed(self.around(number))))
        return "+".join(".".join(filter(None, (self.text(space), self.text(name)))) for _, name, space in rows)

    def scope(self, number: int) -> str:
        """The simple name of the assembly that a type reference points to; "" for this one."""
        row = self.row("TypeRef", self.around(number)[-1])
        reference = self.row("AssemblyRef", row[0] >> 2) if row and row[0] & 3 == 2 else None
        return self.text(reference[6]) if reference else ""

    def assembly_name(self) -> str:
        """The simple name of this assembly; "" for a module without one."""
        row = self.row("Assembly", 1)
        return self.text(row[7]) if row else ""

    def methods(self, type_number: int) -> Iterator[tuple[int, ...]]:
        """The methods of a type of this assembly."""
        definition, following = self.row("TypeDef", type_number), self.row("TypeDef", type_number + 1)
        number = definition[5] if definition else 0
        while number and not (following and number >= following[5]):
            pointer = self.row("MethodPtr", number) if self._table("MethodPtr")[1] else (number,)
            method = self.row("MethodDef", pointer[0]) if pointer else None
            if method is None:
                return
            yield method
            number += 1

    def _table(self, name: str) -> tuple[struct.Struct, bytes]:
        return self._opened.get(name, (struct.Struct("x"), b""))


def _streams(root: bytes) -> dict[str, bytes]:
    """The streams by name; of two with one name the last, as the runtime does."""
    try:
        signature, version_length = struct.unpack_from("<L8xL", root)
        if signature != SIGNATURE or version_length > 255:
            raise Unreadable("no metadata root")
        (count,) = struct.unpack_from("<2xH", root, 16 + version_length)
        if not 0 < count <= STREAMS_MAX:
            raise Unreadable("an odd number of metadata streams")
        return dict(_listed(root, 20 + version_length, count))
    except struct.error:
        raise Unreadable("the metadata is cut") from None


def _listed(root: bytes, position: int, count: int) -> Iterator[tuple[str, bytes]]:
    total = 0
    for _ in range(count):
        offset, length = struct.unpack_from("<2L", root, position)
        name, nul, _ = root[position + 8 : position + 40].partition(b"\0")
        total += length
        if not nul:
            raise Unreadable("a metadata stream without a name")
        if offset + length > len(root) or total > len(root):
            raise Unreadable("metadata streams that do not fit")
        yield name.decode("latin-1"), root[offset : offset + length]
        position += 8 + (len(name) // 4 + 1) * 4


def _tables(stream: bytes, *, is_wide: bool) -> dict[str, tuple[struct.Struct, bytes]]:
    """The tables that have rows, with their row layouts."""
    try:
        heaps, present = struct.unpack_from("<6xBxQ", stream)
        counts = struct.unpack_from(f"<{present.bit_count()}L", stream, 24)
    except struct.error:
        raise Unreadable("metadata tables that do not fit") from None
    numbers = [number for number in range(64) if present >> number & 1]
    if not set(numbers) <= TABLES.keys():
        raise Unreadable("metadata tables of an unknown kind")
    rows = {TABLES[number][0]: count for number, count in zip(numbers, counts, strict=True)}
    position = 24 + 4 * len(counts) + (4 if heaps & _EXTRA_DATA else 0)
    found = {}
    for number in numbers:
        name, columns = TABLES[number]
        layout = struct.Struct("<" + "".join(_format(column, rows, heaps, is_wide) for column in columns.split()))
        end = position + layout.size * rows[name]
        if end > len(stream):
            raise Unreadable("metadata tables that do not fit")
        if rows[name]:
            found[name] = layout, stream[position:end]
        position = end
    if "TypeDef" not in found:
        raise Unreadable("no type table")
    return found


def _format(column: str, rows: dict[str, int], heaps: int, is_wide: bool) -> str:
    if column in ("2", "4"):
        return "H" if column == "2" else "L"
    if is_wide:
        return "L"
    if column in _HEAP_BITS:
        return "L" if heaps & _HEAP_BITS[column] else "H"
    if column in CODED:
        bits, targets = CODED[column]
        return "L" if max(rows.get(target, 0) for target in targets.split()) >= 1 << 16 - bits else "H"
    # Lists may point into an indirection table, where there is one; other columns never do.
    name = column if column.endswith("!") else _POINTERS.get(column, column)
    plain = column.rstrip("!")
    return "L" if (rows.get(name) or rows.get(plain, 0)) >= 1 << 16 else "H"


def sized(data: bytes) -> bytes:
    """The length that a compressed length prefix declares (II.23.2), as far as the data goes."""
    if not data or data[0] >= 0xE0:
        return b""
    width, mask = (1, 0x7F) if data[0] < 0x80 else (2, 0x3FFF) if data[0] < 0xC0 else (4, 0x1FFFFFFF)
    return data[width : width + (int.from_bytes(data[:width], "big") & mask)]
