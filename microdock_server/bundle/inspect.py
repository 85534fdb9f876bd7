"""Inspects an uploaded package: all faults are reported at once, and nothing is unpacked to disk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final

from microdock_server.bundle.dotnet.assembly import IMAGE_MAX, SIZE_MAX, Finding, find_entry_class, read_assembly
from microdock_server.bundle.host_warnings import warn_of_data, warn_of_permissions, warn_of_ranges
from microdock_server.bundle.manifest import MANIFEST, Manifest, parse_manifest
from microdock_server.bundle.problems import Problem, Problems
from microdock_server.bundle.zip.archive import Archive, Entry, Limits, open_archive

__all__ = ["MANIFEST", "Entry", "Limits", "Report", "inspect_package"]

_DEFAULT_LIMITS: Final = Limits()

_ASSEMBLY_RULES: Final = {
    "not_managed": "assembly-not-managed",
    "entry_class_missing": "assembly-entry-class-missing",
    "unreadable": "assembly-unreadable",
}


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an inspection. `entries` (files only) and sizes are as declared, and verified if `ok`.

    `warnings` do not lead to refusal: leniencies in reading, and what may do harm.
    """

    problems: tuple[Problem, ...]
    manifest: Manifest | None = None
    entries: tuple[Entry, ...] = ()
    unpacked_size: int = 0
    assembly: Finding | None = None
    warnings: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Is the package accepted?"""
        return not self.problems


def inspect_package(
    file: BinaryIO,
    limits: Limits = _DEFAULT_LIMITS,
    *,
    require_managed_assembly: bool = False,
    known_permissions: Collection[str] | None = None,
) -> Report:
    """Inspect a seekable file completely. Without `known_permissions` none is reported as unknown.

    Bad content never raises: it becomes problems. Only errors of reading `file` (OSError) pass through. Every entry is
    unpacked once, in pieces of at most 256 KiB, and never beyond its declared size; declared sizes are checked against
    `limits` first. Only plugin.json and the main DLL are held in memory, of a DLL above 16 MiB its headers and
    metadata.
    """
    problems, warnings = Problems(), Problems()
    archive = open_archive(file, limits, problems, warnings)
    if archive is None:
        return Report(problems.done())
    archive.check_content(problems)
    warn_of_data(archive.paths(), warnings)
    manifest = _manifest(archive, limits, problems, warnings)
    if manifest is not None and known_permissions is not None:
        warn_of_permissions(manifest, known_permissions, warnings)
    assembly = None if manifest is None else _assembly(archive, manifest, problems)
    if require_managed_assembly and manifest and assembly and assembly.status in _ASSEMBLY_RULES:
        problems.add(
            _ASSEMBLY_RULES[assembly.status],
            manifest.main,
            entry_class=manifest.entry_class,
            detail=assembly.detail,
        )
    return Report(problems.done(), manifest, archive.entries, archive.unpacked_size, assembly, warnings.done())


def _manifest(archive: Archive, limits: Limits, problems: Problems, warnings: Problems) -> Manifest | None:
    size = archive.size_of(MANIFEST)
    if size is None:
        _explain_missing(archive, problems)
        return None
    if size > limits.max_manifest:
        problems.add("manifest-too-large", MANIFEST, limit=limits.max_manifest)
        return None
    data = archive.read(MANIFEST, limits.max_manifest)
    if data is None:  # the fault was recorded when its content was checked
        return None
    manifest, found = parse_manifest(data, warnings)
    problems.extend(found)
    if manifest is not None:
        warn_of_ranges(manifest, warnings)
    return manifest


def _explain_missing(archive: Archive, problems: Problems) -> None:
    """Name the likely mistake: different case, or everything inside one folder."""
    for name in archive.names():
        if name.casefold() == MANIFEST:
            problems.add("manifest-wrong-case", name)
            return
    inside = (name for name in archive.names() if name.endswith("/" + MANIFEST))
    folder = min(inside, key=lambda name: name.count("/"), default=None)
    if folder is None:
        problems.add("manifest-missing")
    else:
        problems.add("manifest-in-folder", folder)


def _assembly(archive: Archive, manifest: Manifest, problems: Problems) -> Finding | None:
    size = archive.size_of(manifest.main)
    if size is None:
        folded = manifest.main.casefold()
        twin = next((name for name in archive.names() if name.casefold() == folded), None)
        if twin is None:
            problems.add("main-missing", field="main", value=manifest.main)
        else:
            problems.add("main-wrong-case", twin, field="main", value=manifest.main)
        return None
    if size > IMAGE_MAX:
        detail = f"larger than {IMAGE_MAX} bytes"
        return Finding("unreadable", entry_class=manifest.entry_class, detail=detail)
    if size > SIZE_MAX:
        return find_entry_class(partial(archive.part, manifest.main), manifest.entry_class)
    data = archive.read(manifest.main, SIZE_MAX)
    return None if data is None else read_assembly(data, manifest.entry_class)
