"""Accounts and developers."""

from __future__ import annotations

from marshmallow import fields as plain

from ....schemas import answer_fields, fields
from ....schemas.base import Schema, StrictSchema
from ....vocabulary import DISPLAY_NAME_MAX, Role, Verification
from .base import Page, paged, revision_field, shown, stars


class Credentials(StrictSchema):
    username = fields.Text(min=1, max=254, required=True)
    password = fields.Text(min=1, max=128, lines=True, required=True)
    remember_me = fields.Flag(load_default=False)
    cookie = fields.Flag(load_default=False)


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


class Visitor(Schema):
    """Who looks at a page."""

    user = plain.Nested(User, required=True, allow_none=True)
    unread_count = plain.Integer(required=True)
    has_default_password = plain.Boolean(required=True)


class NewUser(StrictSchema):
    username = fields.Text(min=2, max=64, required=True)
    email = fields.Text(min=3, max=254, required=True)
    role = fields.Choice(Role, required=True)


class FirstPassword(Schema):
    """A password that the server made: it is shown in this answer and nowhere else."""

    password = plain.String(required=True)


class Session(Schema):
    access_token = plain.String(required=True)
    refresh_token = plain.String(required=True, allow_none=True)
    token_type = plain.String(required=True)
    expires_in = plain.Integer(required=True, metadata={"description": "seconds"})
    user = plain.Nested(User, required=True)


class UserQuery(Page):
    search = fields.Text(max=200, load_default=None)
    role = fields.Choice(Role, load_default=None)


class UserChange(StrictSchema):
    role = fields.Choice(Role)
    is_active = fields.Flag()


class Account(Schema):
    """A user as administrators see it."""

    id = plain.String(required=True)
    username = plain.String(required=True)
    email = plain.String(required=True, allow_none=True)
    role = plain.String(required=True)
    is_active = plain.Boolean(required=True)
    created_at = fields.Moment(required=True)
    last_login_at = fields.Moment(required=True, allow_none=True)
    revision = revision_field()


AccountPage = paged("users", Account)


class NewAccount(Account, FirstPassword):
    """A user whom an administrator created, with their first password."""


class Document(StrictSchema):
    type = fields.Text(min=1, max=50, required=True)
    file_url = fields.Url(min=1, required=True)


VerificationDocument = shown("VerificationDocument", Document)


class DeveloperRegistration(Registration):
    display_name = fields.Name(min=1, max=DISPLAY_NAME_MAX, load_default=None)
    company = fields.Name(max=200, load_default="")
    website = fields.Url(load_default="")
    bio = fields.Prose(max=5000, load_default="")
    verification_documents = fields.Many(fields.Nested(Document), max=10, load_default=list)


class DeveloperChange(StrictSchema):
    display_name = fields.Name(min=1, max=DISPLAY_NAME_MAX)
    company = fields.Name(max=200)
    website = fields.Url()
    bio = fields.Prose(max=5000)


class DeveloperQuery(Page):
    search = fields.Text(max=200, load_default=None)
    verification = fields.Choice(Verification, load_default=None)


class Developer(Schema):
    """`email` and the verification's fields are null for everybody but the developer and administrators."""

    id = plain.String(required=True)
    username = plain.String(required=True)
    display_name = plain.String(required=True)
    email = plain.String(required=True, allow_none=True)
    company = plain.String(required=True)
    website = plain.String(required=True)
    bio = plain.String(required=True)
    verified = plain.Boolean(required=True)
    verification_status = plain.String(required=True)
    verification_documents = plain.List(plain.Nested(VerificationDocument), required=True, allow_none=True)
    verification_notes = plain.String(required=True, allow_none=True)
    created_at = fields.Moment(required=True)
    revision = revision_field()


DeveloperPage = paged("developers", Developer)


class VerificationDecision(StrictSchema):
    verified = fields.Flag(required=True)
    notes = fields.Prose(max=2000, load_default="")


class RevenueEntry(StrictSchema):
    amount = fields.Amount(required=True)
    currency = fields.Currency(load_default="USD")
    plugin_id = fields.Text(min=1, max=100, load_default=None)
    occurred_at = fields.Time(load_default=None)
    note = fields.Prose(max=2000, load_default="")


class RecordedRevenue(Schema):
    id = plain.Integer(required=True)
    amount = plain.Float(required=True)
    currency = plain.String(required=True)
    plugin_name = plain.String(required=True, allow_none=True)
    occurred_at = fields.Moment(required=True)
    note = plain.String(required=True)


class PluginCounts(Schema):
    """Counts by status; reviews that wait and those that have started are both `pending`."""

    total = plain.Integer(required=True)
    pending = plain.Integer(required=True)
    draft = plain.Integer(required=True)
    published = plain.Integer(required=True)
    rejected = plain.Integer(required=True)
    needs_changes = plain.Integer(required=True)
    suspended = plain.Integer(required=True)


class DownloadCounts(Schema):
    """`growth_rate` is in percent of the month before; null where that month had none."""

    total = plain.Integer(required=True)
    this_month = plain.Integer(required=True)
    last_month = plain.Integer(required=True)
    growth_rate = plain.Float(required=True, allow_none=True)
    by_day = answer_fields.Counts(required=True)


class RatingCounts(Schema):
    average = plain.Float(required=True, allow_none=True)
    total_reviews = plain.Integer(required=True)
    distribution = stars()


class ActiveCounts(Schema):
    """About how many installations asked for updates this week so far or last week, whichever are more."""

    total = plain.Integer(required=True)
    by_plugin = answer_fields.Counts(required=True)


class Money(Schema):
    currency = plain.String(required=True)
    total = plain.Float(required=True)
    this_month = plain.Float(required=True)


class Revenue(Money):
    """The totals of the currency with the most entries, and of each currency."""

    by_currency = plain.List(plain.Nested(Money), required=True)


class Stats(Schema):
    plugins = plain.Nested(PluginCounts, required=True)
    downloads = plain.Nested(DownloadCounts, required=True)
    ratings = plain.Nested(RatingCounts, required=True)
    actives = plain.Nested(ActiveCounts, required=True)
    revenue = plain.Nested(Revenue, required=True)
