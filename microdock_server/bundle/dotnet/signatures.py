"""Signature blobs of types and methods (ECMA-335 II.23.2), as far as rules need them."""

from __future__ import annotations

from typing import Final

from microdock_server.bundle.dotnet.metadata import Metadata

STRING, ARRAY = 0x0E, 0x1D
_VALUE_TYPE, _CLASS, _GENERIC, _MODIFIERS = 0x11, 0x12, 0x15, (0x1F, 0x20)
# Element types of one byte: void, primitives, string, object, native integers.
_SIMPLE: Final = frozenset((*range(1, 0x0F), 0x18, 0x19, 0x1C))


def first_parameters(signature: bytes, count: int) -> list[int] | None:
    """The element types of a method's first parameters; None where this reader cannot parse the signature.

    Reading stops at a generic, array or reference type; those before it are returned.
    """
    if len(signature) < 3 or signature[0] & 0x10:
        return None
    declared, position = number_at(signature, 1)
    found: list[int] = []
    for place in range(min(declared, count) + 1):
        if position >= len(signature):
            return None
        kind = signature[position]
        if kind in (_VALUE_TYPE, _CLASS):
            _, position = number_at(signature, position + 1)
        elif kind in _SIMPLE:
            position += 1
        else:
            return None if place == 0 else [*found, kind]
        if place:
            found.append(kind)
    return found


def number_at(data: bytes, at: int) -> tuple[int, int]:
    """A compressed number, and where it ends; 0 where it is truncated."""
    first = data[at] if at < len(data) else 0
    width = 1 if first < 0x80 else 2 if first < 0xC0 else 4
    mask = {1: 0x7F, 2: 0x3FFF, 4: 0x1FFFFFFF}[width]
    return int.from_bytes(data[at : at + width], "big") & mask, at + width


def underlying(metadata: Metadata, token: int) -> tuple[str, int] | None:
    """The table and row of a TypeDefOrRef token; of a generic type `List<T>` those of `List`. None for an invalid
    one.
    """
    table, number = ("TypeDef", "TypeRef", "TypeSpec", "")[token & 3], token >> 2
    if table != "TypeSpec":
        return (table, number) if table else None
    row = metadata.row("TypeSpec", number)
    blob = metadata.blob(row[0]) if row else b""
    position = 0
    while position < len(blob) and blob[position] in _MODIFIERS:
        _, position = number_at(blob, position + 1)
    if position < len(blob) and blob[position] == _GENERIC:
        position += 1
    if blob[position : position + 1] not in (bytes((_CLASS,)), bytes((_VALUE_TYPE,))):
        return None
    inner, _ = number_at(blob, position + 1)
    # A specification of a specification is invalid, and would loop.
    return None if inner & 3 == 2 else underlying(metadata, inner)
