"""Accounts: who exists, what they may, and how they prove who they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select

from ..clock import utcnow
from ..errors import (
    EmailTaken,
    Invalid,
    LastAdministrator,
    UsernameTaken,
    UserNotFound,
    WrongCredentials,
    WrongPassword,
)
from ..extensions import db
from ..models import User
from ..uow import unit_of_work
from ..vocabulary import Role
from . import audit, passwords, tokens
from .audit import Who
from .paging import page_of

PASSWORD_MIN: Final = 8
PASSWORD_MAX: Final = 128
USERNAME: Final = re.compile(r"[\w][\w.-]{1,63}")
EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s.\x00-\x1f]+(?:\.[^@\s.\x00-\x1f]+)+")


def create(
    username: str,
    password: str,
    *,
    email: str | None = None,
    role: Role = Role.USER,
    is_bootstrap: bool = False,
    has_default_password: bool = False,
    by: Who | None = None,
) -> User:
    """A new account, made `by` somebody else or by its user. Raises UsernameTaken or EmailTaken.

    Opens its own unit, so that hashing holds no lock. Only the bootstrap administrator's password may be short: the
    settings decide about that one.
    """
    ready = prepared(username, password, email=email, is_bootstrap=is_bootstrap)
    with unit_of_work():
        user = add(ready, role=role, has_default_password=has_default_password)
        if by is not None:
            db.session.flush()
            audit.record(by, "user.created", "user", user.id, role=role.value)
    return user


@dataclass(frozen=True, slots=True)
class Prepared:
    """An account that is well-formed and whose password is hashed, but that is not stored yet."""

    username: str
    email: str | None
    password_hash: str


def prepared(username: str, password: str, *, email: str | None, is_bootstrap: bool = False) -> Prepared:
    """Check what can be checked without the database, and hash the password: slow, so outside of any transaction."""
    if not is_bootstrap:
        ensure_password(password)
    ensure_username(username)
    if email is not None:
        ensure_email(email)
    return Prepared(username, email, passwords.hash_password(password))


def add(ready: Prepared, *, role: Role, has_default_password: bool = False) -> User:
    """Store a prepared account. Raises UsernameTaken or EmailTaken."""
    _ensure_free(ready.username, ready.email)
    user = User(
        username=ready.username,
        username_key=ready.username.casefold(),
        email=ready.email,
        email_key=ready.email.casefold() if ready.email else None,
        password_hash=ready.password_hash,
        has_default_password=has_default_password,
        role=role,
    )
    db.session.add(user)
    return user


def authenticate(login: str, password: str) -> User:
    """The active user whose username or e-mail address is `login`. Raises WrongCredentials, always as slowly."""
    with unit_of_work(writing=False):
        user = find(login)
        found = (user.id, user.password_hash, user.is_active) if user else None
    if found is None:
        passwords.waste_time(password)
        raise WrongCredentials()
    user_id, stored, is_active = found
    if not passwords.matches(stored, password) or not is_active:
        raise WrongCredentials()
    with unit_of_work():
        user = get(user_id)
        if user.password_hash != stored or not user.is_active:
            raise WrongCredentials()
        user.last_login_at = utcnow()
    return user


def change_password(user_id: str, old: str, new: str) -> None:
    """Change one's own password; every token of the user is revoked. Raises WrongPassword.

    Of several changes at once with one old password one wins: for the others it is the wrong one by then.
    """
    ensure_password(new, field="new_password")
    with unit_of_work(writing=False):
        stored = get(user_id).password_hash
    if not passwords.matches(stored, old):
        raise WrongPassword()
    hashed = passwords.hash_password(new)
    with unit_of_work():
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


def set_role(user_id: str, role: Role, by: Who) -> User:
    """Change what a user may do; every token of the user is revoked. Raises LastAdministrator."""
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
    """How many users there are (whose name or address contains `words`), and one page of them, by name."""
    query = select(User).order_by(User.username_key)
    if words:
        query = query.where(contains((User.username, User.email), words))
    if role is not None:
        query = query.where(User.role == role)
    return page_of(query, page_number, limit)


def contains(columns: Sequence[Any], words: str) -> ColumnElement[bool]:
    """Does any of the columns contain this text, ignoring case?"""
    return or_(*(column.icontains(words, autoescape=True) for column in columns))


def _ensure_other_administrator(user: User) -> None:
    """Whoever is locked out for good can only be let in through the command line: keep one administrator."""
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


def find(login: str) -> User | None:
    """The user whose username or e-mail address is `login`, ignoring case."""
    key = login.casefold()
    by_name = db.session.scalar(select(User).where(User.username_key == key))
    return by_name or db.session.scalar(select(User).where(User.email_key == key))


def everyone() -> Sequence[User]:
    """All users, by name."""
    return db.session.scalars(select(User).order_by(User.username_key)).all()


def names_with_default_password() -> Sequence[str]:
    """Names of active users whose password was never changed from the documented one."""
    return db.session.scalars(select(User.username).where(User.has_default_password, User.is_active)).all()


def ensure_password(password: str, field: str = "password") -> None:
    """8 to 128 characters, any characters."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Invalid.field(field, "field.length", min=PASSWORD_MIN, max=PASSWORD_MAX)


def ensure_username(username: str) -> None:
    """Letters and digits of any script, `_`, `.` and `-`; never an `@`, which marks an e-mail address."""
    if len(username) > 64 or not USERNAME.fullmatch(username):
        raise Invalid.field("username", "field.username")


def ensure_email(email: str) -> None:
    """Shaped like an address; whether it is one, only a letter could tell."""
    if len(email) > 254 or not EMAIL.fullmatch(email):
        raise Invalid.field("email", "field.email")


def _ensure_free(username: str, email: str | None) -> None:
    if db.session.scalar(select(User.id).where(User.username_key == username.casefold())):
        raise UsernameTaken()
    if email and db.session.scalar(select(User.id).where(User.email_key == email.casefold())):
        raise EmailTaken()
