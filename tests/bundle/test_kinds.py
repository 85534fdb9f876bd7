"""The kind of a file is recognized by content, whatever its name."""

from __future__ import annotations

import struct

import pytest

from microdock_server.bundle.contents.kinds import Kind, kind_of

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
INSTALLER = b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"


def elf(kind: int = 3, flags: int | None = None, interpreter: bool = False) -> bytes:
    """A 64-bit ELF file with one program header, for its interpreter or its dynamic section."""
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<2HLQQQL6H", kind, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    table = struct.pack("<2Q", 0x6FFFFFFB, flags or 0)
    return head + struct.pack("<2L6Q", 3 if interpreter else 2, 4, 120, 0, 0, len(table), len(table), 8) + table


def fat(kind: int, magic: bytes = b"\xca\xfe\xba\xbe") -> bytes:
    head = magic + struct.pack(">L", 1)
    head += (
        struct.pack(">5L", 0x1000007, 3, 64, 32, 0) if magic[3] == 0xBE else struct.pack(">2L2Q2L", 1, 3, 64, 32, 0, 0)
    )
    return head.ljust(64, b"\0") + b"\xcf\xfa\xed\xfe" + struct.pack("<3L", 0x1000007, 3, kind) + bytes(16)


def dos(mark: bytes) -> bytes:
    return (
        (b"MZ" + struct.pack("<4H", 0x50, 2, 0, 4)).ljust(0x3C, b"\0") + struct.pack("<L", 64) + mark.ljust(700, b"\0")
    )


FILES: dict[str, tuple[bytes, Kind]] = {
    "elf library": (elf(), "native_library"), "elf program": (elf(2), "executable"),
    "elf object": (elf(1), "native_library"),
    "elf with an interpreter": (elf(interpreter=True), "executable"),
    "elf, static": (elf(flags=0x08000001), "executable"),
    "elf, cut": (b"\x7fELF\2\1", "native_library"),
    "fat library": (fat(6), "native_library"), "fat program": (fat(2), "executable"),
    "fat program, 64 bits": (fat(2, b"\xca\xfe\xba\xbf"), "executable"),
    "java": (b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(40), "executable"),
    "wasm": (b"\0asm\1\0\0\0", "native_library"), "android": (b"dex\n035\0", "executable"),
    "old windows": (dos(b"NE"), "executable"), "dos": (dos(b""), "executable"),
    "installer": (OLE + INSTALLER, "executable"), "macros": (OLE + "_VBA_PROJECT".encode("utf-16-le"), "script"),
    "old document": (OLE + b"WordDocument", "other"),
    "python": (struct.pack("<H", 3531) + b"\r\n" + bytes(20), "script"), "lua": (b"\x1bLua\x54\0", "script"),
    "shell": (b"#!/bin/sh\n", "script"), "shell with an archive": (b"#!/bin/sh\nexit\n\0\1\2", "script"),
    "utf-8 shell": (b"\xef\xbb\xbf#!/usr/bin/env python3\n", "script"),
    "batch": (b"@start calc.exe\r\n", "script"), "batch in a line": (b"x\r\ncmd /c del *\r\n", "script"),
    "powershell": (b"Get-ChildItem | Remove-Item", "script"),
    "powershell, called": (b"powershell.exe -enc AAAA", "script"),
    "powershell, function": (b"[CmdletBinding()]\nparam($x)\n", "script"),
    "jscript": (b'var s = new ActiveXObject("Shell.Application");', "script"),
    "node": (b"const c = require('node:child_process');", "script"),
    "hta": (b"<html><hta:application id=x></html>", "script"), "php": (b"<?php system('x');", "script"),
    "registry": (b"Windows Registry Editor Version 5.00\r\n", "script"),
    "internet shortcut": (b"[InternetShortcut]\r\nURL=file:///x", "script"),
    "desktop": (b"[Desktop Entry]\nExec=x\n", "script"),
    "shortcut": (b"L\0\0\0\x01\x14\x02\0" + bytes(60), "script"),
    "apple": (b"tell me to do shell script \"x\"", "script"),
    **{name: (mark + bytes(40), "archive") for name, mark in {
        "7z": b"7z\xbc\xaf\x27\x1c", "rar": b"Rar!\x1a\x07", "cabinet": b"MSCF", "zstd": b"\x28\xb5\x2f\xfd",
        "lz4": b"\x04\x22\x4d\x18", "lzip": b"LZIP", "wim": b"MSWIM\0\0\0", "squashfs": b"hsqs", "deb": b"!<arch>\n",
        "rpm": b"\xed\xab\xee\xdb", "help": b"ITSF", "lha": b"\x20\x20-lh5-", "ace": b"1234567**ACE**",
        "iso": bytes(0x8001) + b"CD001",
    }.items()},
    "python source says nothing": (b"import this\n", "other"), "words": (b"start and set and MZ", "other"),
    "MZ and words": (b"MZ is how programs begin, and more than sixty-four bytes of words follow it here.", "other"),
    "styles": (b".start-process-x { content: 'get-well' }", "other"), "zeros": (bytes(70_000), "other"),
}  # fmt: skip


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("name", ["picture.png", "notes", "a/data.bin"])
def test_a_file_is_what_it_holds(what: str, name: str) -> None:
    data, kind = FILES[what]
    assert kind_of(data, name) == kind


@pytest.mark.parametrize("name", ["a.py", "A.PYC", "b.rb", "c.lua", "d.desktop", "e.csx"])
def test_scripts_without_a_mark_go_by_name(name: str) -> None:
    assert kind_of(b"anything", name) == "script"


@pytest.mark.parametrize(
    "what", [name for name, (_, kind) in FILES.items() if kind in ("executable", "native_library")]
)
def test_what_is_cut_raises_nothing(what: str) -> None:
    data, _ = FILES[what]
    assert all(kind_of(data[:length], "x") in ("executable", "native_library", "script", "other", "archive")
               for length in range(len(data)))  # fmt: skip
