"""The whole inspection: archive, manifest and assembly in one report."""

from __future__ import annotations

import json

import pytest

from microdock_server.bundle import Limits

from .craft import Item
from .packages import MANIFEST, crafted, files, inspect, manifest, package, real_dll, rules


def test_a_good_package() -> None:
    content = files() | {"MyPlugin.dll": real_dll()}
    report = inspect(package(content), require_managed_assembly=True)
    assert report.ok and report.problems == ()
    assert report.manifest is not None and report.manifest.version == "1.0.0"
    assert report.assembly is not None and report.assembly.status == "ok"
    assert [entry.name for entry in report.entries] == list(content)
    assert report.unpacked_size == sum(map(len, content.values()))


def test_entries_are_files_only() -> None:
    report = inspect(crafted(Item(b"lib/"), Item(b"lib/a.txt", b"a")))
    assert [entry.name for entry in report.entries] == ["plugin.json", "MyPlugin.dll", "lib/a.txt"]


def without_manifest(**others: bytes) -> bytes:
    return package({"MyPlugin.dll": b"MZ", **others})


def test_manifest_missing() -> None:
    assert rules(without_manifest()) == ["manifest-missing"]


@pytest.mark.parametrize("name", ["Plugin.json", "PLUGIN.JSON"])
def test_manifest_of_another_case(name: str) -> None:
    (problem,) = inspect(without_manifest(**{name: manifest()})).problems
    assert (problem.rule, problem.entry) == ("manifest-wrong-case", name)


def test_everything_inside_one_folder() -> None:
    content = {"deep/er/plugin.json": manifest(), "MyPlugin/plugin.json": manifest(), "MyPlugin/MyPlugin.dll": b"MZ"}
    (problem,) = inspect(package(content)).problems
    assert (problem.rule, problem.entry) == ("manifest-in-folder", "MyPlugin/plugin.json")


def test_manifest_as_a_directory() -> None:
    assert "manifest-missing" in rules(without_manifest(**{"plugin.json/": b""}))


def test_manifest_size() -> None:
    limits = Limits(max_manifest=3000)
    padding = manifest() + b" " * (3000 - len(manifest()))
    assert rules(package(files() | {"plugin.json": padding}), limits) == []
    assert rules(package(files() | {"plugin.json": padding + b" "}), limits) == ["manifest-too-large"]


def test_broken_manifest_content_is_told_once() -> None:
    data = package(method=0).replace(b'"version"', b'"versiom"')
    report = inspect(data)
    assert [(problem.rule, problem.entry) for problem in report.problems] == [("crc-wrong", "plugin.json")]
    assert report.manifest is None


def test_main_missing() -> None:
    (problem,) = inspect(package(files(main="Other.dll"))).problems
    assert (problem.rule, problem.field, problem.params["value"]) == ("main-missing", "main", "Other.dll")


def test_main_of_another_case() -> None:
    (problem,) = inspect(package(files(main="myplugin.DLL"))).problems
    assert (problem.rule, problem.entry) == ("main-wrong-case", "MyPlugin.dll")


def test_main_in_a_folder() -> None:
    content = {"plugin.json": manifest(main="lib/net8.0/P.dll"), "lib/net8.0/P.dll": real_dll()}
    report = inspect(package(content), require_managed_assembly=True)
    assert report.ok


def test_faults_of_archive_and_manifest_come_together() -> None:
    data = package({"plugin.json": json.dumps(MANIFEST | {"version": "1"}).encode(), "../x": b"", "NUL": b""})
    assert rules(data) == ["path-escapes", "name-reserved", "field-version"]


@pytest.mark.parametrize(
    ("dll", "entry_class", "rule"),
    [
        (b"text", None, "assembly-not-managed"),
        (b"MZ" + bytes(100), None, "assembly-unreadable"),
        (None, "Not.There", "assembly-entry-class-missing"),
    ],
)
def test_assembly_is_required_only_on_demand(dll: bytes | None, entry_class: str | None, rule: str) -> None:
    changes = {"entryClass": entry_class} if entry_class else {}
    data = package(files(**changes) | {"MyPlugin.dll": real_dll() if dll is None else dll})
    report = inspect(data)
    assert report.ok and report.assembly is not None and report.assembly.status != "ok"
    assert rules(data, require_managed_assembly=True) == [rule]


def test_huge_main_is_read_in_part() -> None:
    for dll, status in ((b"MZ" + bytes(17 << 20), "unreadable"), (real_dll() + bytes(17 << 20), "ok")):
        report = inspect(package(files() | {"MyPlugin.dll": dll}), Limits(max_ratio=2000))
        assert report.ok and report.assembly is not None
        assert report.assembly.status == status


def test_the_report_is_as_large_as_its_limit() -> None:
    data = crafted(*(Item(b"../a%d" % number) for number in range(500)))
    assert len(inspect(data).problems) == 101
