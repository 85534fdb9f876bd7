"""The result of a survey of a package's contents, in the form in which it is stored."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from microdock_server.bundle.dotnet.assembly_facts import ApiUse, AssemblyFacts, NativeImport
from microdock_server.bundle.dotnet.entry import EntryLoad

# Reasons why something was not read to its end.
Limit = Literal["rows", "unreadable", "too_large", "too_many", "too_deep", "too_long", "not_unpacked"]
FileKind = Literal[
    "native_library", "executable", "managed_executable", "script", "archive", "disguised_assembly",
    "embedded_assembly", "opaque_data",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assembly:
    """A managed assembly. `path` is its location: `lib/Evil.dll`, or `Main.dll!4096` at an offset within a file.

    `loads_bytes`: it passes byte arrays to the runtime to be loaded as code.
    """

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
    loads_bytes: bool = False


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
