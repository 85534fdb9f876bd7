"""Plugin packages of a wanted size, whose content does not compress."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

ENTRY = 4 << 20


def write_package(path: Path, name: str, size: int, *, deflated: bool = False, version: str = "1.0.0") -> Path:
    """A package of about `size` bytes at `path`: a manifest, a main assembly, and random data in entries of 4 MiB."""
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive:
        archive.writestr("plugin.json", manifest(name, version))
        archive.writestr("Plugin.dll", b"MZ" + os.urandom(1022))
        left = size - 4096
        while left > 0:
            archive.writestr(f"data/{left}.bin", os.urandom(min(ENTRY, left)))
            left -= ENTRY
    return path


def manifest(name: str, version: str = "1.0.0") -> str:
    """`plugin.json` of a plain plugin."""
    fields = {
        "name": name,
        "version": version,
        "main": "Plugin.dll",
        "entryClass": "Example.Plugin.Entry",
        "displayName": "示例插件",
        "description": "为基准测试而写的插件。",
        "author": "Example",
        "engines": {"MicroDock": ">=0.0.3.0"},
    }
    return json.dumps(fields, ensure_ascii=False)
