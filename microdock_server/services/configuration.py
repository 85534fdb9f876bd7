"""What administrators configure while the server runs: in the database, so that it holds in every worker at once."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from ..errors import Invalid
from ..extensions import db
from ..models import AuditEntry, Setting
from . import audit
from .audit import Who

KEY: Final = "system.config"
ACTION: Final = "system.config_changed"


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """How submissions are reviewed. Without manual review, what passes the automatic one is published at once."""

    auto_review_enabled: bool = True
    manual_review_required: bool = True
    # An automatic approval needs this score, and no finding of high severity.
    auto_approve_threshold: int = 90
    # Uploads by plugin key wait for review as well.
    review_key_uploads: bool = False
    # In days: what is older counts as overdue.
    max_review_time: int = 5
    # How many started or assigned reviews one reviewer may have.
    max_open_reviews: int = 10


@dataclass(frozen=True, slots=True)
class UploadSettings:
    """What may be uploaded. `max_file_size` in bytes; the server's MAX_UPLOAD_SIZE holds beside it."""

    max_file_size: int = 104_857_600
    allowed_extensions: tuple[str, ...] = (".zip",)
    virus_scan_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration."""

    review_settings: ReviewSettings = field(default_factory=ReviewSettings)
    upload_settings: UploadSettings = field(default_factory=UploadSettings)

    def as_json(self) -> dict[str, dict[str, Any]]:
        """Sections of values, as they are stored and shown."""
        return {section: {**values} for section, values in asdict(self).items()}


def current() -> Config:
    """The configuration now."""
    row = db.session.get(Setting, KEY)
    stored: dict[str, dict[str, Any]] = json.loads(row.value) if row else {}
    return _merged(Config(), stored)


def effective_upload_limit(config: Config, server_limit: int) -> int:
    """Bytes that one package may have: the lower of what the administrator and the server's settings allow."""
    return min(config.upload_settings.max_file_size, server_limit)


def change(by: Who, sections: dict[str, dict[str, Any]]) -> Config:
    """Change some values; who changed what, from what, is in the audit log. Raises Invalid for what cannot be."""
    before = current()
    _ensure_zip_only(sections)
    after = _merged(before, sections)
    changes = {
        f"{section}.{name}": {"from": old, "to": value}
        for section, values in after.as_json().items()
        for name, value in values.items()
        if (old := before.as_json()[section][name]) != value
    }
    if changes:
        db.session.merge(Setting(key=KEY, value=json.dumps(after.as_json())))
        audit.record(by, ACTION, "system", "config", changes=json.loads(json.dumps(changes)))
    return after


def last_change() -> tuple[str, datetime] | None:
    """Who changed the configuration last, and when."""
    query = select(AuditEntry.actor_name, AuditEntry.at).where(AuditEntry.action == ACTION)
    row = db.session.execute(query.order_by(AuditEntry.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row.actor_name, row.at)


def _merged(config: Config, sections: dict[str, dict[str, Any]]) -> Config:
    review = replace(config.review_settings, **sections.get("review_settings", {}))
    values = dict(sections.get("upload_settings", {}))
    if "allowed_extensions" in values:
        values["allowed_extensions"] = tuple(values["allowed_extensions"])
    return Config(review, replace(config.upload_settings, **values))


def _ensure_zip_only(sections: dict[str, dict[str, Any]]) -> None:
    asked = sections.get("upload_settings", {}).get("allowed_extensions")
    if asked is not None and list(asked) != [".zip"]:
        raise Invalid.field("upload_settings.allowed_extensions", "field.only_zip")
