"""What every surface says of packages in the same way."""

from __future__ import annotations

from marshmallow import fields as plain

from .base import Schema


class PackageWarning(Schema):
    """What a package is accepted in spite of. What it is not about is empty."""

    rule = plain.String(required=True)
    field = plain.String(required=True)
    entry = plain.String(required=True)
    name = plain.String(required=True)
    message = plain.String(required=True)
