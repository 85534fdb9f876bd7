"""Would the host load the entry class? Follows `Assembly.GetType`, `IsAssignableFrom` and `Activator.CreateInstance`.

Those ignore visibility. Forwarded types, base classes and interfaces are followed into the package's other assemblies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from microdock_server.bundle.dotnet.framework import is_framework
from microdock_server.bundle.dotnet.metadata import Metadata
from microdock_server.bundle.dotnet.signatures import underlying
from microdock_server.bundle.dotnet.types import (
    FORWARDS_MAX,
    find_type,
    forwarded,
    has_default_constructor,
    is_generic,
)

# The metadata of another assembly of the package, by simple name.
Find = Callable[[str], Metadata | None]
State = Literal["found", "missing", "forwarded_nowhere"]

VISITED_MAX: Final = 500
LISTED_MAX: Final = 200
_ABSTRACT, _INTERFACE = 0x80, 0x20
_VALUE_TYPES: Final = ("System.ValueType", "System.Enum")


@dataclass(frozen=True, slots=True)
class EntryLoad:
    """The class that the host would get. `interfaces`: all that it implements, as `Namespace.Type, Assembly`.

    `outside`: base classes and interfaces from assemblies that are neither in the package nor part of .NET; what those
    implement is unknown. `assembly`: the one that has the class, or that it was forwarded to.
    """

    state: State
    assembly: str = ""
    is_abstract: bool = False
    is_generic: bool = False
    can_be_made: bool = False
    interfaces: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    is_cut: bool = False

    def as_json(self) -> dict[str, Any]:
        """The form in which it is stored."""
        return asdict(self) | {"interfaces": list(self.interfaces), "outside": list(self.outside)}


@dataclass(frozen=True, slots=True)
class _Type:
    """A type, by its row in an assembly."""

    metadata: Metadata
    assembly: str
    row: int


def load_entry(metadata: Metadata, entry_class: str, find: Find) -> EntryLoad:
    """How the host would load the entry class of an assembly."""
    found = _find(metadata, metadata.assembly_name(), entry_class, find)
    if isinstance(found, EntryLoad):
        return found
    definition = found.metadata.row("TypeDef", found.row) or (0,) * 6
    is_value = _base_name(found.metadata, definition[3]) in _VALUE_TYPES
    walk = _Walk(find)
    walk.follow(found)
    return EntryLoad(
        "found",
        found.assembly,
        is_abstract=bool(definition[0] & (_ABSTRACT | _INTERFACE)),
        is_generic=is_generic(found.metadata, found.row),
        # Every value type can be created without arguments.
        can_be_made=is_value or has_default_constructor(found.metadata, found.row),
        interfaces=tuple(sorted(walk.interfaces)[:LISTED_MAX]),
        outside=tuple(sorted(walk.outside)[:LISTED_MAX]),
        is_cut=walk.is_cut or len(walk.interfaces) > LISTED_MAX,
    )


def _find(metadata: Metadata, assembly: str, name: str, find: Find) -> _Type | EntryLoad:
    """The type, in its own assembly or in those it was forwarded to."""
    for _ in range(FORWARDS_MAX):
        rows = find_type(metadata, name)
        if rows:
            return _Type(metadata, assembly, rows[0])
        target = forwarded(metadata, name)
        if target is None:
            return EntryLoad("missing", assembly)
        following = find(target)
        if following is None:
            return EntryLoad("forwarded_nowhere", target)
        metadata, assembly = following, target
    return EntryLoad("forwarded_nowhere", assembly)


def _base_name(metadata: Metadata, token: int) -> str:
    return metadata.type_name(token >> 2) if token & 3 == 1 else ""


class _Walk:
    """All base classes and interfaces of a type, each once."""

    def __init__(self, find: Find) -> None:
        self.interfaces, self.outside = set[str](), set[str]()
        self.is_cut = False
        self._find = find
        self._seen = set[tuple[str, int]]()

    def follow(self, first: _Type) -> None:
        """Follow a class and everything that it inherits from."""
        waiting = [first]
        while waiting:
            item = waiting.pop()
            key = item.assembly.lower(), item.row
            if key in self._seen:
                continue
            if len(self._seen) >= VISITED_MAX:
                self.is_cut = True
                return
            self._seen.add(key)
            for token, is_interface in _parents(item):
                following = self._resolved(item, token, is_interface=is_interface)
                if following:
                    waiting.append(following)

    def _resolved(self, item: _Type, token: int, *, is_interface: bool) -> _Type | None:
        table, number = underlying(item.metadata, token) or ("", 0)
        if table == "TypeDef":
            if is_interface:
                self.interfaces.add(f"{_defined_name(item.metadata, number)}, {item.assembly}")
            return _Type(item.metadata, item.assembly, number)
        if table != "TypeRef":
            return None
        name, assembly = item.metadata.type_name(number), item.metadata.scope(number) or item.assembly
        if is_interface:
            self.interfaces.add(f"{name}, {assembly}")
        if is_framework(assembly):
            return None
        metadata = item.metadata if assembly == item.assembly else self._find(assembly)
        found = None if metadata is None else _find(metadata, assembly, name, self._find)
        if isinstance(found, _Type):
            return found
        self.outside.add(f"{name}, {assembly}")
        return None


def _parents(item: _Type) -> Iterator[tuple[int, bool]]:
    """The tokens of the base class and the interfaces, and whether the token is an interface."""
    definition = item.metadata.row("TypeDef", item.row)
    if definition and definition[3] >> 2:
        yield definition[3], False
    for owner, token in item.metadata.rows("InterfaceImpl", 1 << 22):
        if owner == item.row:
            yield token, True


def _defined_name(metadata: Metadata, row: int) -> str:
    """The name of a type of this assembly; of a nested one, without the outer type."""
    definition = metadata.row("TypeDef", row)
    return ".".join(filter(None, (metadata.text(definition[2]), metadata.text(definition[1])))) if definition else ""
