"""A valid plugin package, and ways to break it."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from microdock_server.bundle import Limits, Report, inspect_package
from microdock_server.messages.bundle import BUNDLE

from .craft import Item, Zip

MANIFEST = {
    "name": "com.example.myplugin",
    "version": "1.0.0",
    "main": "MyPlugin.dll",
    "entryClass": "Python.Runtime.AssemblyManager",
    "displayName": "我的插件",
    "dependencies": {"com.other.plugin": ">=1.0.0"},
    "engines": {"MicroDock": ">=0.0.3.0"},
}


@cache
def real_dll() -> bytes:
    """A managed assembly as it ships in pythonnet's wheel; the package is never imported."""
    spec = find_spec("pythonnet")
    assert spec is not None and spec.origin is not None
    return (Path(spec.origin).parent / "runtime" / "Python.Runtime.dll").read_bytes()


@cache
def plugin_dll() -> bytes:
    """An honest plugin, `Clock.Plugin`, that implements the host's interface; its source stands beside it."""
    return (Path(__file__).parent / "assemblies" / "Clock.dll").read_bytes()


def manifest(**changes: Any) -> bytes:
    """plugin.json with some fields replaced; None removes one."""
    document = {key: value for key, value in (MANIFEST | changes).items() if value is not None}
    return json.dumps(document, ensure_ascii=False).encode()


def files(**changes: Any) -> dict[str, bytes]:
    return {"plugin.json": manifest(**changes), "MyPlugin.dll": b"MZ not really", "res/图标.txt": b"icon" * 50}


def package(content: dict[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A package as Python's zipfile writes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in (content or files()).items():
            archive.writestr(name, data)
    return buffer.getvalue()


def base_items() -> list[Item]:
    return [Item(b"plugin.json", manifest(), 8), Item(b"MyPlugin.dll", b"MZ not really")]


def crafted(*items: Item, **options: Any) -> bytes:
    """A good package with `items` added behind its files."""
    return Zip([*base_items(), *items], **options).build()


def inspect(data: bytes | BinaryIO, limits: Limits | None = None, **options: Any) -> Report:
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    report = inspect_package(file, limits or Limits(), **options)
    assert_told(report)
    return report


def assert_told(report: Report) -> None:
    """Every problem can be said in both languages, on one printable line."""
    for problem in (*report.problems, *report.warnings):
        for text in BUNDLE[f"bundle.{problem.rule}"]:
            assert text.format(**problem.values()).isprintable()


def warnings(data: bytes | BinaryIO, limits: Limits | None = None, **options: Any) -> list[str]:
    """What a good package is accepted in spite of."""
    report = inspect(data, limits, **options)
    assert report.problems == ()
    return [warning.rule for warning in report.warnings]


def rules(data: bytes | BinaryIO, limits: Limits | None = None, **options: Any) -> list[str]:
    """The rules that a package breaks, without repetition, in order."""
    return list(dict.fromkeys(problem.rule for problem in inspect(data, limits, **options).problems))
