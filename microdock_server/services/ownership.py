"""Actions of owners on their plugins, becoming an owner, and reports by other users."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..clock import iso
from ..database.session import db
from ..database.unit_of_work import unit_of_work
from ..errors import Conflict, NothingToSubmit, OwnPlugin, PluginNotFound, PluginOwned, WrongPluginKey
from ..models import Plugin, PluginImage, PluginVersion
from ..models.image import ICON, SCREENSHOT
from ..storage import Storages
from ..vocabulary import PluginStatus, Reason
from . import audit, catalog, configuration, plugins, reviews, revisions
from .accounts import passwords
from .accounts.tokens import Actor
from .catalog import categories
from .files.quotas import UNLIMITED, Room
from .plugins import images, submitters, texts, versions
from .plugins.images import NewImages
from .plugins.lifecycle import Act, after
from .revisions import WHATEVER, Expected

KEY_BYTES: Final = 32
# The texts that owners can set, besides images.
SHOWN: Final = (
    *("id", "display_name", "description", "long_description", "category_id", "tags", "homepage", "repository"),
    "license",
)
# What they say about its release.
RELEASED: Final = ("deprecation_reason", "replacement", "recommended_version")


def revision(plugin: Plugin, shown: Sequence[PluginImage]) -> str:
    """The revision of the plugin, over everything that its owner can change. `shown`: all of its images.

    Of a plugin that is neither deprecated nor rolled back it is the one that earlier versions of the program compute.
    """
    moments = [moment and iso(moment) for moment in (plugin.deprecated_at, plugin.sunset_at)]
    release = [*(getattr(plugin, name) for name in RELEASED), *moments]
    more = [release] if any(release) else []
    return revisions.of_columns("plugin", plugin, SHOWN, [image.id for image in shown], *more)


def update(
    reference: str,
    by: Actor,
    values: Mapping[str, Any],
    new: NewImages,
    storage: Storages,
    *,
    room: Room = UNLIMITED,
    expected: Expected = WHATEVER,
) -> Plugin:
    """Change texts and images of one's own plugin. Opens its own unit. Raises ChangedMeanwhile."""
    texts.ensure_render({"long_description": values.get("long_description", "")})
    with unit_of_work() as unit:
        # Before the first statement: no lock is held while images are written to disk.
        stored = images.store(unit, new, storage)
        plugin = plugins.get_owned(reference, by)
        expected.ensure(revision(plugin, images.of(plugin)))
        if "category_id" in values:
            categories.ensure_exists(values["category_id"])
        before = {name: getattr(plugin, name) for name in values}
        plugins.assign(plugin, values)
        if new.icon is not None:
            images.remove(plugin, ICON, storage)
        if new.screenshots is not None:
            images.remove(plugin, SCREENSHOT, storage)
        if stored:
            room.ensure(sum(item.stored.size for item in stored), plugin.owner_id)
        images.attach(plugin, stored, room.source)
        catalog.touch(plugin)
        if not plugins.is_owner(plugin, by):
            audit.record(
                by,
                "plugin.updated",
                "plugin",
                plugin.name,
                fields=sorted(values),
                changes=audit.changes(before, values),
            )
    return plugin


def submit(reference: str, by: Actor, number: str | None) -> Plugin:
    """Submit a draft, or what was rejected, for review (again): this version, or the highest unpublished one.

    Raises VersionNotFound, NothingToSubmit, TransitionNotAllowed.
    """
    plugin = plugins.get_owned(reference, by)
    version = versions.latest_unpublished(plugin) if number is None else versions.get(plugin, number)
    if version is None or version.is_public:
        raise NothingToSubmit()
    # A version that is waiting already cannot be submitted again.
    after(version.status, Act.SUBMIT)
    reviews.submit(plugin, version, Reason.NEW_VERSION if plugin.published_at else Reason.NEW, by.id)
    return plugin


def restore(plugin: Plugin, by: Actor, reason: str, *, override: bool = False) -> None:
    """Restore a suspended plugin. Its owner can only lift their own suspension.

    Raises TransitionNotAllowed, OwnPlugin, OverrideRefused.
    """
    after(plugin.status, Act.RESTORE)
    suspension = plugins.last_suspension(plugin)
    # A suspension without a log entry may be anybody's, so it does not count as the owner's own.
    is_own = suspension is not None and suspension.actor_id == by.id
    barred = [] if is_own else [plugin.owner_id]
    is_override = submitters.ensure_may_decide(barred, by, OwnPlugin(), override=override, permission="plugin.suspend")
    plugins.restore(plugin, by, reason, **submitters.overridden(reason, is_override))


def report(reference: str, by: Actor, reason: str) -> None:
    """Put a published plugin into the review queue. Its version stays published meanwhile."""
    plugin = plugins.get_seen(reference, by)
    if plugin.status != PluginStatus.PUBLISHED:
        raise PluginNotFound()
    review = reviews.enter(plugin, current_version(plugin), Reason.REPORTED, by.id)
    audit.record(by, "plugin.reported", "plugin", plugin.name, review=review.id, reason=reason)


def current_version(plugin: Plugin) -> PluginVersion:
    """The version that the plugin shows."""
    return db.session.get_one(PluginVersion, (plugin.name, plugin.current_version))


def version_to_review(plugin: Plugin) -> PluginVersion:
    """The version that waits for review, or the current one if none does."""
    waiting = versions.latest_unpublished(plugin)
    return waiting if waiting is not None and plugin.status != PluginStatus.DRAFT else current_version(plugin)


def manifest_of(version: PluginVersion) -> dict[str, Any]:
    """The version's plugin.json, without the owner's own texts."""
    names = (*plugins.MANIFEST_FIELDS, "dependencies", "engines", "permissions", "replaces")
    return {"name": version.plugin_name, "version": version.version, **{n: getattr(version, n) for n in names}}


def claim(reference: str, plugin_key: str, by: Actor) -> Plugin:
    """Become the owner of a plugin without one, by showing its key. Opens its own units.

    Raises PluginOwned, NameReserved, WrongPluginKey.
    """
    with unit_of_work(writing=False):
        plugin = plugins.get_seen(reference, by)
        is_owned, stored, name = plugin.is_owned, plugin.upload_key_hash, plugin.name
        if not is_owned:
            configuration.ensure_unreserved(name, by.id)
    if is_owned:
        raise PluginOwned()
    if not stored or not passwords.matches(stored, plugin_key):
        raise WrongPluginKey()
    with unit_of_work():
        plugin = plugins.get(name)
        if plugin.is_owned:
            raise PluginOwned()
        if plugin.upload_key_hash != stored:
            raise WrongPluginKey()
        plugin.owner_id, plugin.had_owner = by.id, True
        catalog.touch(plugin)
        audit.record(by, "plugin.claimed", "plugin", plugin.name)
    return plugin


def renew_upload_key(reference: str, by: Actor) -> str:
    """Create a new key for uploads through the host API, which replaces the previous one and is shown only once. Opens
    its own units.

    Raises Conflict if another key was created at the same time: this one would be shown and never work.
    """
    with unit_of_work(writing=False):
        before = plugins.get_owned(reference, by).upload_key_hash
    key = secrets.token_urlsafe(KEY_BYTES)
    hashed = passwords.hash_key(key)
    with unit_of_work():
        plugin = plugins.get_owned(reference, by)
        if plugin.upload_key_hash != before:
            raise Conflict()
        plugin.upload_key_hash, plugin.upload_key_by = hashed, by.id
        audit.record(by, "plugin.upload_key_renewed", "plugin", plugin.name)
    return key
