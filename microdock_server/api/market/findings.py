"""Automatic reviews on the marketplace surface: findings as messages, recommendations, scores."""

from __future__ import annotations

from typing import Any, Final

from ...messages import CATALOGUE, text
from ...messages.scans import recognised
from ...models import AutoReview
from ...services.autoreview.rules import has_high
from ...vocabulary import AutoReviewStatus
from ..core.links import help_url
from ..core.request import language

_TYPES: Final = {"high": "error", "medium": "warning", "low": "info"}


def summary(row: AutoReview) -> dict[str, Any]:
    """The short form for the queue: `passed`, `flagged`, or the state of the job."""
    if row.verdict is None:
        return {"status": row.status, "score": None, "issues": []}
    status = "flagged" if has_high(row.verdict) else "passed"
    return {"status": status, "score": row.verdict["overall_score"], "issues": issues(row.verdict)}


def full(row: AutoReview) -> dict[str, Any]:
    """The complete result."""
    verdict = row.verdict
    names = ("id", "plugin_name", "version", "file_hash", "status", "created_at", "finished_at")
    return {
        **{name: getattr(row, name) for name in names},
        "overall_score": verdict["overall_score"] if verdict else None,
        "checks": verdict["checks"] if verdict else None,
        "issues": issues(verdict) if verdict else [],
        "recommendations": _advice(verdict) if verdict else [],
        "rules_version": row.rules_version or None,
        "error": row.error if row.status == AutoReviewStatus.FAILED else None,
    }


def issues(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    """Findings in the language of the request, each with its evidence."""
    return [
        {
            "type": _TYPES[found["severity"]],
            "rule": found["rule"],
            "help_url": _help_url(found),
            "category": found["category"],
            "severity": found["severity"],
            "message": _worded(found),
            "evidence": found["evidence"],
        }
        for found in verdict["findings"]
    ]


def _help_url(found: dict[str, Any]) -> str | None:
    """The page about a finding. Two rules report another one, the inspector's: that one's page says what to do."""
    return help_url(found["params"].get("problem")) or help_url(found["rule"])


def _advice(verdict: dict[str, Any]) -> list[str]:
    keys = [f"advice.{found['rule']}" for found in verdict["findings"]]
    return [text(key, language()) for key in dict.fromkeys(keys) if key in CATALOGUE]


def _worded(found: dict[str, Any]) -> str:
    # A stored result may be older than today's rules: of a rule that no longer exists only the name is shown.
    key = f"rule.{found['rule']}"
    params = {name: _word(name, value, found["params"]) for name, value in found["params"].items()}
    return text(key, language(), params) if key in CATALOGUE else str(found["rule"])


def _word(name: str, value: Any, params: dict[str, Any]) -> Any:
    """Codes within a text are translated too: reasons, names of archive rules, causes of failed scans."""
    key = f"bundle.{value}" if name == "problem" else f"{name}.{value}"
    if name == "detail":
        known = recognised(str(value))
        return value if known is None else text(known[0], language(), known[1])
    if name not in ("reason", "problem") or key not in CATALOGUE:
        return value
    try:
        return text(key, language(), params.get("values"))
    except KeyError:
        # Facts of an older version have only the rule's name.
        return value
