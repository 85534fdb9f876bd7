"""Logging in, as both surfaces do it."""

from __future__ import annotations

from flask import request

from ..client_address import is_loopback
from ..config import DEFAULT_PASSWORD
from ..errors import WrongCredentials
from ..models import User
from ..services import accounts
from . import throttle


def authenticated(login: str, password: str) -> User:
    """The user behind these credentials. Raises WrongCredentials, the more slowly the more often."""
    address = request.remote_addr or ""
    try:
        # Whatever the server is bound to: the documented password opens it from this machine alone.
        if password == DEFAULT_PASSWORD and not is_loopback(address):
            raise WrongCredentials()
        user = accounts.authenticate(login, password)
    except WrongCredentials:
        throttle.failed(login, address)
        raise
    throttle.succeeded(login, address)
    return user
