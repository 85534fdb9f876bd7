"""Why one can trust a version, and what is not known: what was checked, when, and by what. Within a unit of work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select

from ..database.session import db
from ..messages import CATALOGUE
from ..messages.rule_help import HELP
from ..models import PluginVersion, Review
from ..services.autoreview import requests
from ..services.developers import Profile
from ..vocabulary import ReviewStatus, Verification

_SEVERITIES: Final = ("high", "medium", "low")
# What the code uses is said in words of its own, and that no scan was run by the scan's line.
_SAID_APART: Final = frozenset(("scan_not_run", "scan_failed"))
_USES: Final = "uses_"
_NATIVE: Final = "native_imports"
_NOT_RUN: Final = "not_run"
# Built once: building a query costs as much as running it.
_APPROVED: Final = (
    select(Review.decided_at, Review.is_automatic)
    .where(
        Review.plugin_name == bindparam("name"),
        Review.version == bindparam("number"),
        Review.file_hash == bindparam("hash"),
        Review.status == ReviewStatus.APPROVED.value,
    )
    .order_by(Review.decided_at.desc())
    .limit(1)
)
_SCANS: Final = frozenset(("clean", "infected", "failed", _NOT_RUN))


@dataclass(frozen=True, slots=True)
class Decision:
    """A review that let the version through; by a person, or by rules alone."""

    at: datetime
    is_automatic: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A rule's findings: `count` of them. `title` is the key of its help's title."""

    rule: str
    title: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class Capability:
    """What the code uses: `text` is the key of a sentence about the risk. `rule` explains it; None: no page does."""

    name: str
    text: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class Checks:
    """What the automatic review of these bytes found: the worst findings first, and what the code uses.

    `scan` is clean, infected, failed or not_run; `scanner` is what scanned.
    """

    at: datetime
    findings: Sequence[Found]
    capabilities: Sequence[Capability]
    scan: str
    scanner: str | None

    @property
    def counts(self) -> Mapping[str, int]:
        """How many findings there are, by severity."""
        counts = Counter(dict.fromkeys(_SEVERITIES, 0))
        for found in self.findings:
            counts[found.severity] += found.count
        return counts


@dataclass(frozen=True, slots=True)
class Trust:
    """None stands for what was not done. `verified_at` is when the developer was."""

    decision: Decision | None
    checks: Checks | None
    verified_at: datetime | None
    since: datetime | None

    @property
    def is_scanned(self) -> bool:
        """Did a virus scan come to a result?"""
        return self.checks is not None and self.checks.scan in ("clean", "infected")


def of(version: PluginVersion, developer: Profile | None) -> Trust:
    """What is known about a version's package and about who publishes it."""
    since = None if developer is None else developer.since
    return Trust(_decision(version), _checks(version), _verified_at(developer), since)


def _verified_at(developer: Profile | None) -> datetime | None:
    """The moment is also noted where the badge was refused."""
    profile = None if developer is None else developer.developer
    if profile is None or profile.verification != Verification.VERIFIED:
        return None
    return profile.verified_at


def _decision(version: PluginVersion) -> Decision | None:
    values = {"name": version.plugin_name, "number": version.version, "hash": version.file_hash}
    row = db.session.execute(_APPROVED, values).one_or_none()
    return None if row is None or row.decided_at is None else Decision(row.decided_at, row.is_automatic)


def _checks(version: PluginVersion) -> Checks | None:
    found = requests.latest_completed(version)
    if found is None or found.verdict is None or found.finished_at is None:
        return None
    return _read(found.finished_at, found.verdict)


def _read(at: datetime, verdict: Mapping[str, Any]) -> Checks:
    """Of a stored verdict (autoreview/rules.py), perhaps by an earlier version of the rules.

    Without the values and the evidence of findings: these may name what is not public, such as a draft that the
    plugin's name resembles.
    """
    findings = verdict.get("findings", ())
    details = verdict.get("checks", {}).get("security", {}).get("details", {})
    scan = details.get("malware_scan", _NOT_RUN)
    uses = set(details.get("sensitive_apis", ()))
    uses |= {found["rule"].removeprefix(_USES) for found in findings if found["rule"].startswith(_USES)}
    if any(found["rule"] == _NATIVE for found in findings):
        uses.add("native_code")
    return Checks(
        at=at,
        findings=list(_findings(findings)),
        capabilities=[_capability(name) for name in sorted(uses)],
        scan=scan if scan in _SCANS else _NOT_RUN,
        scanner=details.get("scanner"),
    )


def _findings(findings: Sequence[Mapping[str, Any]]) -> Iterator[Found]:
    """By rule, the most severe first. Two rules report another one, the inspector's."""
    counts: Counter[tuple[int, str]] = Counter()
    for found in findings:
        rule = found["rule"]
        if rule in _SAID_APART or rule.startswith(_USES) or found["severity"] not in _SEVERITIES:
            continue
        problem = (found.get("params") or {}).get("problem")
        named = str(problem if problem in HELP else rule)
        if named in HELP:
            counts[_SEVERITIES.index(found["severity"]), named] += 1
    for (severity, rule), count in sorted(counts.items()):
        yield Found(rule, f"help.{rule}.title", _SEVERITIES[severity], count)


def _capability(name: str) -> Capability:
    key, rule = f"page.capability.{name}", f"{_USES}{name}"
    return Capability(name, key if key in CATALOGUE else "page.capability.other", rule if rule in HELP else None)
