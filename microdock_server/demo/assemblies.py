"""Small .NET assemblies, written byte by byte (ECMA-335 II.24 and II.25): a class that implements the host's interface,
and names the APIs that it is meant to use. The same arguments give the same bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from typing import Final

FRAMEWORK: Final = ".NETCoreApp,Version=v8.0"
INTERFACE: Final = ("MicroDock.Plugin", "IMicroDockPlugin")
_TOKEN: Final = bytes.fromhex("b03f5f7f11d50a3a")
_TEXT_RVA, _TEXT_OFFSET, _ALIGNMENT = 0x2000, 0x200, 0x200
_HEADER_SIZE: Final = 72
# In the order of their numbers: what metadata tables this writer knows.
_TABLES: Final = (0, 1, 2, 6, 9, 10, 12, 32, 35)
_OBJECT_CONSTRUCTOR, _VOID = b"\x20\x00\x01", b"\x20\x00\x01"
# By capability: assembly, namespace, type, member, signature, and the code around the reference to the member.
_USES: Final = {
    "file_system": ("System.Runtime", "System.IO", "File", "ReadAllText", b"\x00\x01\x0e\x0e", "text call"),
    "network": ("System.Net.Http", "System.Net.Http", "HttpClient", ".ctor", b"\x20\x00\x01", "newobj"),
    "process": ("System.Diagnostics.Process", "System.Diagnostics", "ProcessStartInfo", ".ctor", b"\x20\x00\x01",
                "newobj"),
}  # fmt: skip


class _Heap:
    """A heap of metadata: each item once, found by its offset."""

    def __init__(self) -> None:
        self.data = bytearray(b"\0")
        self._known: dict[bytes, int] = {b"": 0}

    def put(self, item: bytes) -> int:
        if item not in self._known:
            self._known[item] = len(self.data)
            self.data += item
        return self._known[item]

    def text(self, text: str) -> int:
        return self.put(text.encode() + b"\0") if text else 0

    def blob(self, data: bytes) -> int:
        return self.put(_length(len(data)) + data) if data else 0


class _Writer:
    """Tables, heaps and method bodies of one assembly. Rows are numbered from 1."""

    def __init__(self) -> None:
        self.strings, self.blobs, self.literals = _Heap(), _Heap(), _Heap()
        self.rows: dict[int, list[bytes]] = {number: [] for number in _TABLES}
        self.code = bytearray()
        self._assemblies: dict[str, int] = {}
        self._types: dict[tuple[str, str, str], int] = {}

    def add(self, table: int, layout: str, *values: int) -> int:
        self.rows[table].append(struct.pack(f"<{layout}", *values))
        return len(self.rows[table])

    def reference(self, assembly: str) -> int:
        if assembly not in self._assemblies:
            is_framework = assembly.startswith("System.")
            version, token = (8, _TOKEN) if is_framework else (1, b"")
            name = self.strings.text(assembly)
            self._assemblies[assembly] = self.add(35, "4HI4H", version, 0, 0, 0, 0, self.blobs.blob(token), name, 0, 0)
        return self._assemblies[assembly]

    def type(self, assembly: str, space: str, name: str) -> int:
        key = (assembly, space, name)
        if key not in self._types:
            scope = self.reference(assembly) << 2 | 2
            self._types[key] = self.add(1, "3H", scope, self.strings.text(name), self.strings.text(space))
        return self._types[key]

    def member(self, type_number: int, name: str, signature: bytes) -> int:
        """The token of a member of a referenced type."""
        parent = type_number << 3 | 1
        return 0x0A000000 | self.add(10, "3H", parent, self.strings.text(name), self.blobs.blob(signature))

    def literal(self, text: str) -> int:
        """The token of a string literal."""
        data = text.encode("utf-16-le")
        return 0x70000000 | self.literals.put(_length(len(data) + 1) + data + b"\0")

    def method(self, name: str, flags: int, signature: bytes, code: bytes) -> None:
        while len(self.code) % 4:
            self.code.append(0)
        address = _TEXT_RVA + _HEADER_SIZE + len(self.code)
        # A body below 64 bytes without variables needs no larger header.
        self.code += bytes((len(code) << 2 | 2,)) + code
        self.add(6, "I5H", address, 0, flags, self.strings.text(name), self.blobs.blob(signature), 1)


def assembly(name: str, entry_class: str, version: str, title: str, uses: Sequence[str] = ()) -> bytes:
    """A library `name` with the class `entry_class` (`Namespace.Type`), which the host can load.

    `version` is `1.2.0`, with a prerelease or without; `title` is what the plugin calls itself; `uses` are of
    `file_system`, `network` and `process`.
    """
    writer = _Writer()
    file = f"{name}.dll"
    identity = hashlib.sha256(f"{name} {version} {title} {' '.join(uses)}".encode()).digest()[:16]
    writer.add(0, "5H", 0, writer.strings.text(file), 1, 0, 0)
    base = writer.type("System.Runtime", "System", "Object")
    interface = writer.type("MicroDock.Plugin", *INTERFACE)
    space, _, simple = entry_class.rpartition(".")
    writer.add(2, "I5H", 0, writer.strings.text("<Module>"), 0, 0, 1, 1)
    writer.add(2, "I5H", 0x100101, writer.strings.text(simple), writer.strings.text(space), base << 2 | 1, 1, 1)
    writer.add(9, "2H", 2, interface << 2 | 1)
    constructor = writer.member(base, ".ctor", _OBJECT_CONSTRUCTOR)
    writer.method(".ctor", 0x1886, _VOID, b"\x02\x28" + struct.pack("<I", constructor) + b"\x2a")
    writer.method("get_Name", 0x9E6, b"\x20\x00\x0e", b"\x72" + struct.pack("<I", writer.literal(title)) + b"\x2a")
    for use in uses:
        _use(writer, use)
    _assembly_rows(writer, name, version)
    return _image(writer, _metadata(writer, identity))


def _use(writer: _Writer, use: str) -> None:
    """A private method that uses an API."""
    library, space, type_name, member, signature, way = _USES[use]
    token = struct.pack("<I", writer.member(writer.type(library, space, type_name), member, signature))
    if way == "newobj":
        code = b"\x73" + token + b"\x26\x2a"
    else:
        code = b"\x72" + struct.pack("<I", writer.literal("settings.json")) + b"\x28" + token + b"\x26\x2a"
    writer.method(f"Use{type_name}", 0x81, _VOID, code)


def _assembly_rows(writer: _Writer, name: str, version: str) -> None:
    numbers = [int(part) for part in version.partition("-")[0].split(".")]
    writer.add(32, "I4HI3H", 0x8004, *numbers, 0, 0, 0, writer.strings.text(name), 0)
    attribute = writer.type("System.Runtime", "System.Runtime.Versioning", "TargetFrameworkAttribute")
    made_by = writer.member(attribute, ".ctor", b"\x20\x01\x01\x0e") & 0xFFFFFF
    value = b"\x01\x00" + _length(len(FRAMEWORK)) + FRAMEWORK.encode() + b"\x00\x00"
    writer.add(12, "3H", 1 << 5 | 14, made_by << 3 | 3, writer.blobs.blob(value))


def _metadata(writer: _Writer, identity: bytes) -> bytes:
    present = sum(1 << number for number in _TABLES if writer.rows[number])
    sorted_tables = 0x16003301FA00
    tables = struct.pack("<IBBBBQQ", 0, 2, 0, 0, 1, present, sorted_tables)
    tables += b"".join(struct.pack("<I", len(writer.rows[number])) for number in _TABLES if writer.rows[number])
    tables += b"".join(b"".join(writer.rows[number]) for number in _TABLES)
    streams = {
        "#~": tables,
        "#Strings": bytes(writer.strings.data),
        "#US": bytes(writer.literals.data),
        "#GUID": identity,
        "#Blob": bytes(writer.blobs.data),
    }
    version = b"v4.0.30319\0\0"
    root = struct.pack("<IHHII", 0x424A5342, 1, 1, 0, len(version)) + version + struct.pack("<HH", 0, len(streams))
    names = {name: _padded(name.encode() + b"\0", 4) for name in streams}
    place = len(root) + sum(8 + len(name) for name in names.values())
    heads, bodies = b"", b""
    for name, data in streams.items():
        body = _padded(data, 4)
        heads += struct.pack("<II", place + len(bodies), len(body)) + names[name]
        bodies += body
    return root + heads + bodies


def _image(writer: _Writer, metadata: bytes) -> bytes:
    code = _padded(bytes(writer.code), 4)
    place = _TEXT_RVA + _HEADER_SIZE + len(code)
    header = struct.pack("<IHHIIII", _HEADER_SIZE, 2, 5, place, len(metadata), 1, 0).ljust(_HEADER_SIZE, b"\0")
    text = header + code + metadata
    stored = _padded(text, _ALIGNMENT)
    dos = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80)
    coff = struct.pack("<2H3I2H", 0x14C, 1, 0, 0, 0, 0xE0, 0x2022)
    optional = struct.pack("<HBB9I", 0x10B, 48, 0, len(stored), 0, 0, 0, _TEXT_RVA, 0x4000, 0x10000000, 0x2000, 0x200)
    optional += struct.pack(
        "<6H4I2H6I", 4, 0, 0, 0, 4, 0, 0, 0x4000, 0x200, 0, 3, 0x8540, *[0x100000, 0x1000] * 2, 0, 16
    )
    directories = [(0, 0)] * 16
    directories[14] = (_TEXT_RVA, _HEADER_SIZE)
    optional += b"".join(struct.pack("<II", *each) for each in directories)
    section = struct.pack("<8s6I2HI", b".text", len(text), _TEXT_RVA, len(stored), _TEXT_OFFSET, 0, 0, 0, 0, 0x60000020)
    head = dos.ljust(0x80, b"\0") + b"PE\0\0" + coff + optional + section
    return head.ljust(_TEXT_OFFSET, b"\0") + stored


def _length(size: int) -> bytes:
    """A compressed length (II.23.2)."""
    return bytes((size,)) if size < 0x80 else struct.pack(">H", 0x8000 | size)


def _padded(data: bytes, to: int) -> bytes:
    return data.ljust(-(-len(data) // to) * to, b"\0")
