"""A package's inventory in its stored form, and the differences of two."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import random
import zipfile
import zlib
from base64 import b64encode
from typing import Any

import pytest

from microdock_server.bundle import Limits, parse_manifest
from microdock_server.bundle.dotnet.assembly_facts import AssemblyFacts, EntryFacts, NativeImport
from microdock_server.bundle.inventory import HEADER_MAX, README_MAX, FileFacts, Inventory, compare, take_inventory

from .craft import Item
from .packages import crafted, files, manifest, package, real_dll

NO_DOCUMENTS = {"readme": False, "changelog": False, "license": False}


def taken(content: dict[str, bytes] | None = None, **changes: Any) -> Inventory:
    """The inventory of the usual package with `content` added and plugin.json's fields changed."""
    return take_inventory(io.BytesIO(package(files(**changes) | (content or {}))))


def with_dll(**changes: Any) -> Inventory:
    return taken({"MyPlugin.dll": real_dll()}, entryClass="Python.Runtime.PythonEngine", **changes)


def test_files_are_hashed_and_sorted() -> None:
    content = files() | {"a/deep/file.bin": random.Random(1).randbytes(700_000), "empty": b""}
    inventory = take_inventory(io.BytesIO(package(content)))
    assert inventory.files == tuple(
        FileFacts(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in sorted(content.items())
    )
    assert inventory.unpacked_size == sum(map(len, content.values()))


def assert_packed(data: bytes | bytearray, inventory: Inventory) -> None:
    """Every entry can be unpacked from the bytes that it names, and is what it says; headers are what lies between."""
    end = 0
    for entry in inventory.entries:
        packed = bytes(data[entry.offset : entry.offset + entry.compressed_size])
        assert len(packed) == entry.compressed_size
        content = zlib.decompress(packed, -zlib.MAX_WBITS) if entry.method == 8 else packed
        assert (len(content), zlib.crc32(content)) == (entry.size, entry.crc32)
        assert hashlib.sha256(content).hexdigest() == entry.sha256
        between = data[end : entry.offset]
        assert entry.header == (b64encode(between).decode() if len(between) <= HEADER_MAX else None)
        end = entry.offset + entry.compressed_size


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_where_entries_are_packed(method: int) -> None:
    content = files() | {"a/deep/file.bin": random.Random(1).randbytes(700_000), "empty": b"", ".hidden/": b""}
    data = package(content, method)
    inventory = take_inventory(io.BytesIO(data))
    assert [entry.path for entry in inventory.entries] == list(content)
    assert_packed(data, inventory)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        told = [(info.filename, info.compress_size, info.file_size, info.compress_type) for info in archive.infolist()]
    assert [(entry.path, entry.compressed_size, entry.size, entry.method) for entry in inventory.entries] == told


def test_where_entries_are_packed_with_descriptors_and_extra_fields() -> None:
    data = crafted(
        Item(b"piped.txt", b"x" * 500, 8, descriptor="s32"),
        Item(b"wide.txt", b"y" * 50, descriptor="32", extra=b"\xfe\xca\4\0spam"),
        Item(b"folder\\", b""),
        Item(b"folder\\last.txt", b"z"),
    )
    inventory = take_inventory(io.BytesIO(data))
    assert [entry.path for entry in inventory.entries][2:] == ["piped.txt", "wide.txt", "folder/", "folder/last.txt"]
    assert_packed(data, inventory)


def test_long_headers_are_left_out() -> None:
    short, long = (b"\xfe\xca" + (size - 4).to_bytes(2, "little") + bytes(size - 4) for size in (200, 300))
    inventory = take_inventory(io.BytesIO(crafted(Item(b"short", b"x", extra=short), Item(b"long", b"x", extra=long))))
    assert [entry.header is None for entry in inventory.entries] == [False, False, False, True]


def test_folders_are_no_files() -> None:
    assert [file.name for file in taken({"folder/": b"", "folder/x": b""}).files][-1] == "res/图标.txt"
    assert "folder/" not in {file.name for file in taken({"folder/": b""}).files}


def test_the_manifest_is_the_typed_one() -> None:
    expected, _ = parse_manifest(manifest())
    assert expected is not None
    assert taken().manifest == dataclasses.asdict(expected)
    assert taken().manifest["display_name"] == "我的插件"


@pytest.mark.parametrize("broken", [{"version": "one"}, {"name": None}, {"main": 5}])
def test_an_invalid_manifest_is_empty(broken: dict[str, Any]) -> None:
    inventory = taken(permissions=["network"], **broken)
    assert (inventory.manifest, inventory.permissions, inventory.assembly) == ({}, (), None)
    assert len(inventory.files) == 3


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["network", "files"], ("network", "files")),
        (["b", "a", "b"], ("b", "a")),
        (["b", 1, None, "a", ["c"], "b"], ()),
        ([str(number) for number in range(200)], tuple(str(number) for number in range(200))),
        ([str(number) for number in range(201)], ()),
        ("network", ()),
        ({"network": True}, ()),
        (None, ()),
    ],
)
def test_permissions(given: Any, kept: tuple[str, ...]) -> None:
    assert taken(permissions=given).permissions == kept


@pytest.mark.parametrize("source", [b"", b"{", b"[]", b'{"permissions": NaN}', b"\xff", b'"permissions"'])
def test_a_plugin_json_that_is_none(source: bytes) -> None:
    inventory = taken({"plugin.json": source})
    assert (inventory.manifest, inventory.permissions, inventory.assembly) == ({}, (), None)
    assert "plugin.json" in {file.name for file in inventory.files}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("README.md", "readme"), ("readme", "readme"), ("docs/ReadMe.txt", "readme"), ("Docs/readme.md", "readme"),
        ("CHANGELOG.md", "changelog"), ("changes", "changelog"), ("docs/HISTORY.rst", "changelog"),
        ("LICENSE", "license"), ("licence.txt", "license"), ("COPYING", "license"), ("docs/LICENSE-MIT", "license"),
        ("res/README.md", None), ("docs/deep/README.md", None), ("my-readme.md", None), ("docs", None),
    ],
)  # fmt: skip
def test_documents(name: str, kind: str | None) -> None:
    assert taken({name: b"text"}).documents == NO_DOCUMENTS | ({kind: True} if kind else {})


@pytest.mark.parametrize(("field", "kind"), [("changelog", "changelog"), ("license", "license")])
def test_documents_in_the_manifest(field: str, kind: str) -> None:
    assert taken(**{field: "said here"}).documents == NO_DOCUMENTS | {kind: True}
    assert taken(**{field: ""}).documents == NO_DOCUMENTS


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("# 你好\n".encode(), "# 你好\n"),
        (b"\xef\xbb\xbfhello", "hello"),
        (b"", ""),
        (b"\xff\xfe", ""),
        (b"a\0b", ""),
        (b"x" * README_MAX, "x" * README_MAX),
        (b"x" * (README_MAX + 1), ""),
    ],
)
def test_the_text_of_the_readme(data: bytes, text: str) -> None:
    inventory = taken({"README.md": data})
    assert inventory.readme == text
    assert inventory.documents["readme"]


def test_the_readme_that_is_shown() -> None:
    content = {name: name.encode() for name in ("docs/README.md", "README.de.md", "README", "README.png", "README.txt")}
    assert taken(content).readme == "README.de.md"
    assert taken(content | {"README.md": b"top"}).readme == "README.de.md"  # by name among equals
    assert taken({"docs/README.md": b"docs", "readme.txt": b"top"}).readme == "top"


def test_the_assembly() -> None:
    facts = with_dll().assembly
    assert facts is not None
    assert (facts.status, facts.assembly_name) == ("ok", "Python.Runtime")
    assert facts.entry == EntryFacts(True, True, False, True)
    not_one = taken().assembly
    assert not_one is not None and not_one.status == "unreadable"


def test_no_assembly() -> None:
    assert taken(main="lib/Other.dll").assembly is None


def test_a_large_assembly_is_read_all_the_same() -> None:
    data = package(files() | {"MyPlugin.dll": real_dll() + bytes(16 << 20)}, zipfile.ZIP_STORED)
    facts = take_inventory(io.BytesIO(data)).assembly
    assert facts is not None
    assert (facts.status, facts.assembly_name) == ("ok", "Python.Runtime")


def test_stored_and_read_back() -> None:
    inventory = with_dll(permissions=["network"], changelog="new")
    document = inventory.as_json()
    assert json.loads(json.dumps(document)) == document
    stored = dataclasses.replace(inventory, entries=())
    assert Inventory.from_json(json.loads(json.dumps(document))) == stored
    assert Inventory.from_json(document) == stored
    assert isinstance(Inventory.from_json(document).files, tuple)


def test_the_stored_form_gets_no_further_keys() -> None:
    """Version 1.4.0 of the program reads them with exactly these, and would fail on others."""
    document = with_dll().as_json()
    assert set(document) == {
        "files", "manifest", "permissions", "documents", "unpacked_size", "assembly", "readme"
    }  # fmt: skip
    assert {name for file in document["files"] for name in file} == {"name", "size", "sha256"}


@pytest.mark.parametrize("inventory", [Inventory(), taken(), taken(main=3), Inventory(assembly=AssemblyFacts("ok"))])
def test_stored_and_read_back_where_much_is_missing(inventory: Inventory) -> None:
    stored = dataclasses.replace(inventory, entries=())
    assert Inventory.from_json(json.loads(json.dumps(inventory.as_json()))) == stored


def test_content_that_is_not_as_declared() -> None:
    data = crafted(Item(b"liar.txt", b"x" * 50, local={"crc": 1}, central={"crc": 1}), Item(b"good.txt", b"good"))
    inventory = take_inventory(io.BytesIO(data))
    found = {file.name: file.sha256 for file in inventory.files}
    assert found["liar.txt"] == ""
    assert [entry.path for entry in inventory.entries] == ["plugin.json", "MyPlugin.dll", "good.txt"]
    assert found["good.txt"] == hashlib.sha256(b"good").hexdigest()


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\5\6" + bytes(18), b"no archive" * 50])
def test_no_archive(data: bytes) -> None:
    assert take_inventory(io.BytesIO(data)).files == ()


def test_limits_are_kept() -> None:
    data = package({"plugin.json": manifest(), **{f"{number}": b"" for number in range(20)}})
    assert take_inventory(io.BytesIO(data), Limits(max_entries=10)) == Inventory()
    assert len(take_inventory(io.BytesIO(data)).files) == 21
    assert take_inventory(io.BytesIO(data), Limits(max_manifest=10)).manifest == {}


def test_hundreds_of_accidents() -> None:
    chance = random.Random(5)
    whole = package(files() | {"README.md": b"hello", "MyPlugin.dll": real_dll()[:20_000]})
    complete = 0
    for round_ in range(400):
        data = bytearray(whole)
        if round_ % 8 == 0:
            del data[chance.randrange(len(data)) :]
        for _ in range(chance.choice((1, 3, 30)) if data else 0):
            data[chance.randrange(max(0, len(data) - 400), len(data))] ^= 1 << chance.randrange(8)
        inventory = take_inventory(io.BytesIO(bytes(data)))
        stored = dataclasses.replace(inventory, entries=())
        assert Inventory.from_json(json.loads(json.dumps(inventory.as_json()))) == stored
        assert_packed(data, inventory)
        assert all(len(file.sha256) in (0, 64) for file in inventory.files)
        complete += len(inventory.files) == 4
    assert complete > 20


def test_the_first_version_adds_everything() -> None:
    new = with_dll(permissions=["network"])
    change = compare(None, new)
    assert change["files"] == {"added": [file.name for file in new.files], "removed": [], "changed": []}
    assert change["manifest"][0] == {"field": "name", "old": None, "new": "com.example.myplugin"}
    assert {item["field"] for item in change["manifest"]} == {
        "name", "version", "main", "entry_class", "display_name", "dependencies", "engines"
    }  # fmt: skip
    assert change["permissions"] == {"added": ["network"], "removed": [], "declared": True, "was_declared": None}
    assert "netstandard 2.0.0.0" in change["references"]["added"]
    assert {"capability": "file_system", "evidence": "System.IO.File::Exists"} in change["capabilities"]["added"]
    assert {"module": "kernel32.dll", "function": "LoadLibrary"} in change["native_imports"]["added"]
    assert json.loads(json.dumps(change)) == change


def test_nothing_changed() -> None:
    none: dict[str, list[Any]] = {"added": [], "removed": []}
    assert compare(with_dll(), with_dll()) == {
        "files": {"added": [], "removed": [], "changed": []},
        "manifest": [],
        "permissions": {**none, "declared": False, "was_declared": False},
        "references": none,
        "capabilities": none,
        "native_imports": none,
    }


def test_what_changed() -> None:
    old = taken({"old.txt": b"1", "both.txt": b"1", "same.txt": b"1"}, permissions=["a", "b"], license="MIT")
    new = taken({"new.txt": b"1", "both.txt": b"2", "same.txt": b"1"}, permissions=["b", "c"], version="1.1.0")
    change = compare(old, new)
    assert change["files"] == {"added": ["new.txt"], "removed": ["old.txt"], "changed": ["both.txt", "plugin.json"]}
    assert change["permissions"] == {"added": ["c"], "removed": ["a"], "declared": True, "was_declared": True}
    assert change["manifest"] == [
        {"field": "version", "old": "1.0.0", "new": "1.1.0"},
        {"field": "license", "old": "MIT", "new": ""},
    ]


def test_none_declared_is_not_the_same_as_not_declared() -> None:
    change = compare(taken(), taken(permissions=[]))["permissions"]
    assert change == {"added": [], "removed": [], "declared": True, "was_declared": False}


def test_what_a_version_replaces() -> None:
    old, new = taken(), taken(replaces=["com.example.old"])
    assert compare(old, new)["manifest"] == [{"field": "replaces", "old": [], "new": ["com.example.old"]}]


def test_what_the_assembly_lost_and_gained() -> None:
    was, now = with_dll(), taken()
    assert was.assembly is not None
    lost = compare(was, now)
    assert lost["files"]["changed"] == ["MyPlugin.dll", "plugin.json"]
    assert lost["references"] == {"added": [], "removed": list(was.assembly.references)}
    assert lost["native_imports"]["removed"] == [dataclasses.asdict(item) for item in was.assembly.imports]
    assert lost["capabilities"]["removed"] == compare(now, was)["capabilities"]["added"] != []
    more = dataclasses.replace(was.assembly, imports=(*was.assembly.imports, NativeImport("user32.dll", "FindWindow")))
    gained = compare(was, dataclasses.replace(was, assembly=more))
    assert gained["native_imports"] == {"added": [{"module": "user32.dll", "function": "FindWindow"}], "removed": []}


def test_what_could_not_be_read_counts_as_changed() -> None:
    unread = Inventory(files=(FileFacts("x", 1, ""),))
    assert compare(unread, unread)["files"]["changed"] == ["x"]
