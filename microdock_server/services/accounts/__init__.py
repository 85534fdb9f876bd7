"""Accounts: creating them, their roles, and authentication."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select

from ...bundle import lookalikes
from ...clock import utcnow
from ...database.session import db
from ...database.unit_of_work import unit_of_work
from ...errors import (
    Detail,
    EmailTaken,
    Invalid,
    LastAdministrator,
    UsernameLookalike,
    UsernameTaken,
    UserNotFound,
    WrongCredentials,
    WrongPassword,
)
from ...messages import Message
from ...models import User
from ...text import confusables, names
from ...vocabulary import Role
from .. import audit, revisions
from ..audit import Who
from ..paging import page_of
from . import passwords, tokens

# How many accounts are completed per transaction.
BATCH: Final = 500
PASSWORD_MIN: Final = 8
PASSWORD_MAX: Final = 128
USERNAME: Final = re.compile(r"[\w][\w.-]{1,63}")
# Names that suggest the server or its operators. The server's own names come from the settings.
RESERVED: Final = (
    *("admin", "administrator", "microdock", "microdock-server", "moderator", "root", "staff", "superuser"),
    *("support", "sysadmin", "system"),
)
EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s.\x00-\x1f]+(?:\.[^@\s.\x00-\x1f]+)+")


def create(
    username: str,
    password: str,
    *,
    email: str | None = None,
    role: Role = Role.USER,
    is_bootstrap: bool = False,
    has_default_password: bool = False,
    reserved: Iterable[str] = (),
    by: Who | None = None,
) -> User:
    """Create an account, `by` somebody else or by its user.

    Raises Invalid, UsernameTaken, UsernameLookalike, EmailTaken.

    Opens its own unit, so that no lock is held while hashing. The bootstrap administrator may have a short password and
    any name, because the settings decide about those. `reserved` are the server's own names; users who register
    themselves can take neither them nor RESERVED.
    """
    ready = prepared(username, password, email=email, is_bootstrap=is_bootstrap)
    if by is None and not is_bootstrap:
        ensure_unreserved(username, reserved)
    with unit_of_work():
        user = add(ready, role=role, has_default_password=has_default_password)
        if by is not None:
            db.session.flush()
            audit.record(by, "user.created", "user", user.id, role=role.value)
    return user


@dataclass(frozen=True, slots=True)
class Prepared:
    """A validated account with a hashed password that is not stored yet."""

    username: str
    email: str | None
    password_hash: str
    is_bootstrap: bool = False


def prepared(username: str, password: str, *, email: str | None, is_bootstrap: bool = False) -> Prepared:
    """Check what can be checked without the database, and hash the password: slow, so outside of any transaction."""
    if not is_bootstrap:
        ensure_password(password)
        ensure_plain(username)
    ensure_username(username)
    if email is not None:
        ensure_email(email)
    return Prepared(username, email, passwords.hash_password(password), is_bootstrap)


def add(ready: Prepared, *, role: Role, has_default_password: bool = False) -> User:
    """Store a prepared account. Raises UsernameTaken, UsernameLookalike or EmailTaken."""
    complete()
    _ensure_free(ready.username, ready.email)
    if not ready.is_bootstrap:
        _ensure_unlike(ready.username)
    user = User(
        username=ready.username,
        username_key=names.key(ready.username),
        email=ready.email,
        email_key=names.key(ready.email) if ready.email else None,
        password_hash=ready.password_hash,
        has_default_password=has_default_password,
        role=role,
    )
    db.session.add(user)
    return user


def authenticate(login: str, password: str) -> User:
    """The active user with the username or e-mail address `login`. Raises WrongCredentials, in constant time."""
    with unit_of_work(writing=False):
        user = find(login)
        found = (user.id, user.password_hash, user.is_active) if user else None
    if found is None:
        passwords.waste_time(password)
        raise WrongCredentials()
    user_id, stored, is_active = found
    if not passwords.matches(stored, password) or not is_active:
        raise WrongCredentials()
    with unit_of_work(of=user_id):
        user = get(user_id)
        if user.password_hash != stored or not user.is_active:
            raise WrongCredentials()
        user.last_login_at = utcnow()
    return user


def change_password(user_id: str, old: str, new: str) -> None:
    """Change one's own password; every token of the user is revoked. Raises WrongPassword.

    Of concurrent changes with the same old password one succeeds; for the others that password is wrong by then.
    """
    ensure_password(new, field="new_password")
    with unit_of_work(writing=False):
        stored = get(user_id).password_hash
    if not passwords.matches(stored, old):
        raise WrongPassword()
    hashed = passwords.hash_password(new)
    with unit_of_work(of=user_id):
        user = get(user_id)
        if user.password_hash != stored:
            raise WrongPassword()
        _replace_password(user, hashed)


def set_password(user_id: str, new: str, by: Who | None = None) -> None:
    """Set a password without asking for the old one, `by` somebody else or by its user; every token is revoked."""
    ensure_password(new)
    hashed = passwords.hash_password(new)
    with unit_of_work():
        user = get(user_id)
        _replace_password(user, hashed)
        if by is not None:
            audit.record(by, "user.password_set", "user", user.id)


def _replace_password(user: User, hashed: str) -> None:
    user.password_hash = hashed
    user.has_default_password = False
    tokens.revoke_user(user)


def revision(user: User) -> str:
    """The revision of the values that administrators change."""
    return revisions.of_columns("account", user, ("id", "role", "is_active"))


def set_role(user_id: str, role: Role, by: Who) -> User:
    """Change a user's role; every token of the user is revoked. Raises LastAdministrator."""
    user = get(user_id)
    if role != user.role:
        if role != Role.ADMIN:
            _ensure_other_administrator(user)
        audit.record(by, "user.role_changed", "user", user.id, before=user.role, after=role.value)
    user.role = role
    tokens.revoke_user(user)
    return user


def set_active(user_id: str, is_active: bool, by: Who) -> User:
    """Disable or enable a user. Disabling revokes every token. Raises LastAdministrator."""
    user = get(user_id)
    if not is_active:
        _ensure_other_administrator(user)
        tokens.revoke_user(user)
    if user.is_active != is_active:
        audit.record(by, "user.enabled" if is_active else "user.disabled", "user", user.id)
    user.is_active = is_active
    return user


def page(words: str | None, role: Role | None, page_number: int, limit: int) -> tuple[int, Sequence[User]]:
    """The number of users (whose name or address contains `words`), and one page of them, by name."""
    query = select(User).order_by(User.username_key)
    if words:
        query = query.where(contains((User.search_key,), (User.username, User.email), words))
    if role is not None:
        query = query.where(User.role == role)
    return page_of(query, page_number, limit)


# Lower-case forms of `İ` and `I` differ between Unicode and Turkish: to a search all are one letter.
_TURKISH: Final = (("i\u0307", "i"), ("ı", "i"))


def contains(keys: Sequence[Any], texts: Sequence[Any], words: str) -> ColumnElement[bool]:
    """Does any of these names contain this text, compared by keys as everywhere?

    The version before keys existed writes `texts` only; for those, engines can ignore only the case of ASCII.
    """
    wanted = names.key(words)
    for turkish, plain in _TURKISH:
        wanted = wanted.replace(turkish, plain)
        keys = [func.replace(column, turkish, plain) for column in keys]
    by_key = [column.contains(wanted, autoescape=True) for column in keys]
    return or_(*by_key, *(column.icontains(words, autoescape=True) for column in texts))


def _ensure_other_administrator(user: User) -> None:
    """Keep one administrator: without any, only the command line could let somebody in."""
    if user.role != Role.ADMIN or not user.is_active:
        return
    others = select(User.id).where(User.role == Role.ADMIN, User.is_active, User.id != user.id).limit(1)
    if db.session.scalar(others) is None:
        raise LastAdministrator()


def get(user_id: str) -> User:
    """The user with this id. Raises UserNotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise UserNotFound()
    return user


# Built once: building a query costs as much as running it.
_USERNAMES: Final = select(User.id, User.username).where(User.id.in_(bindparam("ids", expanding=True)))


def usernames(ids: Iterable[str]) -> dict[str, str]:
    """Usernames by id, of existing users, in one query."""
    wanted = set(ids)
    rows = db.session.execute(_USERNAMES, {"ids": list(wanted)}) if wanted else ()
    return {str(user_id): str(name) for user_id, name in rows}


def find(login: str) -> User | None:
    """The user with the username or e-mail address `login`, by its key; by the exact text if several have one key."""
    return _found(User.username, User.username_key, login) or _found(User.email, User.email_key, login)


def _found(column: Any, key_column: Any, text: str) -> User | None:
    users = db.session.scalars(select(User).where(_of_key(key_column, text))).all()
    if len(users) == 1:
        return users[0]
    return next((user for user in users if getattr(user, column.key) == text), None)


def _of_key(column: Any, text: str) -> ColumnElement[bool]:
    """Does the row have this text's key: the key itself, one made distinct, or a case-folded one of the previous
    version?
    """
    key = names.key(text)
    first, after = names.distinct_range(key, column.type.length)
    return or_(column.in_({key, text.casefold()}), and_(column >= first, column < after))


def everyone() -> Sequence[User]:
    """All users, by name."""
    return db.session.scalars(select(User).order_by(User.username_key)).all()


def names_with_default_password() -> Sequence[str]:
    """Names of active users who still have the documented default password."""
    return db.session.scalars(select(User.username).where(User.has_default_password, User.is_active)).all()


def ensure_password(password: str, field: str = "password") -> None:
    """Raise Invalid unless the password has 8 to 128 characters, of any kind."""
    if len(passwords.prepared(password)) < PASSWORD_MIN or len(password) > PASSWORD_MAX:
        raise Invalid.field(field, "field.length", min=PASSWORD_MIN, max=PASSWORD_MAX)


def ensure_username(username: str) -> None:
    """Raise Invalid unless the name has letters and digits of any script, `_`, `.` and `-`; `@` would look like an
    address.
    """
    if len(username) > 64 or not USERNAME.fullmatch(username):
        raise Invalid.field("username", "field.username")
    if len(names.key(username)) > User.username_key.type.length:
        raise Invalid.field("username", "field.username")


def ensure_plain(username: str) -> None:
    """Raise Invalid for full-width and other compatibility forms, and for invisible characters."""
    if not names.is_plain(username):
        raise Invalid.field("username", "field.username_form")


def ensure_unreserved(username: str, own: Iterable[str]) -> None:
    """Raise Invalid for a name that resembles one in RESERVED, or one of the server's `own`."""
    shape = lookalikes.skeleton(username)
    if shape in {lookalikes.skeleton(name) for name in (*RESERVED, *own)}:
        raise Invalid.field("username", "field.username_reserved")


def ensure_email(email: str) -> None:
    """Raise Invalid unless it has the form of an address; whether it exists, only sending mail could show."""
    if len(email) > 254 or not EMAIL.fullmatch(email) or names.has_invisible(email):
        raise Invalid.field("email", "field.email")
    if len(names.key(email)) > User.email_key.type.length:
        raise Invalid.field("email", "field.email")


def _ensure_free(username: str, email: str | None) -> None:
    if db.session.scalar(select(User.id).where(_of_key(User.username_key, username)).limit(1)):
        raise UsernameTaken()
    if email and db.session.scalar(select(User.id).where(_of_key(User.email_key, email)).limit(1)):
        raise EmailTaken()


def _ensure_unlike(username: str) -> None:
    drawn = confusables.skeletons(username)
    alike = or_(User.skeleton.in_(drawn), User.skeleton_cased.in_(drawn))
    if db.session.scalar(select(User.id).where(alike).limit(1)):
        taken = Detail(Message("error.username_lookalike"), field="username")
        raise UsernameLookalike(details=[taken])


def complete() -> int:
    """Fill in columns that migration 0004, or the previous version in new accounts, left empty; returns the number
    of accounts.
    """
    count = 0
    waiting = select(User).where(User.skeleton.is_(None)).order_by(User.id).limit(BATCH)
    while users := db.session.scalars(waiting).all():
        for user in users:
            _complete(user, "username", "username_key")
            if user.email is not None:
                _complete(user, "email", "email_key")
            user.derive()
        # Flushed before the query as well, because it compares keys.
        db.session.flush()
        count += len(users)
    return count


def _complete(user: User, name: str, key_name: str) -> None:
    column, text, stored = getattr(User, key_name), getattr(user, name), getattr(user, key_name)
    wanted = names.key(text)
    # After the migration every row comes through here; most keys are right already, which takes no query to see.
    if stored == names.distinct(wanted, user.id, column.type.length) or (wanted and stored == wanted):
        return
    held = select(User.id).where(column == wanted, User.id != user.id)
    if not wanted or len(wanted) > column.type.length or db.session.scalar(held) is not None:
        wanted = names.distinct(wanted, user.id, column.type.length)
    setattr(user, key_name, wanted)
