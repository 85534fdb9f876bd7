"""What a file is, told by its content; by its name only what has no other mark."""

from __future__ import annotations

import re
import struct
from typing import Final, Literal

# What runs by itself, what other code calls, what an interpreter runs, what holds files that are not looked at.
Kind = Literal["executable", "native_library", "script", "archive", "other"]

_MACH: Final = {b"\xfe\xed\xfa\xce": ">", b"\xfe\xed\xfa\xcf": ">", b"\xce\xfa\xed\xfe": "<", b"\xcf\xfa\xed\xfe": "<"}
_MACH_EXECUTE, _ELF_EXECUTABLE = 2, 2
_ARCHIVES: Final = (
    b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"MSCF", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd", b"xar!", b"!<arch>\n",
)  # fmt: skip
_SHORTCUT: Final = b"L\0\0\0\x01\x14\x02\0"
_INSTALLER: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SCRIPT_ENDINGS: Final = (
    ".bat", ".cmd", ".ps1", ".psm1", ".psd1", ".vbs", ".vbe", ".jse", ".wsf", ".wsh", ".hta", ".sh", ".bash",
    ".command", ".scpt", ".applescript", ".reg", ".lnk", ".url", ".scf",
)  # fmt: skip
_EXECUTABLE_ENDINGS: Final = (".exe", ".com", ".scr", ".pif", ".msi", ".msix", ".appx", ".jar", ".cpl", ".msp")
_TEXTS_MAX: Final = 256 * 1024
# How scripts begin, and what stands somewhere in them.
_BEGINNINGS: Final = re.compile(
    rb"""\s*(?:@?echo\s+off\b|@?setlocal\b|<\#.*?\#>\s*param\b|param\s*\(|<(?:job|package|hta:application)\b)""",
    re.IGNORECASE | re.DOTALL,
)
_SCRIPTS: Final = re.compile(
    rb"""\b(?:WScript\.(?:Shell|CreateObject|Echo|Quit)|CreateObject\s*\(\s*["']|ShellExecute\s*\()
    |\b(?:Invoke-(?:Expression|WebRequest|Command|RestMethod)|Start-Process|Set-ExecutionPolicy|New-Object\s+[\w.]+
        |Write-Host|Add-Type\s+-)""",
    re.VERBOSE | re.IGNORECASE,
)
_DOCUMENTS: Final = (".md", ".markdown", ".txt", ".rst", ".html", ".htm", ".xml", ".json", ".adoc")


def kind_of(head: bytes, name: str) -> Kind:
    """What a file that is no PE image is, by its first bytes (64 KiB are enough)."""
    lower = name.lower()
    native = _native(head)
    if native:
        return native
    if head.startswith(_ARCHIVES):
        return "archive"
    if head.startswith(_SHORTCUT):
        return "script"
    if lower.endswith(_EXECUTABLE_ENDINGS) and (head[:2] in (b"MZ", b"PK") or head.startswith(_INSTALLER)):
        return "executable"
    if lower.endswith(_SCRIPT_ENDINGS) or _is_script(head, lower):
        return "script"
    return "other"


def _native(head: bytes) -> Kind | None:
    if head[:4] == b"\x7fELF" and len(head) >= 18:
        (kind,) = struct.unpack_from("<H" if head[5] == 1 else ">H", head, 16)
        # Programs that may lie anywhere in memory are marked as libraries; they name the program that loads them.
        is_program = kind == _ELF_EXECUTABLE or b"/ld-linux" in head[:4096] or b"/ld-musl" in head[:4096]
        return "executable" if is_program else "native_library"
    order = _MACH.get(head[:4])
    if order and len(head) >= 16:
        (kind,) = struct.unpack_from(f"{order}L", head, 12)
        return "executable" if kind == _MACH_EXECUTE else "native_library"
    if head[:4] == b"\xca\xfe\xba\xbe" and len(head) >= 8:
        # A fat Mach-O counts its parts where a Java class has its version.
        return "native_library" if struct.unpack_from(">L", head, 4)[0] < 0x20 else "executable"
    return None


def _is_script(head: bytes, lower: str) -> bool:
    """Text that an interpreter of the system runs. Documents may show some."""
    text = head[:_TEXTS_MAX].removeprefix(b"\xef\xbb\xbf")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = text[2:].replace(b"\0", b"")
    if b"\0" in text[:4096]:
        return False
    if text.startswith(b"#!") and b"/" in text[:80]:
        return True
    if _BEGINNINGS.match(text):
        return True
    return not lower.endswith(_DOCUMENTS) and _SCRIPTS.search(text) is not None
