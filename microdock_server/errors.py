"""What the domain refuses, and why. No HTTP here: which status a kind becomes is the surfaces' business.

    DomainError
    ├── Malformed            the request cannot be understood at all
    │   ├── MalformedBody, WrongContentType, UnsupportedFileType, UnknownHost
    ├── RangeNotSatisfiable  the file is shorter than what was asked for; `size` in bytes
    ├── PreconditionFailed   the client asks for other bytes than there are now; `etag` names these
    ├── Invalid              a field is missing, of the wrong type or out of range
    ├── BadPackage           the uploaded archive breaks a rule
    ├── Unauthenticated      who are you?
    │   ├── InvalidToken (RevokedForGood), WrongCredentials
    ├── Forbidden            known, but not allowed
    │   ├── AdminRequired, WrongUploadSecret, WrongPluginKey, WrongPassword, PluginDisabled, NotTheOwner
    │   ├── NameReserved, AssignedToAnother, OwnPlugin, OwnSubmission, OwnDecision, ForeignOrigin
    ├── NotFound             missing, or not to be seen by this caller
    │   ├── PluginNotFound, VersionNotFound, BackupNotFound, InstallNotFound, UserNotFound, FileMissing
    │   ├── CategoryNotFound, ReviewNotFound, AutoReviewNotFound, RatingNotFound, AppealNotFound, DeveloperNotFound
    │   ├── JobNotFound
    ├── Conflict             true in itself, but not beside what is stored
    │   ├── VersionExists, VersionRetired, InstallExists, InstallUnavailable, UsernameTaken, UsernameLookalike
    │   ├── EmailTaken, BackupCountExceeded, BackupBytesExceeded, AccountBytesExceeded, AddressBytesExceeded
    │   ├── PluginExists, PluginOwned, CategoryExists, CategoryInUse, DeveloperExists, LastAdministrator
    │   ├── TransitionNotAllowed, ReviewDecided, ReviewOutdated, ReviewerBusy, NothingToSubmit, OverrideRefused
    │   ├── RatingExists, OwnRating, AppealExists, AppealDecided, NothingToAppeal, JobNotFailed
    ├── TooLarge
    │   └── FileTooLarge
    ├── TooMany              slow down; `retry_after` in seconds
    ├── ClientTooSlow        the body came too slowly to be waited for
    ├── Overloaded           all places for what was asked are taken; `retry_after` in seconds
    │   └── SocketsTaken
    ├── Busy                 the database stayed locked for longer than we wait
    └── StorageFailure       the disk or the bucket failed
        ├── StorageFull
        ├── StorageBytesExceeded   the server keeps as much as its settings let it
        └── StorageUnavailable   the bucket does not answer; it may soon

Every leaf has a `slug`: the machine-readable name of the refusal, and (behind `error.`) the key of its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .messages import Message


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that is wrong: in which field, in which archive entry, by which rule."""

    message: Message
    field: str | None = None
    entry: str | None = None
    rule: str | None = None


class DomainError(Exception):
    """Base of all refusals. `params` fill the text; `details` list what is wrong, all of it."""

    slug: ClassVar[str] = "internal_error"

    def __init__(self, *, details: Sequence[Detail] = (), **params: object) -> None:
        super().__init__(self.slug)
        self.details = tuple(details)
        self.params = params

    @property
    def message(self) -> Message:
        """The text for the user, not yet in any language."""
        return Message(f"error.{self.slug}", self.params)


class Malformed(DomainError):
    slug = "malformed_request"


class MalformedBody(Malformed):
    slug = "malformed_body"


class WrongContentType(Malformed):
    slug = "wrong_content_type"


class UnsupportedFileType(Malformed):
    slug = "unsupported_file_type"


class UnknownHost(Malformed):
    slug = "host_not_allowed"


class RangeNotSatisfiable(DomainError):
    slug = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(size=size)
        self.size = size


class PreconditionFailed(DomainError):
    slug = "precondition_failed"

    def __init__(self, etag: str) -> None:
        super().__init__()
        self.etag = etag


class Invalid(DomainError):
    slug = "validation_error"

    @classmethod
    def field(cls, name: str, key: str, /, **params: object) -> Invalid:
        """A refusal of one field."""
        return cls(details=[Detail(Message(key, params), field=name)])


class BadPackage(DomainError):
    """`details` hold every problem of the package; the message shows the first."""

    slug = "bad_package"

    def __init__(self, details: Sequence[Detail]) -> None:
        super().__init__(details=details)

    @property
    def message(self) -> Message:
        first = self.details[0]
        if first.field is not None or first.entry == "plugin.json":
            return Message("error.bad_manifest", {"problem": first.message})
        key = "error.bad_package" if len(self.details) == 1 else "error.bad_package_many"
        return Message(key, {"problem": first.message, "count": len(self.details)})


class Unauthenticated(DomainError):
    slug = "unauthenticated"


class InvalidToken(Unauthenticated):
    slug = "invalid_token"


class RevokedForGood(InvalidToken):
    """It was valid once; nothing can make it so again."""


class WrongCredentials(Unauthenticated):
    slug = "wrong_credentials"


class Forbidden(DomainError):
    slug = "forbidden"


class ForeignOrigin(Forbidden):
    """A browser page of another site sends a request that would change something. Says what to set about it."""

    @property
    def message(self) -> Message:
        return Message("error.origin_not_allowed")


class AdminRequired(Forbidden):
    slug = "admin_required"


class WrongUploadSecret(Forbidden):
    slug = "wrong_upload_secret"


class WrongPluginKey(Forbidden):
    slug = "wrong_plugin_key"


class NameReserved(Forbidden):
    slug = "name_reserved"


class WrongPassword(Forbidden):
    slug = "wrong_password"


class PluginDisabled(Forbidden):
    slug = "plugin_disabled"


class NotTheOwner(Forbidden):
    slug = "not_the_owner"


class AssignedToAnother(Forbidden):
    slug = "assigned_to_another"


class OwnPlugin(Forbidden):
    slug = "own_plugin"


class OwnSubmission(Forbidden):
    slug = "own_submission"


class OwnDecision(Forbidden):
    slug = "own_decision"


class NotFound(DomainError):
    slug = "not_found"


class PluginNotFound(NotFound):
    slug = "plugin_not_found"


class VersionNotFound(NotFound):
    slug = "version_not_found"


class BackupNotFound(NotFound):
    slug = "backup_not_found"


class InstallNotFound(NotFound):
    slug = "install_not_found"


class UserNotFound(NotFound):
    slug = "user_not_found"


class FileMissing(NotFound):
    slug = "file_missing"


class CategoryNotFound(NotFound):
    slug = "category_not_found"


class ReviewNotFound(NotFound):
    slug = "review_not_found"


class AutoReviewNotFound(NotFound):
    slug = "auto_review_not_found"


class RatingNotFound(NotFound):
    slug = "rating_not_found"


class AppealNotFound(NotFound):
    slug = "appeal_not_found"


class DeveloperNotFound(NotFound):
    slug = "developer_not_found"


class JobNotFound(NotFound):
    slug = "job_not_found"


class Conflict(DomainError):
    slug = "conflict"


class VersionExists(Conflict):
    slug = "version_exists"


class VersionRetired(Conflict):
    slug = "version_retired"


class InstallExists(Conflict):
    slug = "install_exists"


class InstallUnavailable(Conflict):
    slug = "install_unavailable"


class UsernameTaken(Conflict):
    slug = "username_taken"


class UsernameLookalike(Conflict):
    slug = "username_lookalike"


class EmailTaken(Conflict):
    slug = "email_taken"


class BackupCountExceeded(Conflict):
    slug = "backup_quota_count"


class BackupBytesExceeded(Conflict):
    slug = "backup_quota_bytes"


class AccountBytesExceeded(Conflict):
    slug = "account_quota"


class AddressBytesExceeded(Conflict):
    slug = "address_quota"


class PluginExists(Conflict):
    slug = "plugin_exists"


class PluginOwned(Conflict):
    slug = "plugin_owned"


class CategoryExists(Conflict):
    slug = "category_exists"


class CategoryInUse(Conflict):
    slug = "category_in_use"


class DeveloperExists(Conflict):
    slug = "developer_exists"


class LastAdministrator(Conflict):
    slug = "last_administrator"


class TransitionNotAllowed(Conflict):
    slug = "transition_not_allowed"


class ReviewDecided(Conflict):
    slug = "review_decided"


class ReviewOutdated(Conflict):
    slug = "review_outdated"


class ReviewerBusy(Conflict):
    slug = "reviewer_busy"


class OverrideRefused(Conflict):
    slug = "override_refused"


class NothingToSubmit(Conflict):
    slug = "nothing_to_submit"


class RatingExists(Conflict):
    slug = "rating_exists"


class OwnRating(Conflict):
    slug = "own_rating"


class AppealExists(Conflict):
    slug = "appeal_exists"


class AppealDecided(Conflict):
    slug = "appeal_decided"


class NothingToAppeal(Conflict):
    slug = "nothing_to_appeal"


class JobNotFailed(Conflict):
    slug = "job_not_failed"


class TooLarge(DomainError):
    slug = "too_large"


class FileTooLarge(TooLarge):
    slug = "file_too_large"


class TooMany(DomainError):
    """`retry_after`: whole seconds until another try makes sense."""

    slug = "too_many_requests"

    def __init__(self, retry_after: int, headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self.retry_after = retry_after
        self.headers = headers or {}


class ClientTooSlow(DomainError):
    slug = "request_timeout"


class Overloaded(DomainError):
    """`retry_after`: whole seconds until another try makes sense."""

    slug = "busy"
    retry_after = 5

    def __init__(self, retry_after: int | None = None) -> None:
        super().__init__()
        self.retry_after = retry_after or self.retry_after


class SocketsTaken(Overloaded):
    slug = "too_many_sockets"
    retry_after = 10


class Busy(DomainError):
    slug = "database_busy"


class StorageFailure(DomainError):
    slug = "storage_failure"


class StorageFull(StorageFailure):
    slug = "storage_full"


class StorageBytesExceeded(StorageFailure):
    slug = "storage_quota"


class StorageUnavailable(StorageFailure):
    slug = "storage_unavailable"
