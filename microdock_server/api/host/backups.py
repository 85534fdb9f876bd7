"""Backups on the host surface. They belong to whoever has the user key; no account is needed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from flask import Response, request

from ... import errors
from ...context import context, settings
from ...database.unit_of_work import unit_of_work
from ...errors import Detail, Invalid, UnsupportedFileType
from ...messages import Message
from ...observability import metrics
from ...schemas.base import Paging
from ...services import backups
from ...services.accounts.tokens import Actor
from ...services.backups import NewBackup, Quota
from ...services.files import place_of
from ..core import auth, login_throttle, packages, parsing
from ..core.files import FileFacts, answers_alike, attachment
from ..core.forms import FILE, Form, Slot, receive
from ..core.surface import Access
from . import host, schemas

ADMIN = "system.backups"
MEDIA_TYPE = "application/octet-stream"
MIB = 1 << 20


@host.operation(
    "POST",
    "/backups/upload",
    form=schemas.BackupUpload,
    answer=schemas.Backup,
    message="backups.uploaded",
    transaction="own",
    errors=(
        errors.UnsupportedFileType,
        errors.BackupCountExceeded,
        errors.BackupBytesExceeded,
    ),
)
def upload() -> Any:
    """Store a backup byte for byte. It is never opened."""
    packages.ensure_room()
    slots = {FILE: Slot(settings().max_upload_size)}
    with receive(settings().temp_dir, slots, _ensure_room, may_be_called_json=True) as form:
        fields = parsing.load(schemas.BackupUpload(), form.values())
        _ensure_name(form)
        new = NewBackup(
            user_key=fields["user_key"],
            backup_type=fields["backup_type"],
            plugin_name=fields["plugin_name"],
            file_name=form.file().name,
            description=fields["description"],
        )
        backup = backups.keep(new, form.file().content.received(), _quota(), context().storage, packages.room())
        metrics.received("backup", backup.file_size)
        return backup


@host.operation(
    "POST",
    "/backups/list",
    body=schemas.OwnBackups,
    answer=schemas.BackupList,
    message="backups.listed",
    transaction="own",
)
def listed(body: dict[str, Any]) -> dict[str, Any]:
    """The backups of one user key, newest first: hosts restore the first. An unknown key has none."""
    with unit_of_work(writing=False):
        total, page = backups.page(body["user_key"], body["page"], body["limit"])
    if not total:
        login_throttle.unknown("user_key", body["user_key"], request.remote_addr or "")
    return {"total": total, "backups": page}


@host.operation(
    "GET",
    "/backups/list-all",
    access=ADMIN,
    query=Paging,
    answer=schemas.BackupList,
    message="backups.listed",
)
def list_all(actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """Everybody's backups, newest first."""
    total, page = backups.page(None, query["page"], query["limit"])
    return {"total": total, "backups": page}


@host.operation(
    "POST",
    "/backups/search",
    access=ADMIN,
    body=schemas.BackupSearch,
    answer=schemas.BackupList,
    message="backups.listed",
)
def search(actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Everybody's backups whose user key contains a text, newest first. A part of a key is asked for in the body, as
    the key is: it stands in no address and no log.
    """
    total, page = backups.found(body["key_part"], body["page"], body["limit"])
    return {"total": total, "backups": page}


@host.operation(
    "POST",
    "/backups/totals",
    access=ADMIN,
    body=schemas.BackupSearch,
    answer=schemas.BackupTotals,
    message="backups.totalled",
)
def totals(actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """What is kept under each user key, the key with the newest backup first, and what each may keep."""
    total, count, used, keys = backups.totals(body["key_part"], body["page"], body["limit"])
    return {"total": total, "count": count, "bytes": used, "quota": _quota(), "keys": keys}


@host.operation(
    "POST",
    "/backups/download",
    body=schemas.BackupRef,
    file_type=MEDIA_TYPE,
    transaction="own",
    errors=(
        errors.BackupNotFound,
        errors.FileMissing,
    ),
)
def download(body: dict[str, Any]) -> Response:
    """One backup's file."""
    with _proving(), unit_of_work(writing=False):
        backup = backups.get(body["user_key"], body["id"])
    name = backups.download_name(backup, settings().allowed_extensions)
    outgoing = context().storage.outgoing(*place_of(backup), file_name=name, media_type=MEDIA_TYPE, suits=answers_alike)
    return attachment(outgoing, FileFacts(backup.file_size, backup.file_hash, name, MEDIA_TYPE))


@host.operation(
    "POST",
    "/backups/delete",
    access=Access.OPTIONAL,
    body=schemas.BackupRef,
    message="backups.deleted",
    transaction="own",
    errors=(
        errors.Unauthenticated,
        errors.InvalidToken,
        errors.AdminRequired,
        errors.BackupNotFound,
    ),
)
def delete(body: dict[str, Any], actor: Actor | None = None) -> None:
    """Delete a backup. Administrators may; the owner may too, if the server allows it."""
    if not settings().backups_owner_can_delete:
        actor = actor or auth.actor()
        auth.ensure_permitted(actor, ADMIN)
    with _proving(), unit_of_work():
        backups.delete(body["user_key"], body["id"], actor, context().storage)


def _proving() -> AbstractContextManager[None]:
    """The throttle for a user key that is shown with a backup's id. A guess may name any backup, so only the address
    is slowed down.
    """
    return login_throttle.proving("user_key", "", request.remote_addr or "")


def _quota() -> Quota:
    return Quota(settings().backup_max_count, settings().backup_max_bytes)


def _ensure_room(fields: Mapping[str, str]) -> None:
    """Check the body's announced length against the user key's quota before a byte is stored."""
    if request.content_length is None or "user_key" not in fields:
        return
    try:
        known = parsing.load(schemas.BackupUpload(only=["user_key"]), {"user_key": fields["user_key"]})
    except Invalid:
        # Left to the schema, which reports everything that is wrong once the form is complete.
        return
    with unit_of_work(writing=False):
        backups.ensure_room(known["user_key"], max(0, request.content_length - MIB), _quota())


def _ensure_name(form: Form) -> None:
    name = form.file().name
    if len(name) > 255:
        raise Invalid(details=[Detail(Message("field.characters"), field="file")])
    if not name.lower().endswith(settings().allowed_extensions):
        raise UnsupportedFileType(allowed=", ".join(settings().allowed_extensions))
