"""Reading the main DLL's metadata: real assemblies, and damaged ones."""

from __future__ import annotations

import io
import logging
import random
import struct
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdock_server.bundle import Finding, read_assembly
from microdock_server.bundle.dotnet.assembly import SIZE_MAX

from .packages import real_dll

STATUSES = {"ok", "not_managed", "entry_class_missing", "unreadable"}
PRESENT = "Python.Runtime.AssemblyManager"


def native_dll() -> bytes:
    spec = find_spec("clr_loader")
    assert spec is not None and spec.origin is not None
    return (Path(spec.origin).parent / "ffi" / "dlls" / "amd64" / "ClrLoader.dll").read_bytes()


def metadata_offset() -> int:
    return real_dll().index(b"BSJB")


@pytest.mark.parametrize("entry_class", [PRESENT, "Python.Runtime.PythonEngine", PRESENT + "+<>c"])
def test_present(entry_class: str) -> None:
    target = ".NETStandard,Version=v2.0"
    expected = Finding("ok", "Python.Runtime", entry_class, architecture="any", target_framework=target)
    assert read_assembly(real_dll(), entry_class) == expected


@pytest.mark.parametrize(
    "entry_class",
    ["AssemblyManager", "Runtime.AssemblyManager", "Python.Runtime.assemblymanager", "Python.Runtime.<>c", "<>c",
     "Python.Runtime.AssemblyManager+Nope", "Nope+<>c", "Python.Runtime.Assembly", "Python.AssemblyManager", ""],
)  # fmt: skip
def test_missing(entry_class: str) -> None:
    assert read_assembly(real_dll(), entry_class).status == "entry_class_missing"


def test_from_a_file() -> None:
    assert read_assembly(io.BytesIO(real_dll()), PRESENT).status == "ok"


def test_json_form() -> None:
    assert read_assembly(real_dll(), PRESENT).as_json() == {
        "status": "ok",
        "assembly_name": "Python.Runtime",
        "entry_class": PRESENT,
        "detail": "",
        "architecture": "any",
        "target_framework": ".NETStandard,Version=v2.0",
        "is_mixed": False,
    }


@pytest.mark.parametrize("data", [b"", b"MZ", b"\x7fELF" + bytes(500), b"PK\3\4", b"text " * 100])
def test_not_an_image(data: bytes) -> None:
    assert read_assembly(data, PRESENT).status in ("not_managed", "unreadable")


def test_native_dll() -> None:
    """An image with or without a .NET header; the type is in neither."""
    assert read_assembly(native_dll(), PRESENT).status in ("not_managed", "entry_class_missing")


def test_image_without_net_header() -> None:
    data = bytearray(real_dll())
    optional = struct.unpack_from("<L", data, 0x3C)[0] + 24
    directories = optional + (96 if struct.unpack_from("<H", data, optional)[0] == 0x10B else 112)
    struct.pack_into("<2L", data, directories + 14 * 8, 0, 0)
    assert read_assembly(bytes(data), PRESENT).status == "not_managed"


def test_a_large_one_is_read_all_the_same() -> None:
    """Of a file that is larger than what is held in memory, headers and metadata are."""
    assert read_assembly(real_dll() + bytes(SIZE_MAX), PRESENT).status == "ok"
    assert read_assembly(b"MZ" + bytes(SIZE_MAX), PRESENT).status == "unreadable"


@pytest.mark.parametrize("part", range(1, 40))
def test_truncated(part: int) -> None:
    data = real_dll()
    finding = read_assembly(data[: len(data) * part // 41], PRESENT)
    assert finding.status in ("unreadable", "not_managed", "ok")
    assert finding.status != "ok" or part > 35


@pytest.mark.parametrize("seed", range(60))
def test_garbled(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(real_dll())
    areas = [(0, 0x400), (metadata_offset(), metadata_offset() + 400), (0, len(data))]
    for _ in range(chance.choice((1, 4, 200))):
        data[chance.randrange(*chance.choice(areas))] = chance.randrange(256)
    assert read_assembly(bytes(data), PRESENT).status in STATUSES


def root() -> tuple[int, int]:
    """Where the metadata and its list of streams begin."""
    start = metadata_offset()
    (version_length,) = struct.unpack_from("<L", real_dll(), start + 12)
    return start, start + 16 + version_length


def test_claims_of_many_streams() -> None:
    data = bytearray(real_dll())
    struct.pack_into("<H", data, root()[1] + 2, 0xFFFF)
    assert read_assembly(bytes(data), PRESENT).status == "unreadable"


def test_claims_of_huge_streams() -> None:
    data = bytearray(real_dll())
    struct.pack_into("<L", data, root()[1] + 8, 0x7FFFFFFF)
    assert read_assembly(bytes(data), PRESENT).status == "unreadable"


def test_claims_of_many_rows() -> None:
    data = bytearray(real_dll())
    start, streams = root()
    (tables,) = struct.unpack_from("<L", data, streams + 4)
    for row_count in range(3):
        struct.pack_into("<L", data, start + tables + 24 + 4 * row_count, 0x0FFFFFFF)
    assert read_assembly(bytes(data), PRESENT).status == "unreadable"


@settings(max_examples=100, deadline=None)
@given(tail=st.binary(max_size=400))
def test_arbitrary_bytes(tail: bytes) -> None:
    assert read_assembly(b"MZ" + tail, PRESENT).status in ("unreadable", "not_managed")


@settings(max_examples=100, deadline=None)
@given(entry_class=st.text(max_size=30))
def test_arbitrary_class_names(entry_class: str) -> None:
    assert read_assembly(real_dll(), entry_class).status in ("ok", "entry_class_missing", "unreadable")


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    for cut in (1000, 100_000, 300_000, 400_000):
        read_assembly(real_dll()[:cut], PRESENT)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
