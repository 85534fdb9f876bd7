"""A package's contents in a form in which versions can be compared: files, manifest, permissions, main DLL."""

from __future__ import annotations

import dataclasses
import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO, Final, Literal, NamedTuple, Self

from microdock_server.bundle.dotnet.assembly import IMAGE_MAX, SIZE_MAX
from microdock_server.bundle.dotnet.assembly_facts import (
    ApiUse,
    AssemblyFacts,
    EntryFacts,
    NativeImport,
    examine_assembly,
)
from microdock_server.bundle.manifest import MANIFEST, Manifest, parse_manifest
from microdock_server.bundle.problems import Problems
from microdock_server.bundle.zip.archive import Archive, Entry, Limits, open_archive

README_MAX: Final = 256 * 1024
# Of real tools: 30 bytes and the name, up to 36 of extra fields, up to 24 of the descriptor before.
HEADER_MAX: Final = 256
_DEFAULT_LIMITS: Final = Limits()
_DOCUMENT: Final = re.compile(
    r"(?:docs/)?(?:(?P<readme>readme)|(?P<changelog>changelog|changes|history)|(?P<license>licen[sc]e|copying))[^/]*",
    re.IGNORECASE,
)
_TEXT_SUFFIXES: Final = (".md", ".markdown", ".txt", ".rst")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file. `sha256` is in hexadecimal; "" where the content is unreadable or not as declared."""

    name: str
    size: int
    sha256: str


class FileChange(NamedTuple):
    """A file that is not the same in two packages; a side is None where it does not exist."""

    path: str
    before: FileFacts | None
    after: FileFacts | None

    @property
    def state(self) -> Literal["added", "removed", "changed"]:
        """What became of the file."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


class PackedEntry(NamedTuple):
    """A file or directory of a package, and where it is packed: what its bytes can be fetched or compared by.

    `offset` is where its `compressed_size` bytes begin in the package; `method` is ZIP's number, 0 for stored and 8 for
    deflated; `crc32` and `sha256` (hexadecimal) are of the unpacked bytes. `header` holds the bytes between the data of
    the entry before and its own, in base64; None where they are more than HEADER_MAX.
    """

    path: str
    offset: int
    compressed_size: int
    size: int
    method: int
    crc32: int
    sha256: str
    header: str | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """A package's content. `files` are sorted by name; `manifest` is {} where plugin.json is not valid.

    `documents` has readme, changelog and license: does each exist, as a file or (the last two) in the manifest?
    `entries` are those that can be unpacked, directories too, in the order of their data. Inventories of the same
    content are equal however it is packed.
    """

    files: tuple[FileFacts, ...] = ()
    manifest: dict[str, Any] = field(default_factory=dict)
    permissions: tuple[str, ...] = ()
    documents: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(("readme", "changelog", "license"), False))
    unpacked_size: int = 0
    assembly: AssemblyFacts | None = None
    readme: str = ""
    entries: tuple[PackedEntry, ...] = field(default=(), compare=False)

    @property
    def declares_permissions(self) -> bool:
        """Does plugin.json have a list of permissions? An empty one is not the same as none."""
        return self.manifest.get("permissions") is not None

    def as_json(self) -> dict[str, Any]:
        """The form in which an inventory is stored, all but `entries`, which are stored beside it.

        Versions of the program that do not know entries read it too: it must not get further keys.
        """
        document = dataclasses.asdict(dataclasses.replace(self, entries=()))
        del document["entries"]
        lists = {"files": [dataclasses.asdict(file) for file in self.files], "permissions": list(self.permissions)}
        return document | lists | {"assembly": self.assembly and self.assembly.as_json()}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """The inverse of `as_json`, also after a round trip through JSON; without entries."""
        typed = {
            "files": tuple(FileFacts(**item) for item in document["files"]),
            "permissions": tuple(document["permissions"]),
            "assembly": document["assembly"] and _assembly_from(document["assembly"]),
        }
        return cls(**document | typed)


def _assembly_from(document: dict[str, Any]) -> AssemblyFacts:
    typed = {
        "references": tuple(document["references"]),
        "entry": document["entry"] and EntryFacts(**document["entry"]),
        "imports": tuple(NativeImport(**item) for item in document["imports"]),
        "uses": tuple(ApiUse(**item) for item in document["uses"]),
    }
    return AssemblyFacts(**document | typed)


def take_inventory(file: BinaryIO, limits: Limits = _DEFAULT_LIMITS) -> Inventory:
    """The inventory of a package in a seekable file; empty if it is not an archive or exceeds a limit.

    Bad content never raises, only errors of reading `file` (OSError). Every entry is unpacked in pieces of at most 256
    KiB; plugin.json, the README (256 KiB) and the main DLL (above 16 MiB its metadata) are in memory one at a time.
    """
    archive = open_archive(file, limits, Problems())
    if archive is None:
        return Inventory()
    source = archive.read(MANIFEST, limits.max_manifest) or b""
    manifest, _ = parse_manifest(source)
    found = list(archive.digests())
    files = [FileFacts(entry.name, entry.size, digest) for entry, digest in found if not entry.name.endswith("/")]
    return Inventory(
        files=tuple(sorted(files, key=lambda facts: (facts.name, facts.size, facts.sha256))),
        manifest={} if manifest is None else dataclasses.asdict(manifest),
        permissions=tuple((manifest and manifest.permissions) or ()),
        documents=_documents(archive.names(), manifest),
        unpacked_size=archive.unpacked_size,
        assembly=None if manifest is None else _assembly(archive, manifest),
        readme=_readme(archive),
        entries=_packed(archive, found),
    )


def _packed(archive: Archive, found: Iterable[tuple[Entry, str]]) -> tuple[PackedEntry, ...]:
    rows: list[PackedEntry] = []
    end = 0
    for entry, digest in sorted(found, key=lambda item: (item[0].offset, item[0].name)):
        if digest:
            length = entry.offset - end
            header = b64encode(archive.raw(end, length)).decode() if length <= HEADER_MAX else None
            facts = (entry.compressed_size, entry.size, entry.method, entry.crc, digest, header)
            rows.append(PackedEntry(entry.name, entry.offset, *facts))
            end = entry.offset + entry.compressed_size
    return tuple(rows)


def _documents(names: list[str], manifest: Manifest | None) -> dict[str, bool]:
    kinds = {match.lastgroup for match in map(_DOCUMENT.fullmatch, names) if match}
    return {
        "readme": "readme" in kinds,
        "changelog": "changelog" in kinds or bool(manifest and manifest.changelog),
        "license": "license" in kinds or bool(manifest and manifest.license),
    }


def _readme(archive: Archive) -> str:
    """The text of the README, the outermost first; "" if it is not UTF-8 or too long."""
    matches = (_DOCUMENT.fullmatch(name) for name in archive.names())
    name = min((match[0] for match in matches if match and match["readme"]), key=_readme_rank, default=None)
    data = None if name is None else archive.read(name, README_MAX)
    try:
        text = (data or b"").decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text  # not text, and databases refuse to store it


def _readme_rank(name: str) -> tuple[bool, int, str]:
    lower = name.lower()
    suffix = next((place for place, suffix in enumerate(_TEXT_SUFFIXES) if lower.endswith(suffix)), len(_TEXT_SUFFIXES))
    return "/" in name, suffix, name


def _assembly(archive: Archive, manifest: Manifest) -> AssemblyFacts | None:
    size = archive.size_of(manifest.main)
    if size is not None and size > IMAGE_MAX:
        return AssemblyFacts("unreadable", detail=f"larger than {IMAGE_MAX} bytes")
    if size is not None and size > SIZE_MAX:
        return examine_assembly(partial(archive.part, manifest.main), manifest.entry_class)
    data = archive.read(manifest.main, SIZE_MAX)
    return None if data is None else examine_assembly(data, manifest.entry_class)


def compare(old: Inventory | None, new: Inventory) -> dict[str, Any]:
    """The changes from `old` to `new`, as JSON-ready lists; without `old` everything is added."""
    before = old or Inventory()
    was, now = before.assembly or AssemblyFacts("unreadable"), new.assembly or AssemblyFacts("unreadable")
    return {
        "files": _files(before, new),
        "manifest": _manifest(before.manifest, new.manifest),
        "permissions": _permissions(old, new),
        "references": _difference(was.references, now.references),
        "capabilities": _facts(was.uses, now.uses),
        "native_imports": _facts(was.imports, now.imports),
    }


def _files(old: Inventory, new: Inventory) -> dict[str, list[str]]:
    found = changed_files(old, new)
    return {state: [one.path for one in found if one.state == state] for state in ("added", "removed", "changed")}


def changed_files(old: Inventory, new: Inventory) -> list[FileChange]:
    """Every file that is not the same in both, by path. One that could not be read counts as changed: it cannot be
    shown to be the same.
    """
    was, now = ({file.name: file for file in inventory.files} for inventory in (old, new))
    pairs = (FileChange(path, was.get(path), now.get(path)) for path in sorted({*was, *now}))
    return [one for one in pairs if one.before != one.after or (one.after and not one.after.sha256)]


def _manifest(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields that differ, in the order of Manifest, without permissions. Fields that are empty in both are left
    out.
    """
    shown = (item.name for item in dataclasses.fields(Manifest) if item.name != "permissions")
    pairs = ((name, old.get(name), new.get(name)) for name in shown)
    return [{"field": name, "old": was, "new": now} for name, was, now in pairs if was != now and (was or now)]


def _permissions(old: Inventory | None, new: Inventory) -> dict[str, Any]:
    """`declared` and `was_declared`: does plugin.json have a list of them, be it empty? The latter is null for a first
    version.
    """
    changes: dict[str, Any] = _difference(old.permissions if old else (), new.permissions)
    return changes | {"declared": new.declares_permissions, "was_declared": old and old.declares_permissions}


def _difference(old: Iterable[str], new: Iterable[str]) -> dict[str, list[str]]:
    was, now = set(old), set(new)
    return {"added": sorted(now - was), "removed": sorted(was - now)}


def _facts(old: Iterable[ApiUse | NativeImport], new: Iterable[ApiUse | NativeImport]) -> dict[str, Any]:
    """Facts, in their own order."""
    was, now = dict.fromkeys(old), dict.fromkeys(new)
    return {
        "added": [dataclasses.asdict(fact) for fact in now if fact not in was],
        "removed": [dataclasses.asdict(fact) for fact in was if fact not in now],
    }
