"""What owners, holders of upload keys and administrators do with releases and deprecations.

Each act stands in the audit log with its reason, and the plugin's owner is notified of what others did. What is there
already is no change: nothing is recorded and nobody notified. All raise what transitions.ensure does. They check
nothing about who acts: see holders.py and plugins.get_owned.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ...clock import iso, utcnow
from ...database.session import db
from ...errors import AlwaysPreview, NotRecommendable, ReplacementNotFound, ReplacesItself
from ...messages import Message
from ...models import Plugin, PluginVersion
from ...vocabulary import Channel, Event, ReleaseNews
from .. import audit, catalog, notifications, plugins
from ..accounts.tokens import Actor
from ..plugins import submitters
from ..plugins.submitters import Sender
from ..releases import decision, lines, transitions
from ..releases.transitions import ReleaseAct


def yank(plugin: Plugin, version: PluginVersion, by: Sender, reason: str) -> None:
    """Offer the version to nobody any more. It can still be downloaded by its number."""
    transitions.ensure(version, ReleaseAct.YANK, utcnow())
    if version.is_yanked:
        return
    version.is_yanked, version.yank_reason = True, reason
    _finish(plugin, by, transitions.YANKED, ReleaseNews.YANKED, reason, version=version.version)


def unyank(plugin: Plugin, version: PluginVersion, by: Sender, reason: str = "") -> None:
    """Undo a yank."""
    transitions.ensure(version, ReleaseAct.UNYANK, utcnow())
    if not version.is_yanked:
        return
    version.is_yanked, version.yank_reason = False, ""
    _finish(plugin, by, transitions.UNYANKED, ReleaseNews.UNYANKED, reason, version=version.version)


def recommend(plugin: Plugin, version: PluginVersion | None, by: Sender, reason: str) -> None:
    """Offer no higher version than this one; None: any again. Raises NotRecommendable."""
    before, after = plugin.recommended_version, None if version is None else version.version
    if before == after:
        return
    if version is not None:
        _ensure_recommendable(plugin, version)
    plugin.recommended_version, plugin.recommended_reason = after, "" if after is None else reason
    news = ReleaseNews.UNBOUNDED if after is None else ReleaseNews.RECOMMENDED
    _finish(plugin, by, "plugin.recommended", news, reason, version=after, before=before)


def set_release(plugin: Plugin, version: PluginVersion, by: Sender, wanted: Mapping[str, Any]) -> None:
    """Change the rollout in percent, whether it is `paused`, and the channel, as far as they are given.

    Before publication, and until the cooldown has passed, anything goes; then a rollout only grows. Raises
    AlwaysPreview for a prerelease on the channel `stable`.
    """
    now = utcnow()
    changes: dict[str, Any] = {}
    for name, before in (("rollout", version.rollout), ("paused", version.is_paused), ("channel", version.channel)):
        after = wanted.get(name, before)
        if after != before:
            transitions.ensure(version, _act_of(name, before, after), now)
            changes[name] = {"from": before, "to": after}
    if not changes:
        return
    if "channel" in changes:
        version.chosen_channel = wanted["channel"]
        if version.channel is not wanted["channel"]:
            raise AlwaysPreview(version=version.version)
    version.rollout = wanted.get("rollout", version.rollout)
    version.is_paused = wanted.get("paused", version.is_paused)
    _finish(plugin, by, "version.release_changed", ReleaseNews.SETTINGS, "", version=version.version, changes=changes)


def release_now(plugin: Plugin, version: PluginVersion, by: Actor, reason: str, *, override: bool = False) -> None:
    """End the version's cooldown, and its hold for a finding.

    Submitters may not, nor the owner: with `override` only if nobody else could. Raises OwnPlugin, OwnSubmission,
    OverrideRefused.
    """
    barred, problem = submitters.of(plugin, version), submitters.refusal(plugin, by.id)
    is_override = submitters.ensure_may_decide(barred, by, problem, override=override)
    now = utcnow()
    transitions.ensure(version, ReleaseAct.RELEASE, now)
    is_cooling = lines.outline_of(version).is_cooling(now)
    if not is_cooling and not version.is_held:
        return
    ended = {"cooldown": is_cooling, "held": version.is_held}
    version.is_held = False
    if is_cooling:
        version.available_at = now
    overridden = submitters.overridden(reason, is_override)
    _finish(
        plugin,
        Sender(by),
        "version.released",
        ReleaseNews.RELEASED,
        reason,
        version=version.version,
        **ended,
        **overridden,
    )


def deprecate(plugin: Plugin, by: Sender, values: Mapping[str, Any]) -> None:
    """Mark the plugin as deprecated: its `reason`, the name of its `replacement`, and its `sunset`, as far as given.

    It is offered and downloaded as before. What is not given stays as it is. Raises ReplacesItself,
    ReplacementNotFound.
    """
    said: dict[str, Any] = {}
    if values.get("reason", plugin.deprecation_reason) != plugin.deprecation_reason:
        said["reason"] = plugin.deprecation_reason = values["reason"]
    if "replacement" in values:
        replacement = _replacement_for(plugin, values["replacement"])
        if replacement != plugin.replacement:
            said["replacement"] = plugin.replacement = replacement
    if values.get("sunset", plugin.sunset_at) != plugin.sunset_at:
        plugin.sunset_at = values["sunset"]
        said["sunset"] = _text_of(values["sunset"])
    if plugin.is_deprecated and not said:
        return
    if not plugin.is_deprecated:
        plugin.is_deprecated, plugin.deprecated_at = True, utcnow()
    _finish(plugin, by, "plugin.deprecated", ReleaseNews.DEPRECATED, said.pop("reason", None), **said)


def undeprecate(plugin: Plugin, by: Sender, reason: str | None = None) -> None:
    """Undo the plugin's deprecation, with all that was said about it."""
    if not plugin.is_deprecated:
        return
    plugin.is_deprecated, plugin.deprecated_at = False, None
    plugin.deprecation_reason, plugin.replacement, plugin.sunset_at = "", None, None
    _finish(plugin, by, "plugin.undeprecated", ReleaseNews.UNDEPRECATED, reason)


def _ensure_recommendable(plugin: Plugin, version: PluginVersion) -> None:
    now = utcnow()
    transitions.ensure(version, ReleaseAct.RECOMMEND, now)
    release = lines.outline_of(version)
    line = lines.line_of(plugin, (release,), lines.blocks_of([plugin.name_key]).get(plugin.name_key, ()))
    hindrances: Final = {
        "yanked": version.is_yanked,
        "blocked": decision.strongest_block(line, release.version, (release.sha256,), now) is not None,
        "preview": release.is_preview,
    }
    why = next((name for name, is_so in hindrances.items() if is_so), None)
    if why is not None:
        raise NotRecommendable(version=version.version, why=Message(f"not_recommendable.{why}"))


def _act_of(name: str, before: Any, after: Any) -> ReleaseAct:
    """The act that changes a setting of a release so."""
    if name == "rollout":
        return ReleaseAct.GROW if after > before else ReleaseAct.SHRINK
    if name == "paused":
        return ReleaseAct.PAUSE if after else ReleaseAct.RESUME
    return ReleaseAct.TO_PREVIEW if after is Channel.PREVIEW else ReleaseAct.TO_STABLE


def _replacement_for(plugin: Plugin, name: str | None) -> str | None:
    """The stored name of a public plugin that may replace this one."""
    if name is None:
        return None
    if name.lower() == plugin.name_key:
        raise ReplacesItself()
    if plugin.replacement is not None and name.lower() == plugin.replacement.lower():
        # It may be gone by now: what is there already is no change.
        return plugin.replacement
    found = plugins.find(name)
    if found is None or not found.is_public:
        raise ReplacementNotFound(name=name)
    return found.name


def _text_of(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _finish(plugin: Plugin, by: Sender, action: str, news: ReleaseNews, reason: str | None, **details: Any) -> None:
    """Show the change, record it, and notify the owner if somebody else acted."""
    db.session.flush()
    plugins.show_current(plugin)
    catalog.touch(plugin)
    said = {"reason": reason} if reason else {}
    audit.record(by.who, action, "plugin", plugin.name, **said, **by.key_of(plugin), **details)
    # The key without an account is the owner's own.
    if plugin.owner_id is None or by.account_id in (None, plugin.owner_id):
        return
    about = notifications.about(plugin)
    version = details.get("version") or plugin.current_version
    notifications.notify(
        plugin.owner_id, Event.RELEASE_CHANGED, **about, version=version, change=news, reason=reason or ""
    )
