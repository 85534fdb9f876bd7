"""The configuration that administrators change while the server runs: in the database, so it applies in every worker
at once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from ..database.session import db
from ..errors import Invalid, NameReserved
from ..models import AuditEntry, Setting, User
from . import audit, revisions
from .audit import Who
from .revisions import WHATEVER, Expected

KEY: Final = "system.config"
PREFIXES_KEY: Final = "system.reserved_prefixes"
HOST_KEY: Final = "system.review_host"
RELEASE_KEY: Final = "system.release_settings"
ACTION: Final = "system.config_changed"


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """How submissions are reviewed. Without manual review, what passes automatic review is published at once."""

    auto_review_enabled: bool = True
    manual_review_required: bool = True
    # Automatic approval needs at least this score, and no finding of high severity.
    auto_approve_threshold: int = 90
    # Uploads by plugin key wait for review as well.
    review_key_uploads: bool = False
    # In days: older reviews count as overdue.
    max_review_time: int = 5
    # How many started or assigned reviews one reviewer may have.
    max_open_reviews: int = 10
    # The interface that an entry class must implement, and the assembly that defines it; empty: not checked.
    host_interface: str = "MicroDock.Plugin.IMicroDockPlugin"
    host_interface_assembly: str = "MicroDock.Plugin"
    # Assemblies that the host provides, each including all names below it.
    host_assemblies: tuple[str, ...] = (
        "MicroDock", "Avalonia", "FluentAvalonia", "DesktopNotifications", "DynamicData", "HarfBuzzSharp",
        "H.NotifyIcon", "Newtonsoft.Json", "ReactiveUI", "Serilog", "SkiaSharp", "Splat", "SQLite-net",
        "SQLiteNetExtensions", "SQLitePCLRaw", "System.Reactive",
    )  # fmt: skip
    # The hosts' frameworks and architectures: `net8.0`, `x64`. Empty: not checked.
    host_frameworks: tuple[str, ...] = ()
    host_architectures: tuple[str, ...] = ()

    @property
    def host(self) -> dict[str, Any]:
        """What the rules know about hosts."""
        return {
            "interface": self.host_interface,
            "interface_assembly": self.host_interface_assembly,
            "assemblies": list(self.host_assemblies),
            "frameworks": list(self.host_frameworks),
            "architectures": list(self.host_architectures),
        }


@dataclass(frozen=True, slots=True)
class UploadSettings:
    """Limits on uploads. `max_file_size` in bytes; the server's MAX_UPLOAD_SIZE applies as well."""

    max_file_size: int = 104_857_600
    allowed_extensions: tuple[str, ...] = (".zip",)
    virus_scan_enabled: bool = True


@dataclass(frozen=True, slots=True)
class ReleaseSettings:
    """What is asked of published versions before hosts are offered them, and of blocks."""

    # Between publication and being offered. Of versions that are published from now on.
    cooldown_hours: int = 0
    # A severe finding keeps a version from being offered until a reviewer releases it.
    gate_on_findings: bool = False
    # A block that removes plugins takes a second person.
    blocks_need_two: bool = True
    # Off: prereleases of published plugins need no manual review.
    preview_needs_review: bool = True


@dataclass(frozen=True, slots=True)
class ReservedPrefix:
    """A prefix of whole name segments, and the accounts that may create names below it."""

    prefix: str
    owner_ids: tuple[str, ...] = ()

    def covers(self, name: str) -> bool:
        """Is it the prefix itself, or a name below it? Ignoring case; `com.microdock` does not cover
        `com.microdockx`.
        """
        return f"{name.lower()}.".startswith(f"{self.prefix.lower()}.")


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration."""

    review_settings: ReviewSettings = field(default_factory=ReviewSettings)
    upload_settings: UploadSettings = field(default_factory=UploadSettings)
    release_settings: ReleaseSettings = field(default_factory=ReleaseSettings)
    reserved_prefixes: tuple[ReservedPrefix, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Sections of values, and the reserved prefixes, in the form stored and shown."""
        return json.loads(json.dumps(asdict(self)))  # type: ignore[no-any-return]


# Built once: building a query costs as much as running it.
_STORED: Final = select(Setting.key, Setting.value).where(Setting.key.in_((KEY, PREFIXES_KEY, HOST_KEY, RELEASE_KEY)))


def current() -> Config:
    """The current configuration."""
    stored = {key: json.loads(value) for key, value in db.session.execute(_STORED)}
    sections = stored.get(KEY, {})
    review = {**sections.get("review_settings", {}), **stored.get(HOST_KEY, {})}
    apart = {"release_settings": stored.get(RELEASE_KEY, {}), "reserved_prefixes": stored.get(PREFIXES_KEY, [])}
    return _merged(Config(), {**sections, "review_settings": review, **apart})


def ensure_unreserved(name: str, by_id: str | None) -> None:
    """Raise NameReserved for a new plugin name below a prefix reserved for others; an upload key counts as nobody."""
    for reserved in current().reserved_prefixes:
        if reserved.covers(name) and by_id not in reserved.owner_ids:
            raise NameReserved(prefix=reserved.prefix)


def effective_upload_limit(config: Config, server_limit: int) -> int:
    """The largest package in bytes: the lower of the administrator's limit and the settings' limit."""
    return min(config.upload_settings.max_file_size, server_limit)


def revision(config: Config) -> str:
    """The revision of the configuration."""
    return revisions.of("configuration", config.as_json())


def change(by: Who, sections: dict[str, Any], expected: Expected = WHATEVER) -> Config:
    """Change some values; the audit log records who changed what, with the old values.

    Raises Invalid for invalid values, ChangedMeanwhile if the configuration is not the expected one.
    """
    before = current()
    expected.ensure(revision(before))
    _ensure_zip_only(sections)
    _ensure_owners(sections.get("reserved_prefixes", []))
    after = _merged(before, sections)
    old, new = _flat(before), _flat(after)
    changes = {name: {"from": old[name], "to": value} for name, value in new.items() if old[name] != value}
    if changes:
        stored = after.as_json()
        # Stored apart from the sections: versions before these settings rewrite the sections, would drop unknown values
        # in them, and cannot read them.
        db.session.merge(Setting(key=PREFIXES_KEY, value=json.dumps(stored.pop("reserved_prefixes"))))
        db.session.merge(Setting(key=RELEASE_KEY, value=json.dumps(stored.pop("release_settings"))))
        review = stored["review_settings"]
        host = {name: review.pop(name) for name in list(review) if name.startswith("host_")}
        db.session.merge(Setting(key=HOST_KEY, value=json.dumps(host)))
        db.session.merge(Setting(key=KEY, value=json.dumps(stored)))
        audit.record(by, ACTION, "system", "config", changes=changes)
    return after


def _flat(config: Config) -> dict[str, Any]:
    """Every value by its name, prefixed with its section."""
    found = config.as_json()
    prefixes = {"reserved_prefixes": found.pop("reserved_prefixes")}
    return {
        f"{section}.{name}": value for section, values in found.items() for name, value in values.items()
    } | prefixes


def last_change() -> tuple[str, datetime] | None:
    """Who last changed the configuration, and when."""
    query = select(AuditEntry.actor_name, AuditEntry.at).where(AuditEntry.action == ACTION)
    row = db.session.execute(query.order_by(AuditEntry.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row.actor_name, row.at)


def _merged(config: Config, sections: dict[str, Any]) -> Config:
    review = replace(config.review_settings, **_frozen(ReviewSettings, sections.get("review_settings", {})))
    upload = replace(config.upload_settings, **_frozen(UploadSettings, sections.get("upload_settings", {})))
    release = replace(config.release_settings, **_frozen(ReleaseSettings, sections.get("release_settings", {})))
    prefixes = config.reserved_prefixes
    if "reserved_prefixes" in sections:
        prefixes = tuple(
            ReservedPrefix(item["prefix"], tuple(dict.fromkeys(item["owner_ids"])))
            for item in sections["reserved_prefixes"]
        )
    return Config(review, upload, release, prefixes)


def _frozen(section: type[ReviewSettings | UploadSettings | ReleaseSettings], values: dict[str, Any]) -> dict[str, Any]:
    """A section's values, with lists as tuples. Unknown values, stored by a newer version, are left out."""
    known = {item.name for item in fields(section)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in known}


def _ensure_owners(prefixes: Sequence[dict[str, Any]]) -> None:
    wanted = {owner_id for item in prefixes for owner_id in item["owner_ids"]}
    known = set(db.session.scalars(select(User.id).where(User.id.in_(wanted)))) if wanted else set()
    for place, item in enumerate(prefixes):
        if not known.issuperset(item["owner_ids"]):
            raise Invalid.field(f"reserved_prefixes.{place}.owner_ids", "field.user")


def _ensure_zip_only(sections: dict[str, Any]) -> None:
    asked = sections.get("upload_settings", {}).get("allowed_extensions")
    if asked is not None and list(asked) != [".zip"]:
        raise Invalid.field("upload_settings.allowed_extensions", "field.only_zip")
