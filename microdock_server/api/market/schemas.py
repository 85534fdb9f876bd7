"""What the marketplace surface reads and writes, spelled as its document does."""

from __future__ import annotations

from marshmallow import fields as plain

from ...schemas import fields
from ...schemas.base import Schema, StrictSchema


class Credentials(StrictSchema):
    username = fields.Text(min=1, max=254, required=True)
    password = fields.Text(min=1, max=128, lines=True, required=True)
    remember_me = fields.Flag(load_default=False)


class Registration(StrictSchema):
    username = fields.Text(min=2, max=64, required=True)
    email = fields.Text(min=3, max=254, required=True)
    password = fields.Text(min=8, max=128, lines=True, required=True)


class PasswordChange(StrictSchema):
    old_password = fields.Text(min=1, max=128, lines=True, required=True)
    new_password = fields.Text(min=8, max=128, lines=True, required=True)


class User(Schema):
    id = plain.String(required=True)
    username = plain.String(required=True)
    email = plain.String(required=True, allow_none=True)
    role = plain.String(required=True)
    permissions = plain.List(plain.String(), required=True)


class Session(Schema):
    access_token = plain.String(required=True)
    refresh_token = plain.String(required=True)
    token_type = plain.String(required=True)
    expires_in = plain.Integer(required=True, metadata={"description": "seconds"})
    user = plain.Nested(User, required=True)
