"""From rows to the marketplace's dictionaries; related rows of a page are looked up together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Row

from ...bundle.versions.ranges import EngineRange, InvalidRange
from ...clock import utcnow
from ...context import context, settings
from ...media import prose
from ...models import (
    AuditEntry,
    AutoReview,
    Block,
    Category,
    Plugin,
    PluginImage,
    PluginVersion,
    Rating,
    Review,
    User,
)
from ...models.image import ICON, SCREENSHOT
from ...services import accounts, configuration, developers, ownership, plugins, ratings, reviews
from ...services.accounts.tokens import Actor
from ...services.autoreview import requests as auto_reviews
from ...services.catalog import categories
from ...services.developers import Profile
from ...services.plugins import downloads, images, texts, versions
from ...services.releases import active_rows
from ...services.releases.permissions import unknown
from ...services.releasing import blocks
from ...services.reviews import review_queue
from ...vocabulary import Role
from ..core.links import absolute, download_url
from .findings import summary

ENGINE: Final = "microdock"
_REASONS: Final = ("deprecation_reason", "recommended_reason")


def plugin_rows(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """The plugins of one page, from what listing.shown returns."""
    return [
        {
            **_common(
                row,
                None if row.category_name is None else _category(row.category_id, row.category_slug, row.category_name),
                None if row.owner_username is None else _developer(row.owner_id, row.owner_username, row.owner_name),
            ),
            "tags": row.tags,
            "icon": row.icon_id and image_url(row.id, row.icon_id),
            **_popularity(row, row.downloads or 0),
        }
        for row in rows
    ]


def plugin_detail(plugin: Plugin, viewer: Actor | None) -> dict[str, Any]:
    """Everything about one plugin that this viewer may see."""
    version = versions.current(plugin)
    shown = images.of(plugin)
    owner = developers.named([plugin.owner_id]).get(plugin.owner_id or "")
    category = categories.find(plugin.category_id)
    detail = _common(
        plugin,
        _category(category.id, category.address, category.name) | {"description": category.description}
        if category
        else None,
        _developer(owner.user.id, owner.user.username, owner.display_name) if owner else None,
    )
    if owner is not None:
        detail["developer"] |= {
            "email": owner.user.email if sees_private(owner.user.id, viewer) else None,
            "website": owner.developer.website if owner.developer else "",
        }
    return {
        **detail,
        **{name: getattr(plugin, name) for name in ("long_description", "author", *_REASONS)},
        "long_description_html": (html := texts.long_description_html(plugin, context().autocommit)),
        "long_description_in_page": prose.in_page(html, below=2),
        "metadata": metadata_of(plugin, version),
        "files": _files(plugin, shown),
        "stats": {**_popularity(plugin, downloads.total(plugin)), "size": version.file_size},
        "dependencies": version.dependencies,
        "engines": version.engines,
        "host_range": host_range(version.engines),
        "replacement_display_name": plugins.public_display_name(plugin.replacement),
        "sunset": plugin.sunset_at,
        "review": _own_review(plugin) if plugins.sees_hidden(plugin, viewer) else None,
        "revision": ownership.revision(plugin, shown),
        "suspension": _suspension(plugin) if plugins.sees_hidden(plugin, viewer) else None,
        "block": blocks.shown_with(plugin),
    }


def _suspension(plugin: Plugin) -> dict[str, Any] | None:
    found = plugins.suspension(plugin)
    return None if found is None else {"reason": found.details.get("reason", ""), "suspended_at": found.at}


def _files(plugin: Plugin, shown: Sequence[PluginImage]) -> dict[str, Any]:
    icon = next((image for image in shown if image.kind == ICON), None)
    return {
        "icon": icon and image_url(plugin.id, icon.id),
        "screenshots": [image_url(plugin.id, image.id) for image in shown if image.kind == SCREENSHOT],
        "download_url": url(f"/marketplace/plugins/{plugin.id}/download"),
    }


def _popularity(plugin: Plugin | Row[Any], downloads: int) -> dict[str, Any]:
    return {"downloads": downloads, "rating": rating_of(plugin), "reviews_count": plugin.rating_count}


def version_row(plugin: Plugin, row: PluginVersion, active: Mapping[str, int]) -> dict[str, Any]:
    """One version; `active` says about how many hosts use which, as far as the viewer may see it."""
    return {
        "version": row.version,
        "status": row.status,
        "changelog": row.changelog,
        "size": row.file_size,
        "file_hash": row.file_hash,
        "dependencies": row.dependencies,
        "engines": row.engines,
        "permissions": row.permissions,
        "unknown_permissions": unknown(row.permissions, settings().install_permissions),
        "replaces": row.replaces,
        "host_range": host_range(row.engines),
        "runtime": runtime(row.assembly_finding),
        "downloads": row.download_count,
        "is_deprecated": row.is_deprecated,
        "channel": row.channel,
        "available_at": row.offered_from,
        "rollout": row.rollout,
        "is_paused": row.is_paused,
        "is_held": row.is_held,
        "is_yanked": row.is_yanked,
        "yank_reason": row.yank_reason,
        "download_url": download_url(plugin.id, row.version),
        "created_at": row.created_at,
        "published_at": row.published_at,
        "active_estimate": active.get(row.version),
    }


def active_hosts(plugin: Plugin, viewer: Actor | None) -> Mapping[str, int]:
    """About how many hosts use each version: for the owner, reviewers and administrators. Empty for others."""
    return active_rows.by_version(plugin.name) if plugins.sees_hidden(plugin, viewer) else {}


def runtime(finding: dict[str, Any]) -> dict[str, Any] | None:
    """What the main assembly runs on: partly read at upload, completed by automatic review; null before."""
    found = finding.get("runtime") or finding
    if not found.get("architecture"):
        return None
    return {
        "architecture": found["architecture"],
        "is_mixed": found["is_mixed"],
        "target_framework": found["target_framework"] or None,
        "is_reference": found.get("is_reference"),
        "references": found.get("references"),
        "missing_references": found.get("missing_references"),
    }


def metadata_of(plugin: Plugin, version: PluginVersion) -> dict[str, Any]:
    """`metadata` as the document has it; the host's versions are the ends of the engine range, null where open.

    Whether an end is included is in host_range.
    """
    low, high = span_of(version.engines)
    return {
        "tags": plugin.tags,
        "homepage": plugin.homepage,
        "repository": plugin.repository,
        "license": plugin.license,
        "min_version": low,
        "max_version": high,
    }


def span_of(engines: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The lowest and the highest MicroDock version that a package names."""
    text = next((value for name, value in engines.items() if name.casefold() == ENGINE), "")
    try:
        return EngineRange.parse(text).span()
    except InvalidRange:
        return None, None


def host_range(engines: Mapping[str, str]) -> dict[str, Any] | None:
    """The MicroDock versions that a package supports; None where it names none."""
    text = next((value for name, value in engines.items() if name.casefold() == ENGINE), None)
    try:
        low, high = EngineRange.parse(text).ends() if text is not None else (None, None)
    except InvalidRange:
        low = high = None
    if text is None:
        return None
    return {"range": text, "min_version": low and asdict(low), "max_version": high and asdict(high)}


def category_row(row: Category, counts: dict[str, int]) -> dict[str, Any]:
    """One category."""
    names = ("id", "name", "description", "parent_id", "icon", "sort_order", "created_at", "updated_at")
    shown = {name: getattr(row, name) for name in names}
    return {**shown, "slug": row.address, "plugins_count": counts.get(row.id, 0), "revision": categories.revision(row)}


def account_row(row: User) -> dict[str, Any]:
    """One account, for administrators."""
    names = ("id", "username", "email", "role", "is_active", "created_at", "last_login_at")
    return {**{name: getattr(row, name) for name in names}, "revision": accounts.revision(row)}


def developer_row(profile: Profile, viewer: Actor | None) -> dict[str, Any]:
    """A developer; address and documents only for those who may see them."""
    user, developer = profile.user, profile.developer
    private = sees_private(user.id, viewer)
    status = developer.verification if developer else "pending"
    return {
        "id": user.id,
        "username": user.username,
        "display_name": profile.display_name,
        "email": user.email if private else None,
        "company": developer.company if developer else "",
        "website": developer.website if developer else "",
        "bio": developer.bio if developer else "",
        "verified": status == "verified",
        "verification_status": status,
        "verification_documents": (developer.verification_documents if developer else []) if private else None,
        "verification_notes": (developer.verification_notes if developer else "") if private else None,
        "created_at": profile.since,
        "revision": developers.revision(profile, private=private),
    }


_REVIEW_FIELDS: Final = (
    *("id", "status", "priority", "reasons", "file_hash", "submitted_at", "assigned_at", "assignment_notes"),
    *("started_at", "decided_at", "is_automatic", "notes", "checklist", "recommendations"),
)


def review_rows(rows: Sequence[Review]) -> list[dict[str, Any]]:
    """Entries of the queue."""
    found = plugins.named(row.plugin_name for row in rows)
    examined = auto_reviews.latest_of_each((row.plugin_name, row.version) for row in rows)
    owners = developers.named(plugin.owner_id for plugin in found.values())
    people = named_people(who for row in rows for who in (row.assigned_reviewer_id, row.decided_by))
    estimate = review_queue.estimated_minutes()
    days = configuration.current().review_settings.max_review_time
    now = utcnow()
    reports = review_queue.reports(rows)
    return [
        {
            **{name: getattr(row, name) for name in _REVIEW_FIELDS},
            "revision": reviews.revision(row),
            "reports": _reports(reports.get(row.id, [])),
            "plugin": reviewed(found[row.plugin_name], row.version, owners),
            "age": review_queue.age_minutes(row, now),
            "is_overdue": review_queue.is_overdue(row, days),
            "assigned_reviewer": people.get(row.assigned_reviewer_id or ""),
            "decided_by": people.get(row.decided_by or ""),
            "auto_review_result": _auto_summary(examined.get((row.plugin_name, row.version))),
            "estimated_time": estimate,
            "result": None if row.decided_at is None else row.status,
        }
        for row in rows
    ]


def _reports(entries: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """Reports without names: each reporter is a number, the same for all reports by one account."""
    first_first = dict.fromkeys(entry.actor_id for entry in reversed(entries))
    numbers = {actor_id: number for number, actor_id in enumerate(first_first, 1)}
    return [
        {"reporter": numbers[entry.actor_id], "reason": entry.details.get("reason", ""), "created_at": entry.at}
        for entry in entries
    ]


def reviewed(plugin: Plugin, version: str, owners: dict[str, Profile]) -> dict[str, Any]:
    """A plugin as reviews and appeals refer to it."""
    owner = owners.get(plugin.owner_id or "")
    return {
        "id": plugin.id,
        "plugin_name": plugin.name,
        "name": plugin.display_name,
        "version": version,
        "developer": owner.display_name if owner else None,
    }


def block_rows(rows: Sequence[Block], viewer: Actor) -> list[dict[str, Any]]:
    """Blocks, as administrators see them."""
    columns = ("created_by", "proposed_by", "approved_by", "revoked_by")
    people = named_people(getattr(row, column) for row in rows for column in columns)
    titles = plugins.display_names(row.plugin for row in rows)
    names = (*blocks.FIELDS, "id", "status", "created_at", "proposed_at", "approved_at", "revoked_at", "revoke_reason")
    return [
        {
            **{name: getattr(row, name) for name in names},
            **{column: people.get(getattr(row, column) or "") for column in columns},
            "plugin_display_name": titles.get(row.plugin),
            "may_approve": blocks.may_approve(row, viewer),
            "revision": blocks.revision(row),
        }
        for row in rows
    ]


def rating_row(row: Rating, people: dict[str, dict[str, str]]) -> dict[str, Any]:
    """One rating."""
    names = ("id", "rating", "title", "content", "pros", "cons", "version", "is_hidden", "created_at", "updated_at")
    return {
        **{name: getattr(row, name) for name in names},
        "user": people.get(row.user_id),
        "reply": None if row.reply is None else {"content": row.reply, "created_at": row.replied_at},
        "edited": row.edit_count > 0,
        "revision": ratings.revision(row),
    }


def named_people(ids: Iterable[str | None]) -> dict[str, dict[str, str]]:
    """`{id, username}` by id, of those users that exist."""
    found = accounts.usernames(user_id for user_id in ids if user_id)
    return {user_id: {"id": user_id, "username": name} for user_id, name in found.items()}


def sees_private(user_id: str, viewer: Actor | None) -> bool:
    """May the viewer see private fields? Developers themselves and administrators may."""
    return viewer is not None and (viewer.id == user_id or viewer.role == Role.ADMIN)


def rating_of(plugin: Plugin | Row[Any]) -> float | None:
    """The average of visible ratings; null without ratings."""
    return None if plugin.rating_average is None else round(plugin.rating_average, 2)


def url(path: str) -> str:
    """A URL on this surface, absolute where the server knows its own address."""
    return absolute(f"/api/v1{path}")


def _category(category_id: str, slug: str, name: str) -> dict[str, Any]:
    return {"id": category_id, "slug": slug, "name": name}


def _common(
    plugin: Plugin | Row[Any], category: dict[str, Any] | None, developer: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "id": plugin.id,
        "plugin_name": plugin.name,
        "name": plugin.display_name,
        "description": plugin.description,
        "version": plugin.current_version,
        "status": plugin.status,
        "category": category,
        "developer": developer,
        "is_enabled": plugin.is_enabled,
        "is_deprecated": plugin.is_deprecated,
        "deprecated_at": plugin.deprecated_at,
        "replacement": plugin.replacement,
        "recommended_version": plugin.recommended_version,
        "created_at": plugin.created_at,
        "updated_at": plugin.updated_at,
        "published_at": plugin.published_at,
    }


def _developer(user_id: str, username: str, display_name: str) -> dict[str, Any]:
    return {"id": user_id, "username": username, "display_name": display_name}


def image_url(plugin_id: str, image_id: str) -> str:
    """Where an image of a plugin is."""
    return url(f"/marketplace/plugins/{plugin_id}/images/{image_id}")


def _own_review(plugin: Plugin) -> dict[str, Any] | None:
    row = review_queue.latest_of(plugin)
    if row is None:
        return None
    place = review_queue.position(row)
    names = ("id", "version", "status", "submitted_at", "decided_at", "notes", "recommendations")
    return {
        **{name: getattr(row, name) for name in names},
        "position": place,
        "estimated_time": review_queue.estimated_minutes() if place is not None else None,
    }


def _auto_summary(found: AutoReview | None) -> dict[str, Any] | None:
    return None if found is None else summary(found)
