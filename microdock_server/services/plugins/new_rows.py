"""Rows of new plugins and versions, as their manifests describe them."""

from __future__ import annotations

from dataclasses import asdict

from ...bundle import Manifest, Report
from ...bundle.versions import sort_key
from ...clock import utcnow
from ...database.session import db
from ...models import Plugin, PluginVersion
from ...storage import StoredFile
from ...vocabulary import PluginStatus
from .. import catalog, files


def add_plugin(manifest: Manifest, key_hash: str, *, owner_id: str | None = None, had_owner: bool = False) -> Plugin:
    """Add a plugin that is published from now on if it has a key; without one its status is for the caller to set."""
    now = utcnow()
    plugin = Plugin(
        name=manifest.name,
        name_key=manifest.name.lower(),
        number=catalog.next_number(),
        status=PluginStatus.PUBLISHED,
        owner_id=owner_id,
        had_owner=had_owner or owner_id is not None,
        tags=[],
        overrides={},
        current_version=manifest.version,
        upload_key_hash=key_hash,
        revision=0,
        created_at=now,
        updated_at=now,
        **_shown(manifest),
    )
    if key_hash:
        plugin.published_at = now
    db.session.add(plugin)
    db.session.flush()
    return plugin


def version_of(
    plugin: Plugin, manifest: Manifest, report: Report, stored: StoredFile, *, source: str | None, rollout: int
) -> PluginVersion:
    """A published version of the plugin, not added yet. `source` is the hashed address that its file came from."""
    assembly = report.assembly
    return PluginVersion(
        plugin_name=plugin.name,
        version=manifest.version,
        precedence=sort_key(manifest.version),
        status=PluginStatus.PUBLISHED,
        changelog=manifest.changelog,
        dependencies=dict(manifest.dependencies),
        engines=dict(manifest.engines),
        permissions=manifest.permissions,
        replaces=manifest.replaces,
        assembly_finding=asdict(assembly) if assembly else {},
        stored_from=source,
        rollout=rollout,
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
