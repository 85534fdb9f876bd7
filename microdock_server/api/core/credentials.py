"""Logging in with a name and a password, shared by two surfaces."""

from __future__ import annotations

import logging

from flask import request

from ...config import DEFAULT_PASSWORD
from ...context import settings
from ...errors import WrongCredentials
from ...models import User
from ...services import accounts
from . import login_throttle
from .proxies import is_direct
from .state import api_state

log = logging.getLogger("microdock_server.security")


def own_names() -> tuple[str, ...]:
    """Names that no new account may use, because they would pass for the server's or its first administrator's."""
    return settings().app_name, settings().admin_username


def authenticated(login: str, password: str) -> User:
    """The user with these credentials. Raises WrongCredentials, after a delay that grows with every failure."""
    address = request.remote_addr or ""
    try:
        # Whatever address the server listens on, the documented default password works from this machine alone.
        if password == DEFAULT_PASSWORD and not is_direct(request.environ):
            log.warning("the documented password works without a proxy on this machine alone: refused")
            raise WrongCredentials()
        user = accounts.authenticate(login, password)
    except WrongCredentials:
        login_throttle.failed(login, address)
        raise
    # Checked again: wrong guesses that ran at the same time are counted by now, and a right one among too many must not
    # show.
    api_state().limits.ensure_not_exhausted(address, None, "login")
    login_throttle.succeeded(login, address)
    return user
