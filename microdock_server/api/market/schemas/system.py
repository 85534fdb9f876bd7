"""Configuration, statistics, the audit log, notifications."""

from __future__ import annotations

from typing import Final

from marshmallow import fields as plain

from ....schemas import answer_fields, fields
from ....schemas.base import Schema, StrictSchema
from ....services.paging import DEFAULT_LIMIT
from ....vocabulary import (
    ASSEMBLY_NAME,
    OPTIONAL_ASSEMBLY_NAME,
    PLUGIN_NAME_MAX,
    PLUGIN_PREFIX,
    TARGET_FRAMEWORK,
    TYPE_NAME,
    Architecture,
    Period,
)
from .base import MAX_LIMIT, Page, paged, revision_field, shown


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


class ReleaseSettings(StrictSchema):
    cooldown_hours = fields.Number(min=0, max=8760)
    gate_on_findings = fields.Flag()
    blocks_need_two = fields.Flag()
    preview_needs_review = fields.Flag()


class ReservedPrefix(StrictSchema):
    prefix = fields.Matching(PLUGIN_PREFIX, "field.prefix", max=PLUGIN_NAME_MAX, required=True)
    owner_ids = fields.Many(fields.Id(), max=100, load_default=list)


class ConfigChange(StrictSchema):
    review_settings = fields.Nested(ReviewSettings)
    upload_settings = fields.Nested(UploadSettings)
    release_settings = fields.Nested(ReleaseSettings)
    reserved_prefixes = fields.Many(fields.Nested(ReservedPrefix), max=100)


class ConfigDefaults(Schema):
    """The values of a new server."""

    review_settings = plain.Nested(shown("DefaultReviewSettings", ReviewSettings), required=True)
    upload_settings = plain.Nested(shown("DefaultUploadSettings", UploadSettings), required=True)
    release_settings = plain.Nested(shown("DefaultReleaseSettings", ReleaseSettings), required=True)


class Config(Schema):
    """`effective_max_file_size` is the lower of the configured and the server's own limit, in bytes. Without a scanner
    (`has_scanner`) `virus_scan_enabled` does nothing.
    """

    review_settings = plain.Nested(shown("CurrentReviewSettings", ReviewSettings), required=True)
    upload_settings = plain.Nested(shown("CurrentUploadSettings", UploadSettings), required=True)
    release_settings = plain.Nested(shown("CurrentReleaseSettings", ReleaseSettings), required=True)
    reserved_prefixes = plain.List(plain.Nested(shown("CurrentPrefix", ReservedPrefix)), required=True)
    effective_max_file_size = plain.Integer(required=True)
    has_scanner = plain.Boolean(required=True)
    defaults = plain.Nested(ConfigDefaults, required=True)
    revision = revision_field()
    updated_at = fields.Moment(required=True, allow_none=True)
    updated_by = plain.String(required=True, allow_none=True)


class StatsQuery(Schema):
    period = fields.Choice(Period, load_default=Period.MONTH)


class PluginTotals(Schema):
    total = plain.Integer(required=True)
    published = plain.Integer(required=True)
    pending_review = plain.Integer(required=True)
    rejected = plain.Integer(required=True)
    needs_changes = plain.Integer(required=True)
    suspended = plain.Integer(required=True)
    draft = plain.Integer(required=True)


class ReviewTotals(Schema):
    """`average_time` in days from submission to decision; `approval_rate` a fraction of one. Null without decisions."""

    completed = plain.Integer(required=True)
    pending = plain.Integer(required=True)
    oldest_pending_at = plain.String(required=True, allow_none=True, metadata={"format": "date-time"})
    average_time = plain.Float(required=True, allow_none=True)
    approval_rate = plain.Float(required=True, allow_none=True)


class DeveloperTotals(Schema):
    total = plain.Integer(required=True)
    active = plain.Integer(required=True)
    new_this_month = plain.Integer(required=True)


class TopPlugin(Schema):
    plugin_id = plain.String(required=True)
    plugin_name = plain.String(required=True)
    name = plain.String(required=True)
    downloads = plain.Integer(required=True)


class DownloadTotals(Schema):
    total = plain.Integer(required=True)
    all_time = plain.Integer(required=True)
    this_month = plain.Integer(required=True)
    by_day = answer_fields.Counts(required=True)
    top_plugins = plain.List(plain.Nested(TopPlugin), required=True)


class TopActive(Schema):
    """A version, and about how many hosts use it."""

    plugin_id = plain.String(required=True)
    plugin_name = plain.String(required=True)
    name = plain.String(required=True)
    version = plain.String(required=True)
    active_estimate = plain.Integer(required=True)


class ReleaseTotals(Schema):
    """What is in force now, whatever the period. A pending block counts as `disable` until it is approved."""

    in_cooldown = plain.Integer(required=True)
    active_blocks = plain.Integer(required=True)
    pending_blocks = plain.Integer(required=True)
    top_active = plain.List(plain.Nested(TopActive), required=True)


class SystemStats(Schema):
    """Downloads and decisions are of the period; plugins, open reviews and releases are current. Times in days."""

    period = plain.String(required=True)
    plugins = plain.Nested(PluginTotals, required=True)
    reviews = plain.Nested(ReviewTotals, required=True)
    developers = plain.Nested(DeveloperTotals, required=True)
    downloads = plain.Nested(DownloadTotals, required=True)
    releases = plain.Nested(ReleaseTotals, required=True)


class MaintenanceTask(Schema):
    """`interval` in seconds (0: turned off); `outcome` of the last complete run is never, ok or failed."""

    task = plain.String(required=True)
    interval = plain.Integer(required=True)
    outcome = plain.String(required=True, metadata={"enum": ["never", "ok", "failed"]})
    last_run = fields.Moment(required=True, allow_none=True)
    seconds = plain.Float(required=True)
    handled = plain.Integer(required=True)
    error = plain.String(required=True)
    is_running = plain.Boolean(required=True)


class DamagedFile(Schema):
    """`problem`: changed, missing or unreadable."""

    key = plain.String(required=True)
    problem = plain.String(required=True, metadata={"enum": ["changed", "missing", "unreadable"]})
    found = plain.String(required=True)


class Damage(Schema):
    """`count` covers all of them; the first hundred are listed."""

    count = plain.Integer(required=True)
    files = plain.List(plain.Nested(DamagedFile), required=True)


class Cpu(Schema):
    count = answer_fields.Measured("integer", required=True)
    load_1m = answer_fields.Measured(required=True)
    load_5m = answer_fields.Measured(required=True)
    load_15m = answer_fields.Measured(required=True)


class Memory(Schema):
    total = plain.Integer(required=True)
    available = plain.Integer(required=True)
    percent = plain.Float(required=True)
    worker_rss = plain.Integer(required=True)


class Disk(Schema):
    total = plain.Integer(required=True)
    used = plain.Integer(required=True)
    free = plain.Integer(required=True)
    reserve = plain.Integer(required=True)
    state = plain.String(required=True, metadata={"enum": ["ok", "low", "full"]})
    percent = answer_fields.Measured(required=True)


class StoredBytes(Schema):
    packages = plain.Integer(required=True)
    images = plain.Integer(required=True)
    backups = plain.Integer(required=True)


class JobCounts(Schema):
    """By state; states without jobs are left out."""

    queued = plain.Integer()
    running = plain.Integer()
    done = plain.Integer()
    failed = plain.Integer()


class Resources(Schema):
    """Sizes in bytes; what cannot be measured is `not_measured`. The disk's state is ok, low or full."""

    cpu = plain.Nested(Cpu, required=True)
    memory = plain.Nested(Memory, required=True)
    disk = plain.Nested(Disk, required=True)
    storage = plain.Nested(StoredBytes, required=True)
    jobs = plain.Nested(JobCounts, required=True)
    maintenance = plain.List(plain.Nested(MaintenanceTask), required=True)
    damage = plain.Nested(Damage, required=True)


class Limit(Schema):
    """A limit and whom it applies to; an `amount` of 0 means no limit. `status` is answered beyond it."""

    name = plain.String(required=True)
    per = plain.String(required=True)
    amount = plain.Integer(required=True)
    unit = plain.String(required=True)
    seconds = plain.Integer(required=True, allow_none=True)
    status = plain.Integer(required=True, allow_none=True)


class Limits(Schema):
    """Rate limits count nothing where `rates_enabled` is false."""

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
    actor_name = fields.Text(min=1, max=64, load_default=None)
    action = fields.Text(min=1, max=64, load_default=None)
    target_type = fields.Text(min=1, max=32, load_default=None)
    target_id = fields.Text(min=1, max=100, load_default=None)
    target = fields.Text(min=1, max=200, load_default=None)
    search = fields.Text(
        min=1, max=200, load_default=None, metadata={"description": "a text in the name of who acted, or of the target"}
    )
    since = fields.Time(load_default=None)
    until = fields.Time(load_default=None)


class AuditActor(Schema):
    id = plain.String(required=True, allow_none=True)
    username = plain.String(required=True)


class AuditTarget(Schema):
    type = plain.String(required=True)
    id = plain.String(required=True)
    name = plain.String(required=True, allow_none=True)
    exists = plain.Boolean(required=True)


class AuditEntry(Schema):
    id = plain.Integer(required=True)
    at = fields.Moment(required=True)
    actor = plain.Nested(AuditActor, required=True)
    action = plain.String(required=True)
    target = plain.Nested(AuditTarget, required=True)
    # Free-form: every action has fields of its own, as they were at the time, and the chain of hashes covers what is
    # stored.
    details = plain.Dict(
        required=True,
        metadata={"description": "what belongs to this action, by names of its own: free, for people and archives"},
    )
    names = plain.Dict(keys=plain.String(), values=plain.String(), required=True)
    previous_hash = plain.String(required=True)
    hash = plain.String(required=True)


AuditPage = paged("entries", AuditEntry, searched_since=fields.Moment())


class AuditActs(Schema):
    actions = plain.List(plain.String(), required=True)
    target_types = plain.List(plain.String(), required=True)


class AuditTargetQuery(Schema):
    target_type = fields.Text(min=1, max=32, load_default=None)
    search = fields.Text(min=1, max=200, load_default=None, metadata={"description": "a text in the target's name"})
    limit = fields.Number(min=1, max=MAX_LIMIT, from_text=True, load_default=DEFAULT_LIMIT)


class Waiting(Schema):
    """Numbers whose list the caller may not see are left out."""

    appeals = plain.Integer()
    reported_plugins = plain.Integer()
    reported_ratings = plain.Integer()
    pending_blocks = plain.Integer()
    unverified_developers = plain.Integer()
    failed_jobs = plain.Integer()


class NotificationQuery(Page):
    unread = fields.TextFlag(load_default=None)


_OF_AN_EVENT: Final = "what it is about: every event has some of these, and those of later versions may have more"
_TEXT: Final = {"type": "string"}
_EVENT_DATA: Final = {
    **dict.fromkeys(("plugin_id", "plugin_name", "display_name", "version", "link"), _TEXT),
    **dict.fromkeys(("review_id", "review_result", "priority", "notes"), _TEXT),
    **dict.fromkeys(("appeal_id", "type", "appeal_reason", "decision", "response"), _TEXT),
    **dict.fromkeys(("old_status", "new_status", "reason", "override_reason", "change"), _TEXT),
    "override": {"type": "boolean"},
    **dict.fromkeys(("text", "starts_at", "ends_at", "names"), _TEXT),
    "count": {"type": "integer"},
    "files": {"type": "array", "items": {"type": "object", "properties": dict.fromkeys(("key", "problem"), _TEXT)}},
}


class Notification(Schema):
    id = plain.Integer(required=True)
    event = plain.String(required=True)
    data = plain.Dict(required=True, metadata={"properties": _EVENT_DATA, "description": _OF_AN_EVENT})
    message = plain.String(required=True)
    read = plain.Boolean(required=True)
    created_at = fields.Moment(required=True)


class NotificationPage(paged("notifications", Notification)):  # type: ignore[misc]
    unread_count = plain.Integer(required=True)


class Reading(StrictSchema):
    """Either mark some by id, or all."""

    ids = fields.Many(fields.Number(min=1), max=1000, min=1, load_default=None)
    all = fields.Flag(load_default=False)


class ReadCount(Schema):
    marked = plain.Integer(required=True)
