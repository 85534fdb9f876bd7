"""Plugins, versions and categories."""

from __future__ import annotations

from marshmallow import fields as plain

from ....schemas import answer_fields, fields, form_fields, packages
from ....schemas.base import Schema, StrictSchema
from ....schemas.blocks import PublicBlock
from ....services.catalog.listing import Sort
from ....vocabulary import (
    CHANGELOG_MAX,
    DESCRIPTION_MAX,
    DISPLAY_NAME_MAX,
    FULL_ROLLOUT,
    LONG_DESCRIPTION_MAX,
    REASON_MAX,
    Channel,
    Order,
    PluginStatus,
)
from .base import Overridable, Page, paged, revision_field, shown


class PluginQuery(Page):
    category = fields.Text(min=1, max=36, load_default=None)
    status = fields.Choice(PluginStatus, load_default=None)
    search = fields.Text(max=200, load_default=None)
    developer = fields.Text(min=1, max=36, load_default=None)
    sort = fields.Choice(Sort, load_default=None)
    order = fields.Choice(Order, load_default=Order.DESC)


class Metadata(StrictSchema):
    """What an owner can say about a plugin. The last two are read from the package and may only be sent back
    unchanged.
    """

    tags = fields.Tags(max=20)
    homepage = fields.Url()
    repository = fields.Url()
    license = fields.Name(max=200)
    min_version = fields.Text(max=64, allow_none=True)
    max_version = fields.Text(max=64, allow_none=True)


class _Described(StrictSchema):
    """Fields that an owner can set in every request form."""

    name = fields.Name(min=1, max=DISPLAY_NAME_MAX)
    description = fields.Prose(max=DESCRIPTION_MAX)
    long_description = fields.Prose(max=LONG_DESCRIPTION_MAX)


class PluginChange(_Described):
    category_id = fields.Id(allow_none=True)
    metadata = fields.Nested(Metadata)


class PluginForm(_Described):
    """The same fields as a form, with images."""

    category_id = fields.Id()
    metadata = form_fields.JsonText(Metadata, load_default=dict)
    icon = form_fields.File()
    screenshots = form_fields.Files()


class NewPlugin(PluginForm):
    plugin_file = form_fields.File(required=True)
    version = fields.Version(load_default=None)
    changelog = fields.Prose(max=CHANGELOG_MAX, load_default=None)
    rollout = fields.Number(min=0, max=FULL_ROLLOUT, from_text=True, load_default=FULL_ROLLOUT)
    draft = fields.TextFlag(load_default=False)


class NewVersion(StrictSchema):
    plugin_file = form_fields.File(required=True)
    version = fields.Version(load_default=None)
    changelog = fields.Prose(max=CHANGELOG_MAX, load_default=None)
    rollout = fields.Number(min=0, max=FULL_ROLLOUT, from_text=True, load_default=FULL_ROLLOUT)


class CategoryRef(Schema):
    id = plain.String(required=True)
    slug = plain.String(required=True)
    name = plain.String(required=True)
    description = plain.String()


class DeveloperRef(Schema):
    id = plain.String(required=True)
    username = plain.String(required=True)
    display_name = plain.String(required=True)
    email = plain.String(allow_none=True)
    website = plain.String()


class Plugin(Schema):
    """`name` is the display name, `plugin_name` the package's name. `rating` is null without ratings."""

    id = plain.String(required=True)
    plugin_name = plain.String(required=True)
    name = plain.String(required=True)
    description = plain.String(required=True)
    version = plain.String(required=True)
    status = plain.String(required=True)
    category = plain.Nested(CategoryRef, required=True, allow_none=True)
    developer = plain.Nested(DeveloperRef, required=True, allow_none=True)
    tags = plain.List(plain.String(), required=True)
    icon = plain.String(required=True, allow_none=True)
    is_enabled = plain.Boolean(required=True)
    is_deprecated = plain.Boolean(required=True)
    deprecated_at = fields.Moment(required=True, allow_none=True)
    replacement = plain.String(required=True, allow_none=True)
    recommended_version = plain.String(required=True, allow_none=True)
    downloads = plain.Integer(required=True)
    rating = plain.Float(required=True, allow_none=True)
    reviews_count = plain.Integer(required=True)
    created_at = fields.Moment(required=True)
    updated_at = fields.Moment(required=True)
    published_at = fields.Moment(required=True, allow_none=True)


PluginPage = paged("plugins", Plugin)


class Files(Schema):
    icon = plain.String(required=True, allow_none=True)
    screenshots = plain.List(plain.String(), required=True)
    download_url = plain.String(required=True)


class PluginStats(Schema):
    downloads = plain.Integer(required=True)
    rating = plain.Float(required=True, allow_none=True)
    reviews_count = plain.Integer(required=True)
    size = plain.Integer(required=True, metadata={"description": "bytes"})


class OwnReview(Schema):
    """The plugin's place in the queue, for its owner and reviewers. Times in minutes."""

    id = plain.String(required=True)
    version = plain.String(required=True)
    status = plain.String(required=True)
    position = plain.Integer(required=True, allow_none=True)
    estimated_time = answer_fields.Measured("integer", required=True, allow_none=True)
    submitted_at = fields.Moment(required=True)
    decided_at = fields.Moment(required=True, allow_none=True)
    notes = plain.String(required=True)
    recommendations = plain.List(plain.String(), required=True)


class RangeEnd(Schema):
    version = plain.String(required=True)
    inclusive = plain.Boolean(required=True, metadata={"description": "is this version inside?"})


class HostRange(Schema):
    """The MicroDock versions that a package supports: the range as written, and its ends, null where open."""

    range = plain.String(required=True)
    min_version = plain.Nested(RangeEnd, required=True, allow_none=True)
    max_version = plain.Nested(RangeEnd, required=True, allow_none=True)


class Suspension(Schema):
    """Why a plugin is suspended, for those who still see it, including its owner."""

    reason = plain.String(required=True)
    suspended_at = fields.Moment(required=True)


class PluginMetadata(shown("DescribedMetadata", Metadata)):  # type: ignore[misc]
    """`min_version` and `max_version`: the ends of the engine range; null where it is open (see `host_range`)."""


class PluginDetail(Schema):
    id = plain.String(required=True)
    plugin_name = plain.String(required=True)
    name = plain.String(required=True)
    description = plain.String(required=True)
    long_description = plain.String(required=True, metadata={"description": "Markdown"})
    long_description_html = plain.String(required=True, metadata={"description": "sanitised"})
    long_description_in_page = plain.String(required=True)
    version = plain.String(required=True)
    status = plain.String(required=True)
    author = plain.String(required=True)
    category = plain.Nested(CategoryRef, required=True, allow_none=True)
    developer = plain.Nested(DeveloperRef, required=True, allow_none=True)
    metadata = plain.Nested(PluginMetadata, required=True)
    files = plain.Nested(Files, required=True)
    stats = plain.Nested(PluginStats, required=True)
    dependencies = fields.StringMap(required=True)
    engines = fields.StringMap(required=True)
    host_range = plain.Nested(HostRange, required=True, allow_none=True)
    is_enabled = plain.Boolean(required=True)
    is_deprecated = plain.Boolean(required=True)
    deprecated_at = fields.Moment(required=True, allow_none=True)
    deprecation_reason = plain.String(required=True)
    replacement = plain.String(required=True, allow_none=True)
    replacement_display_name = plain.String(required=True, allow_none=True)
    sunset = fields.Moment(required=True, allow_none=True)
    recommended_version = plain.String(required=True, allow_none=True)
    recommended_reason = plain.String(required=True)
    review = plain.Nested(OwnReview, required=True, allow_none=True)
    suspension = plain.Nested(Suspension, required=True, allow_none=True)
    block = plain.Nested(PublicBlock, required=True, allow_none=True)
    revision = revision_field()
    created_at = fields.Moment(required=True)
    updated_at = fields.Moment(required=True)
    published_at = fields.Moment(required=True, allow_none=True)


class Runtime(Schema):
    """The runtime that the main assembly needs. The last three are null until automatic review has run."""

    architecture = plain.String(required=True, metadata={"description": "any, x86, x64, arm64 or arm"})
    is_mixed = plain.Boolean(required=True, metadata={"description": "native code beside .NET's (C++/CLI)"})
    target_framework = plain.String(required=True, allow_none=True)
    is_reference = plain.Boolean(required=True, allow_none=True)
    references = plain.List(plain.String(), required=True, allow_none=True)
    missing_references = plain.List(plain.String(), required=True, allow_none=True)


class Version(Schema):
    version = plain.String(required=True)
    status = plain.String(required=True)
    changelog = plain.String(required=True)
    size = plain.Integer(required=True, metadata={"description": "bytes"})
    file_hash = plain.String(required=True, metadata={"description": "SHA-256, hex"})
    dependencies = fields.StringMap(required=True)
    engines = fields.StringMap(required=True)
    permissions = plain.List(plain.String(), required=True, allow_none=True)
    unknown_permissions = plain.List(plain.String(), required=True)
    replaces = plain.List(plain.String(), required=True)
    host_range = plain.Nested(HostRange, required=True, allow_none=True)
    runtime = plain.Nested(Runtime, required=True, allow_none=True)
    downloads = plain.Integer(required=True)
    is_deprecated = plain.Boolean(required=True)
    channel = plain.String(required=True, metadata={"enum": list(Channel)})
    available_at = fields.Moment(required=True, allow_none=True)
    rollout = plain.Integer(required=True, metadata={"minimum": 0, "maximum": FULL_ROLLOUT})
    is_paused = plain.Boolean(required=True)
    is_held = plain.Boolean(required=True)
    is_yanked = plain.Boolean(required=True)
    yank_reason = plain.String(required=True)
    download_url = plain.String(required=True)
    block = plain.Nested(PublicBlock, required=True, allow_none=True)
    created_at = fields.Moment(required=True)
    published_at = fields.Moment(required=True, allow_none=True)
    active_estimate = plain.Integer(required=True, allow_none=True)


class PackageWarning(packages.PackageWarning):
    """A warning about an accepted package: `entry` is one of the archive, `field` one of plugin.json; the other is
    empty.
    """


class CreatedPlugin(PluginDetail):
    warnings = plain.List(plain.Nested(PackageWarning))


class CreatedVersion(Version):
    warnings = plain.List(plain.Nested(PackageWarning))


class VersionDetail(Version):
    changelog_html = plain.String(required=True, metadata={"description": "sanitised"})


class PackedEntry(Schema):
    """A file of a package, or a directory, whose path ends in a slash. CRC-32 and SHA-256 are of the unpacked bytes."""

    path = plain.String(required=True)
    offset = plain.Integer(required=True)
    compressed_size = plain.Integer(required=True)
    size = plain.Integer(required=True)
    method = plain.Integer(required=True)
    crc32 = plain.Integer(required=True)
    sha256 = plain.String(required=True)


class VersionFiles(Schema):
    """What a version's package consists of, in the order of the package."""

    version = plain.String(required=True)
    size = plain.Integer(required=True, metadata={"description": "bytes of the package"})
    file_hash = plain.String(required=True)
    download_url = plain.String(required=True)
    files = plain.List(plain.Nested(PackedEntry), required=True)
    headers = plain.List(plain.String(allow_none=True), required=True)


class Yanking(StrictSchema):
    reason = fields.Prose(min=1, max=REASON_MAX, required=True)


class Unyanking(StrictSchema):
    reason = fields.Prose(max=REASON_MAX, load_default="")


class Recommending(StrictSchema):
    version = fields.Version(required=True, allow_none=True)
    reason = fields.Prose(min=1, max=REASON_MAX, required=True)


class ReleaseChange(StrictSchema):
    rollout = fields.Number(min=0, max=FULL_ROLLOUT)
    paused = fields.Flag()
    channel = fields.Choice(Channel)


class ReleaseNow(Overridable):
    reason = fields.Prose(min=1, max=REASON_MAX, required=True)


class Deprecation(StrictSchema):
    deprecated = fields.Flag(required=True)
    reason = fields.Prose(max=REASON_MAX)
    replacement = fields.PluginName(allow_none=True)
    sunset = fields.Time(allow_none=True)


class UploadKey(Schema):
    upload_key = plain.String(required=True, metadata={"description": "shown this once"})


class Resubmission(Schema):
    version = fields.Version(load_default=None)


class Claim(StrictSchema):
    plugin_key = fields.PluginKey(required=True)


class StatusChange(StrictSchema):
    status = fields.Choice(PluginStatus, required=True)
    reason = fields.Prose(max=2000, load_default="")
    override = fields.Flag(load_default=False)


class NewReport(StrictSchema):
    reason = fields.Prose(min=1, max=2000, required=True)


class NewCategory(StrictSchema):
    name = fields.Name(min=1, max=100, required=True)
    description = fields.Prose(max=2000, load_default="")
    parent_id = fields.Id(allow_none=True, load_default=None)
    icon = fields.Text(max=100, load_default="")
    sort_order = fields.Number(min=-1_000_000, max=1_000_000, load_default=0)


class CategoryChange(StrictSchema):
    name = fields.Name(min=1, max=100)
    description = fields.Prose(max=2000)
    parent_id = fields.Id(allow_none=True)
    icon = fields.Text(max=100)
    sort_order = fields.Number(min=-1_000_000, max=1_000_000)


class Category(Schema):
    id = plain.String(required=True)
    slug = plain.String(required=True)
    name = plain.String(required=True)
    description = plain.String(required=True)
    parent_id = plain.String(required=True, allow_none=True)
    icon = plain.String(required=True)
    sort_order = plain.Integer(required=True)
    plugins_count = plain.Integer(required=True)
    revision = revision_field()
    created_at = fields.Moment(required=True)
    updated_at = fields.Moment(required=True)
