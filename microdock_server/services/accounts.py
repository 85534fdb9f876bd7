"""Accounts: who exists, what they may, and how they prove who they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from ..clock import utcnow
from ..errors import EmailTaken, Invalid, UsernameTaken, UserNotFound, WrongCredentials, WrongPassword
from ..extensions import db
from ..models import User
from ..uow import unit_of_work
from ..vocabulary import Role
from . import passwords, tokens

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
) -> User:
    """A new account. Raises UsernameTaken or EmailTaken; opens its own unit, so that hashing holds no lock.

    Only the bootstrap administrator's password may be short: the settings decide about that one.
    """
    if not is_bootstrap:
        ensure_password(password)
    ensure_username(username)
    if email is not None:
        ensure_email(email)
    hashed = passwords.hash_password(password)
    with unit_of_work():
        _ensure_free(username, email)
        user = User(
            username=username,
            username_key=username.casefold(),
            email=email,
            email_key=email.casefold() if email else None,
            password_hash=hashed,
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
    """Change one's own password; every token of the user is revoked. Raises WrongPassword."""
    ensure_password(new, field="new_password")
    with unit_of_work(writing=False):
        stored = get(user_id).password_hash
    if not passwords.matches(stored, old):
        raise WrongPassword()
    set_password(user_id, new)


def set_password(user_id: str, new: str) -> None:
    """Set a password without asking for the old one; every token of the user is revoked."""
    ensure_password(new)
    hashed = passwords.hash_password(new)
    with unit_of_work():
        user = get(user_id)
        user.password_hash = hashed
        user.has_default_password = False
        tokens.revoke_user(user)


def set_role(user_id: str, role: Role) -> User:
    """Change what a user may do; every token of the user is revoked."""
    user = get(user_id)
    user.role = role
    tokens.revoke_user(user)
    return user


def set_active(user_id: str, is_active: bool) -> User:
    """Disable or enable a user. Disabling revokes every token."""
    user = get(user_id)
    user.is_active = is_active
    if not is_active:
        tokens.revoke_user(user)
    return user


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
