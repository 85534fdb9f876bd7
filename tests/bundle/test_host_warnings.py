"""Warnings about valid packages that hosts read differently, with their location."""

from __future__ import annotations

import pytest

from .craft import Item
from .packages import crafted, files, inspect, package, rules, warnings


@pytest.mark.parametrize(
    "name",
    ["data/", "data/settings.json", "data/a/b.txt", "Data/a", "DATA/", "data", "data\\settings.json", "Data\\"],
)
def test_data_at_the_root(name: str) -> None:
    item = Item(name.encode(), b"" if name.endswith(("/", "\\")) else b"x")
    report = inspect(crafted(item))
    assert report.ok
    [warning] = [found for found in report.warnings if found.rule != "name-separator"]
    assert (warning.rule, warning.entry) == ("data-folder", name.replace("\\", "/"))


@pytest.mark.parametrize("name", ["lib/data/x", "data.json", "database/x", "mydata/x", ".data/x", "data-1/x"])
def test_data_elsewhere(name: str) -> None:
    assert warnings(crafted(Item(name.encode(), b"x"))) == []


def test_data_is_told_once() -> None:
    assert warnings(crafted(*(Item(f"data/{number}".encode()) for number in range(300)))) == ["data-folder"]


@pytest.mark.parametrize(
    "text",
    [
        "^1", "~1.2", "1.x", "1.0.0 - 2.0.0", "1", "1.2", ">=1", ">1.2", "<=2.x", "x", "X", "1.2.*", "^1.x", "~>1.2.3",
        ">=1.0.0 <2.0.0", "^1.0.0 || ^2.0.0", "v1.0.0", ">=v1.0.0", ">= 1.0.0", " >=1.0.0", "^*",
    ],
)  # fmt: skip
def test_ranges_that_the_host_does_not_read(text: str) -> None:
    report = inspect(package(files(dependencies={"com.other.plugin": text, "com.fine.plugin": "^1.2.3"})))
    assert report.ok
    [warning] = report.warnings
    assert (warning.rule, warning.field) == ("dependency-range", "dependencies.com.other.plugin")
    assert warning.params["value"] == text


@pytest.mark.parametrize(
    "text",
    [
        ">=1.0.0",
        ">1.0.0",
        "<=1.0.0",
        "<1.0.0",
        "=1.0.0",
        "^1.0.0",
        "~1.0.0",
        "1.0.0",
        "*",
        "",
        "^1.0.0-rc.1",
        "=1.0.0+5",
    ],
)
def test_ranges_that_it_reads(text: str) -> None:
    assert warnings(package(files(dependencies={"com.other.plugin": text}))) == []


def test_engines_are_another_matter() -> None:
    assert warnings(package(files(engines={"MicroDock": ">=0.0.3.0", ".NET": "6.x"}))) == []


def test_a_range_that_is_none_is_a_problem_and_no_warning() -> None:
    data = package(files(dependencies={"com.other.plugin": "newest"}))
    assert rules(data) == ["field-range"] and inspect(data).warnings == ()


KNOWN = ("http:api", "storage:local")


@pytest.mark.parametrize(
    ("declared", "unknown"),
    [
        ([], []),
        (["http:api", "storage:local", "storage:*"], []),
        (["tabs", "http:api", "HTTP:api"], ["tabs", "HTTP:api"]),
        (["storage:session", "storage:"], ["storage:session", "storage:"]),
    ],
)
def test_permissions_that_nobody_can_grant(declared: list[str], unknown: list[str]) -> None:
    report = inspect(package(files(permissions=declared)), known_permissions=KNOWN)
    assert report.ok and report.manifest is not None
    assert report.manifest.permissions == declared
    found = [(warning.rule, warning.field, warning.params["value"]) for warning in report.warnings]
    assert found == [("permission-unknown", f"permissions.{declared.index(name)}", name) for name in unknown]


def test_all_storage_is_unknown_where_there_is_no_permission_to_store() -> None:
    assert warnings(package(files(permissions=["storage:*"])), known_permissions=("http:api",)) == [
        "permission-unknown"
    ]
    assert warnings(package(files(permissions=["storage:*"]))) == []
