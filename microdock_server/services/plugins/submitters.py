"""Who submitted a version, and therefore may not decide on it. This rule stands here only.

The submitter of a version never decides on it, whichever way it was sent: with their account, with an upload key that
they made, to a plugin of theirs or of somebody else's. If nobody else could decide, an override with a reason allows
it, and the audit log records that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, select

from ...database.session import db
from ...errors import Detail, DomainError, OverrideRefused, OwnPlugin, OwnSubmission
from ...messages import Message
from ...models import Plugin, PluginVersion, Review, User
from ...vocabulary import Reason, Role, permits
from .. import audit
from ..accounts.tokens import Actor
from ..audit import Operator, Who

UPLOADED: Final = "version.uploaded"
_KEY_HOLDER: Final = Operator("(upload key)")
_FINGERPRINT: Final = 16


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a version, or acts on one: an account, or a client with the upload key, which may be logged in too."""

    account: Actor | None
    is_by_key: bool = False

    @property
    def account_id(self) -> str | None:
        return None if self.account is None else self.account.id

    @property
    def who(self) -> Who:
        """Who acts, for the audit log."""
        return self.account or _KEY_HOLDER

    def key_of(self, plugin: Plugin) -> dict[str, Any]:
        """Details for the audit log of an act by the plugin's key: its fingerprint and who made it."""
        if not self.is_by_key:
            return {}
        return {"key": fingerprint(plugin.upload_key_hash), "key_made_by": plugin.upload_key_by}

    def sign(self, plugin: Plugin, version: PluginVersion) -> None:
        """Record on a new version who sent it."""
        version.submitted_by = self.account_id
        if self.is_by_key:
            version.submitted_key = fingerprint(plugin.upload_key_hash)
            version.submitted_key_by = plugin.upload_key_by

    def record(self, plugin: Plugin, version: PluginVersion) -> None:
        """Record an upload in the audit log, with the account or the key's fingerprint; never the key itself."""
        key = {"key": version.submitted_key, "key_made_by": version.submitted_key_by} if self.is_by_key else {}
        audit.record(
            self.who,
            UPLOADED,
            "plugin",
            plugin.name,
            version=version.version,
            file_hash=version.file_hash,
            way="key" if self.is_by_key else "account",
            owner_id=plugin.owner_id,
            status=version.status,
            **key,
        )


def fingerprint(key_hash: str) -> str:
    """A name for an upload key, unique per key. Made from its salted hash, so that it does not help to guess the
    key.
    """
    return hashlib.sha256(b"upload key\0" + key_hash.encode()).hexdigest()[:_FINGERPRINT]


# Built once: building a query costs as much as running it.
_QUEUED: Final = select(Review.submitted_by, Review.reasons).where(
    Review.plugin_name == bindparam("name"), Review.version == bindparam("number")
)


def of(plugin: Plugin, version: PluginVersion) -> set[str]:
    """The accounts that submitted the version, the owner among them."""
    queued = db.session.execute(_QUEUED, {"name": version.plugin_name, "number": version.version})
    # Reporting a published version does not make a submitter.
    sent = [submitter for submitter, reasons in queued if Reason.REPORTED.value not in reasons]
    return _known([plugin.owner_id, version.submitted_by, version.submitted_key_by, *sent])


def refusal(plugin: Plugin, account_id: str) -> DomainError:
    """The error for a submitter who may not decide."""
    return OwnPlugin() if plugin.owner_id == account_id else OwnSubmission()


def ensure_may_decide(
    barred: Iterable[str | None],
    by: Actor,
    problem: DomainError,
    *,
    override: bool,
    permission: str = "review.update",
) -> bool:
    """Check that `by` is not in `barred`. False if so; True for a barred one who overrides because nobody else could
    decide.

    Raises `problem` for a barred one, whose details say if an override is possible; OverrideRefused for an override
    while somebody else with `permission` could decide.
    """
    barred = _known(barred)
    if by.id not in barred:
        return False
    alone = not is_anybody_else(barred, permission)
    if override and not alone:
        raise OverrideRefused()
    if not override:
        raise _explained(problem) if alone else problem
    return True


def hindrance(
    barred: Iterable[str | None], by: Actor, problem: DomainError, *, permission: str = "review.update"
) -> DomainError | None:
    """The error that `ensure_may_decide` would raise without an override; None if they may decide."""
    try:
        ensure_may_decide(barred, by, problem, override=False, permission=permission)
    except DomainError as refused:
        return refused
    return None


def is_anybody_else(barred: Iterable[str | None], permission: str = "review.update") -> bool:
    """Does any active account hold `permission` without being `barred`?"""
    roles = [role for role in Role if permits(role, permission)]
    query = select(User.id).where(User.is_active, User.role.in_(roles), User.id.not_in(_known(barred)))
    return db.session.scalar(query.limit(1)) is not None


def overridden(reason: str | None, is_used: bool) -> dict[str, Any]:
    """Details for the audit log of a decision by override: the reason."""
    return {"override": True, "override_reason": reason} if is_used else {}


def _explained(problem: DomainError) -> DomainError:
    problem.details = (Detail(Message("field.override"), field="override", rule="override_possible"),)
    return problem


def _known(ids: Iterable[str | None]) -> set[str]:
    return {found for found in ids if found is not None}
