"""URLs in settings: special characters in passwords and IPv6 work, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from redis import ConnectionPool
from sqlalchemy.engine import make_url

from microdock_server.addresses.urls import joined
from microdock_server.config import ConfigurationError

from .support import settings_for

SPECIAL = "@:/?#%[] +&=ä密"
Reader = Callable[[Path, str, str], tuple[str | None, str | None]]

HOSTS = ("localhost", "[::1]")


def database(directory: Path, password: str, host: str) -> tuple[str | None, str | None]:
    """Password and host as the driver hears them."""
    url = make_url(settings_for(directory, DATABASE_URL=f"postgresql://me:{password}@{host}:5432/db").database_url)
    return url.password, url.host


def redis(directory: Path, password: str, host: str) -> tuple[str | None, str | None]:
    url = settings_for(directory, REDIS_URL=f"redis://me:{password}@{host}:6379/1").redis_url
    assert url is not None
    found = ConnectionPool.from_url(url).connection_kwargs
    return found["password"], found["host"]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("read", [database, redis])
def test_a_quoted_password_is_the_one_that_is_meant(tmp_path: Path, read: Reader, host: str) -> None:
    secret = f"p{SPECIAL}w"
    assert read(tmp_path, quote(secret, safe=""), host) == (secret, host.strip("[]"))


@pytest.mark.parametrize("char", SPECIAL)
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("read", [database, redis])
def test_a_password_that_is_not_quoted_is_understood_or_refused_unseen(
    tmp_path: Path, read: Reader, host: str, char: str
) -> None:
    secret = f"swordfish{char}hidden"
    try:
        found = read(tmp_path, secret, host)
    except ConfigurationError as refused:
        assert "swordfish" not in str(refused) and "hidden" not in str(refused)
    else:
        assert found == (secret, host.strip("[]"))


def test_an_ipv6_host_stands_in_brackets() -> None:
    found = [joined(host, 80) for host in ("localhost", "10.0.0.1", "::1")]
    assert found == ["localhost:80", "10.0.0.1:80", "[::1]:80"]
