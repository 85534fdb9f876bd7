"""Logging in, as both surfaces do it."""

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
    """Names that new accounts would pass for the server or its first administrator with."""
    return settings().app_name, settings().admin_username


def authenticated(login: str, password: str) -> User:
    """The user behind these credentials. Raises WrongCredentials, the more slowly the more often."""
    address = request.remote_addr or ""
    try:
        # Whatever the server is bound to: the documented password opens it from this machine alone.
        if password == DEFAULT_PASSWORD and not is_direct(request.environ):
            log.warning("the documented password works without a proxy on this machine alone: refused")
            raise WrongCredentials()
        user = accounts.authenticate(login, password)
    except WrongCredentials:
        login_throttle.failed(login, address)
        raise
    # What was guessed at the same time and was wrong is counted by now: a guess that is right learns no more.
    api_state().limits.ensure_not_exhausted(address, None, "login")
    login_throttle.succeeded(login, address)
    return user
