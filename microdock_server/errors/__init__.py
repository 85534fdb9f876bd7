"""What the domain refuses, and why. No HTTP here: which status a kind becomes is the surfaces' business.

    DomainError
    ├── Malformed            the request cannot be understood at all
    │   ├── MalformedBody, WrongContentType, UnsupportedFileType, UnknownHost, MalformedIfMatch
    ├── RangeNotSatisfiable  the file is shorter than what was asked for; `size` in bytes
    ├── PreconditionFailed   the client asks for another state than there is now; `etag` names this one
    │   └── ChangedMeanwhile
    ├── Invalid              a field is missing, of the wrong type or out of range
    ├── BadPackage           the uploaded archive breaks a rule
    ├── Unauthenticated      who are you?
    │   ├── InvalidToken (RevokedForGood), WrongCredentials
    ├── Forbidden            known, but not allowed
    │   ├── AdminRequired, WrongUploadSecret, WrongPluginKey, WrongPassword, PluginDisabled, NotTheOwner
    │   ├── NameReserved, AssignedToAnother, OwnPlugin, OwnPassword, OwnRating, OwnSubmission, OwnDecision
    │   ├── OwnBlock, NotYourReply, VersionBlocked, ForeignOrigin
    ├── NotFound             missing, or not to be seen by this caller
    │   ├── PluginNotFound, VersionNotFound, BackupNotFound, InstallNotFound, UserNotFound, FileMissing
    │   ├── CategoryNotFound, ReviewNotFound, AutoReviewNotFound, RatingNotFound, AppealNotFound, DeveloperNotFound
    │   ├── JobNotFound, BlockNotFound, ReplacementNotFound, ChangedFileNotFound, ReplyNotFound
    ├── Conflict             true in itself, but not beside what is stored
    │   ├── VersionExists, VersionRetired, VersionYanked, InstallExists, InstallUnavailable, UsernameTaken
    │   ├── UsernameLookalike, EmailTaken, BackupCountExceeded, BackupBytesExceeded, AccountBytesExceeded
    │   ├── AddressBytesExceeded
    │   ├── PluginExists, PluginOwned, CategoryExists, CategoryInUse, DeveloperExists, LastAdministrator
    │   ├── TransitionNotAllowed, ReviewDecided, ReviewOutdated, ReviewerBusy, NothingToSubmit, OverrideRefused
    │   ├── RatingExists, AppealExists, AppealDecided, NothingToAppeal, JobNotFailed, TooManyReplies
    │   ├── VersionNotPublished, NotRecommendable, RolloutOnlyGrows, ReleaseComplete, AlwaysPreview
    │   ├── ReplacesItself
    │   ├── UnknownPlugin, Unresolvable, TooComplex
    ├── TooLarge
    │   └── FileTooLarge
    ├── TooMany              slow down; `retry_after` in seconds
    ├── ClientTooSlow        the body came too slowly to be waited for
    ├── ServerBusy           all places for what was asked are taken; `retry_after` in seconds
    │   └── SocketsTaken
    ├── DatabaseBusy         the database stayed locked for longer than we wait
    └── StorageFailure       the disk or the bucket failed
        ├── StorageFull
        ├── StorageBytesExceeded   the server keeps as much as its settings let it
        └── StorageUnavailable   the bucket does not answer; it may soon

Every leaf has a `slug`: the machine-readable name of the refusal, and (behind `error.`) the key of its text.
"""

from .kinds import (
    BadPackage,
    ClientTooSlow,
    Conflict,
    DatabaseBusy,
    Detail,
    DomainError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    ServerBusy,
    StorageFailure,
    TooLarge,
    TooMany,
    Unauthenticated,
)
from .refusals import (
    AccountBytesExceeded,
    AddressBytesExceeded,
    AdminRequired,
    AlwaysPreview,
    AppealDecided,
    AppealExists,
    AppealNotFound,
    AssignedToAnother,
    AutoReviewNotFound,
    BackupBytesExceeded,
    BackupCountExceeded,
    BackupNotFound,
    BlockNotFound,
    CategoryExists,
    CategoryInUse,
    CategoryNotFound,
    ChangedFileNotFound,
    ChangedMeanwhile,
    DeveloperExists,
    DeveloperNotFound,
    EmailTaken,
    FileMissing,
    FileTooLarge,
    ForeignOrigin,
    InstallExists,
    InstallNotFound,
    InstallUnavailable,
    InvalidToken,
    JobNotFailed,
    JobNotFound,
    LastAdministrator,
    MalformedBody,
    MalformedIfMatch,
    NameReserved,
    NothingToAppeal,
    NothingToSubmit,
    NotRecommendable,
    NotTheOwner,
    NotYourReply,
    OverrideRefused,
    OwnBlock,
    OwnDecision,
    OwnPassword,
    OwnPlugin,
    OwnRating,
    OwnSubmission,
    PluginDisabled,
    PluginExists,
    PluginNotFound,
    PluginOwned,
    RatingExists,
    RatingNotFound,
    ReleaseComplete,
    ReplacementNotFound,
    ReplacesItself,
    ReplyNotFound,
    ReviewDecided,
    ReviewerBusy,
    ReviewNotFound,
    ReviewOutdated,
    RevokedForGood,
    RolloutOnlyGrows,
    SocketsTaken,
    StorageBytesExceeded,
    StorageFull,
    StorageUnavailable,
    TooComplex,
    TooManyReplies,
    TransitionNotAllowed,
    UnknownHost,
    UnknownPlugin,
    Unresolvable,
    UnsupportedFileType,
    UsernameLookalike,
    UsernameTaken,
    UserNotFound,
    VersionBlocked,
    VersionExists,
    VersionNotFound,
    VersionNotPublished,
    VersionRetired,
    VersionYanked,
    WrongContentType,
    WrongCredentials,
    WrongPassword,
    WrongPluginKey,
    WrongUploadSecret,
)

__all__ = [
    "AccountBytesExceeded",
    "AddressBytesExceeded",
    "AdminRequired",
    "AlwaysPreview",
    "AppealDecided",
    "AppealExists",
    "AppealNotFound",
    "AssignedToAnother",
    "AutoReviewNotFound",
    "BackupBytesExceeded",
    "BackupCountExceeded",
    "BackupNotFound",
    "BadPackage",
    "BlockNotFound",
    "CategoryExists",
    "CategoryInUse",
    "CategoryNotFound",
    "ChangedFileNotFound",
    "ChangedMeanwhile",
    "ClientTooSlow",
    "Conflict",
    "DatabaseBusy",
    "Detail",
    "DeveloperExists",
    "DeveloperNotFound",
    "DomainError",
    "EmailTaken",
    "FileMissing",
    "FileTooLarge",
    "Forbidden",
    "ForeignOrigin",
    "InstallExists",
    "InstallNotFound",
    "InstallUnavailable",
    "Invalid",
    "InvalidToken",
    "JobNotFailed",
    "JobNotFound",
    "LastAdministrator",
    "Malformed",
    "MalformedBody",
    "MalformedIfMatch",
    "NameReserved",
    "NotFound",
    "NotRecommendable",
    "NotTheOwner",
    "NotYourReply",
    "NothingToAppeal",
    "NothingToSubmit",
    "OverrideRefused",
    "OwnBlock",
    "OwnDecision",
    "OwnPassword",
    "OwnPlugin",
    "OwnRating",
    "OwnSubmission",
    "PluginDisabled",
    "PluginExists",
    "PluginNotFound",
    "PluginOwned",
    "PreconditionFailed",
    "RangeNotSatisfiable",
    "RatingExists",
    "RatingNotFound",
    "ReleaseComplete",
    "ReplacementNotFound",
    "ReplacesItself",
    "ReplyNotFound",
    "ReviewDecided",
    "ReviewNotFound",
    "ReviewOutdated",
    "ReviewerBusy",
    "RevokedForGood",
    "RolloutOnlyGrows",
    "ServerBusy",
    "SocketsTaken",
    "StorageBytesExceeded",
    "StorageFailure",
    "StorageFull",
    "StorageUnavailable",
    "TooComplex",
    "TooLarge",
    "TooMany",
    "TooManyReplies",
    "TransitionNotAllowed",
    "Unauthenticated",
    "UnknownHost",
    "UnknownPlugin",
    "Unresolvable",
    "UnsupportedFileType",
    "UserNotFound",
    "UsernameLookalike",
    "UsernameTaken",
    "VersionBlocked",
    "VersionExists",
    "VersionNotFound",
    "VersionNotPublished",
    "VersionRetired",
    "VersionYanked",
    "WrongContentType",
    "WrongCredentials",
    "WrongPassword",
    "WrongPluginKey",
    "WrongUploadSecret",
]
