"""Assemblies in disguise, limits of the search for them, and unreadable data."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from microdock_server.bundle import Limits, contents
from microdock_server.bundle.contents import Contents, large, survey, unpacking
from microdock_server.bundle.contents.found import Limit
from microdock_server.bundle.contents.opaque import SIZE_MIN, is_opaque
from microdock_server.bundle.dotnet import metadata, parts
from microdock_server.bundle.dotnet.assembly import SIZE_MAX

from .craft import Item, Zip
from .holder import deflated, holder_dll, masked, noise, resources, resources_file
from .packages import manifest, package, plugin_dll, real_dll
from .test_contents import image, surveyed, zipped

CLOCK = plugin_dll()
BASE64 = base64.b64encode(CLOCK)
# How often Holder.dll holds it.
HELD = len(resources()) - 1 + 3


def clocks(found: Contents) -> list[str]:
    """Where the hidden assembly was found; the package's own is one too."""
    return [item.path for item in found.assemblies if item.name == "Clock" and item.path != "MyPlugin.dll"]


FORMS: dict[str, bytes] = {
    "bzip2": bz2.compress(CLOCK),
    "xz": lzma.compress(CLOCK),
    "lzma": lzma.compress(CLOCK, lzma.FORMAT_ALONE),
    "gzip whose checksum is wrong": gzip.compress(CLOCK)[:-8] + bytes(8),
    "gzip that is cut": gzip.compress(CLOCK)[:-8],
    "two gzips": gzip.compress(b"first") + gzip.compress(CLOCK),
    "gzip behind something": b"something" * 9 + gzip.compress(CLOCK),
    "zlib behind something": b"something" * 9 + zlib.compress(CLOCK),
    "base64": BASE64,
    "base64 in lines": base64.encodebytes(CLOCK),
    "base64 for URLs": base64.urlsafe_b64encode(CLOCK),
    "base64 in JSON": json.dumps({"icon": BASE64.decode()}).encode(),
    "base64 in a data URI": b'<img src="data:image/png;base64,' + BASE64 + b'">',
    "base64 as UTF-16": b"\xff\xfe" + BASE64.decode().encode("utf-16-le"),
    "base64 of gzip": base64.b64encode(gzip.compress(CLOCK)),
    "base64 of deflate": base64.b64encode(deflated(CLOCK)),
    "hexadecimal": CLOCK.hex().upper().encode(),
    "masked by one": masked(CLOCK, b"\x80"),
    "masked by a word": masked(CLOCK, b"secret"),
    "backwards": CLOCK[::-1],
    "archive behind a picture": b"\x89PNG\r\n\x1a\n" + bytes(40) + zipped({"a": CLOCK}),
    "archive before something": b"GIF89a" + zipped({"a": CLOCK}) + b"and more" * 5,
    "gzip of an archive": gzip.compress(zipped({"a": CLOCK})),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_assembly_is_found_in_every_form(form: str) -> None:
    found = surveyed({"data.bin": FORMS[form]})
    paths = clocks(found)
    assert paths and all(path.startswith("data.bin!") for path in paths)
    # What is in front of it is no picture any more.
    assert [item for item in found.files if item[0] != "opaque_data"] == [("embedded_assembly", path) for path in paths]
    assert found.incomplete == []


def test_an_assembly_is_found_in_the_data_of_another_one() -> None:
    """Each of its resources but one holds it, and so do an array, a text of its code, and a constant."""
    found = surveyed({"Holder.dll": holder_dll()})
    assert len(clocks(found)) == len(set(clocks(found))) == HELD
    assert [kind for kind, _ in found.files if kind != "embedded_assembly"] == ["opaque_data"]
    assert found.incomplete == []
    [holder] = [item for item in found.assemblies if item.name == "Holder"]
    assert holder.loads_bytes


def test_the_data_of_an_assembly_that_is_hidden_itself_is_looked_at_too() -> None:
    found = surveyed({"logo.png": b"\x89PNG\r\n" + holder_dll()})
    assert len(clocks(found)) == HELD


@pytest.mark.parametrize(
    "data",
    [json.dumps(["word"] * 5000).encode(), ("Some Words 1234 " * 500).encode(), base64.b64encode(b"\x89PNG\r\n" * 400),
     "文字".encode() * 2000, b"0123456789" * 500, b"\x78\x9c" * 1000, b"-PK\x03\x04 PK\x05\x06" * 50],
)  # fmt: skip
def test_text_and_pictures_hide_nothing(data: bytes) -> None:
    found = surveyed({"data.bin": data})
    assert (found.files, found.incomplete, clocks(found)) == ([], [], [])


def test_headers_may_stand_far_behind_the_beginning() -> None:
    """The runtime follows; so does whoever reads."""
    data = bytearray(real_dll())
    (start,) = struct.unpack_from("<L", data, 0x3C)
    far = len(data) + 100_000
    data += bytes(100_000) + data[start : start + 1024]
    struct.pack_into("<L", data, 0x3C, far)
    found = surveyed({"Far.dll": bytes(data)})
    assert [(item.path, item.name) for item in found.assemblies][-1] == ("Far.dll", "Python.Runtime")


# Data that nobody can read


@pytest.mark.parametrize(
    ("data", "is_so"),
    [
        (noise(SIZE_MIN), True), (noise(SIZE_MIN - 1), False), (noise(100_000), True), (real_dll(), False),
        (CLOCK, False), (("插件的说明。" * 2000).encode() + "各种文字".encode("utf-16") * 999, False),
        (b"\x89PNG\r\n" + noise(9000) + b"IEND\xaeB`\x82", False), (b"\x89PNG\r\n" + noise(9000), True),
        (b"\x89PNG\r\n" + noise(900) + b"IEND\xaeB`\x82" + noise(9000), True),
        (b"\xff\xd8\xff" + noise(9000) + b"\xff\xd9", False), (bytes(50_000) + noise(9000) + bytes(50_000), True),
        (deflated(CLOCK * 2 + noise(5000)), True),
    ],
)  # fmt: skip
def test_what_is_as_good_as_random_is_told(data: bytes, is_so: bool) -> None:
    assert is_opaque(data) == is_so
    assert (("opaque_data", "data.bin") in surveyed({"data.bin": data}).files) == (is_so and not is_packed(data))


def is_packed(data: bytes) -> bool:
    return unpacking.is_compressed(data[:1024])


def test_resources_of_a_large_assembly_are_not_passed_over() -> None:
    found = surveyed({"Large.dll": holder_dll() + bytes(SIZE_MAX)})
    assert ("too_large", "Large.dll") in found.incomplete


@pytest.mark.parametrize("form", ["gzip behind something", "base64", "base64 as UTF-16", "hexadecimal"])
def test_what_a_large_file_hides_is_said(form: str) -> None:
    found = surveyed({"large.bin": bytes(SIZE_MAX) + b" " + FORMS[form]})
    assert found.incomplete == [("too_large", "large.bin")]


def test_what_lies_between_two_windows_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "WINDOW", 300_000)
    data = bytes(299_000) + BASE64 + bytes(200_000)
    pieces = [data[start : start + 100_000] for start in range(0, len(data), 100_000)]
    assert large.holds_more(iter(pieces), expected=0)
    assert not large.holds_more(iter([bytes(100_000)] * 9), expected=0)


# Limits: each makes the review incomplete


def entries(count: int) -> bytes:
    return zipped({str(number): b"" for number in range(count)})


def deep(times: int, pack: Callable[[bytes], bytes] = gzip.compress) -> bytes:
    data = CLOCK
    for _ in range(times):
        data = pack(data)
    return data


LIMITED: dict[str, tuple[Limit, dict[str, bytes], dict[str, Any]]] = {
    "rows of a table": ("rows", {"x.dll": real_dll()}, {"dotnet.metadata.ROWS_MAX": 50}),
    "a list of references": ("rows", {"x.dll": real_dll()}, {"dotnet.assembly_facts.LISTED_MAX": 2}),
    "metadata of one": ("unreadable", {"x.dll": real_dll()}, {"dotnet.assembly.METADATA_MAX": 1000}),
    "metadata of all": ("too_large", {"x.dll": CLOCK}, {"contents.METADATA_MAX": 1500}),
    "assemblies": ("too_many", {"x.dll": CLOCK}, {"contents.ASSEMBLIES_MAX": 1}),
    "images in a file": ("too_many", {"x": b"MZ" + bytes(62) + CLOCK}, {"contents.CANDIDATES_MAX": 1}),
    "files of a kind": ("too_many", {"a": b"#!/bin/sh", "b": b"#!/bin/sh"}, {"contents.FILES_MAX": 1}),
    "streams in a file": ("too_many", {"x": b"-" + gzip.compress(CLOCK)}, {"contents.unpacking.STREAMS_MAX": 0}),
    "data of an assembly": ("too_many", {"x.dll": holder_dll()}, {"dotnet.parts.PARTS_MAX": 2}),
    "data of a large assembly": (
        "too_large", {"x.dll": real_dll() + bytes(SIZE_MAX)}, {"contents.large.HEADS_MAX": -1},
    ),
    "what a stream unpacks to": ("too_large", {"x": gzip.compress(bytes(SIZE_MAX + 1))}, {}),
    "a packed file that is large": ("too_large", {"x": gzip.compress(noise(SIZE_MAX))}, {}),
    "an archive that is large": ("too_large", {"x.zip": package({"a": noise(SIZE_MAX)}, 0)}, {}),
    "nested depth, archives": ("too_deep", {"x": deep(4, lambda data: zipped({"x": data}))}, {}),
    "nested depth, streams": ("too_deep", {"x": deep(4)}, {}),
    "nested depth, texts": ("too_deep", {"x": gzip.compress(gzip.compress(gzip.compress(BASE64)))}, {}),
    "entries of an archive": ("not_unpacked", {"x.zip": entries(60)}, {"limits": Limits(max_entries=50)}),
    "ratio of an archive": (
        "not_unpacked", {"x": package({"x.zip": zipped({"a": bytes(1 << 20)})}, 0)},
        {"limits": Limits(ratio_free=1, max_ratio=50)},
    ),
    "another kind of archive": ("not_unpacked", {"x": b"7z\xbc\xaf\x27\x1c" + bytes(30)}, {}),
    "a broken archive": ("not_unpacked", {"x": zipped({"a": CLOCK})[:-30]}, {}),
    "an encrypted archive": ("not_unpacked", {"x": Zip([Item(b"a", CLOCK, flags=1)]).build()}, {}),
    "two files of one name": ("not_unpacked", {"x": Zip([Item(b"a", CLOCK), Item(b"a", b"x")]).build()}, {}),
    "content that is broken": (
        "unreadable", {"x": Zip([Item(b"a", CLOCK, central={"crc": 1}, local={"crc": 1})]).build()}, {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LIMITED)
def test_a_limit_that_is_reached_is_said(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limit, files, changes = LIMITED[what]
    whole = package({"plugin.json": manifest(entryClass="Clock.Plugin"), "MyPlugin.dll": CLOCK, **files})
    limits = changes.get("limits", Limits(max_ratio=100_000))
    for name, value in changes.items():
        if name != "limits":
            monkeypatch.setattr(f"microdock_server.bundle.{name}", value)
            if name == "dotnet.metadata.ROWS_MAX":
                monkeypatch.setattr(metadata.Metadata.rows, "__defaults__", (value,))
    found = survey(io.BytesIO(whole), limits)
    assert limit in {reason for reason, _ in found.incomplete}, found.incomplete


@pytest.mark.parametrize("what", [name for name, (_, _, changes) in LIMITED.items() if changes])
def test_the_same_below_its_limit_is_read(what: str) -> None:
    limit, files, _ = LIMITED[what]
    found = surveyed({name: data for name, data in files.items() if len(data) <= SIZE_MAX})
    assert limit not in {reason for reason, _ in found.incomplete}


def test_a_survey_ends_when_its_time_is_over() -> None:
    """It says so, once, of where it stopped; what was found before stays."""
    moments = iter([0.0, 1.0, 2.0, *[contents.SECONDS_MAX + 1.0] * 1000])
    whole = package({"plugin.json": manifest(), "MyPlugin.dll": CLOCK, "a.dll": CLOCK, "b.dll": CLOCK})
    found = survey(io.BytesIO(whole), Limits(), lambda: next(moments))
    assert "too_long" in {reason for reason, _ in found.incomplete}
    assert len(found.assemblies) < 3


def test_streams_that_unpack_to_too_much_cost_no_more_than_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand bombs in one file: each that is cut off is paid for as well."""
    asked: list[int] = []

    def counted(data: bytes, limit: int) -> bytes | None:
        asked.append(limit)
        return None

    monkeypatch.setattr(contents, "inflated", counted)
    bomb = b"-" + zlib.compress(b"MZ" + bytes(3000))
    whole = package({"plugin.json": manifest(), "MyPlugin.dll": CLOCK, "x": bomb * 1000})
    found = survey(io.BytesIO(whole), Limits(max_unpacked=1 << 20))
    assert sum(asked) <= 1 << 20
    assert ("too_large", "x!1") in found.incomplete


def test_images_that_share_metadata_cost_no_more_than_all_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "METADATA_MAX", 20_000)
    found = surveyed({f"{number}.dll": CLOCK for number in range(100)})
    assert len(found.assemblies) <= 20
    assert ("too_large", "99.dll") in found.incomplete


def test_broken_resources_raise_nothing() -> None:
    chance, whole = random.Random(11), resources_file({"a": CLOCK, "b": b"x"})
    assert parts.items_of(b"\xce\xca\xef\xbe") is None
    assert len(parts.items_of(whole) or []) == 2
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(3):
            data[chance.randrange(300)] = chance.randrange(256)
        for place, length in parts.items_of(bytes(data)) or []:
            assert 0 <= place <= len(data) and length <= len(data)


def test_accidents_to_what_holds_others_raise_nothing() -> None:
    chance = random.Random(13)
    for _ in range(25):
        data = bytearray(holder_dll())
        for _ in range(chance.choice((1, 20, 300))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        assert surveyed({"Holder.dll": bytes(data)}).main == "MyPlugin.dll"


def test_an_empty_image_holds_nothing() -> None:
    assert surveyed({"x.dll": image(b"no metadata")}).incomplete == [("unreadable", "x.dll")]
