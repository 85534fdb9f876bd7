"""Which tokens are valid. Here a token is a set of claims; signing is the API's task.

There are three kinds of revocation: of one token by its `jti`, of one login with all of its tokens (a family), and of
all tokens of a user (whose epoch is incremented; tokens contain the epoch at their creation).

Every request with a token asks the database, on every node, and nothing else can confirm a token. One query by three
primary keys answers that together with other values that the request needs (name, role, revision), so a cache of valid
tokens could save little. It could not be correct either: if a node revokes a token while it has lost Redis, or Redis is
flushed, other nodes would go on accepting it. Only the opposite can be cached (see
api.core.token_caches.RefusedTokens), because a revoked token stays revoked. Redis only carries hints: open WebSockets
are revalidated when a wake-up comes, and every two seconds without.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import BindParameter, Engine, bindparam, delete, select

from ...clock import SKEW, utcnow
from ...cluster import wakeup
from ...database.prepared import Prepared
from ...database.session import db
from ...database.unit_of_work import read_autocommit
from ...errors import InvalidToken, RevokedForGood
from ...models import RefreshToken, RevokedToken, TokenFamily, User
from ...models.columns import new_id
from ...vocabulary import Role

REMEMBERED: Final = timedelta(days=30)
NOT_REMEMBERED: Final = timedelta(days=1)
# However often it is refreshed, a login ends after this time.
LONGEST_LOGIN: Final = timedelta(days=90)
# For this long a spent refresh token yields its successor again: two tabs refreshed at once, or an answer was lost.
GRACE: Final = timedelta(seconds=30)
REMEMBERED_AFTER: Final = timedelta(days=1)
BATCH: Final = 500

# The namespace of the UUIDs that identify successors of refresh tokens.
_SUCCESSORS: Final = uuid.UUID("8b1f5a3e-8a6c-4f0e-9d52-6f1c0f7d2a44")

Kind = Literal["access", "refresh"]


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a token. `family` is empty for a host login, which has no refresh token.

    Equal claims give the same token, byte for byte; without `issued_at` it is the moment of signing.
    """

    jti: str
    kind: Kind
    user_id: str
    epoch: int
    family: str
    expires_at: datetime
    issued_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """The authenticated caller."""

    id: str
    username: str
    role: Role
    claims: Claims
    # The revision of the user's installed set: the same query tells whether it changed.
    installs_revision: int


def host_token(user: User, lifetime: timedelta) -> Claims:
    """Claims for a login on the host surface: one access token and nothing else."""
    now = utcnow()
    return Claims(new_id(), "access", user.id, user.token_epoch, "", now + lifetime, now)


def begin_family(user: User, lifetime: timedelta, *, remember_me: bool) -> tuple[Claims, Claims]:
    """A new login: claims of its access token (valid for `lifetime`) and of its first refresh token."""
    now = utcnow()
    family = TokenFamily(id=new_id(), user_id=user.id, remember_me=remember_me, created_at=now, expires_at=now)
    db.session.add(family)
    _prolong(family, now)
    db.session.flush()
    return _access(user, family, lifetime), _issue(user, family, new_id(), now)


def rotate(refresh: Claims, lifetime: timedelta) -> tuple[User, tuple[Claims, Claims] | None]:
    """Spend a refresh token for a new pair.

    Within GRACE a repeated use yields the same refresh token again, with another access token: the chain never forks.
    None in place of the pair means that it was spent longer ago: its family is revoked now, and once that is committed
    the caller must answer as for any invalid token. Raises InvalidToken for an invalid token, and for one whose login
    is older than LONGEST_LOGIN.
    """
    user, family = _valid_family(refresh)
    token = db.session.get(RefreshToken, refresh.jti)
    if token is None or token.family_id != family.id:
        raise InvalidToken()
    successor = _spend(token, user, family) if token.spent_at is None else _given_before(token, user)
    if successor is None:
        family.revoked_at = utcnow()
        wakeup.wake("tokens")
        return user, None
    return user, (_access(user, family, lifetime), successor)


def holder(refresh: Claims) -> User:
    """Whose login a refresh token could continue now; nothing is spent. Raises InvalidToken."""
    user, family = _valid_family(refresh)
    token = db.session.get(RefreshToken, refresh.jti)
    if token is None or token.family_id != family.id:
        raise InvalidToken()
    if token.spent_at is not None and token.spent_at + GRACE < utcnow():
        raise InvalidToken()
    return user


def is_remembered(refresh: Claims) -> bool:
    """Was the user of this login asked to be remembered? Within a unit of work."""
    family = db.session.get(TokenFamily, refresh.family)
    return family is not None and family.remember_me


def actor_of(claims: Claims, engine: Engine) -> Actor:
    """The actor behind an access token whose signature and expiry were checked.

    Raises InvalidToken, or its subclass RevokedForGood if the result cannot change until the token expires.
    """
    rows = read_autocommit(engine, _BELIEF, {"user_id": claims.user_id, "family": claims.family, "jti": claims.jti})
    row = rows[0] if rows else None
    if row is None or row.token_epoch > claims.epoch or row.jti is not None:
        raise RevokedForGood()
    if claims.family and (row.family is None or row.revoked_at is not None):
        raise RevokedForGood()
    if not row.is_active or row.token_epoch != claims.epoch:
        raise InvalidToken()
    return Actor(claims.user_id, row.username, Role(row.role), claims, row.installs_revision)


def still_valid(claims: Sequence[Claims], engine: Engine) -> set[str]:
    """The `jti` of those access tokens that are still valid; the number of queries does not depend on theirs."""
    valid: set[str] = set()
    for start in range(0, len(claims), BATCH):
        valid |= _valid_of(claims[start : start + BATCH], engine)
    return valid


def revoke(claims: Claims) -> None:
    """Log out: revokes this token, and the login it belongs to."""
    if db.session.get(RevokedToken, claims.jti) is None:
        db.session.add(RevokedToken(jti=claims.jti, expires_at=claims.expires_at))
    if claims.family:
        family = db.session.get(TokenFamily, claims.family)
        if family is not None and family.revoked_at is None:
            family.revoked_at = utcnow()
    wakeup.wake("tokens")


def revoke_user(user: User) -> None:
    """Revoke every token of this user."""
    user.token_epoch += 1
    wakeup.wake("tokens")


def forget_expired() -> int:
    """Delete facts about tokens that expired more than a day ago; returns the number of rows.

    Not immediately at expiry: if the clock was ahead, a revoked token would become valid again once it is corrected.
    """
    border = utcnow() - REMEMBERED_AFTER
    revoked = delete(RevokedToken).where(RevokedToken.expires_at < border)
    tokens = db.session.execute(revoked.returning(RevokedToken.jti))
    ended = delete(TokenFamily).where(TokenFamily.expires_at < border)
    families = db.session.execute(ended.returning(TokenFamily.id))
    return len(tokens.all()) + len(families.all())


def _valid_of(claims: Sequence[Claims], engine: Engine) -> set[str]:
    users = read_autocommit(engine, _USERS, {"ids": list({one.user_id for one in claims})})
    families = read_autocommit(engine, _FAMILIES, {"ids": list({one.family for one in claims})})
    revoked = {row.jti for row in read_autocommit(engine, _REVOKED_OF, {"ids": list({one.jti for one in claims})})}
    epochs = {row.id: row.token_epoch for row in users if row.is_active}
    living = {row.id for row in families if row.revoked_at is None} | {""}
    return {
        one.jti
        for one in claims
        if epochs.get(one.user_id) == one.epoch and one.family in living and one.jti not in revoked
    }


def _access(user: User, family: TokenFamily, lifetime: timedelta) -> Claims:
    now = utcnow()
    until = min(now + lifetime, _end_of(family))
    return Claims(new_id(), "access", user.id, user.token_epoch, family.id, until, now)


def _issue(user: User, family: TokenFamily, jti: str, now: datetime) -> Claims:
    db.session.add(RefreshToken(jti=jti, family_id=family.id, expires_at=family.expires_at))
    return Claims(jti, "refresh", user.id, user.token_epoch, family.id, family.expires_at, now)


def _spend(token: RefreshToken, user: User, family: TokenFamily) -> Claims:
    now = utcnow()
    token.spent_at = now
    _prolong(family, now)
    return _issue(user, family, _successor(token.jti), now)


def _given_before(token: RefreshToken, user: User) -> Claims | None:
    """The successor that a spent token yielded; None if that was too long ago.

    Also None if an earlier version spent it, which chose successors at random, and if it was spent far in the future:
    the clock was set back since, and the time that passed is unknown.
    """
    spent_at, successor = token.spent_at, db.session.get(RefreshToken, _successor(token.jti))
    if spent_at is None or successor is None or not -SKEW <= utcnow() - spent_at <= GRACE:
        return None
    family = token.family_id
    return Claims(successor.jti, "refresh", user.id, user.token_epoch, family, successor.expires_at, spent_at)


def _successor(jti: str) -> str:
    """The successor's id, the same on every node. It is no secret: a token is valid for its signature."""
    return str(uuid.uuid5(_SUCCESSORS, jti))


def _prolong(family: TokenFamily, now: datetime) -> None:
    family.expires_at = min(now + (REMEMBERED if family.remember_me else NOT_REMEMBERED), _end_of(family))


def _end_of(family: TokenFamily) -> datetime:
    return family.created_at + LONGEST_LOGIN


def _valid_family(refresh: Claims) -> tuple[User, TokenFamily]:
    user = db.session.get(User, refresh.user_id)
    family = db.session.get(TokenFamily, refresh.family)
    if user is None or not user.is_active or user.token_epoch != refresh.epoch:
        raise InvalidToken()
    if family is None or family.user_id != user.id or family.revoked_at is not None or _end_of(family) <= utcnow():
        raise InvalidToken()
    return user, family


# Everything that can revoke a token, in one query: it runs on every authenticated request.
_USER: Final = User.__table__
_FAMILY: Final = TokenFamily.__table__
_REVOKED: Final = RevokedToken.__table__
_BELIEF: Final = Prepared(
    select(
        _USER.c.username,
        _USER.c.role,
        _USER.c.is_active,
        _USER.c.token_epoch,
        _USER.c.installs_revision,
        _FAMILY.c.id.label("family"),
        _FAMILY.c.revoked_at,
        _REVOKED.c.jti,
    )
    .select_from(_USER)
    .outerjoin(_FAMILY, _FAMILY.c.id == bindparam("family"))
    .outerjoin(_REVOKED, _REVOKED.c.jti == bindparam("jti"))
    .where(_USER.c.id == bindparam("user_id"))
)
# The same for many tokens, one table at a time.
_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_USERS: Final = select(_USER.c.id, _USER.c.is_active, _USER.c.token_epoch).where(_USER.c.id.in_(_IDS))
_FAMILIES: Final = select(_FAMILY.c.id, _FAMILY.c.revoked_at).where(_FAMILY.c.id.in_(_IDS))
_REVOKED_OF: Final = select(_REVOKED.c.jti).where(_REVOKED.c.jti.in_(_IDS))
