"""What an assembly declares: the entry class, its references, and the sensitive APIs that it names. Never run.

These are facts from metadata, for reviewers; no verdict: code that reaches an API by reflection names nothing here, and
a name here may be in code that never runs.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

from microdock_server.bundle.dotnet import assembly as dll
from microdock_server.bundle.dotnet.capabilities import ApiUse, uses_of
from microdock_server.bundle.dotnet.image import Read, Unreadable
from microdock_server.bundle.dotnet.metadata import Metadata
from microdock_server.bundle.dotnet.types import find_type, has_default_constructor, target_framework
from microdock_server.bundle.problems import printable

__all__ = ["ApiUse", "AssemblyFacts", "EntryFacts", "NativeImport", "examine_assembly", "facts_of", "imports_of"]

LISTED_MAX: Final = 1000
# ECMA-335 II.23.1.15.
VISIBILITY, PUBLIC, NESTED_PUBLIC, INTERFACE, ABSTRACT = 7, 1, 2, 0x20, 0x80


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """How the entry class is declared; all False where it was not found. Interfaces count as abstract."""

    found: bool = False
    is_public: bool = False
    is_abstract: bool = False
    has_default_constructor: bool = False


@dataclass(frozen=True, slots=True, order=True)
class NativeImport:
    """A function of a native library that is called (P/Invoke)."""

    module: str
    function: str


@dataclass(frozen=True, slots=True)
class AssemblyFacts:
    """Facts about the main DLL; `entry` is None without metadata; `truncated`: lists were cut."""

    status: dll.Status
    assembly_name: str = ""
    detail: str = ""
    target_framework: str = ""
    references: tuple[str, ...] = ()
    entry: EntryFacts | None = None
    imports: tuple[NativeImport, ...] = ()
    uses: tuple[ApiUse, ...] = ()
    truncated: bool = False

    def as_json(self) -> dict[str, Any]:
        """The form in which facts are stored and shown."""
        document = dataclasses.asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in document.items()}


def examine_assembly(data: bytes | Read, entry_class: str) -> AssemblyFacts:
    """The facts of a DLL, in memory or read in parts, with the result of `read_assembly`.

    Never raises on bad content, and reads at most 100,000 rows of a table.
    """
    read = dll.reader(data) if isinstance(data, bytes) else data
    finding = dll.find_entry_class(read, entry_class)
    if finding.status not in ("ok", "entry_class_missing"):
        return AssemblyFacts(finding.status, finding.assembly_name, finding.detail)
    try:
        opened = dll.open_assembly(read)
    except Unreadable as error:
        return AssemblyFacts("unreadable", finding.assembly_name, str(error))
    if opened is None:
        return AssemblyFacts("not_managed", finding.assembly_name)
    return facts_of(opened.metadata, entry_class, finding.status)


def facts_of(metadata: Metadata, entry_class: str, status: dll.Status = "ok") -> AssemblyFacts:
    """The facts of an assembly with open metadata."""
    uses, is_cut = uses_of(metadata)
    imports, more_imports = imports_of(metadata)
    references, more_references = references_of(metadata)
    return AssemblyFacts(
        status,
        printable(metadata.assembly_name()),
        target_framework=target_framework(metadata),
        references=references,
        entry=_entry(metadata, entry_class),
        imports=imports,
        uses=uses,
        truncated=metadata.truncated or is_cut or more_imports or more_references,
    )


def _entry(metadata: Metadata, entry_class: str) -> EntryFacts:
    numbers = find_type(metadata, entry_class)
    rows = [row for number in numbers if (row := metadata.row("TypeDef", number))]
    if not rows:
        return EntryFacts()
    *nested, outermost = [row[0] & VISIBILITY for row in rows]
    return EntryFacts(
        found=True,
        is_public=outermost == PUBLIC and all(visibility == NESTED_PUBLIC for visibility in nested),
        is_abstract=bool(rows[0][0] & (ABSTRACT | INTERFACE)),
        has_default_constructor=has_default_constructor(metadata, numbers[0]),
    )


def references_of(metadata: Metadata) -> tuple[tuple[str, ...], bool]:
    """Referenced assemblies, as `Name 1.0.0.0`, at most 1,000, and whether there are more."""
    found = {f"{metadata.text(row[6])} {'.'.join(map(str, row[:4]))}" for row in metadata.rows("AssemblyRef")}
    return tuple(sorted(found)[:LISTED_MAX]), len(found) > LISTED_MAX


def imports_of(metadata: Metadata) -> tuple[tuple[NativeImport, ...], bool]:
    """Imported native functions, at most 1,000, and whether there are more."""
    found = set[NativeImport]()
    for _, _, function, scope in metadata.rows("ImplMap"):
        (module,) = metadata.row("ModuleRef", scope) or (0,)  # 0: the empty string
        found.add(NativeImport(metadata.text(module), metadata.text(function)))
    return tuple(sorted(found)[:LISTED_MAX]), len(found) > LISTED_MAX
