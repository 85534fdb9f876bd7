"""Why a version is not offered, as every surface shows it."""

from __future__ import annotations

from typing import Final

from marshmallow import fields as plain

from ..vocabulary import AboutInstalled, WhyNot
from .base import Schema

_CODES: Final = [code.value for kind in (WhyNot, AboutInstalled) for code in kind]


class ReasonParams(Schema):
    """The values that decided: of these, those that belong to the code."""

    engine = plain.String()
    range = plain.String()
    has = plain.String(allow_none=True)
    until = plain.String(metadata={"format": "date-time"})
    recommended = plain.String()
    by = plain.String()
    name = plain.String()
    reason = plain.String()
    severity = plain.String()
    channel = plain.String()
    rollout = plain.Integer()
    paused = plain.Boolean()
    sha256 = plain.String()
    status = plain.String()
    replacement = plain.String(allow_none=True)
    permissions = plain.List(plain.String())


class ReleaseReason(Schema):
    code = plain.String(required=True, metadata={"enum": _CODES})
    version = plain.String(required=True, allow_none=True)
    message = plain.String(required=True)
    params = plain.Nested(ReasonParams, required=True)
