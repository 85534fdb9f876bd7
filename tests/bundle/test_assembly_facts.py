"""Facts about the main DLL: real assemblies, ones with changed rows, and damaged ones."""

from __future__ import annotations

import dataclasses
import json
import random
import struct
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from microdock_server.bundle import read_assembly
from microdock_server.bundle.dotnet.assembly import SIZE_MAX, open_assembly, reader
from microdock_server.bundle.dotnet.assembly_facts import (
    ApiUse,
    AssemblyFacts,
    EntryFacts,
    NativeImport,
    examine_assembly,
    imports_of,
    references_of,
)
from microdock_server.bundle.dotnet.capabilities import rules_for, uses_of
from microdock_server.bundle.dotnet.metadata import NESTING_MAX, ROWS_MAX, Metadata, sized

from ..work import counted
from .packages import real_dll

NAMESPACE = "Python.Runtime."
PUBLIC = NAMESPACE + "PythonEngine"
STATUSES = {"ok", "not_managed", "entry_class_missing", "unreadable"}


def loader_dll() -> bytes:
    spec = find_spec("clr_loader")
    assert spec is not None and spec.origin is not None
    return (Path(spec.origin).parent / "ffi" / "dlls" / "amd64" / "ClrLoader.dll").read_bytes()


def examined(entry_class: str = PUBLIC) -> AssemblyFacts:
    return examine_assembly(real_dll(), entry_class)


def declared(entry_class: str, data: bytes | None = None) -> EntryFacts:
    facts = examine_assembly(data or real_dll(), entry_class)
    assert facts.entry is not None
    return facts.entry


def metadata_of(data: bytes) -> Metadata:
    opened = open_assembly(reader(data))
    assert opened is not None
    return opened.metadata


class Layout:
    """Where the tables of the real assembly lie in its file, so that a test can change single fields."""

    def __init__(self) -> None:
        self.data = bytearray(real_dll())
        metadata = metadata_of(real_dll())
        self.metadata = metadata

    def at(self, table: str, number: int, field: int) -> tuple[int, str]:
        """Offset in the file and format of a field; rows count from 1."""
        layout, rows = self.metadata._table(table)
        position = real_dll().index(rows) + (number - 1) * layout.size
        formats = layout.format.lstrip("<")
        return position + struct.calcsize("<" + formats[:field]), "<" + formats[field]

    def set(self, table: str, number: int, field: int, value: int) -> Layout:
        offset, form = self.at(table, number, field)
        struct.pack_into(form, self.data, offset, value)
        return self

    def get(self, table: str, number: int, field: int) -> int:
        offset, form = self.at(table, number, field)
        value: int = struct.unpack_from(form, self.data, offset)[0]
        return value

    def number(self, name: str) -> int:
        rows = self.metadata.rows("TypeDef")
        return next(number for number, row in enumerate(rows, 1) if self.metadata.text(row[1]) == name)


@pytest.mark.parametrize(
    ("entry_class", "facts"),
    [
        ("PythonEngine", EntryFacts(True, True, False, True)),
        ("PyObject", EntryFacts(True, True, False, False)),  # its constructors take a handle, or are not public
        ("AssemblyManager", EntryFacts(True, False, False, False)),
        ("AssemblyManager+<>c", EntryFacts(True, False, False, True)),
        ("Py", EntryFacts(True, True, True, False)),  # a static class
        ("Py+GILState", EntryFacts(True, True, False, False)),  # nested public in a public one
        ("IPyObjectEncoder", EntryFacts(True, True, True, False)),  # an interface
        ("NoSuchType", EntryFacts()),
        ("Py+NoSuchType", EntryFacts()),
    ],
)
def test_the_entry_class(entry_class: str, facts: EntryFacts) -> None:
    assert declared(NAMESPACE + entry_class) == facts


def test_a_public_type_in_a_hidden_one_is_hidden() -> None:
    layout = Layout()
    outer = layout.number("Py")
    layout.set("TypeDef", outer, 0, layout.get("TypeDef", outer, 0) & ~7)
    assert declared(NAMESPACE + "Py+GILState", bytes(layout.data)) == EntryFacts(True, False, False, False)


def constructor(layout: Layout, type_name: str) -> int:
    """The number of the type's constructor without parameters."""
    number = layout.number(type_name)
    first, last = layout.get("TypeDef", number, 5), layout.get("TypeDef", number + 1, 5)
    for method in range(first, last):
        _, _, flags, name, signature, _ = layout.metadata.row("MethodDef", method) or (0,) * 6
        public = layout.metadata.blob(signature) == b"\x20\x00\x01" and flags & 7 == 6
        if public and layout.metadata.text(name) == ".ctor":
            return method
    raise AssertionError(type_name)


@pytest.mark.parametrize("change", ["private", "internal", "protected", "static", "renamed", "with parameters"])
def test_only_a_public_constructor_without_parameters_counts(change: str) -> None:
    layout = Layout()
    method = constructor(layout, "PythonEngine")
    flags = layout.get("MethodDef", method, 2)
    access = {"private": 1, "internal": 3, "protected": 4}
    if change in access:
        layout.set("MethodDef", method, 2, flags & ~7 | access[change])
    elif change == "static":
        layout.set("MethodDef", method, 2, flags | 0x10)
    elif change == "renamed":
        layout.set("MethodDef", method, 3, layout.get("MethodDef", method, 3) + 1)  # "ctor"
    else:
        layout.set("MethodDef", method, 4, layout.get("MethodDef", constructor_of_another_shape(layout), 4))
    assert declared(PUBLIC) == EntryFacts(True, True, False, True)
    assert declared(PUBLIC, bytes(layout.data)) == EntryFacts(True, True, False, False)


def constructor_of_another_shape(layout: Layout) -> int:
    for number, row in enumerate(layout.metadata.rows("MethodDef"), 1):
        if layout.metadata.text(row[3]) == ".ctor" and layout.metadata.blob(row[4])[1:2] == b"\1":
            return number
    raise AssertionError


def test_what_is_said_of_the_assembly() -> None:
    facts = examined()
    assert (facts.status, facts.assembly_name, facts.detail, facts.truncated) == ("ok", "Python.Runtime", "", False)
    assert facts.target_framework == ".NETStandard,Version=v2.0"
    builder = "System.Reflection.Emit"
    names = ("Microsoft.CSharp 4", builder + " 4", builder + ".ILGeneration 4", "netstandard 2")
    assert facts.references == tuple(name + ".0.0.0" for name in names)


def test_native_imports() -> None:
    imports = examined().imports
    assert len(imports) == 16
    assert list(imports) == sorted(set(imports))
    kernel = {item.function for item in imports if item.module == "kernel32.dll"}
    assert kernel == {"FreeLibrary", "GetProcAddress", "LoadLibrary"}
    assert NativeImport("Psapi.dll", "EnumProcessModules") in imports


def test_uses() -> None:
    uses = examined().uses
    assert list(uses) == sorted(set(uses))
    by_capability: dict[str, list[str]] = {}
    for use in uses:
        by_capability.setdefault(use.capability, []).append(use.evidence)
    emitted = by_capability.pop("reflection_emit")
    formatter = "System.Runtime.Serialization.Formatters.Binary.BinaryFormatter"
    # That it looks at its own process is no use of one.
    assert by_capability == {
        "dynamic_loading": ["System.Reflection.Assembly::Load", "System.Reflection.Assembly::LoadFrom"],
        "environment": ["System.Environment::GetCommandLineArgs", "System.Environment::GetEnvironmentVariable"],
        "file_system": ["System.IO.File::Exists", "System.IO.File::ReadAllLines"],
        "unsafe_deserialization": [f"{formatter}::.ctor", f"{formatter}::Serialize"],
    }
    assert "System.Reflection.Emit.ILGenerator::Emit" in emitted
    assert "System.Reflection.Emit.FieldBuilder" in emitted  # no member of it is named
    assert {evidence for evidence in emitted if not evidence.startswith("System.Reflection.Emit.")} == {
        "System.Linq.Expressions.Expression`1::Compile"
    }


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("System.Diagnostics.ProcessStartInfo", "process"), ("System.Diagnostics.Stopwatch", None), ("", None),
        ("System.Net.Http.HttpClient", "network"), ("System.Net.WebException", None), ("System.Network", None),
        ("My.System.Net.Http", None), ("Microsoft.Win32.RegistryKey", "registry"),
        ("System.Runtime.Loader.AssemblyLoadContext", "dynamic_loading"), ("System.Environment", "environment"),
        ("System.IO.FileStream", "file_system"), ("System.IO.FileNotFoundException", None),
        ("System.Net.IPAddress", None), ("System.Net.HttpStatusCode", None), ("System.Net.WebHeaderCollection", None),
        ("System.Net.Mime.ContentType", None), ("System.Net.WebUtility", None), ("System.Uri", None),
        ("System.Net.IPNetwork", None), ("System.Net.Mail.SmtpClient", "network"),
        ("System.Net.Http.Headers.MediaTypeHeaderValue", None), ("System.Management.ManagementObject", "process"),
        ("System.ServiceProcess.ServiceController", "process"),
        ("Microsoft.Win32.TaskScheduler.TaskService", "process"), ("System.ServiceModel.ChannelFactory", "network"),
        ("System.Runtime.Serialization.Formatters.Soap.SoapFormatter", "unsafe_deserialization"),
        ("System.Runtime.Serialization.NetDataContractSerializer", "unsafe_deserialization"),
        ("System.Web.UI.LosFormatter", "unsafe_deserialization"),
        ("System.Xaml.XamlServices", "unsafe_deserialization"),
        ("System.Web.UI.ObjectStateFormatter", "unsafe_deserialization"),
        ("System.Reflection.Emit.DynamicMethod", "reflection_emit"),
        ("Microsoft.CodeAnalysis.CSharp.Scripting.CSharpScript", "reflection_emit"),
        ("System.IO.MemoryStream", None), ("System.Runtime.InteropServices.NativeLibrary", "native_code"),
    ],
)  # fmt: skip
def test_the_table_of_capabilities(name: str, rule: str | None) -> None:
    found = [item.capability for item in rules_for(name)]
    assert found == ([rule] if rule else [])


def test_another_assembly() -> None:
    facts = examine_assembly(loader_dll(), "No.Such")
    assert facts == AssemblyFacts(
        "entry_class_missing",
        "ClrLoader",
        target_framework=".NETFramework,Version=v4.6.1",
        references=("System 4.0.0.0", "System.Core 4.0.0.0", "mscorlib 4.0.0.0"),
        entry=EntryFacts(),
        uses=(
            ApiUse("dynamic_loading", "System.AppDomain::Load"),
            ApiUse("dynamic_loading", "System.Reflection.Assembly::LoadFrom"),
        ),
    )


def test_json_form() -> None:
    document = examined().as_json()
    assert json.loads(json.dumps(document)) == document
    assert document["entry"] == dataclasses.asdict(EntryFacts(True, True, False, True))
    assert document["imports"][0] == {"module": "/usr/lib/libSystem.dylib", "function": "dlclose"}
    assert document["uses"][0] == {"capability": "dynamic_loading", "evidence": "System.Reflection.Assembly::Load"}
    assert set(document) == set(AssemblyFacts.__dataclass_fields__)


@pytest.mark.parametrize("data", [b"", b"MZ", b"\x7fELF" + bytes(500), b"text " * 100, b"MZ" + bytes(SIZE_MAX)])
def test_no_assembly(data: bytes) -> None:
    facts, finding = examine_assembly(data, PUBLIC), read_assembly(data, PUBLIC)
    assert facts == AssemblyFacts(finding.status, finding.assembly_name, finding.detail)
    assert facts.status in ("not_managed", "unreadable") and facts.entry is None


def all_bounded(facts: AssemblyFacts) -> bool:
    """Nothing is longer than was promised, and everything can be stored as JSON."""
    texts = [*facts.references, *(use.evidence for use in facts.uses), facts.target_framework, facts.assembly_name]
    assert facts.status in STATUSES
    assert len(facts.uses) <= 200 and max(len(facts.imports), len(facts.references)) <= 1000
    assert all(len(text) < 5000 and text.isprintable() for text in texts)
    return json.loads(json.dumps(facts.as_json())) == facts.as_json()


def mutants() -> Iterator[bytes]:
    """Cut files, and files with a few bytes changed: in headers, in the tables' header, in rows, anywhere."""
    chance, whole = random.Random(17), real_dll()
    start = whole.index(b"BSJB")
    areas = [(0, 0x400), (start, start + 400), (start + 400, start + 160_000), (0, len(whole))]
    for part in range(1, 60):
        yield whole[: len(whole) * part // 60]
    for _ in range(340):
        data = bytearray(whole)
        area = chance.choice(areas)
        for _ in range(chance.choice((1, 4, 60, 2000))):
            data[chance.randrange(*area)] ^= 1 << chance.randrange(8)
        yield bytes(data)


def test_hundreds_of_accidents() -> None:
    seen: dict[str, int] = {}
    with counted() as whole:
        examine_assembly(real_dll(), PUBLIC)
    for data in mutants():
        with counted() as work:
            facts = examine_assembly(data, PUBLIC)
        # Chance changes what is read twice or in circles: twice as much, but not whatever a number says.
        assert work.calls < 10 * whole.calls
        assert all_bounded(facts)
        assert facts.status in (read_assembly(data, PUBLIC).status, "unreadable")
        seen[facts.status] = seen.get(facts.status, 0) + 1
    assert seen["ok"] > 50 and seen["unreadable"] > 50


def fill(layout: Layout, table: str, change: dict[int, int]) -> None:
    count = len(layout.metadata._table(table)[1]) // layout.metadata._table(table)[0].size
    for number in range(1, count + 1):
        for field, value in change.items():
            layout.set(table, number, field, value)


def test_references_in_a_ring() -> None:
    layout = Layout()
    for number in (1, 2, 3):
        layout.set("TypeRef", number, 0, (number % 3 + 1) << 2 | 3)
    assert all_bounded(examine_assembly(bytes(layout.data), PUBLIC))
    metadata = metadata_of(bytes(layout.data))
    assert metadata.type_name(1).count("+") == 7


def test_indexes_that_point_nowhere() -> None:
    layout = Layout()
    for table, change in {"MemberRef": {0: 0xFFF9, 1: 0xFFFF}, "TypeRef": {0: 0xFFFF}, "ImplMap": {3: 0xFFFF}}.items():
        fill(layout, table, change)
    facts = examine_assembly(bytes(layout.data), PUBLIC)
    assert facts.status == "ok" and all_bounded(facts)
    assert {item.module for item in facts.imports} == {""}
    assert (facts.uses, facts.target_framework) == ((), "")


def test_methods_that_begin_behind_the_table() -> None:
    layout = Layout()
    layout.set("TypeDef", layout.number("PythonEngine"), 5, 0xFFFF)
    assert declared(PUBLIC, bytes(layout.data)) == EntryFacts(True, True, False, False)


def test_strings_without_an_end() -> None:
    layout = Layout()
    heap = bytes(layout.metadata._strings)
    at = layout.data.index(heap)
    keep = layout.get("TypeDef", layout.number("PythonEngine"), 1)
    filler = b"A" * len(heap)
    layout.data[at : at + len(heap)] = filler
    assert heap[keep:].startswith(b"PythonEngine\0")
    facts = examine_assembly(bytes(layout.data), "A" * 10)
    assert facts.status == "entry_class_missing" and all_bounded(facts)
    assert facts.references[0] == "A" * 200 + " 2.0.0.0" or facts.references[0].startswith("A" * 200 + " 4.0.0.0")


class Counting(struct.Struct):
    """The layout of a table's rows: how many were gone through, and how many looked up by their number."""

    walked = looked_up = 0

    def iter_unpack(self, rows: Any, /) -> Iterator[tuple[Any, ...]]:
        for row in super().iter_unpack(rows):
            self.walked += 1
            yield row

    def unpack_from(self, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        self.looked_up += 1
        return super().unpack_from(*args, **kwargs)


class Huge:
    """Stands in for tables of a million rows; the real reader takes it for the metadata of an assembly."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tables: dict[str, tuple[str, bytes]], heap: bytes) -> None:
        self.metadata: Any = object.__new__(Metadata)
        self.metadata.truncated = False
        self.metadata._strings, self.metadata._blobs, self.metadata.literals = heap, b"", b""
        opened = {name: (Counting(form), rows) for name, (form, rows) in tables.items()}
        self.layouts = {name: layout for name, (layout, _) in opened.items()}
        monkeypatch.setattr(Metadata, "_table", lambda _, name: opened.get(name, (struct.Struct("x"), b"")))


HEAP = b"\0System.Net\0Http\0System.Diagnostics\0Process\0Start\0".ljust(4000, b"x")


def test_of_many_rows_so_many_are_read_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    net, http = HEAP.index(b"System.Net"), HEAP.index(b"Http")
    rows = 1_000_000
    deep = b"".join(struct.pack("<3L", (number - 1) << 2 | 3, http, net) for number in range(2, 9))
    tables = {
        "TypeRef": ("<3L", struct.pack("<3L", 2, http, net) + deep * (rows // 7)),
        "MemberRef": ("<3L", struct.pack("<3L", 8 << 3 | 1, http, 0) * rows),
        "AssemblyRef": ("<4HLLLLL", struct.pack("<4H5L", 1, 2, 3, 4, 0, 0, 100, 0, 0) * rows),
        "ImplMap": ("<H3L", struct.pack("<H3L", 0, 0, 100, 1) * rows),
    }
    huge = Huge(monkeypatch, tables, HEAP)
    metadata = huge.metadata
    uses, _ = uses_of(metadata)
    (references, _), (imports, _) = references_of(metadata), imports_of(metadata)
    assert {name: layout.walked for name, layout in huge.layouts.items()} == dict.fromkeys(tables, ROWS_MAX)
    # For a type, and for a member: the way out to the outermost type, and that way and its names for its own name.
    assert huge.layouts["TypeRef"].looked_up < 2 * 3 * NESTING_MAX * ROWS_MAX
    assert all(layout.looked_up == 0 for name, layout in huge.layouts.items() if name != "TypeRef")
    assert metadata.truncated
    assert (len(references), len(imports)) == (1, 1)
    assert 0 < len(uses) <= 200


def test_many_uses_of_one_kind_do_not_hide_another(monkeypatch: pytest.MonkeyPatch) -> None:
    net, diagnostics = HEAP.index(b"System.Net"), HEAP.index(b"System.Diagnostics")
    heap = HEAP + bytes(random.Random(3).choices(b"abcdefgh", k=2000)) + b"\0"
    names = range(len(HEAP), len(HEAP) + 1900)  # the ends of one string are as many names
    types = b"".join(struct.pack("<3L", 2, name, net) for name in names)
    last = struct.pack("<3L", 2, HEAP.index(b"Process"), diagnostics)
    start = struct.pack("<3L", (len(names) + 1) << 3 | 1, HEAP.index(b"Start"), 0)
    tables = {"TypeRef": ("<3L", types + last), "MemberRef": ("<3L", start)}
    metadata = Huge(monkeypatch, tables, heap).metadata
    uses, is_cut = uses_of(metadata)
    assert len(uses) == 200 and is_cut
    assert ApiUse("process", "System.Diagnostics.Process::Start") in uses
    assert list(uses) == sorted(set(uses))


def test_a_member_that_is_named_by_an_heir_is_its_bases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compilers name the base class; whoever writes assemblies by hand need not."""
    name, space, start = (HEAP.index(text) for text in (b"Process", b"System.Diagnostics", b"Start"))
    tables = {
        "TypeRef": ("<3L", struct.pack("<3L", 2, HEAP.index(b"Process\0"), space)),
        # The second inherits from the first, which inherits from the reference.
        "TypeDef": ("<6L", struct.pack("<12L", 0, name, 0, 1 << 2 | 1, 1, 1, 0, name, 0, 1 << 2, 1, 1)),
        "MemberRef": ("<3L", struct.pack("<3L", 2 << 3, start, 0)),
    }
    uses, _ = uses_of(Huge(monkeypatch, tables, HEAP).metadata)
    assert uses == (ApiUse("process", "System.Diagnostics.Process::Start"),)


def test_lists_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"".join(struct.pack("<4H5L", number, 0, 0, 0, 0, 0, 1, 0, 0) for number in range(3000))
    metadata = Huge(monkeypatch, {"AssemblyRef": ("<4HLLLLL", rows)}, HEAP).metadata
    references, is_cut = references_of(metadata)
    assert len(references) == 1000 and is_cut
    assert "System.Net 0.0.0.0" in references


@pytest.mark.parametrize(
    ("data", "value"),
    [(b"", b""), (b"\3abcd", b"abc"), (b"\x80\x80" + b"x" * 200, b"x" * 128), (b"\x09ab", b"ab"), (b"\xff\1", b""),
     (b"\xc0\0\1\0" + b"y" * 300, b"y" * 256), (b"\x80", b""), (b"\0", b"")],
)  # fmt: skip
def test_lengths_of_blobs(data: bytes, value: bytes) -> None:
    assert sized(data) == value
