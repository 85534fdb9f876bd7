"""Blocks: what administrators say about plugins that are already installed. See models/block.py and decision.Block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from ...clock import iso, utcnow
from ...database.session import db
from ...errors import BlockNotFound, Invalid, OwnBlock, TransitionNotAllowed
from ...models import Block, Plugin, PluginVersion
from ...vocabulary import BlockSeverity, BlockStatus, Event, PluginStatus
from .. import audit, catalog, configuration, notifications, plugins, revisions
from ..accounts.tokens import Actor
from ..paging import page_of
from ..plugins import versions
from ..releases import active_rows, block_list, decision, lines
from ..revisions import WHATEVER, Expected

# What a client says about a block; what is changed of it needs approval again, but for the reason.
FIELDS: Final = ("plugin", "versions", "sha256", "severity", "reason", "advisory_url", "expires_at")
_SUBSTANCE: Final = tuple(name for name in FIELDS if name != "reason")
_TARGET: Final = "block"
# Of those who make, approve and revoke blocks, and decide appeals against them.
PERMISSION: Final = "system.blocks"


@dataclass(frozen=True, slots=True)
class Match:
    """A published version that a block matches."""

    version: str
    sha256: str
    published_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a block would do: the published versions that it matches, highest first, and the version that lists show,
    before and after. `plugin` is None where the catalogue has none of this name; `active_hosts`, about how many hosts
    use what matches, where none of the plugin's was counted lately.
    """

    plugin: Plugin | None
    matches: Sequence[Match]
    current: str | None
    current_after: str | None
    active_hosts: int | None = None


def needs_two(severity: BlockSeverity | str) -> bool:
    """Does a block of this severity wait for a second person?"""
    return severity == BlockSeverity.REMOVE and configuration.current().release_settings.blocks_need_two


def find(block_id: str) -> Block | None:
    """The block with this id."""
    return db.session.get(Block, block_id)


def get(block_id: str) -> Block:
    """The block with this id. Raises BlockNotFound."""
    block = find(block_id)
    if block is None:
        raise BlockNotFound()
    return block


def by_id(block_ids: Iterable[str]) -> dict[str, Block]:
    """Blocks by id, of those that exist, in one query."""
    wanted = set(block_ids)
    found = db.session.scalars(select(Block).where(Block.id.in_(wanted))) if wanted else ()
    return {block.id: block for block in found}


def deciders(block: Block) -> set[str | None]:
    """The accounts that made, changed or approved it."""
    return {block.created_by, block.proposed_by, block.approved_by}


def page(
    *, status: BlockStatus | None, plugin: str | None, page_number: int | None, limit: int | None
) -> tuple[int, Sequence[Block]]:
    """The number of matching blocks, and one page of them, newest first. `plugin` is a name, ignoring case."""
    query = select(Block).order_by(Block.created_at.desc(), Block.id.desc())
    if status is not None:
        query = query.where(Block.status == status.value)
    if plugin is not None:
        query = query.where(Block.plugin_key == plugin.lower())
    return page_of(query, page_number, limit)


def shown_with(plugin: Plugin) -> dict[str, Any] | None:
    """The block that is shown with the plugin (see block_list.shown): the strongest in force on its current version,
    or else on any published one; None for none.
    """
    block = strongest(plugin)
    return None if block is None else block_list.shown(plugin.name, block)


def shown_with_versions(plugin: Plugin, rows: Sequence[PluginVersion]) -> dict[str, dict[str, Any]]:
    """By version, of those that a block in force matches: the strongest one, as JSON."""
    found, now = _of(plugin), utcnow()
    blocks = {row.version: decision.strongest(one for one in found if _matches(one, row, now)) for row in rows}
    return {number: block_list.shown(plugin.name, block) for number, block in blocks.items() if block is not None}


def strongest(plugin: Plugin) -> decision.Block | None:
    """The strongest block in force on the plugin's current version, or else on any published one."""
    found = _of(plugin)
    if not found:
        return None
    now, public = utcnow(), versions.public_of(plugin)
    for some in ([row for row in public if row.version == plugin.current_version], public):
        block = decision.strongest(one for one in found if any(_matches(one, row, now) for row in some))
        if block is not None:
            return block
    return None


def revision(block: Block) -> str:
    """The revision of the block."""
    return revisions.of("block", block.id, block.status, block.proposed_by, _audited(block))


def create(by: Actor, values: Mapping[str, Any]) -> tuple[Block, bool]:
    """A new block and True; or, where one that is not revoked says the same already, that one and False.

    Raises Invalid where it names no versions and no packages, or ends in the past.
    """
    block = Block(created_by=by.id, proposed_by=by.id)
    _assign(block, values)
    _ensure_lasts(block)
    twin = _twin(block)
    if twin is not None:
        return twin, False
    block.status = _proposed(block)
    db.session.add(block)
    db.session.flush()
    _record(by, "block.created", block)
    _take_effect(block)
    _notify(block, Event.PLUGIN_BLOCKED)
    return block, True


def change(by: Actor, block_id: str, values: Mapping[str, Any], expected: Expected = WHATEVER) -> Block:
    """Change some values of a block. A change of more than its reason needs approval again, by somebody else.

    Raises BlockNotFound, ChangedMeanwhile, TransitionNotAllowed for a revoked one, and Invalid.
    """
    block = get(block_id)
    expected.ensure(revision(block))
    if block.status == BlockStatus.REVOKED:
        raise TransitionNotAllowed(status=block.status, act="change")
    if values.get("plugin", block.plugin).lower() != block.plugin_key:
        raise Invalid.field("plugin", "field.fixed")
    before = {name: getattr(block, name) for name in FIELDS}
    with db.session.no_autoflush:
        _assign(block, {**values, "plugin": block.plugin})
        changed = {name for name in FIELDS if getattr(block, name) != before[name]}
        if "expires_at" in changed:
            _ensure_lasts(block)
        if not changed:
            return block
        if not changed.isdisjoint(_SUBSTANCE):
            block.status, block.approved_at, block.approved_by = _proposed(block), None, None
            block.proposed_at, block.proposed_by = utcnow(), by.id
    db.session.flush()
    changes = {name: {"from": _plain(before[name]), "to": _plain(getattr(block, name))} for name in sorted(changed)}
    _record(by, "block.changed", block, changes=changes)
    _take_effect(block)
    _notify(block, Event.PLUGIN_BLOCKED)
    return block


def approve(by: Actor, block_id: str, expected: Expected = WHATEVER) -> Block:
    """Put a waiting block into force. What is in force stays as it is.

    Raises BlockNotFound, ChangedMeanwhile, TransitionNotAllowed for a revoked one, and OwnBlock for whoever made it, or
    last changed more than its reason, while two people are needed.
    """
    block = get(block_id)
    expected.ensure(revision(block))
    if block.status == BlockStatus.REVOKED:
        raise TransitionNotAllowed(status=block.status, act="approve")
    if block.status == BlockStatus.ACTIVE:
        return block
    if _is_own(block, by):
        raise OwnBlock()
    block.status, block.approved_at, block.approved_by = BlockStatus.ACTIVE, utcnow(), by.id
    db.session.flush()
    _record(by, "block.approved", block)
    _take_effect(block)
    _notify(block, Event.PLUGIN_BLOCKED)
    return block


def may_approve(block: Block, by: Actor) -> bool:
    """Does the block wait for somebody like them?"""
    return block.status == BlockStatus.PENDING and not _is_own(block, by)


def revoke(by: Actor, block_id: str, reason: str, expected: Expected = WHATEVER) -> Block:
    """Take a block back. One that is revoked stays as it is. Raises BlockNotFound, ChangedMeanwhile."""
    block = get(block_id)
    expected.ensure(revision(block))
    if block.status == BlockStatus.REVOKED:
        return block
    block.status, block.revoke_reason = BlockStatus.REVOKED, reason
    block.revoked_at, block.revoked_by = utcnow(), by.id
    db.session.flush()
    _record(by, "block.revoked", block, revoke_reason=reason)
    _take_effect(block)
    _notify(block, Event.PLUGIN_UNBLOCKED, reason=reason)
    return block


def preview(values: Mapping[str, Any]) -> Preview:
    """What a block with these values would match. Nothing is stored. Raises Invalid as `create` does."""
    block = Block(id="", created_at=utcnow(), status=BlockStatus.ACTIVE)
    _assign(block, values)
    _ensure_lasts(block)
    plugin = plugins.find(block.plugin)
    if plugin is None or plugin.status != PluginStatus.PUBLISHED:
        return Preview(plugin, (), None, None)
    return _preview(plugin, lines.block_of(block))


def _preview(plugin: Plugin, block: decision.Block) -> Preview:
    now, rows = utcnow(), versions.public_of(plugin)
    line = lines.line_of(plugin, [lines.outline_of(row) for row in rows], [*_of(plugin), block])
    matches = [
        Match(row.version, row.file_hash, row.published_at or row.created_at, row.version == plugin.current_version)
        for row in rows
        if _matches(block, row, now)
    ]
    after = str(decision.current(line, now).version)
    hosts = active_rows.of_versions(plugin.name, {match.version for match in matches}, now)
    return Preview(plugin, matches, plugin.current_version, after, hosts)


def _of(plugin: Plugin) -> Sequence[decision.Block]:
    """The plugin's blocks that are not revoked."""
    return lines.blocks_of([plugin.name_key]).get(plugin.name_key, ())


def _matches(block: decision.Block, version: PluginVersion, now: datetime) -> bool:
    return block.matches(lines.parsed_version(version.version), (version.file_hash,), now)


def _assign(block: Block, values: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in values:
            setattr(block, name, values[name])
    block.plugin_key = block.plugin.lower()
    with db.session.no_autoflush:
        plugin = plugins.find(block.plugin)
    if plugin is not None:
        block.plugin = plugin.name
    block.sha256, block.advisory_url = sorted(set(block.sha256 or ())), block.advisory_url or ""
    if block.versions is None and not block.sha256:
        raise Invalid.field("versions", "field.versions_or_packages")


def _ensure_lasts(block: Block) -> None:
    if not lines.block_of(block).lasts(utcnow()):
        raise Invalid.field("expires_at", "field.future")


def _is_own(block: Block, by: Actor) -> bool:
    """Must somebody else approve what they said?"""
    return by.id in (block.created_by, block.proposed_by) and needs_two(block.severity)


def _proposed(block: Block) -> BlockStatus:
    """The status of what one person said."""
    return BlockStatus.PENDING if needs_two(block.severity) else BlockStatus.ACTIVE


def _twin(block: Block) -> Block | None:
    """A block that is not revoked, and says the same in every field."""
    query = select(Block).where(Block.plugin_key == block.plugin_key, Block.status != BlockStatus.REVOKED)
    with db.session.no_autoflush:
        found = db.session.scalars(query.order_by(Block.created_at, Block.id)).all()
    return next((other for other in found if _substance(other) == _substance(block)), None)


def _take_effect(block: Block) -> None:
    """Let everything that depends on blocks see this one, once the transaction is committed."""
    plugin = plugins.find(block.plugin)
    if plugin is None:
        catalog.next_revision()
    else:
        plugins.show_current(plugin)
        catalog.touch(plugin)
    block_list.renew()


def _notify(block: Block, event: Event, **more: Any) -> None:
    """Tell the plugin's owner what is in force now."""
    plugin = plugins.find(block.plugin)
    if plugin is None or plugin.owner_id is None:
        return
    told = {name: _plain(getattr(block, name)) for name in ("versions", "reason", "advisory_url", "expires_at")}
    told["severity"] = lines.block_of(block).severity.value
    notifications.notify(plugin.owner_id, event, **notifications.about(plugin), block_id=block.id, **{**told, **more})


def _record(by: Actor, action: str, block: Block, **more: Any) -> None:
    audit.record(by, action, _TARGET, block.id, status=str(block.status), **_audited(block), **more)


def _audited(block: Block) -> dict[str, Any]:
    """What the block says, as JSON."""
    return {name: _plain(getattr(block, name)) for name in FIELDS}


def _substance(block: Block) -> dict[str, Any]:
    return {**_audited(block), "plugin": block.plugin_key, "sha256": sorted(block.sha256)}


def _plain(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value
