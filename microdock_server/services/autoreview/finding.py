"""Inputs and outputs of rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["high", "medium", "low"]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a rule. Its text is in the catalogue under `rule.`, filled with `params`."""

    rule: str
    category: str
    severity: Severity
    params: dict[str, Any] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)
