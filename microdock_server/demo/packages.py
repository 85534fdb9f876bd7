"""The packages of the invented plugins: the same bytes for the same release."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any, Final

from .assemblies import assembly
from .texts.people import Maker
from .texts.shapes import Entry, Release

# ZIP entries bear a time; a fixed one keeps the bytes the same.
_MOMENT: Final = (2026, 1, 1, 0, 0, 0)
_LICENCE: Final = "{licence}\n\nCopyright {maker}. This plugin was made to fill a server that shows what it can do.\n"


def package(entry: Entry, release: Release, maker: Maker) -> bytes:
    """A ZIP with plugin.json, the assembly, and the documents that reviewers look for."""
    manifest = _manifest(entry, release, maker)
    space, file = manifest["entryClass"].rpartition(".")[0], manifest["main"]
    files = {
        "plugin.json": json.dumps(manifest, ensure_ascii=False, indent=2).encode(),
        file: assembly(space, manifest["entryClass"], release.number, entry.title, entry.uses),
        "README.md": f"# {entry.title}\n\n{entry.summary}\n\n{entry.story}".encode(),
        "CHANGELOG.md": _history(entry, release).encode(),
        "LICENSE": _LICENCE.format(licence=entry.licence, maker=maker.display_name).encode(),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _manifest(entry: Entry, release: Release, maker: Maker) -> dict[str, Any]:
    word = entry.name.rpartition(".")[2].capitalize()
    manifest = {
        "name": entry.name,
        "version": release.number,
        "main": f"{word}.dll",
        "entryClass": f"{word}.Plugin",
        "displayName": entry.title,
        "description": entry.summary,
        "author": maker.display_name,
        "license": entry.licence,
        "homepage": f"https://{maker.username}.example/{entry.name.rpartition('.')[2]}",
        "changelog": release.changelog,
        "dependencies": dict(entry.needs),
        "engines": {"MicroDock": entry.engine},
    }
    if entry.permissions is not None:
        manifest["permissions"] = list(entry.permissions)
    return manifest


def _history(entry: Entry, release: Release) -> str:
    """The changelogs up to this release, the newest first."""
    until = entry.releases[: entry.releases.index(release) + 1]
    return "\n\n".join(f"## {one.number}\n\n{one.changelog}" for one in reversed(until)) + "\n"
