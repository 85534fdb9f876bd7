"""What the main DLL declares: the entry class, what it refers to, and which sensitive APIs it names. Never run.

This is what metadata says, for reviewers to look at. It is no verdict: code that reaches an API by reflection
names nothing here, and a name here may be in code that never runs.
"""

from __future__ import annotations

import dataclasses
import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from microdock_server.bundle import assembly as dll
from microdock_server.bundle.problems import printable

USES_MAX, PICKED_MAX, LISTED_MAX, NAME_MAX = 200, 500, 1000, 200
# Above these a table is read in part: the largest real ones stay far below.
ROWS_MAX: Final = 100_000

# What code can do → how the names of the types start that it needs for it. Exceptions are caught, not used.
CAPABILITIES: Final = {
    "process": ("System.Diagnostics.Process", "System.Management."),  # WMI and PowerShell start programs
    "network": ("System.Net.",),
    "registry": ("Microsoft.Win32.Registry",),
    "reflection_emit": ("System.Reflection.Emit.",),
    "dynamic_loading": ("System.Runtime.Loader.AssemblyLoadContext",),
    "native_code": ("System.Runtime.InteropServices.NativeLibrary",),
    "file_system": ("System.IO.File", "System.IO.Directory", "System.IO.Drive", "System.IO.RandomAccess"),
}
# Types with harmless sides too: there it is what the name of the member starts with that counts.
MEMBER_CAPABILITIES: Final = {
    "Microsoft.VisualBasic.Interaction": ("process", ("Shell",)),
    "System.Activator": ("dynamic_loading", ("CreateInstanceFrom",)),
    "System.AppDomain": ("dynamic_loading", ("Load", "CreateInstance", "ExecuteAssembly")),
    "System.Environment": ("environment", (
        "GetEnvironmentVariable", "SetEnvironmentVariable", "ExpandEnvironmentVariables", "GetCommandLineArgs",
        "get_CommandLine", "get_UserName", "get_MachineName", "Exit", "FailFast",
    )),
    "System.Reflection.Assembly": ("dynamic_loading", ("Load", "UnsafeLoad")),
    "System.Runtime.InteropServices.Marshal": ("native_code", ("GetDelegateForFunctionPointer",)),
}  # fmt: skip
_ANY: Final = ("",)
_Rule = tuple[str, tuple[str, ...]]

# ECMA-335 II.23.1 (flags), II.24.2.6 (coded indexes), II.23.2.1 (signatures), II.23.3 (attributes).
_VISIBILITY, _PUBLIC, _NESTED_PUBLIC, _INTERFACE, _ABSTRACT = 7, 1, 2, 0x20, 0x80
_ACCESS, _PUBLIC_METHOD, _STATIC = 7, 6, 0x10
_SCOPE_TYPE_REF, _PARENT_TYPE_REF, _ATTRIBUTE_MEMBER_REF = 3, 1, 3
_THIS_ASSEMBLY, _NO_PARAMETERS, _ATTRIBUTE_PROLOG = (1 << 5) | 14, b"\x20\x00\x01", b"\x01\x00"
_FRAMEWORK_ATTRIBUTE: Final = "System.Runtime.Versioning.TargetFrameworkAttribute"


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """How the entry class is declared; all False where it was not found. Interfaces count as abstract."""

    found: bool = False
    is_public: bool = False
    is_abstract: bool = False
    has_default_constructor: bool = False


@dataclass(frozen=True, slots=True, order=True)
class NativeImport:
    """A function that is called in a native library (P/Invoke)."""

    module: str
    function: str


@dataclass(frozen=True, slots=True, order=True)
class ApiUse:
    """A sensitive API that is named: `Namespace.Type::Member`, or the type where no member of it is named."""

    capability: str
    evidence: str


@dataclass(frozen=True, slots=True)
class AssemblyFacts:
    """What was found in the main DLL; `entry` is None without metadata; `truncated`: there is more to list."""

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


def examine_assembly(data: bytes, entry_class: str) -> AssemblyFacts:
    """The facts of a DLL of at most 16 MiB, with the verdict of `read_assembly`.

    Never raises on bad content, and looks at no more than 100,000 rows of a table.
    """
    finding = dll.read_assembly(data, entry_class)
    name, detail = printable(finding.assembly_name), finding.detail
    if finding.status not in ("ok", "entry_class_missing"):
        return AssemblyFacts(finding.status, name, detail)
    try:
        metadata = _Metadata(data)
        framework, references = _target_framework(metadata), _references(metadata)
        entry, imports, uses = _entry(metadata, entry_class), _imports(metadata), _uses(metadata)
    except Exception as error:
        return AssemblyFacts("unreadable", name, type(error).__name__)
    return AssemblyFacts(finding.status, name, detail, framework, references, entry, imports, uses, metadata.truncated)


class _Metadata:
    """Tables as bytes and heaps, read with bounds: what points nowhere is None, "" or b"". Rows count from 1."""

    def __init__(self, data: bytes) -> None:
        image: Any = dll._Image(data=data, fast_load=True, clr_lazy_load=True)  # type: ignore[no-untyped-call]
        dll._metadata_is_sane(image, len(data))
        image.parse_data_directories(directories=[dll._CLR_DIRECTORY])
        self.tables: Any = image.net.mdtables
        self.strings: Any = image.net.strings
        self.truncated = False
        self._strings: bytes = self.strings.__data__ if self.strings else b""
        self._blobs: bytes = image.net.blobs.__data__ if image.net.blobs else b""
        self._opened: dict[str, tuple[struct.Struct, bytes]] = {}

    def rows(self, name: str) -> Iterator[tuple[int, ...]]:
        layout, rows = self._table(name)
        limit = ROWS_MAX * layout.size
        self.truncated = self.truncated or len(rows) > limit
        return layout.iter_unpack(rows[:limit])

    def row(self, name: str, number: int) -> tuple[int, ...] | None:
        layout, rows = self._table(name)
        within = 0 < number <= len(rows) // layout.size
        return layout.unpack_from(rows, (number - 1) * layout.size) if within else None

    def text(self, at: int) -> str:
        """A string of at most 200 bytes; what is longer is cut, so that unterminated heaps cost nothing."""
        text = self._strings[at : at + NAME_MAX].partition(b"\0")[0].decode("utf-8", "replace")
        return text if text.isprintable() else printable(text, NAME_MAX)

    def blob(self, at: int) -> bytes:
        return _sized(self._blobs[at : at + NAME_MAX])

    def around(self, number: int) -> list[int]:
        """A type reference, the one around it if it is nested, and so on out."""
        row = self.row("TypeRef", number)
        found = [number]
        while row and row[0] & 3 == _SCOPE_TYPE_REF and len(found) < dll.NESTING_MAX:
            found.append(row[0] >> 2)
            row = self.row("TypeRef", found[-1])
        return found

    def type_name(self, number: int) -> str:
        """The name of a type reference as .NET's reflection writes it."""
        rows = filter(None, (self.row("TypeRef", outer) for outer in reversed(self.around(number))))
        return "+".join(".".join(filter(None, (self.text(space), self.text(name)))) for _, name, space in rows)

    def evidence(self, number: int, member: int) -> str:
        return "::".join(filter(None, (self.type_name(number), self.text(member))))

    def methods(self, type_number: int) -> Iterator[tuple[int, ...]]:
        definition, following = self.row("TypeDef", type_number), self.row("TypeDef", type_number + 1)
        for number in itertools.count(definition[5]) if definition else ():
            pointer = self.row("MethodPtr", number) if self._table("MethodPtr")[1] else (number,)
            method = self.row("MethodDef", pointer[0]) if pointer else None
            if method is None or (following and number >= following[5]):
                return
            yield method

    def keep(self, found: set[Any], item: Any, limit: int) -> None:
        if len(found) < limit:
            found.add(item)
        elif item not in found:
            self.truncated = True

    def _table(self, name: str) -> tuple[struct.Struct, bytes]:
        if name not in self._opened:
            table = getattr(self.tables, name, None)
            if table is None or not table.rva or not table.num_rows:
                return struct.Struct("x"), b""
            layout = struct.Struct(table.rows[0].struct.__format_str__)
            self._opened[name] = layout, dll._table_bytes(self.tables, table)
        return self._opened[name]


class _EntryTypes(dll._Types):
    def outward(self, entry_class: str) -> list[int]:
        """The row of the entry class and those of the types around it; empty where there is none."""
        outermost, *nested = entry_class.split("+", dll.NESTING_MAX)
        namespace, _, name = outermost.rpartition(".")
        found = {row: [row] for row in self._named(namespace, name) if row not in self._outer}
        for inner in nested:
            rows = ((row, found.get(self._outer.get(row, 0))) for row in self._named("", inner))
            found = {row: [row, *around] for row, around in rows if around}
        return min(found.values(), default=[])


def _entry(metadata: _Metadata, entry_class: str) -> EntryFacts:
    numbers = _EntryTypes(metadata.tables, metadata.strings).outward(entry_class)
    rows = [row for number in numbers if (row := metadata.row("TypeDef", number))]
    if not rows:
        return EntryFacts()
    *nested, outermost = [row[0] & _VISIBILITY for row in rows]
    return EntryFacts(
        found=True,
        is_public=outermost == _PUBLIC and all(visibility == _NESTED_PUBLIC for visibility in nested),
        is_abstract=bool(rows[0][0] & (_ABSTRACT | _INTERFACE)),
        has_default_constructor=_has_default_constructor(metadata, numbers[0]),
    )


def _has_default_constructor(metadata: _Metadata, type_number: int) -> bool:
    return any(
        flags & (_ACCESS | _STATIC) == _PUBLIC_METHOD
        and metadata.blob(signature) == _NO_PARAMETERS
        and metadata.text(name) == ".ctor"
        for _, _, flags, name, signature, _ in metadata.methods(type_number)
    )


def _references(metadata: _Metadata) -> tuple[str, ...]:
    found: set[str] = set()
    for *version, _, _, name, _, _ in metadata.rows("AssemblyRef"):
        metadata.keep(found, f"{metadata.text(name)} {'.'.join(map(str, version))}", LISTED_MAX)
    return tuple(sorted(found))


def _imports(metadata: _Metadata) -> tuple[NativeImport, ...]:
    found: set[NativeImport] = set()
    for _, _, function, scope in metadata.rows("ImplMap"):
        (module,) = metadata.row("ModuleRef", scope) or (0,)  # 0: the empty string
        metadata.keep(found, NativeImport(metadata.text(module), metadata.text(function)), LISTED_MAX)
    return tuple(sorted(found))


def _target_framework(metadata: _Metadata) -> str:
    """What TargetFrameworkAttribute says of the assembly: ".NETCoreApp,Version=v8.0"."""
    for parent, kind, value in metadata.rows("CustomAttribute"):
        constructor = metadata.row("MemberRef", kind >> 3) if kind & 7 == _ATTRIBUTE_MEMBER_REF else None
        if parent != _THIS_ASSEMBLY or constructor is None or constructor[0] & 7 != _PARENT_TYPE_REF:
            continue
        blob = metadata.blob(value)
        if metadata.type_name(constructor[0] >> 3) == _FRAMEWORK_ATTRIBUTE and blob.startswith(_ATTRIBUTE_PROLOG):
            return printable(_sized(blob[2:]).decode("utf-8", "replace"), NAME_MAX)
    return ""


def _uses(metadata: _Metadata) -> tuple[ApiUse, ...]:
    types = dict(_sensitive_types(metadata))
    found: dict[str, set[tuple[int, int]]] = {capability: set() for capability, _ in types.values()}
    named: set[int] = set()
    for parent, name, _ in metadata.rows("MemberRef"):
        number = parent >> 3 if parent & 7 == _PARENT_TYPE_REF else 0
        capability, members = types.get(number, ("", ()))
        if metadata.text(name).startswith(members):
            named.add(number)
            metadata.keep(found[capability], (number, name), PICKED_MAX)
    for number, (capability, members) in types.items():
        if number not in named and members == _ANY:
            metadata.keep(found[capability], (number, 0), PICKED_MAX)
    texts = {kind: sorted({metadata.evidence(*use) for use in uses}) for kind, uses in found.items()}
    # Taken from all capabilities in turn: many uses of one kind cannot hide another.
    turns = sorted((turn, kind, text) for kind in texts for turn, text in enumerate(texts[kind]))
    metadata.truncated = metadata.truncated or len(turns) > USES_MAX
    return tuple(sorted(ApiUse(kind, text) for _, kind, text in turns[:USES_MAX]))


def _sensitive_types(metadata: _Metadata) -> Iterator[tuple[int, _Rule]]:
    """The type references to look for, by number. A nested type is as sensitive as the outermost one."""
    rules: dict[int, _Rule | None] = {}
    for number, _ in enumerate(metadata.rows("TypeRef"), 1):
        outermost = metadata.around(number)[-1]
        if outermost not in rules:
            rules[outermost] = _rule(metadata.type_name(outermost))
        rule = rules[outermost]
        if rule and (outermost == number or rule[1] == _ANY):
            yield number, rule


def _rule(name: str) -> _Rule | None:
    if name in MEMBER_CAPABILITIES or name.endswith("Exception"):
        return MEMBER_CAPABILITIES.get(name)
    return next(((capability, _ANY) for capability, starts in CAPABILITIES.items() if name.startswith(starts)), None)


def _sized(data: bytes) -> bytes:
    """What a compressed length announces (II.23.2), as far as it is there."""
    if not data or data[0] >= 0xE0:
        return b""
    width, mask = (1, 0x7F) if data[0] < 0x80 else (2, 0x3FFF) if data[0] < 0xC0 else (4, 0x1FFFFFFF)
    return data[width : width + (int.from_bytes(data[:width], "big") & mask)]
