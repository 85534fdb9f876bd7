"""Every named error, below its kind."""

from __future__ import annotations

from ..messages import Message
from .kinds import (
    Conflict,
    Detail,
    Forbidden,
    Malformed,
    NotFound,
    PreconditionFailed,
    ServerBusy,
    StorageFailure,
    TooLarge,
    Unauthenticated,
)


class MalformedBody(Malformed):
    slug = "malformed_body"


class WrongContentType(Malformed):
    slug = "wrong_content_type"


class UnsupportedFileType(Malformed):
    slug = "unsupported_file_type"


class UnknownHost(Malformed):
    slug = "host_not_allowed"


class MalformedIfMatch(Malformed):
    slug = "malformed_if_match"


class InvalidToken(Unauthenticated):
    slug = "invalid_token"


class RevokedForGood(InvalidToken):
    """The token was valid once and never will be again."""


class WrongCredentials(Unauthenticated):
    slug = "wrong_credentials"


class ForeignOrigin(Forbidden):
    """A page of another site sent a request that would change something. The message says which setting allows it."""

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


class OwnPassword(Forbidden):
    slug = "own_password"


class OwnRating(Forbidden):
    slug = "own_rating"


class OwnSubmission(Forbidden):
    slug = "own_submission"


class OwnDecision(Forbidden):
    slug = "own_decision"


class OwnBlock(Forbidden):
    slug = "own_block"


class NotYourReply(Forbidden):
    slug = "not_your_reply"


class VersionBlocked(Forbidden):
    """A block in force matches the version; `reason` says why."""

    slug = "version_blocked"


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


class ChangedFileNotFound(NotFound):
    slug = "changed_file_not_found"


class AutoReviewNotFound(NotFound):
    slug = "auto_review_not_found"


class RatingNotFound(NotFound):
    slug = "rating_not_found"


class AppealNotFound(NotFound):
    slug = "appeal_not_found"


class DeveloperNotFound(NotFound):
    slug = "developer_not_found"


class ReplacementNotFound(NotFound):
    slug = "replacement_not_found"


class JobNotFound(NotFound):
    slug = "job_not_found"


class BlockNotFound(NotFound):
    slug = "block_not_found"


class ReplyNotFound(NotFound):
    slug = "reply_not_found"


class VersionExists(Conflict):
    slug = "version_exists"


class VersionYanked(Conflict):
    """Only yanked versions are left; an exact version is still sent."""

    slug = "yanked"


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


class TooManyReplies(Conflict):
    slug = "too_many_replies"


class OverrideRefused(Conflict):
    slug = "override_refused"


class NothingToSubmit(Conflict):
    slug = "nothing_to_submit"


class RatingExists(Conflict):
    slug = "rating_exists"


class AppealExists(Conflict):
    slug = "appeal_exists"


class AppealDecided(Conflict):
    slug = "appeal_decided"


class NothingToAppeal(Conflict):
    slug = "nothing_to_appeal"


class VersionNotPublished(Conflict):
    slug = "version_not_published"


class NotRecommendable(Conflict):
    slug = "not_recommendable"


class RolloutOnlyGrows(Conflict):
    slug = "rollout_only_grows"


class ReleaseComplete(Conflict):
    slug = "release_complete"


class AlwaysPreview(Conflict):
    slug = "always_preview"


class ReplacesItself(Conflict):
    slug = "replaces_itself"


class JobNotFailed(Conflict):
    slug = "job_not_failed"


class UnknownPlugin(Conflict):
    slug = "unknown_plugin"


class Unresolvable(Conflict):
    """No versions fit each other; the parameter `problem` says why, and `details` hold the needs in conflict."""

    slug = "unresolvable"


class TooComplex(Conflict):
    slug = "too_complex"


class ChangedMeanwhile(PreconditionFailed):
    """Somebody else changed what `If-Match` names; the detail's `entry` is the current revision."""

    slug = "changed_meanwhile"

    def __init__(self, revision: str) -> None:
        super().__init__(f'"{revision}"')
        message = Message("field.revision", {"revision": revision})
        self.details = (Detail(message, field="If-Match", entry=revision, rule="current_revision"),)


class FileTooLarge(TooLarge):
    slug = "file_too_large"


class SocketsTaken(ServerBusy):
    slug = "too_many_sockets"
    retry_after = 10


class StorageFull(StorageFailure):
    slug = "storage_full"


class StorageBytesExceeded(StorageFailure):
    slug = "storage_quota"


class StorageUnavailable(StorageFailure):
    slug = "storage_unavailable"
    retry_after = 10
