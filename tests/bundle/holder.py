"""What `Holder.dll` is made of: one assembly, hidden in many ways."""

from __future__ import annotations

import base64
import gzip
import lzma
import random
import struct
import zlib
from pathlib import Path

from .packages import plugin_dll

ASSEMBLIES = Path(__file__).parent / "assemblies"


def deflated(data: bytes) -> bytes:
    return zlib.compress(data, 9)[2:-4]


def masked(data: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[place % len(key)] for place, byte in enumerate(data))


def noise(length: int) -> bytes:
    """As good as encrypted."""
    return random.Random(7).randbytes(length)


def resources_file(items: dict[str, bytes]) -> bytes:
    """A .resources file as .NET's ResourceWriter makes it, of byte arrays."""
    types = b"".join(bytes([len(name)]) + name for name in (b"System.Resources.ResourceReader", b"None"))
    head = struct.pack("<3L", 0xBEEFCACE, 1, len(types)) + types + struct.pack("<3L", 2, len(items), 0)
    head += b"PAD"[: -len(head) % 8].ljust(-len(head) % 8, b"P") + bytes(4 * len(items))
    names, values, places = b"", b"", []
    for name, data in items.items():
        places.append(len(names))
        text = name.encode("utf-16-le")
        names += bytes([len(text)]) + text + struct.pack("<L", len(values))
        values += b"\x20" + struct.pack("<L", len(data)) + data
    head += struct.pack(f"<{len(places)}L", *places)
    return head + struct.pack("<L", len(head) + 4 + len(names)) + names + values


def resources() -> dict[str, bytes]:
    """The resources of Holder.dll, by name."""
    clock = plugin_dll()
    return {
        "deflated": deflated(clock),
        "gzipped": gzip.compress(clock, mtime=0),
        "xz": lzma.compress(clock),
        "base64": base64.encodebytes(clock),
        "hexadecimal": clock.hex().encode(),
        "masked": masked(clock, b"\x5a"),
        "masked-by-four": masked(clock, b"key!"),
        "backwards": clock[::-1],
        "strings.resources": resources_file({"first": b"x", "icon": deflated(clock)}),
        "opaque": noise(3000),
    }


def source() -> str:
    """Holder.cs with the array and the text that it holds."""
    array = ",".join(map(str, deflated(plugin_dll())))
    whole = (ASSEMBLIES / "Holder.cs").read_text("utf-8")
    return whole.replace("ARRAY", array).replace("TEXT", base64.b64encode(plugin_dll()).decode())


def holder_dll() -> bytes:
    return (ASSEMBLIES / "Holder.dll").read_bytes()
