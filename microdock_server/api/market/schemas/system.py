"""Ratings, configuration, statistics, the audit log, notifications."""

from __future__ import annotations

from typing import Any

from marshmallow import fields as plain

from ....schemas import fields
from ....schemas.base import Schema, StrictSchema
from ....services.ratings import Order as RatingOrder
from ....vocabulary import (
    ASSEMBLY_NAME,
    OPTIONAL_ASSEMBLY_NAME,
    PLUGIN_NAME_MAX,
    PLUGIN_PREFIX,
    TARGET_FRAMEWORK,
    TYPE_NAME,
    Architecture,
    Order,
    Period,
)
from .base import Page, paged, revision_field


class RatingQuery(Page):
    sort = fields.Choice(RatingOrder, load_default=RatingOrder.CREATED_AT)
    order = fields.Choice(Order, load_default=Order.DESC)


def _points(**kwargs: Any) -> fields.Many:
    return fields.Many(fields.Text(min=1, max=200), max=10, **kwargs)


class NewRating(StrictSchema):
    rating = fields.Number(min=1, max=5, required=True)
    title = fields.Name(max=200, load_default="")
    content = fields.Prose(max=5000, load_default="")
    pros = _points(load_default=list)
    cons = _points(load_default=list)


class RatingChange(StrictSchema):
    rating = fields.Number(min=1, max=5)
    title = fields.Name(max=200)
    content = fields.Prose(max=5000)
    pros = _points()
    cons = _points()


class Rater(Schema):
    id = plain.String(required=True)
    username = plain.String(required=True)


class Reply(Schema):
    content = plain.String(required=True)
    created_at = fields.Moment(required=True)


class Rating(Schema):
    id = plain.String(required=True)
    rating = plain.Integer(required=True)
    title = plain.String(required=True)
    content = plain.String(required=True)
    pros = plain.List(plain.String(), required=True)
    cons = plain.List(plain.String(), required=True)
    version = plain.String(required=True)
    user = plain.Nested(Rater, required=True, allow_none=True)
    reply = plain.Nested(Reply, required=True, allow_none=True)
    edited = plain.Boolean(required=True)
    is_hidden = plain.Boolean(required=True)
    created_at = fields.Moment(required=True)
    updated_at = fields.Moment(required=True)
    revision = revision_field()


class Summary(Schema):
    average = plain.Float(required=True, allow_none=True)
    total = plain.Integer(required=True)
    distribution = plain.Dict(required=True)


class RatingPage(paged("reviews", Rating)):  # type: ignore[misc]
    summary = plain.Nested(Summary, required=True)


class ModeratedRating(Rating):
    plugin_name = plain.String(required=True)
    report_count = plain.Integer(required=True)
    reports = plain.List(plain.String(), required=True)
    hidden_reason = plain.String(required=True)


ModeratedRatingPage = paged("ratings", ModeratedRating)


class ModerationQuery(Page):
    reported = fields.TextFlag(load_default=None)
    hidden = fields.TextFlag(load_default=None)


class NewReply(StrictSchema):
    content = fields.Prose(min=1, max=5000, required=True)


class Hiding(StrictSchema):
    hidden = fields.Flag(required=True)
    reason = fields.Prose(max=2000, load_default="")


class ReviewSettings(StrictSchema):
    auto_review_enabled = fields.Flag()
    manual_review_required = fields.Flag()
    auto_approve_threshold = fields.Number(min=0, max=100)
    review_key_uploads = fields.Flag()
    max_review_time = fields.Number(min=1, max=365)
    max_open_reviews = fields.Number(min=1, max=1000)
    host_interface = fields.Matching(TYPE_NAME, "field.type_name", min=0, max=500)
    host_interface_assembly = fields.Matching(OPTIONAL_ASSEMBLY_NAME, "field.assembly_name", min=0, max=200)
    host_assemblies = fields.Many(fields.Matching(ASSEMBLY_NAME, "field.assembly_name", max=200), max=500)
    host_frameworks = fields.Many(fields.Matching(TARGET_FRAMEWORK, "field.target_framework", max=40), max=20)
    host_architectures = fields.Many(fields.Choice(Architecture), max=4)


class UploadSettings(StrictSchema):
    max_file_size = fields.Number(min=1024, max=1 << 40)
    allowed_extensions = fields.Many(fields.Text(min=2, max=20), max=10, min=1)
    virus_scan_enabled = fields.Flag()


class ReservedPrefix(StrictSchema):
    prefix = fields.Matching(PLUGIN_PREFIX, "field.prefix", max=PLUGIN_NAME_MAX, required=True)
    owner_ids = fields.Many(fields.Id(), max=100, load_default=list)


class ConfigChange(StrictSchema):
    review_settings = fields.Nested(ReviewSettings)
    upload_settings = fields.Nested(UploadSettings)
    reserved_prefixes = fields.Many(fields.Nested(ReservedPrefix), max=100)


class Config(Schema):
    """`effective_max_file_size` is the lower of the configured and the server's own limit, in bytes."""

    review_settings = plain.Dict(required=True)
    upload_settings = plain.Dict(required=True)
    reserved_prefixes = plain.List(plain.Dict(), required=True)
    effective_max_file_size = plain.Integer(required=True)
    revision = revision_field()
    updated_at = fields.Moment(required=True, allow_none=True)
    updated_by = plain.String(required=True, allow_none=True)


class StatsQuery(Schema):
    period = fields.Choice(Period, load_default=Period.MONTH)


class SystemStats(Schema):
    """Downloads and decisions are of the period; plugins and open reviews are as they are now. Times in days."""

    period = plain.String(required=True)
    plugins = plain.Dict(required=True)
    reviews = plain.Dict(required=True)
    developers = plain.Dict(required=True)
    downloads = plain.Dict(required=True)


class MaintenanceTask(Schema):
    """`interval` in seconds (0: turned off); `outcome` of the last complete run is never, ok or failed."""

    task = plain.String(required=True)
    interval = plain.Integer(required=True)
    outcome = plain.String(required=True)
    last_run = fields.Moment(required=True, allow_none=True)
    seconds = plain.Float(required=True)
    handled = plain.Integer(required=True)
    error = plain.String(required=True)
    is_running = plain.Boolean(required=True)


class DamagedFile(Schema):
    """`problem`: changed, missing or unreadable."""

    key = plain.String(required=True)
    problem = plain.String(required=True)
    found = plain.String(required=True)


class Damage(Schema):
    """`count` is of all; the first hundred are named."""

    count = plain.Integer(required=True)
    files = plain.List(plain.Nested(DamagedFile), required=True)


class Resources(Schema):
    """Sizes in bytes; what cannot be measured says `not_measured`. The disk's state is ok, low or full."""

    cpu = plain.Dict(required=True)
    memory = plain.Dict(required=True)
    disk = plain.Dict(required=True)
    storage = plain.Dict(required=True)
    jobs = plain.Dict(required=True)
    maintenance = plain.List(plain.Nested(MaintenanceTask), required=True)
    damage = plain.Nested(Damage, required=True)


class Limit(Schema):
    """So much for whom; an `amount` of 0 is no limit. `status` is what is answered beyond it."""

    name = plain.String(required=True)
    per = plain.String(required=True)
    amount = plain.Integer(required=True)
    unit = plain.String(required=True)
    seconds = plain.Integer(required=True, allow_none=True)
    status = plain.Integer(required=True, allow_none=True)


class Limits(Schema):
    """Rates count nothing where `rates_enabled` is false."""

    rates_enabled = plain.Boolean(required=True)
    limits = plain.List(plain.Nested(Limit), required=True)


class Maintenance(StrictSchema):
    message = fields.Prose(min=1, max=2000, required=True)
    starts_at = fields.Time(required=True)
    ends_at = fields.Time(required=True)


class MaintenanceNotice(Schema):
    message = plain.String(required=True)
    starts_at = fields.Moment(required=True)
    ends_at = fields.Moment(required=True)


class AuditQuery(Page):
    actor = fields.Id(load_default=None)
    action = fields.Text(min=1, max=64, load_default=None)
    target_type = fields.Text(min=1, max=32, load_default=None)
    target_id = fields.Text(min=1, max=100, load_default=None)
    since = fields.Time(load_default=None)
    until = fields.Time(load_default=None)


class AuditActor(Schema):
    id = plain.String(required=True, allow_none=True)
    username = plain.String(required=True)


class AuditTarget(Schema):
    type = plain.String(required=True)
    id = plain.String(required=True)


class AuditEntry(Schema):
    id = plain.Integer(required=True)
    at = fields.Moment(required=True)
    actor = plain.Nested(AuditActor, required=True)
    action = plain.String(required=True)
    target = plain.Nested(AuditTarget, required=True)
    details = plain.Dict(required=True)
    previous_hash = plain.String(required=True)
    hash = plain.String(required=True)


AuditPage = paged("entries", AuditEntry)


class NotificationQuery(Page):
    unread = fields.TextFlag(load_default=None)


class Notification(Schema):
    id = plain.Integer(required=True)
    event = plain.String(required=True)
    data = plain.Dict(required=True)
    message = plain.String(required=True)
    read = plain.Boolean(required=True)
    created_at = fields.Moment(required=True)


class NotificationPage(paged("notifications", Notification)):  # type: ignore[misc]
    unread_count = plain.Integer(required=True)


class Reading(StrictSchema):
    """Either of the two."""

    ids = fields.Many(fields.Number(min=1), max=1000, min=1, load_default=None)
    all = fields.Flag(load_default=False)


class ReadCount(Schema):
    marked = plain.Integer(required=True)
