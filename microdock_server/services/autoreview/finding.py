"""What rules are given and what they find."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["high", "medium", "low"]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found. The text is in the catalogue, behind `rule.`, filled with `params`."""

    rule: str
    category: str
    severity: Severity
    params: dict[str, Any] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)
