"""Programs and libraries for other systems than Windows, and for virtual machines, recognized by their headers."""

from __future__ import annotations

import struct
from typing import Final, Literal

Native = Literal["executable", "native_library"]

_MACH: Final = {b"\xfe\xed\xfa\xce": ">", b"\xfe\xed\xfa\xcf": ">", b"\xce\xfa\xed\xfe": "<", b"\xcf\xfa\xed\xfe": "<"}
# Offsets in a fat binary: the architecture records, and which of their fields is the offset.
_FAT: Final = {b"\xca\xfe\xba\xbe": ">8xL8x", b"\xca\xfe\xba\xbf": ">8xQ16x"}
_FAT_MAX: Final = 0x20
_MACH_EXECUTE, _ELF_EXECUTABLE, _ELF_SHARED, _HEADERS_MAX = 2, 2, 3, 256
_DYNAMIC, _INTERPRETER, _FLAGS_1, _PIE = 2, 3, 0x6FFFFFFB, 0x08000000
_OLD_WINDOWS: Final = (b"NE", b"LE", b"LX")
# WebAssembly and LLVM bitcode, which something else has to run; an Android program.
_MARKS: Final[tuple[tuple[bytes, Native], ...]] = (
    (b"\0asm", "native_library"), (b"BC\xc0\xde", "native_library"), (b"\xde\xc0\x17\x0b", "native_library"),
    (b"dex\n0", "executable"),
)  # fmt: skip


def native_of(data: bytes) -> Native | None:
    """The kind of native or virtual-machine code; None for anything else."""
    try:
        if data.startswith(b"\x7fELF"):
            return _elf(data)
        if data[:4] in _MACH:
            return _mach(data, 0)
        if data[:4] in _FAT:
            return _fat(data)
        if data.startswith(b"MZ"):
            return _dos(data)
    except (struct.error, IndexError):
        # Truncated after its signature: it is still recognized.
        return "native_library"
    return next((kind for mark, kind in _MARKS if data.startswith(mark)), None)


def _elf(data: bytes) -> Native:
    order, is_wide = "<" if data[5] == 1 else ">", data[4] == 2
    (kind,) = struct.unpack_from(f"{order}H", data, 16)
    if kind != _ELF_SHARED:
        return "executable" if kind == _ELF_EXECUTABLE else "native_library"
    # Position-independent programs are marked as libraries; what makes them programs is a loader's name, or a flag.
    return "executable" if _is_elf_program(data, order, is_wide=is_wide) else "native_library"


def _is_elf_program(data: bytes, order: str, *, is_wide: bool) -> bool:
    if b"/ld-linux" in data[:4096] or b"/ld-musl" in data[:4096]:
        return True
    if len(data) < 64:
        return False
    (start,) = struct.unpack_from(f"{order}{'Q' if is_wide else 'L'}", data, 32 if is_wide else 28)
    size, count = struct.unpack_from(f"{order}2H", data, 54 if is_wide else 42)
    for number in range(min(count, _HEADERS_MAX)):
        at = start + number * size
        if at + 56 > len(data):
            return False
        (kind,) = struct.unpack_from(f"{order}L", data, at)
        if kind == _INTERPRETER:
            return True
        if kind == _DYNAMIC:
            form = f"{order}{'8xQ16xQ' if is_wide else '4xL8xL'}"
            if _says_program(data, struct.unpack_from(form, data, at), order, is_wide=is_wide):
                return True
    return False


def _says_program(data: bytes, where: tuple[int, int], order: str, *, is_wide: bool) -> bool:
    place, length = where
    pair = struct.Struct(f"{order}2{'Q' if is_wide else 'L'}")
    table = data[place : place + min(length, 4096)]
    whole = table[: len(table) // pair.size * pair.size]
    return any(tag == _FLAGS_1 and value & _PIE for tag, value in pair.iter_unpack(whole))


def _mach(data: bytes, at: int) -> Native:
    (kind,) = struct.unpack_from(f"{_MACH[data[at : at + 4]]}L", data, at + 12)
    return "executable" if kind == _MACH_EXECUTE else "native_library"


def _fat(data: bytes) -> Native:
    """A binary for several processors; where it has their number, a Java class file has its version."""
    (count,) = struct.unpack_from(">L", data, 4)
    if count >= _FAT_MAX:
        return "executable"
    parts = struct.Struct(_FAT[data[:4]])
    for number in range(count):
        at = 8 + number * parts.size
        place = parts.unpack_from(data, at)[0] if at + parts.size <= len(data) else len(data)
        if data[place : place + 4] in _MACH and _mach(data, place) == "executable":
            return "executable"
    return "native_library"


def _dos(data: bytes) -> Native | None:
    """Programs for old Windows and for DOS, whose headers must be consistent: the two letters alone prove nothing."""
    if len(data) < 64:
        return None
    rest, pages, _, paragraphs = struct.unpack_from("<4H", data, 2)
    (start,) = struct.unpack_from("<L", data, 0x3C)
    if data[start : start + 2] in _OLD_WINDOWS and start >= 64:
        return "executable"
    fits = rest < 512 and 0 < pages * 512 - (512 - rest) % 512 <= len(data) and 2 <= paragraphs <= pages * 32
    return "executable" if fits else None
