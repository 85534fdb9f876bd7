"""Turns an uploaded package into a version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy.orm.attributes import set_committed_value

from ..bundle import Manifest, Report
from ..bundle.versions import sort_key
from ..clock import utcnow
from ..database.session import db
from ..database.unit_of_work import Unit, unit_of_work
from ..errors import BadPackage, Conflict, Detail, DomainError, Invalid, PluginExists, VersionExists, VersionRetired
from ..messages import Message
from ..models import Plugin, PluginTombstone, PluginVersion, VersionTombstone
from ..storage import Incoming, ReceivedFile, Storages, StoredFile
from ..vocabulary import FULL_ROLLOUT, PACKAGE_FIELD, PluginStatus, Reason
from . import accounts, catalog, configuration, developers, files, plugins, reviews
from .accounts.tokens import Actor
from .catalog import categories
from .files.quotas import UNLIMITED, Room
from .plugins import images, new_rows, resemblance, texts, upload_keys, versions
from .plugins.images import NewImages
from .plugins.submitters import Sender
from .plugins.upload_keys import Agreed
from .releasing import publication


@dataclass(frozen=True, slots=True)
class Submission:
    """What a developer states about a package in addition to its contents."""

    version: str | None = None
    changelog: str | None = None
    # For new plugins: columns that the owner sets, and whether it stays a draft.
    values: Mapping[str, Any] = field(default_factory=dict)
    images: NewImages = field(default_factory=NewImages)
    is_draft: bool = False
    # Percent of hosts that are offered the version once it is published.
    rollout: int = FULL_ROLLOUT


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The result of an upload by key: its plugin, and whether the version waits for review."""

    plugin: Plugin
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """A received package that passed inspection, the quotas it is stored under, and its rollout in percent."""

    manifest: Manifest
    report: Report
    received: ReceivedFile
    room: Room
    rollout: int = FULL_ROLLOUT

    @classmethod
    def of(
        cls,
        package: Incoming,
        report: Report,
        room: Room,
        form: Submission | None = None,
        *,
        rollout: int = FULL_ROLLOUT,
    ) -> Self:
        """Inspect a received package. Raises BadPackage, and Invalid for a form that disagrees with it."""
        manifest = accepted(report)
        if form is not None:
            _ensure_agrees(manifest, form)
            rollout = form.rollout
        return cls(manifest, report, package.received(), room, rollout)


def accepted(report: Report) -> Manifest:
    """The manifest of a package without problems. Raises BadPackage with all problems in its details."""
    if report.manifest is None or not report.ok:
        raise BadPackage(problems(report))
    texts.ensure_manifest_renders(report.manifest.changelog)
    return report.manifest


def problems(report: Report) -> list[Detail]:
    """The inspector's problems as details, which can be rendered in any language."""
    return [
        Detail(
            Message(f"bundle.{problem.rule}", {"entry": problem.entry, "field": problem.field, **problem.params}),
            field=problem.field,
            entry=problem.entry,
            rule=problem.rule,
        )
        for problem in report.problems
    ]


def publish(
    package: Incoming,
    report: Report,
    plugin_key: str,
    storage: Storages,
    *,
    account: Actor | None = None,
    room: Room = UNLIMITED,
    rollout: int = FULL_ROLLOUT,
) -> Uploaded:
    """Add the version in `package` by upload key; the first version of a name creates the plugin and sets its key.

    Published at once, unless the plugin has (or had) an owner, key uploads are reviewed, or the plugin itself is not
    published. `account` is the logged-in user, if any, besides the key.
    Raises BadPackage, NameReserved, WrongPluginKey (Invalid for a new name's key that is too short), VersionExists or
    VersionRetired, and what Room.ensure does, in this order. When it returns, file and rows are durable; if it raises,
    neither exists. Opens its own units: no lock is held while hashes are computed. Raises Conflict if the name's key
    changes repeatedly meanwhile.
    """
    sent = Sent.of(package, report, room, rollout=rollout)
    return _publish_as_agreed(sent, plugin_key, Sender(account, is_by_key=True), storage)


def create(
    package: Incoming, report: Report, by: Actor, submission: Submission, storage: Storages, *, room: Room = UNLIMITED
) -> Plugin:
    """Create a plugin owned by the user, waiting for review (or a draft). Promises what `publish` does.

    Raises BadPackage, Invalid for a form that names another version, NameReserved, PluginExists for a name that is
    taken (also by somebody else's deleted plugin), VersionRetired.
    """
    sent = Sent.of(package, report, room, submission)
    with unit_of_work(writing=False):
        _ensure_free(sent.manifest, by)
        _ensure_new(sent, None, by.id)
    with unit_of_work() as unit:
        stored = _store(unit, sent.received, storage)
        shown = images.store(unit, submission.images, storage)
        _ensure_free(sent.manifest, by)
        _ensure_new(sent, None, by.id, beside=sum(item.stored.size for item in shown))
        plugin = _submitted_plugin(sent.manifest, by, submission)
        images.attach(plugin, shown, room.source)
        _submit(plugin, sent, stored, by, submission.changelog)
    return plugin


def add(
    reference: str,
    package: Incoming,
    report: Report,
    by: Actor,
    form: Submission,
    *,
    storage: Storages,
    room: Room = UNLIMITED,
) -> PluginVersion:
    """Add a version to the user's own plugin, waiting for review; published versions stay published.

    Promises what `publish` does. Raises PluginNotFound, NotTheOwner, BadPackage, Invalid for a package of another
    name, VersionExists, VersionRetired.
    """
    with unit_of_work(writing=False):
        plugins.get_owned(reference, by)
    sent = Sent.of(package, report, room, form)
    with unit_of_work(writing=False):
        plugin = plugins.get_owned(reference, by)
        _ensure_names(plugin, sent.manifest)
        _ensure_new(sent, plugin)
    with unit_of_work() as unit:
        stored = _store(unit, sent.received, storage)
        plugin = plugins.get_owned(reference, by)
        _ensure_new(sent, plugin)
        return _submit(plugin, sent, stored, by, form.changelog)


def _agree(sent: Sent, plugin_key: str) -> Agreed:
    """Check the key, and then that the version is new: both are read at once, and the key's refusal comes first."""
    refusal: DomainError | None = None
    with unit_of_work(writing=False):
        plugin = plugins.find(sent.manifest.name)
        before = upload_keys.stored(sent.manifest.name, plugin)
        try:
            _ensure_new(sent, plugin)
        except DomainError as reason:
            refusal = reason
    agreed = upload_keys.agree(before, plugin_key)
    if refusal is not None:
        raise refusal
    return agreed


def _publish_as_agreed(sent: Sent, plugin_key: str, sender: Sender, storage: Storages) -> Uploaded:
    """Write the version; the key is checked again if the name's stored hash changed meanwhile."""
    stored: StoredFile | None = None

    def agree() -> Agreed:
        # Again: nothing was written, because meanwhile somebody created the name (and perhaps deleted it), or its owner
        # changed the key.
        with _deleted_if_refused(stored, storage):
            return _agree(sent, plugin_key)

    for agreed in upload_keys.attempts(agree):
        with unit_of_work() as unit:
            # Before the first statement: the database is not locked while the file is written to disk.
            stored = _store(unit, sent.received, storage, stored)
            plugin = plugins.find(sent.manifest.name)
            if upload_keys.stored(sent.manifest.name, plugin) == agreed.before:
                _ensure_new(sent, plugin)
                return _publish(plugin, sent, stored, sender, agreed.key_hash)
    with _deleted_if_refused(stored, storage):
        raise Conflict()


def _publish(plugin: Plugin | None, sent: Sent, stored: StoredFile, sender: Sender, key_hash: str) -> Uploaded:
    """Write the version, and its plugin if the name is new."""
    downloads = 0 if plugin is None else plugin.total_download_count
    plugin = plugin or _new_plugin_for(sent.manifest, key_hash)
    waits = _is_reviewed(plugin) or not plugin.is_public
    version = _add_version(plugin, sent, stored, sender, waits=waits)
    # A draft waits until its owner submits it, whoever uploads to it.
    if waits and plugin.status != PluginStatus.DRAFT:
        _queue_key_upload(plugin, version, sender)
    # The answer contains the total of downloads, which writing the plugin expires. It is not read after the commit: the
    # plugin may be deleted right after.
    db.session.flush()
    set_committed_value(plugin, "total_download_count", downloads)
    # A version that needs no review was published on the way.
    return Uploaded(plugin, version.status == PluginStatus.PENDING)


def _submit(plugin: Plugin, sent: Sent, stored: StoredFile, by: Actor, changelog: str | None) -> PluginVersion:
    """A developer's version: in the queue unless its plugin is a draft."""
    version = _add_version(plugin, sent, stored, Sender(by), waits=True, changelog=changelog)
    developers.ensure_profile(accounts.get(by.id)).last_published_at = utcnow()
    if plugin.status != PluginStatus.DRAFT:
        reviews.submit(plugin, version, Reason.NEW_VERSION if plugin.published_at else Reason.NEW, by.id)
    return version


def _add_version(
    plugin: Plugin, sent: Sent, stored: StoredFile, sender: Sender, *, waits: bool, changelog: str | None = None
) -> PluginVersion:
    version = new_rows.version_of(
        plugin, sent.manifest, sent.report, stored, source=sent.room.source, rollout=sent.rollout
    )
    sender.sign(plugin, version)
    texts.set_changelog(version, sent.manifest.changelog if changelog is None else changelog)
    if waits:
        version.status = PluginStatus.DRAFT if plugin.status == PluginStatus.DRAFT else PluginStatus.PENDING
    else:
        publication.published(version)
    db.session.add(version)
    db.session.flush()
    plugins.show_current(plugin)
    catalog.touch(plugin)
    sender.record(plugin, version)
    return version


def _ensure_agrees(manifest: Manifest, submission: Submission) -> None:
    texts.ensure_render(
        {"changelog": submission.changelog or "", "long_description": submission.values.get("long_description", "")},
        beside=manifest.changelog,
    )
    if submission.version is not None and submission.version != manifest.version:
        raise Invalid.field("version", "field.version_differs", version=manifest.version)


def _ensure_names(plugin: Plugin, manifest: Manifest) -> None:
    if manifest.name.lower() != plugin.name_key:
        raise Invalid.field(PACKAGE_FIELD, "field.package_of_another", name=manifest.name)


def _ensure_free(manifest: Manifest, by: Actor) -> None:
    stone = db.session.get(PluginTombstone, manifest.name.lower())
    if plugins.find(manifest.name) is not None or (stone is not None and stone.owner_id != by.id):
        raise PluginExists(name=manifest.name)
    # A former name of theirs stays theirs, whatever was reserved since.
    if stone is None:
        configuration.ensure_unreserved(manifest.name, by.id)


def _ensure_new(sent: Sent, plugin: Plugin | None, owner_id: str | None = None, *, beside: int = 0) -> None:
    """Check that the version is new, and that the quotas of the plugin's owner allow it with `beside` further bytes.

    `plugin` is the plugin of its name; `owner_id` owns one that does not exist yet, unless a deleted one of its name
    has (or had) an owner.
    """
    manifest, received = sent.manifest, sent.received
    if plugin is not None and versions.find(plugin, manifest.version) is not None:
        raise VersionExists(version=manifest.version)
    stone = db.session.get(VersionTombstone, (manifest.name.lower(), sort_key(manifest.version)))
    if stone is not None and stone.file_hash != received.sha256:
        raise VersionRetired(version=manifest.version)
    named = plugin or db.session.get(PluginTombstone, manifest.name.lower())
    sent.room.ensure(received.size + beside, owner_id if named is None else named.owner_id)


def _store(unit: Unit, received: ReceivedFile, storage: Storages, stored: StoredFile | None = None) -> StoredFile:
    """The received file as a blob (created at most once), which is deleted if the unit is rolled back."""
    key = files.new_key("uploads") if stored is None else stored.key
    unit.on_rollback(lambda: storage.main.delete(key))
    return stored or storage.main.adopt(key, received)


@contextmanager
def _deleted_if_refused(stored: StoredFile | None, storage: Storages) -> Iterator[None]:
    """Deletes the blob, if there is one, where the context fails: between two units nothing else would delete a blob
    without a row.
    """
    try:
        yield
    except BaseException:
        if stored is not None:
            storage.main.delete(stored.key)
        raise


def _new_plugin_for(manifest: Manifest, key_hash: str) -> Plugin:
    """A new plugin of this name, which is not reserved for others; it waits for review if uploads to it do."""
    stone = db.session.get(PluginTombstone, manifest.name.lower())
    if stone is None:
        plugin = new_rows.add_plugin(manifest, key_hash)
    else:
        plugin = new_rows.add_plugin(manifest, stone.upload_key_hash, owner_id=stone.owner_id, had_owner=stone.is_owned)
        plugin.upload_key_by = stone.upload_key_by
    if _is_reviewed(plugin):
        plugin.status, plugin.published_at = PluginStatus.PENDING, None
    return plugin


def _is_reviewed(plugin: Plugin) -> bool:
    """Are uploads to it by key reviewed before publication?"""
    return plugin.is_owned or configuration.current().review_settings.review_key_uploads


def _queue_key_upload(plugin: Plugin, version: PluginVersion, sender: Sender) -> None:
    review = reviews.submit(plugin, version, Reason.KEY_UPLOAD, sender.account_id)
    if resemblance.to_popular(plugin):
        reviews.add_reason(review, Reason.LOOKALIKE)


def _submitted_plugin(manifest: Manifest, by: Actor, submission: Submission) -> Plugin:
    plugin = new_rows.add_plugin(manifest, "", owner_id=by.id)
    plugin.status = PluginStatus.DRAFT if submission.is_draft else PluginStatus.PENDING
    categories.ensure_exists(submission.values.get("category_id"))
    plugins.assign(plugin, submission.values)
    db.session.flush()
    return plugin
