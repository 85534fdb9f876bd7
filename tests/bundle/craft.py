"""Builds ZIP files byte by byte, so that every field can lie."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

DESCRIPTOR = 1 << 3
UTF8 = 1 << 11
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@dataclass
class Item:
    """One entry. `local` and `central` replace single fields of either header; `after` follows the data."""

    name: bytes
    data: bytes = b""
    method: int = 0
    flags: int = 0
    made_by: int = 20
    attributes: int = 0
    extra: bytes = b""
    packed: bytes | None = None
    after: bytes = b""
    descriptor: str = ""  # "32", "64", and with "s" in front: signed with PK\7\8
    local: dict[str, Any] = field(default_factory=dict)
    central: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.packed is None:
            self.packed = deflate(self.data) if self.method == 8 else self.data
        if self.descriptor:
            self.flags |= DESCRIPTOR

    def fields(self, own: dict[str, Any]) -> dict[str, Any]:
        assert self.packed is not None
        base = {
            "name": self.name, "flags": self.flags, "method": self.method, "crc": zlib.crc32(self.data),
            "packed": len(self.packed), "size": len(self.data), "extra": self.extra,
            "made_by": self.made_by, "attributes": self.attributes, "disk": 0, "comment": b"", "needs": 20,
        }  # fmt: skip
        return base | own

    def local_header(self) -> bytes:
        hidden = {"crc": 0, "packed": 0, "size": 0} if self.descriptor else {}
        f = self.fields(hidden | self.local)
        fixed = struct.pack(
            "<4s5H3L2H", f.get("signature", b"PK\3\4"), 20, f["flags"], f["method"], 0, 0x5A21,
            f["crc"], f["packed"], f["size"], len(f["name"]), len(f["extra"]),
        )  # fmt: skip
        return fixed + f["name"] + f["extra"]

    def descriptor_bytes(self) -> bytes:
        if not self.descriptor:
            return b""
        f = self.fields({})
        layout = "<L2Q" if self.descriptor.endswith("64") else "<3L"
        signature = b"PK\7\x08" if self.descriptor.startswith("s") else b""
        return signature + struct.pack(layout, f["crc"], f["packed"], f["size"])

    def central_header(self, offset: int) -> bytes:
        f = self.fields({"offset": offset} | self.central)
        fixed = struct.pack(
            "<4s6H3L5H2L", f.get("signature", b"PK\1\2"), f["made_by"], f["needs"], f["flags"], f["method"], 0, 0x5A21,
            f["crc"], f["packed"], f["size"], len(f["name"]), len(f["extra"]), len(f["comment"]),
            f["disk"], 0, f["attributes"], f["offset"],
        )  # fmt: skip
        return fixed + f["name"] + f["extra"] + f["comment"]


@dataclass
class Zip:
    """An archive of items; `end` replaces fields of the end record, `end64` those of the zip64 records."""

    items: list[Item]
    prefix: bytes = b""
    before_directory: bytes = b""
    before_end: bytes = b""
    comment: bytes = b""
    suffix: bytes = b""
    shift: int = 0  # added to every offset, as after cutting or putting something in front
    end: dict[str, Any] = field(default_factory=dict)
    end64: dict[str, Any] | None = None

    def build(self) -> bytes:
        body = bytearray(self.prefix)
        offsets = []
        for item in self.items:
            offsets.append(len(body) + self.shift)
            assert item.packed is not None
            body += item.local_header() + item.packed + item.descriptor_bytes() + item.after
        body += self.before_directory
        start = len(body)
        for item, offset in zip(self.items, offsets, strict=True):
            body += item.central_header(offset)
        size = len(body) - start
        body += self.before_end
        if self.end64 is not None:
            body += self._end64(len(body), start, size)
        return bytes(body + self._end(start, size) + self.comment + self.suffix)

    def _end64(self, place: int, start: int, size: int) -> bytes:
        count = len(self.items)
        f = {"length": 44, "disk": 0, "dir_disk": 0, "here": count, "entries": count, "size": size,
             "offset": start + self.shift, "locator_disk": 0, "place": place, "disks": 1,
             "sector": b"", "between": b""}  # fmt: skip
        f |= self.end64 or {}
        record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", f["length"], 45, 45, f["disk"], f["dir_disk"],
                             f["here"], f["entries"], f["size"], f["offset"])  # fmt: skip
        locator = struct.pack("<4sLQL", b"PK\6\7", f["locator_disk"], f["place"], f["disks"])
        return record + f["sector"] + f["between"] + locator

    def _end(self, start: int, size: int) -> bytes:
        count = len(self.items)
        f = {"signature": b"PK\5\6", "disk": 0, "dir_disk": 0, "here": count, "entries": count,
             "size": size, "offset": start + self.shift, "comment_length": len(self.comment)}  # fmt: skip
        f |= self.end
        return struct.pack("<4s4H2LH", f["signature"], f["disk"], f["dir_disk"], f["here"], f["entries"],
                           f["size"], f["offset"], f["comment_length"])  # fmt: skip


def extra(identifier: int, data: bytes) -> bytes:
    return struct.pack("<2H", identifier, len(data)) + data


def zip64(*values: int) -> bytes:
    return extra(1, struct.pack(f"<{len(values)}Q", *values))
