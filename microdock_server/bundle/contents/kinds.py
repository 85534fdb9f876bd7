"""The kind of a file, recognized by content; by name only where the content has no signature."""

from __future__ import annotations

import re
from typing import Final, Literal

from microdock_server.bundle.contents.native import native_of

# Programs, libraries, scripts, and containers that are not inspected.
Kind = Literal["executable", "native_library", "script", "archive", "other"]

_ARCHIVES: Final = (
    (0, b"7z\xbc\xaf\x27\x1c"), (0, b"Rar!\x1a\x07"), (0, b"MSCF"), (0, b"\xfd7zXZ\0"), (0, b"BZh"), (0, b"xar!"),
    (0, b"\x28\xb5\x2f\xfd"), (0, b"!<arch>\n"), (0, b"\x04\x22\x4d\x18"), (0, b"LZIP"), (0, b"\x1f\x9d"),
    (0, b"\x60\xea"), (0, b"MSWIM\0\0\0"), (0, b"hsqs"), (0, b"\xed\xab\xee\xdb"), (0, b"vhdxfile"), (0, b"conectix"),
    (0, b"ITSF"), (0, b"PK\x05\x06"), (0, b"PK\x07\x08"), (2, b"-lh"), (7, b"**ACE**"), (0x8001, b"CD001"),
)  # fmt: skip
_SHORTCUT: Final = b"L\0\0\0\x01\x14\x02\0"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams that identify installers, patches and transforms among OLE files, and documents with macros.
_INSTALLERS: Final = tuple(
    bytes((kind, 0x10, 0x0C, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46)) for kind in b"\x82\x84\x86"
)
_MACROS: Final = "_VBA_PROJECT".encode("utf-16-le")
# Compiled Python: version number, line ending, flags. Compiled Lua.
_COMPILED: Final = re.compile(rb"(?:[\0-\xff][\x0c-\x0f]\r\n[\0-\3]\0\0\0|\x03\xf3\r\n|\x1bLua)", re.DOTALL)
_SCRIPT_ENDINGS: Final = (
    ".bat", ".cmd", ".ps1", ".psm1", ".psd1", ".vbs", ".vbe", ".jse", ".wsf", ".wsh", ".hta", ".sh", ".bash",
    ".command", ".scpt", ".applescript", ".reg", ".lnk", ".url", ".scf", ".py", ".pyw", ".pyc", ".rb", ".pl", ".php",
    ".lua", ".tcl", ".desktop", ".csx", ".fsx",
)  # fmt: skip
_EXECUTABLE_ENDINGS: Final = (".exe", ".com", ".scr", ".pif", ".msi", ".msix", ".appx", ".jar", ".cpl", ".msp")
_TEXTS_MAX: Final = 256 * 1024
# How scripts begin, and typical lines within them.
_BEGINNINGS: Final = re.compile(
    rb"""\s*(?:@?echo\s+off\b|@?setlocal\b|@(?:start|call|powershell|cmd|set|rem|if|for|cd)\b|<\#.*?\#>\s*param\b
        |(?:\[CmdletBinding\(.*?\)\]\s*)?param\s*\(|<\??(?:job|package|php)\b|Windows\ Registry\ Editor\ |REGEDIT4\b
        |\[(?:InternetShortcut|Desktop\ Entry|Shell)\]\s)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_SCRIPTS: Final = re.compile(
    rb"""\b(?:WScript\.(?:Shell|CreateObject|Echo|Quit)|CreateObject\s*\(\s*["']|ShellExecute\s*\()
    |\b(?:Shell\.Application|Scripting\.FileSystemObject|ADODB\.Stream)\b|<hta:application\b
    |\brequire\s*\(\s*["'](?:node:)?child_process["']
    |(?<![-.\#\w])(?:Invoke-(?:Expression|WebRequest|Command|RestMethod|Item|CimMethod|WmiMethod)|Start-(?:Process|Job|BitsTransfer)
        |Set-(?:ExecutionPolicy|ItemProperty|Content)|New-(?:Object\s+[\w.]+|Item|Service)|Remove-Item|Get-(?:Content|ChildItem
        |WmiObject|CimInstance)|Register-ScheduledTask|Write-Host|Add-Type|Expand-Archive)(?![-\w])
    |\b(?:powershell|pwsh)(?:\.exe)?["']?\s+-\w|\bcmd(?:\.exe)?["']?\s+/[ck]\b|\[(?:System\.)?Reflection\.Assembly\]::
    |\b(?:do\ shell\ script|osascript\s+-e)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_DOCUMENTS: Final = (".md", ".markdown", ".txt", ".rst", ".html", ".htm", ".xml", ".json", ".adoc")


def kind_of(data: bytes, name: str) -> Kind:
    """The kind of a file that is not a PE image; of a large one the first 64 KiB suffice."""
    lower = name.lower()
    native = native_of(data)
    if native:
        return native
    if any(data.startswith(mark, place) for place, mark in _ARCHIVES):
        return "archive"
    if data.startswith(_OLE):
        return _ole(data, lower)
    if lower.endswith(_EXECUTABLE_ENDINGS) and data[:2] in (b"MZ", b"PK"):
        return "executable"
    is_script = data.startswith(_SHORTCUT) or _COMPILED.match(data) or lower.endswith(_SCRIPT_ENDINGS)
    return "script" if is_script or _is_script(data[:_TEXTS_MAX], lower) else "other"


def _ole(data: bytes, lower: str) -> Kind:
    """Installers and old documents share the OLE format: their streams tell them apart."""
    if lower.endswith(_EXECUTABLE_ENDINGS) or any(mark in data for mark in _INSTALLERS):
        return "executable"
    return "script" if _MACROS in data else "other"


def _is_script(head: bytes, lower: str) -> bool:
    """Text that one of the system's interpreters would run. Documentation may contain examples of it."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = text[2:].replace(b"\0", b"")
    if text.startswith(b"#!") and b"/" in text[:80]:
        # Whatever follows: self-extracting archives begin like this.
        return True
    if b"\0" in text[:4096]:
        return False
    if _BEGINNINGS.match(text):
        return True
    return not lower.endswith(_DOCUMENTS) and _SCRIPTS.search(text) is not None
