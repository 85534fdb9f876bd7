"""How an uploaded package becomes a version."""

from __future__ import annotations

from dataclasses import asdict

from ..bundle import Limits, Manifest, Report, inspect_package
from ..bundle.versions import sort_key
from ..clock import utcnow
from ..errors import BadPackage, Detail, VersionExists, VersionRetired, WrongPluginKey
from ..extensions import db
from ..messages import Message
from ..models import Plugin, PluginTombstone, PluginVersion, VersionTombstone
from ..storage import Incoming, ReceivedFile, Storage, StoredFile
from ..uow import Unit, unit_of_work
from . import catalog, files, passwords, plugins, versions


def inspect(package: Incoming, limits: Limits, *, require_managed_assembly: bool) -> Report:
    """What the inspector finds in a received package."""
    return inspect_package(package.reader(), limits, require_managed_assembly=require_managed_assembly)


def accepted(report: Report) -> Manifest:
    """The manifest of a package without problems. Raises BadPackage with every problem in its details."""
    if report.manifest is None or not report.ok:
        raise BadPackage(problems(report))
    return report.manifest


def problems(report: Report) -> list[Detail]:
    """The inspector's problems as details that can be shown in any language."""
    return [
        Detail(
            Message(f"bundle.{problem.rule}", {"entry": problem.entry, "field": problem.field, **problem.params}),
            field=problem.field,
            entry=problem.entry,
            rule=problem.rule,
        )
        for problem in report.problems
    ]


def publish(package: Incoming, report: Report, plugin_key: str, storage: Storage) -> Plugin:
    """Add the version that `package` holds; the first of a name creates the plugin and fixes its key.

    Raises BadPackage, WrongPluginKey, VersionExists or VersionRetired, in this order. When it returns, file and rows
    are durable; if it raises, neither exists. Opens its own units: no lock is held while hashes are computed.
    """
    manifest = accepted(report)
    received = package.received()
    key_hash = _agreed_key(manifest.name, plugin_key)
    with unit_of_work(writing=False):
        _ensure_new(manifest, received)
    with unit_of_work() as unit:
        # Before the first statement: the database is not locked while the file is made durable.
        stored = _store(unit, received, storage)
        _ensure_new(manifest, received)
        plugin = _plugin_for(manifest, key_hash, plugin_key)
        db.session.add(_version(plugin, manifest, stored, report))
        db.session.flush()
        plugins.show_current(plugin)
        catalog.touch(plugin)
    with unit_of_work(writing=False):
        return plugins.get(manifest.name)


def _agreed_key(name: str, plugin_key: str) -> str:
    """The hash that guards `name`: the one stored, if the key fits it, or a new one. Raises WrongPluginKey."""
    with unit_of_work(writing=False):
        stored = _stored_key(name)
    if stored is None:
        return passwords.hash_key(plugin_key)
    if not passwords.matches(stored, plugin_key):
        raise WrongPluginKey()
    return stored


def _stored_key(name: str) -> str | None:
    plugin = plugins.find(name)
    if plugin is not None:
        return plugin.upload_key_hash
    stone = db.session.get(PluginTombstone, name.lower())
    return None if stone is None else stone.upload_key_hash


def _ensure_new(manifest: Manifest, received: ReceivedFile) -> None:
    plugin = plugins.find(manifest.name)
    if plugin is not None and versions.find(plugin, manifest.version) is not None:
        raise VersionExists(version=manifest.version)
    stone = db.session.get(VersionTombstone, (manifest.name.lower(), sort_key(manifest.version)))
    if stone is not None and stone.file_hash != received.sha256:
        raise VersionRetired(version=manifest.version)


def _store(unit: Unit, received: ReceivedFile, storage: Storage) -> StoredFile:
    key = files.new_key("uploads")
    unit.on_rollback(lambda: storage.delete(key))
    return storage.adopt(key, received)


def _plugin_for(manifest: Manifest, key_hash: str, plugin_key: str) -> Plugin:
    plugin = plugins.find(manifest.name)
    if plugin is None:
        plugin = Plugin(
            name=manifest.name,
            name_key=manifest.name.lower(),
            current_version=manifest.version,
            upload_key_hash=key_hash,
            revision=0,
            created_at=utcnow(),
            **_shown(manifest),
        )
        db.session.add(plugin)
        db.session.flush()
    elif plugin.upload_key_hash != key_hash and not passwords.matches(plugin.upload_key_hash, plugin_key):
        # Another upload created the name since the key was agreed on.
        raise WrongPluginKey()
    return plugin


def _version(plugin: Plugin, manifest: Manifest, stored: StoredFile, report: Report) -> PluginVersion:
    return PluginVersion(
        plugin_name=plugin.name,
        version=manifest.version,
        precedence=sort_key(manifest.version),
        changelog=manifest.changelog,
        dependencies=dict(manifest.dependencies),
        engines=dict(manifest.engines),
        assembly_finding=asdict(report.assembly) if report.assembly else {},
        **_shown(manifest),
        **files.columns(stored),
    )


def _shown(manifest: Manifest) -> dict[str, str]:
    return {
        "display_name": manifest.display_name,
        "description": manifest.description,
        "author": manifest.author,
        "license": manifest.license,
        "homepage": manifest.homepage,
        "main_dll": manifest.main,
        "entry_class": manifest.entry_class,
    }
