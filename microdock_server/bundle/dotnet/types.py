"""Finding types of an assembly by name, as `Assembly.GetType` does, and reading their declarations."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from microdock_server.bundle.dotnet.image import Unreadable
from microdock_server.bundle.dotnet.metadata import Metadata, sized
from microdock_server.bundle.problems import printable

FORWARDS_MAX: Final = 8
DEPTH_MAX: Final = 64
# ECMA-335 II.23.1 (flags), II.24.2.6 (coded indexes), II.23.3 (attributes).
_ACCESS, _PUBLIC_METHOD, _STATIC = 7, 6, 0x10
_NO_PARAMETERS, _ATTRIBUTE_PROLOG = b"\x20\x00\x01", b"\x01\x00"
_ATTRIBUTE_MEMBER_REF, _PARENT_TYPE_REF, _THIS_ASSEMBLY = 3, 1, (1 << 5) | 14
_FRAMEWORK_ATTRIBUTE: Final = "System.Runtime.Versioning.TargetFrameworkAttribute"
_REFERENCE_ATTRIBUTE: Final = "System.Runtime.CompilerServices.ReferenceAssemblyAttribute"
_ATTRIBUTES_MAX: Final = 2_000_000


def find_type(metadata: Metadata, name: str) -> list[int]:
    """The row of `Namespace.Outer+Inner` and of its outer types, from the inside out; [] if there is none."""
    outermost, *nested = name.split("+")
    if len(nested) > DEPTH_MAX:
        return []
    space, _, simple = outermost.rpartition(".")
    rows = set(_named(metadata, space, simple))
    found = {row: [row] for row in rows - _outer(metadata, rows).keys()}
    for inner in nested:
        rows = set(_named(metadata, "", inner)) if found else set()
        outer = _outer(metadata, rows)
        found = {row: [row, *found[outer[row]]] for row in rows if outer.get(row) in found}
    return min(found.values(), default=[])


def forwarded(metadata: Metadata, name: str) -> str | None:
    """The simple name of the assembly that a type is forwarded to; None if it is not forwarded.

    A nested type is forwarded with its outer type.
    """
    space, _, simple = name.partition("+")[0].rpartition(".")
    texts = simple.encode("utf-8", "surrogatepass"), space.encode("utf-8", "surrogatepass")
    for _, _, name_at, space_at, implementation in metadata.rows("ExportedType"):
        if metadata.is_text(name_at, texts[0]) and metadata.is_text(space_at, texts[1]):
            row = metadata.row("AssemblyRef", implementation >> 2) if implementation & 3 == 1 else None
            if row:
                return metadata.text(row[6])
    return None


def has_default_constructor(metadata: Metadata, type_number: int) -> bool:
    """Does the type have a public constructor without parameters?"""
    return any(
        flags & (_ACCESS | _STATIC) == _PUBLIC_METHOD
        and metadata.blob(signature) == _NO_PARAMETERS
        and metadata.text(name) == ".ctor"
        for _, _, flags, name, signature, _ in metadata.methods(type_number)
    )


def is_generic(metadata: Metadata, type_number: int) -> bool:
    """Does the type have type parameters, its own or those of an outer type?"""
    return any(owner == type_number << 1 for _, _, owner, _ in metadata.rows("GenericParam", _ATTRIBUTES_MAX))


def target_framework(metadata: Metadata) -> str:
    """The value of TargetFrameworkAttribute: ".NETCoreApp,Version=v8.0"; "" without the attribute."""
    for name, value in _attributes(metadata):
        if name == _FRAMEWORK_ATTRIBUTE and value.startswith(_ATTRIBUTE_PROLOG):
            return printable(sized(value[2:]).decode("utf-8", "replace"), 200)
    return ""


def is_reference_assembly(metadata: Metadata) -> bool:
    """Is it a reference assembly, for compilers only? No runtime loads those."""
    return any(name == _REFERENCE_ATTRIBUTE for name, _ in _attributes(metadata))


def _attributes(metadata: Metadata) -> Iterator[tuple[str, bytes]]:
    """The assembly's attributes, by the names of their types."""
    for parent, kind, value in metadata.rows("CustomAttribute", _ATTRIBUTES_MAX):
        if parent != _THIS_ASSEMBLY or kind & 7 != _ATTRIBUTE_MEMBER_REF:
            continue
        constructor = metadata.row("MemberRef", kind >> 3)
        if constructor and constructor[0] & 7 == _PARENT_TYPE_REF:
            yield metadata.type_name(constructor[0] >> 3), metadata.blob(value)


def _named(metadata: Metadata, space: str, name: str) -> Iterator[int]:
    """The rows of types with this name. Only names are unpacked: a table may have a million rows."""
    layout, rows = metadata._table("TypeDef")
    names = struct.Struct("<4x2H" if layout.format[2] == "H" else "<4x2L")
    texts = name.encode("utf-8", "surrogatepass"), space.encode("utf-8", "surrogatepass")
    for number, start in enumerate(range(0, len(rows), layout.size), 1):
        name_at, space_at = names.unpack_from(rows, start)
        if metadata.is_text(name_at, texts[0]) and metadata.is_text(space_at, texts[1]):
            yield number


def _outer(metadata: Metadata, rows: set[int]) -> dict[int, int]:
    """Of these rows, the nested ones → the row of their outer type."""
    if metadata.count("NestedClass") > metadata.count("TypeDef"):
        raise Unreadable("more nested types than types")
    return {row: outer for row, outer in metadata.rows("NestedClass", 1 << 22) if row in rows}
