"""Schemas about packages that every surface shares."""

from __future__ import annotations

from marshmallow import fields as plain

from .base import Schema


class PackageWarning(Schema):
    """A warning about an accepted package. Properties that do not apply are empty."""

    rule = plain.String(required=True)
    field = plain.String(required=True)
    entry = plain.String(required=True)
    name = plain.String(required=True)
    message = plain.String(required=True)
    help_url = plain.String(required=True, allow_none=True)
