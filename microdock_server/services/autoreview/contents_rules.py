"""Rules about what can run in a package: capabilities of all assemblies, native code, scripts, unread data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...bundle.contents import FileKind
from .finding import Facts, Finding, Severity

CAPABILITIES: Final[dict[str, Severity]] = {
    "process": "medium",
    "registry": "medium",
    "reflection_emit": "medium",
    "dynamic_loading": "medium",
    "native_code": "medium",
    "com": "medium",
    "unsafe_deserialization": "medium",
    "network": "low",
}
OPAQUE: Final = "opaque_data"
FILES: Final[Mapping[FileKind, Severity]] = {
    # Executables and scripts are not analysed here: a person decides.
    "executable": "high",
    "managed_executable": "medium",
    "native_library": "medium",
    "script": "medium",
    "archive": "medium",
    "disguised_assembly": "medium",
    "embedded_assembly": "low",
}
# Facts are stored: those of a later version of the program may name a kind that this one does not know, and that a
# person therefore has to judge.
_UNKNOWN: Final[Severity] = "high"
_SEVERITIES: Final[Mapping[str, Severity]] = {str(kind): severity for kind, severity in FILES.items()}


def incomplete_rule(facts: Facts) -> Iterator[Finding]:
    """What was not read may contain anything: it is never approved without a person."""
    for limit, paths in _grouped(facts, "incomplete", "limit").items():
        yield Finding("incomplete", "security", "high", {"reason": limit, "count": len(paths)}, paths[:20])


def files_rule(facts: Facts) -> Iterator[Finding]:
    """Files that are more than data, by kind."""
    for kind, paths in _grouped(facts, "files", "kind").items():
        if kind == OPAQUE:
            continue
        # An archive within the package; not the package itself.
        rule = "nested_archive" if kind == "archive" else kind
        yield Finding(rule, "security", _SEVERITIES.get(kind, _UNKNOWN), {"count": len(paths)}, paths[:20])


def opaque_rule(facts: Facts) -> Iterator[Finding]:
    """Unreadable data, in a package with code that loads bytes as code: what would run then was inspected by nobody."""
    paths = _grouped(facts, "files", "kind").get(OPAQUE, [])
    loaders = [item["path"] for item, _ in _assemblies(facts) if item.get("loads_bytes")]
    if paths and loaders:
        evidence = [*loaders[:5], *paths[:15]]
        yield Finding("hidden_code", "security", "high", {"count": len(paths)}, evidence)


def capabilities_rule(facts: Facts) -> Iterator[Finding]:
    """The capabilities of the code of all assemblies together."""
    uses: dict[str, list[str]] = {}
    imports: list[str] = []
    for item, prefix in _assemblies(facts):
        for use in item["uses"]:
            uses.setdefault(use["capability"], []).append(prefix + use["evidence"])
        imports += [f"{prefix}{found['module']}!{found['function']}" for found in item["imports"]]
    for capability, evidence in sorted(uses.items()):
        severity = CAPABILITIES.get(capability)
        if severity is not None:
            yield Finding(f"uses_{capability}", "security", severity, {"count": len(evidence)}, evidence[:20])
    if imports:
        yield Finding("native_imports", "security", "medium", {"count": len(imports)}, imports[:20])


def obfuscation_rule(facts: Facts) -> Iterator[Finding]:
    """Many obfuscated names hide what the code does."""
    found = [item for item, _ in _assemblies(facts) if item.get("hidden_names")]
    if found:
        evidence = [f"{item['path']}: {item['hidden_names']}/{item['names']}" for item in found]
        count = sum(item["hidden_names"] for item in found)
        yield Finding("obfuscated", "security", "medium", {"count": count}, evidence[:20])


def capabilities_of(facts: Facts) -> list[str]:
    """Every capability of any assembly, including those without a deduction."""
    return sorted({use["capability"] for item, _ in _assemblies(facts) for use in item["uses"]})


def has_imports(facts: Facts) -> bool:
    """Does any assembly call native functions?"""
    return any(item["imports"] for item, _ in _assemblies(facts))


def _assemblies(facts: Facts) -> Iterator[tuple[dict[str, Any], str]]:
    """Every assembly, with the prefix of its evidence: the main one's has none."""
    contents = facts.get("contents")
    if contents is None:
        if facts["assembly"]:
            yield facts["assembly"], ""
        return
    for item in contents["assemblies"]:
        yield item, "" if item["path"] == contents["main"] else f"{item['path']}: "


def _grouped(facts: Facts, name: str, key: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in facts.get("contents", {}).get(name, []):
        found.setdefault(item[key], []).append(item["path"])
    return dict(sorted(found.items()))
