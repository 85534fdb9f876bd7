"""The rules of automatic review: a pure function from facts to a verdict.

Scores. Each of the four areas begins with 100 points, and every finding deducts some: 60 for high severity, 15 for
medium, 5 for low, never below 0. The overall score is the mean of the measured areas, weighted by WEIGHTS. An area is
`fail` with a finding of high severity, `warning` with one of medium severity, else `pass`.

What cannot be known without running a plugin is `not_measured`; so is an area about which nothing else is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final

from ...vocabulary import NOT_MEASURED
from .contents_rules import (
    capabilities_of,
    capabilities_rule,
    files_rule,
    has_imports,
    incomplete_rule,
    obfuscation_rule,
    opaque_rule,
)
from .finding import Facts, Finding, Severity
from .loading import entry_rule, main_of, missing_references, runtime_rule

# Incremented with every change that can change a verdict.
RULES_VERSION: Final = "2026.3"
WEIGHTS: Final = {"security": 40, "quality": 30, "performance": 20, "compatibility": 10}
PENALTIES: Final = {"high": 60, "medium": 15, "low": 5}

LARGE_PACKAGE: Final = 50 * 1024 * 1024
LARGE_UNPACKED: Final = 200 * 1024 * 1024
MANY_ENTRIES: Final = 2000
SHORT_DESCRIPTION: Final = 20


def judge(facts: Facts) -> dict[str, Any]:
    """The verdict on these facts, as JSON: scores, checks, findings."""
    findings = sorted(
        (finding for rule in RULES for finding in rule(facts)),
        key=lambda found: (-PENALTIES[found.severity], found.rule),
    )
    scores = {area: _score(findings, area, _DETAILS[area](facts)) for area in WEIGHTS}
    return {
        "rules_version": RULES_VERSION,
        "overall_score": _overall(scores),
        "checks": {
            area: {"score": score, "status": _status(findings, area, score), "details": _DETAILS[area](facts)}
            for area, score in scores.items()
        },
        "findings": [asdict(found) for found in findings],
    }


def has_high(verdict: dict[str, Any]) -> bool:
    """Is any finding of high severity? Such a version is never approved without a person."""
    return any(found["severity"] == "high" for found in verdict["findings"])


def _score(findings: Iterable[Finding], area: str, details: dict[str, Any]) -> int | str:
    """The points of an area; NOT_MEASURED if no rule found anything, and nothing about it was measured."""
    found = [item for item in findings if item.category == area]
    measures = _MEASURED.get(area)
    if not found and measures and all(details[name] == NOT_MEASURED for name in measures):
        return NOT_MEASURED
    return max(0, 100 - sum(PENALTIES[item.severity] for item in found))


def _overall(scores: dict[str, int | str]) -> int:
    measured = {area: score for area, score in scores.items() if isinstance(score, int)}
    return round(
        sum(score * WEIGHTS[area] for area, score in measured.items()) / sum(WEIGHTS[area] for area in measured)
    )


def _status(findings: Iterable[Finding], area: str, score: int | str) -> str:
    if score == NOT_MEASURED:
        return NOT_MEASURED
    severities = {found.severity for found in findings if found.category == area}
    return "fail" if "high" in severities else "warning" if "medium" in severities else "pass"


def _inspection(facts: Facts) -> Iterator[Finding]:
    """The archive is inspected again: rules may be stricter than on the day of the upload."""
    for problem in facts["inspection"]:
        place = problem["entry"] or problem["field"] or ""
        params = {"problem": problem["rule"], "values": problem.get("values", {})}
        yield Finding("archive", "security", "high", params, [place] if place else [])


def _warnings(facts: Facts) -> Iterator[Finding]:
    """The warnings of the accepted package: reviewers see what its uploader was told."""
    found: dict[str, list[dict[str, Any]]] = {}
    for warning in facts.get("warnings", []):
        found.setdefault(warning["rule"], []).append(warning)
    for rule, those in found.items():
        params = {"problem": rule, "values": those[0]["values"]}
        places = [place for item in those if (place := item["entry"] or item["field"])]
        yield Finding("package_warning", "compatibility", "low", params, places[:20])


def _scan(facts: Facts) -> Iterator[Finding]:
    scan = facts["scan"]
    if scan["verdict"] == "infected":
        yield Finding("malware", "security", "high", {"signature": scan["signature"]}, [scan["signature"]])
    elif scan["verdict"] == "failed":
        # A failed scan says nothing, and counts as no pass.
        yield Finding("scan_failed", "security", "high", {"detail": scan["detail"]})
    elif scan["verdict"] == "not_run":
        yield Finding("scan_not_run", "security", "low")


def _lookalikes(facts: Facts) -> Iterator[Finding]:
    for found in facts["lookalikes"]:
        severity: Severity = "high" if found["reason"] == "confusable" else "medium"
        yield Finding(
            "lookalike", "security", severity, {"name": found["name"], "reason": found["reason"]}, [found["name"]]
        )


def _documents(facts: Facts) -> Iterator[Finding]:
    documents = facts["documents"]
    if documents["description"] < SHORT_DESCRIPTION:
        yield Finding("no_description", "quality", "medium", {"min": SHORT_DESCRIPTION})
    for name in ("readme", "changelog", "license"):
        if not documents[name]:
            yield Finding(f"no_{name}", "quality", "low")


def _size(facts: Facts) -> Iterator[Finding]:
    package = facts["package"]
    if package["file_size"] > LARGE_PACKAGE:
        yield Finding("large_package", "performance", "medium", {"size": package["file_size"], "limit": LARGE_PACKAGE})
    if package["unpacked_size"] > LARGE_UNPACKED:
        yield Finding(
            "large_unpacked", "performance", "medium", {"size": package["unpacked_size"], "limit": LARGE_UNPACKED}
        )
    if package["entries"] > MANY_ENTRIES:
        yield Finding("many_entries", "performance", "low", {"count": package["entries"], "limit": MANY_ENTRIES})


def _dependencies(facts: Facts) -> Iterator[Finding]:
    for item in facts["dependencies"]:
        params = {"name": item["name"], "range": item["range"]}
        if not item["known"]:
            yield Finding("dependency_unknown", "compatibility", "medium", params, [item["name"]])
        elif not item["satisfied"]:
            yield Finding("dependency_unsatisfied", "compatibility", "medium", params, [item["name"]])


def _engines(facts: Facts) -> Iterator[Finding]:
    if not facts["engines"]:
        yield Finding("no_engines", "compatibility", "low")
    for item in facts["engines"]:
        params = {"name": item["name"], "range": item["range"]}
        if not item["satisfiable"]:
            yield Finding("engine_unsatisfiable", "compatibility", "high", params, [item["name"]])
        elif not item["known"]:
            yield Finding("engine_unknown", "compatibility", "low", params, [item["name"]])


RULES: Final[tuple[Callable[[Facts], Iterator[Finding]], ...]] = (
    _inspection,
    _warnings,
    _scan,
    incomplete_rule,
    files_rule,
    opaque_rule,
    capabilities_rule,
    obfuscation_rule,
    _lookalikes,
    entry_rule,
    runtime_rule,
    _documents,
    _size,
    _dependencies,
    _engines,
)


def _security_details(facts: Facts) -> dict[str, Any]:
    uses = capabilities_of(facts)
    return {
        "malware_scan": facts["scan"]["verdict"],
        "scanner": facts["scan"]["engine"] or None,
        # The server has no list of vulnerable libraries to compare with.
        "vulnerability_scan": NOT_MEASURED,
        "permission_check": "sensitive_apis" if uses or has_imports(facts) else "no_findings",
        "sensitive_apis": uses,
        "declared_permissions": facts["permissions"],
    }


def _quality_details(facts: Facts) -> dict[str, Any]:
    documents = facts["documents"]
    missing = [name for name in ("readme", "changelog", "license") if not documents[name]]
    missing += ["description"] if documents["description"] < SHORT_DESCRIPTION else []
    return {
        "code_complexity": NOT_MEASURED,
        "test_coverage": NOT_MEASURED,
        "documentation": "incomplete" if missing else "complete",
        "missing_documents": missing,
        "assembly": facts["assembly"]["status"] if facts["assembly"] else "missing",
    }


# What each area covers. Sizes are reported, but a plugin's performance is another matter.
_MEASURED: Final = {"performance": ("startup_time", "memory_usage", "cpu_usage")}


def _performance_details(facts: Facts) -> dict[str, Any]:
    # Plugins are never run here.
    unknown = dict.fromkeys(("startup_time", "memory_usage", "cpu_usage"), NOT_MEASURED)
    return {**unknown, **facts["package"]}


def _compatibility_details(facts: Facts) -> dict[str, Any]:
    assembly, main = facts["assembly"], main_of(facts)
    return {
        "dependencies": facts["dependencies"],
        "engines": facts["engines"],
        "target_framework": (assembly["target_framework"] if assembly else "") or NOT_MEASURED,
        "architecture": main["architecture"] if main else NOT_MEASURED,
        "missing_references": missing_references(facts),
    }


_DETAILS: Final[dict[str, Callable[[Facts], dict[str, Any]]]] = {
    "security": _security_details,
    "quality": _quality_details,
    "performance": _performance_details,
    "compatibility": _compatibility_details,
}
