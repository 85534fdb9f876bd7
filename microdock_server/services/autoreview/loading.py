"""Rules about loading: entry class, architecture, framework, and referenced assemblies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ...bundle.dotnet.framework import brings, is_framework
from .finding import Facts, Finding, Severity

_TARGET: Final = re.compile(r"\.(NETStandard|NETCoreApp|NETFramework),Version=v([0-9]{1,2})\.([0-9]{1,2})")
_HOST: Final = re.compile(r"net(?:coreapp)?([0-9]{1,2})\.([0-9])(?:-.*)?")
# The first .NET Core, and .NET Framework, that support each .NET Standard.
_STANDARD_CORE: Final = {(2, 1): (3, 0), (2, 0): (2, 0)}
_STANDARD_FRAMEWORK: Final = {(2, 0): (4, 6), (2, 1): (99, 0)}


def entry_rule(facts: Facts) -> Iterator[Finding]:
    """The entry class as the host's loader sees it. Facts from before 2026.2 have only its declaration."""
    assembly = facts["assembly"]
    if assembly is None or assembly["status"] in ("not_managed", "unreadable"):
        reason = "not_managed" if assembly is None else assembly["status"]
        yield Finding(f"assembly_{reason}", "quality", "high", {}, [assembly["detail"]] if assembly else [])
    elif "contents" not in facts:
        yield from _declared(assembly["entry"])
    else:
        yield from _loaded(facts["contents"]["entry"], facts["host"])


def _declared(entry: dict[str, bool] | None) -> Iterator[Finding]:
    if entry is None or not entry["found"]:
        yield Finding("entry_class_missing", "quality", "high")
    elif entry["is_abstract"]:
        yield Finding("entry_class_abstract", "quality", "high")


def _loaded(entry: dict[str, Any] | None, host: dict[str, Any]) -> Iterator[Finding]:
    if entry is None or entry["state"] == "missing":
        yield Finding("entry_class_missing", "quality", "high")
        return
    if entry["state"] == "forwarded_nowhere":
        yield Finding("entry_class_forwarded", "quality", "high", {"assembly": entry["assembly"]}, [entry["assembly"]])
        return
    if entry["is_generic"]:
        yield Finding("entry_class_generic", "quality", "high")
    if entry["is_abstract"]:
        yield Finding("entry_class_abstract", "quality", "high")
    elif not entry["can_be_made"]:
        yield Finding("entry_class_no_constructor", "quality", "high")
    yield from _interface(entry, host)


def _interface(entry: dict[str, Any], host: dict[str, Any]) -> Iterator[Finding]:
    wanted, definer = host["interface"], host["interface_assembly"]
    hosts = [*host["assemblies"], *filter(None, [definer])]
    outside = [item for item in entry["outside"] if not wanted or not _is_wanted(item, wanted, definer)]
    nowhere = [item for item in outside if not brings(_assembly_of(item), hosts)]
    if nowhere:
        # A class cannot be loaded without all its base types, whatever else it implements.
        yield Finding("entry_class_unresolved", "quality", "high", {}, nowhere[:20])
    elif not wanted or any(_is_wanted(item, wanted, definer) for item in entry["interfaces"]):
        return
    # The host's own assemblies cannot be read here: one of its base classes may implement the interface.
    elif not outside:
        yield Finding("entry_class_no_interface", "quality", "high", {"interface": wanted}, entry["interfaces"][:20])


def _is_wanted(item: str, wanted: str, definer: str) -> bool:
    name, _, assembly = item.rpartition(", ")
    return name == wanted and definer.lower() in ("", assembly.lower())


def _assembly_of(item: str) -> str:
    return item.rpartition(", ")[2]


def main_of(facts: Facts) -> dict[str, Any] | None:
    """What was found about the main assembly; None without one, and in facts from before 2026.2."""
    contents = facts.get("contents")
    if contents is None:
        return None
    return next((item for item in contents["assemblies"] if item["path"] == contents["main"]), None)


def runtime_of(facts: Facts) -> dict[str, Any]:
    """The runtime that the main assembly needs, as version details show it; {} without one."""
    main = main_of(facts)
    if main is None:
        return {}
    names = ("architecture", "is_mixed", "is_reference", "target_framework", "references")
    return {**{name: main[name] for name in names}, "missing_references": missing_references(facts)}


def missing_references(facts: Facts) -> list[str]:
    """References of the main assembly that neither the package, .NET nor the host provides."""
    main = main_of(facts)
    if main is None:
        return []
    inside = {item["name"].lower() for item in facts["contents"]["assemblies"] if not item["is_embedded"]}
    hosts = [*facts["host"]["assemblies"], *filter(None, [facts["host"]["interface_assembly"]])]
    return [
        reference
        for reference in main["references"]
        for name in [reference.rpartition(" ")[0]]
        if name.lower() not in inside and not is_framework(name) and not brings(name, hosts)
    ]


def runtime_rule(facts: Facts) -> Iterator[Finding]:
    """Architecture, framework and references of the main assembly; mixed-mode code in any."""
    main = main_of(facts)
    if main is None:
        return
    host = facts["host"]
    for item in facts["contents"]["assemblies"]:
        if item["is_mixed"]:
            severity: Severity = "high" if item is main else "medium"
            yield Finding("assembly_mixed", "compatibility", severity, {"path": item["path"]}, [item["path"]])
    if main["is_reference"]:
        yield Finding("assembly_reference", "compatibility", "high", {}, [main["path"]])
    fits = [main["architecture"] in ("any", machine) for machine in host["architectures"]]
    params = {"found": main["architecture"], "wanted": ", ".join(host["architectures"])}
    yield from _unfit("architecture_unfit", fits, params)
    target = main["target_framework"]
    if _TARGET.fullmatch(target):
        fits = [_runs_on(target, framework) for framework in host["frameworks"]]
        yield from _unfit("framework_unfit", fits, {"found": target, "wanted": ", ".join(host["frameworks"])})
    missing = missing_references(facts)
    if missing:
        yield Finding("references_missing", "compatibility", "medium", {"count": len(missing)}, missing[:20])


def _unfit(rule: str, fits: list[bool], params: dict[str, Any]) -> Iterator[Finding]:
    """High severity if no host fits; a lower one if only some do not."""
    if fits and not all(fits):
        yield Finding(rule, "compatibility", "low" if any(fits) else "high", params, [params["found"]])


def _runs_on(target: str, framework: str) -> bool:
    """Does an assembly for `target` (`.NETCoreApp,Version=v8.0`) run on `framework` (`net8.0`, `net48`)?"""
    found = _TARGET.fullmatch(target)
    if found is None:
        return True
    kind, version = found[1], (int(found[2]), int(found[3]))
    core = _HOST.fullmatch(framework)
    if core:
        running = int(core[1]), int(core[2])
        needed = _STANDARD_CORE.get(version, (1, 0)) if kind == "NETStandard" else version
        return kind != "NETFramework" and running >= needed
    digits = framework.removeprefix("net")
    needed = _STANDARD_FRAMEWORK.get(version, (4, 5)) if kind == "NETStandard" else version
    return kind != "NETCoreApp" and (int(digits[0]), int(digits[1])) >= needed
