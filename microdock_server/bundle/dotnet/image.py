"""A PE image: its target machine, and where an assembly's metadata and resources are in it.

Only what is needed is read: the headers of an image of any size, later the parts they point to.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

# Reads bytes of a file from an offset; fewer at its end.
Read = Callable[[int, int], bytes]

HEADERS_MAX: Final = 64 * 1024
SECTIONS_MAX: Final = 96
# All headers of an image with the maximum number of sections.
_HEADERS_LEAST: Final = 4 + 20 + 240 + 40 * SECTIONS_MAX
_CLR_DIRECTORY: Final = 14
_DLL: Final = 0x2000
_IL_ONLY, _NEEDS_32_BITS, _PREFERS_32_BITS = 0x1, 0x2, 0x20000
# ReadyToRun images for other systems than Windows have the machine number XORed with the system's.
_SYSTEMS: Final = (0, 0x7B79, 0x4644, 0xADC4, 0x1993, 0x1992)
_MACHINES: Final = {0x14C: "x86", 0x8664: "x64", 0xAA64: "arm64", 0x1C0: "arm", 0x1C4: "arm", 0x200: "ia64"}


class Unreadable(Exception):
    """The file is a PE image, but its headers are inconsistent."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of an image: its place in memory and in the file."""

    address: int
    virtual_size: int
    raw_size: int
    offset: int


@dataclass(frozen=True, slots=True)
class Image:
    """The headers' facts. `architecture`: any, x86, x64, arm64 or arm, otherwise the machine number in hexadecimal."""

    is_library: bool
    architecture: str
    is_managed: bool = False
    # Managed and native code in one file (C++/CLI): hosts that load plugins into unloadable contexts refuse it.
    is_mixed: bool = False
    # Offset and length in the file; (0, 0) where there is none.
    metadata: tuple[int, int] = (0, 0)
    resources: tuple[int, int] = (0, 0)
    sections: tuple[Section, ...] = ()

    def offset_of(self, address: int) -> int | None:
        """The file offset of an address in the image; None for an invalid address."""
        try:
            return _offset(list(self.sections), address)
        except Unreadable:
            return None

    def end_of(self, offset: int) -> int:
        """The end, in the file, of the section that contains an offset."""
        ends = (item.offset + item.raw_size for item in self.sections if item.offset <= offset)
        return min((end for end in ends if end > offset), default=offset)


def open_image(read: Read) -> Image | None:
    """The headers of a PE image; None for anything else. Raises Unreadable where they contradict themselves."""
    head = read(0, HEADERS_MAX)
    if len(head) < 64 or head[:2] != b"MZ":
        return None
    (start,) = struct.unpack_from("<L", head, 0x3C)
    if start + _HEADERS_LEAST > len(head):
        # The headers may be far from the beginning: the runtime follows e_lfanew.
        head, start = read(start, HEADERS_MAX), 0
    if head[start : start + 4] != b"PE\0\0":
        return None
    try:
        return _opened(head, start + 4, read)
    except struct.error:
        raise Unreadable("headers that are cut") from None


def _opened(head: bytes, coff: int, read: Read) -> Image:
    machine, count, optional_size, characteristics = struct.unpack_from("<2H12x2H", head, coff)
    optional = coff + 20
    (magic,) = struct.unpack_from("<H", head, optional)
    if magic not in (0x10B, 0x20B):
        raise Unreadable("an optional header of an unknown kind")
    if count > SECTIONS_MAX:
        raise Unreadable("too many sections")
    sections = [_section(head, optional + optional_size + 40 * number) for number in range(count)]
    is_library, architecture = bool(characteristics & _DLL), _machine(machine)
    clr = _directory(head, optional, magic)
    if not clr:
        return Image(is_library, architecture)
    header = read(_offset(sections, clr), 72)
    if len(header) < 72:
        raise Unreadable("the .NET header is cut")
    metadata, flags, _, resources, native = struct.unpack_from("<8x8sLL8s32x8s", header)
    is_mixed = not flags & _IL_ONLY and not _is_ready_to_run(sections, native, read)
    return Image(
        is_library,
        _architecture(architecture, flags),
        is_managed=True,
        is_mixed=is_mixed,
        metadata=_place(sections, metadata),
        resources=_place(sections, resources),
        sections=tuple(sections),
    )


def _section(head: bytes, at: int) -> Section:
    virtual_size, address, raw_size, offset = struct.unpack_from("<8x4L", head, at)
    return Section(address, virtual_size, raw_size, offset)


def _directory(head: bytes, optional: int, magic: int) -> int:
    """The address of the .NET header; 0 where there is none."""
    directories = optional + (96 if magic == 0x10B else 112)
    (count,) = struct.unpack_from("<L", head, directories - 4)
    if count <= _CLR_DIRECTORY:
        return 0
    address: int = struct.unpack_from("<L", head, directories + 8 * _CLR_DIRECTORY)[0]
    return address


def _offset(sections: list[Section], address: int) -> int:
    for section in sections:
        if section.address <= address < section.address + max(section.virtual_size, section.raw_size):
            return address - section.address + section.offset
    raise Unreadable("a header that points nowhere")


def _place(sections: list[Section], directory: bytes) -> tuple[int, int]:
    address, length = struct.unpack("<2L", directory)
    return (_offset(sections, address), length) if address and length else (0, 0)


def _machine(number: int) -> str:
    return next((_MACHINES[number ^ system] for system in _SYSTEMS if number ^ system in _MACHINES), f"{number:#x}")


def _architecture(machine: str, flags: int) -> str:
    """IL compiled for x86 runs on any machine, unless flags require 32 bits."""
    if machine != "x86" or not flags & _IL_ONLY:
        return machine
    return "x86" if flags & _NEEDS_32_BITS and not flags & _PREFERS_32_BITS else "any"


def _is_ready_to_run(sections: list[Section], directory: bytes, read: Read) -> bool:
    """Is it IL with precompiled code?"""
    offset, length = _place(sections, directory)
    return bool(length) and read(offset, 4) in (b"RTR\0", b"RTR")
