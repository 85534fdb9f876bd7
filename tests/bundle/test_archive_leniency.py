"""Names as real tools write them, against the specification: what .NET on Windows unpacks counts."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from microdock_server.bundle.inventory import take_inventory

from .craft import UTF8, Item, Zip, extra
from .packages import base_items, crafted, files, inspect, manifest, rules, warnings

NAMES = ["插件 说明.txt", "lib/é.txt", "ไทย/читай.txt"]


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def names_of(data: bytes) -> list[str]:
    report = inspect(data)
    assert report.problems == ()
    return [entry.name for entry in report.entries]


def test_backslashes_alone_are_slashes() -> None:
    """As .NET Framework zips a folder: an empty one is an entry of its own."""
    items = [
        *base_items(),
        Item(b"lib\\net8.0\\a.dll", b"MZ"),
        Item(b"empty\\"),
        Item("图\\标.txt".encode(), b"x", flags=UTF8),
    ]
    report = inspect(Zip(items).build())
    assert report.ok
    assert [entry.name for entry in report.entries][2:] == ["lib/net8.0/a.dll", "图/标.txt"]
    (warning,) = report.warnings
    assert (warning.rule, warning.entry, warning.params["count"]) == ("name-separator", "lib\\net8.0\\a.dll", 3)


def test_main_may_lie_behind_a_backslash() -> None:
    items = [Item(b"plugin.json", manifest(main="lib/MyPlugin.dll")), Item(b"lib\\MyPlugin.dll", b"MZ")]
    assert warnings(Zip(items).build()) == ["name-separator"]


def test_a_folder_by_backslash_has_no_content() -> None:
    assert rules(crafted(Item(b"d\\", b"x"))) == ["directory-with-content"]
    assert warnings(crafted(Item(b"d\\", attributes=0x10))) == ["name-separator"]


def test_everything_inside_one_folder_by_backslash() -> None:
    items = [Item(b"My\\plugin.json", manifest()), Item(b"My\\MyPlugin.dll", b"MZ")]
    (problem,) = inspect(Zip(items).build()).problems
    assert (problem.rule, problem.entry) == ("manifest-in-folder", "My/plugin.json")


def test_an_inventory_is_the_same_whatever_the_separator() -> None:
    by_slash = crafted(Item(b"lib/a.txt", b"a"), Item("é".encode(), b"e", flags=UTF8))
    by_backslash = crafted(Item(b"lib\\a.txt", b"a"), Item("é".encode(), b"e"))
    assert take_inventory(io.BytesIO(by_slash)) == take_inventory(io.BytesIO(by_backslash))


@pytest.mark.parametrize("second_name", [False, True])
def test_utf8_without_the_flag(second_name: bool) -> None:
    """As macOS and Info-ZIP write it."""
    items = []
    for name in NAMES:
        raw = name.encode()
        field = extra(0x7075, b"\1" + zlib.crc32(raw).to_bytes(4, "little") + raw) if second_name else b""
        items.append(Item(raw, b"x", extra=field, made_by=3 << 8 | 30))
    report = inspect(crafted(*items))
    assert report.ok and [entry.name for entry in report.entries][2:] == NAMES
    (warning,) = report.warnings
    assert (warning.rule, warning.entry, warning.params["count"]) == ("name-unflagged", NAMES[0], 3)


def test_names_without_the_flag_are_checked_like_others() -> None:
    assert rules(crafted(Item("../插件".encode()))) == ["path-escapes"]
    assert rules(crafted(Item("a\u202eb".encode()))) == ["name-invisible"]
    assert rules(crafted(Item("é".encode(), flags=UTF8), Item("e\u0301".encode()))) == ["name-collides"]
    assert rules(crafted(Item("é".encode(), flags=UTF8), Item("é".encode()))) == ["duplicate-name"]


def test_a_package_without_leniencies_has_no_warnings() -> None:
    assert warnings(crafted(Item("lib/é.txt".encode(), flags=UTF8))) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "plugin"
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    for name, data in files().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


@pytest.mark.parametrize("options", [[], ["-UN=UTF8"], ["-X"]])
def test_info_zip_writes_names_that_other_readers_show_alike(folder: Path, options: list[str]) -> None:
    archive = folder.parent / "out.zip"
    subprocess.run([tool("zip"), "-qr", *options, str(archive), "."], cwd=folder, check=True)
    told = set(names_of(archive.read_bytes()))
    assert told == {*NAMES, *files()}
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    listed = subprocess.run(
        [tool("7z"), "l", "-slt", "-ba", str(archive)], capture_output=True, check=True, env=environment
    )
    assert told <= set(re.findall(r"^Path = (.*)$", listed.stdout.decode(), re.MULTILINE))
    listed = subprocess.run([tool("jar"), "tf", str(archive)], capture_output=True, check=True, env=environment)
    assert told <= set(listed.stdout.decode().splitlines())
    unpacked = folder.parent / "unpacked"
    subprocess.run([tool("unzip"), "-q", str(archive), "-d", str(unpacked)], check=True, env=environment)
    assert told == {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}


def test_unzip_reads_backslashes_as_we_do(tmp_path: Path) -> None:
    (tmp_path / "in.zip").write_bytes(crafted(Item(b"lib\\deep\\a.txt", b"x"), Item(b"empty\\")))
    done = subprocess.run([tool("unzip"), "-q", "in.zip", "-d", "out"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode <= 1  # it warns of the backslashes, as the report does
    found = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert found == set(names_of((tmp_path / "in.zip").read_bytes()))
