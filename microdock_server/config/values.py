"""Parsing and checking the text of one variable."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import marshmallow
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ..addresses import client
from ..addresses.urls import parse
from ..vocabulary import DEFAULT_PERMISSIONS, Risk

_CONTACT: re.Pattern[str] = re.compile(r"(?:mailto:[^@\s]+@[^@\s]+|https://[^\s]+|tel:[^\s]+)")
_SCHEME: re.Pattern[str] = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
# Addresses of these schemes do things in the page itself.
_SCRIPTS: frozenset[str] = frozenset({"javascript", "data", "vbscript", "blob", "file"})


class ConfigurationError(Exception):
    """A setting is wrong; the message names the variable and says what is allowed."""


def database_url(url: str, data_dir: Path) -> str:
    """The setting in SQLAlchemy's form, with absolute paths. Raises ConfigurationError."""
    if not url:
        return sqlite_url(data_dir / "microdock.db")
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise ConfigurationError("DATABASE_URL must be a URL such as sqlite:///./data/plugins.db")
    if scheme in ("sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"):
        given = make_url(f"sqlite://{rest}")
        if not given.database or given.database == ":memory:":
            raise ConfigurationError("DATABASE_URL must name a database file: several processes share it")
        return given.set(database=str(Path(given.database).absolute())).render_as_string(hide_password=False)
    if scheme in ("postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg"):
        _ensure_readable(rest)
        return f"postgresql+psycopg://{rest}"
    raise ConfigurationError("DATABASE_URL must begin with sqlite:/// or postgresql://")


def sqlite_url(path: Path) -> str:
    """The URL of a database file, for any path."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def _ensure_readable(rest: str) -> None:
    """Refuse a PostgreSQL URL in which a part of the password would be parsed as the host: hosts are logged."""
    try:
        make_url(f"postgresql://{rest}")
    except (ArgumentError, ValueError):
        is_readable = False
    else:
        is_readable = rest.count("@") <= 1
    if not is_readable:
        raise ConfigurationError(
            "DATABASE_URL must read postgresql://user:password@host:port/database, "
            "with @ : / ? # % of the password as %40 %3A %2F %3F %23 %25"
        )


def extensions(text: str) -> tuple[str, ...]:
    """Parses `.zip,.tar.gz`, also written as JSON or a Python set, as in the documents."""
    words = [word.strip(" {}[]()'\"") for word in text.split(",")]
    found = tuple(word.lower() if word.startswith(".") else f".{word.lower()}" for word in words if word)
    if not found:
        raise ConfigurationError("ALLOWED_EXTENSIONS must name at least one extension, such as .zip")
    return found


def origins(text: str) -> tuple[str, ...]:
    """Parses `http://one,app://two,null`, also written as a list; in the form of `normal_origin`."""
    return tuple(normal_origin(word) for word in _words(text))


def normal_origin(text: str) -> str:
    """An origin as browsers write it: lower case, nothing after the port, and no default port."""
    text = text.strip().lower()
    if not text.endswith("://"):
        text = text.rstrip("/")
    for scheme, port in (("http", 80), ("https", 443)):
        if text.startswith(f"{scheme}://"):
            text = text.removesuffix(f":{port}")
    return text


def hosts(text: str) -> tuple[str, ...]:
    """Parses `one.example.com,*.example.org`, also written as a list; `.example.org` includes the apex domain."""
    found: list[str] = []
    for word in _words(text):
        name = _host_name(word)
        found += [name.removeprefix("."), f"*{name}"] if name.startswith(".") else [name]
    return tuple(found)


def _host_name(word: str) -> str:
    """A name as in a `Host` header: lower case, ASCII, without a port. Raises ConfigurationError."""
    if address := client.parse(word):
        return str(address)
    try:
        # Internationalized names are in IDNA form in requests.
        name = word.lower() if word.isascii() else word.lower().encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    found = re.fullmatch(r"(\*|(?:\*?\.)?[a-z0-9_-][a-z0-9._-]*)(?::[0-9]+)?", name)
    if found is None:
        raise ConfigurationError("ALLOWED_HOSTS must be names such as plugins.example.com, *.example.com; not URLs")
    return found[1].removesuffix(".")


def _words(text: str) -> list[str]:
    text = text.strip()
    if text[:1] + text[-1:] in ("[]", "()", "{}"):
        text = text[1:-1]
    return [word for word in (part.strip(" '\"\t\r\n") for part in text.split(",")) if word]


def ensure_public_url(text: str) -> None:
    """Raise ValueError unless browsers can open this URL."""
    parts = parse(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("must be an http(s) address such as https://plugins.example.com")


def accel_prefix(text: str) -> str | None:
    """The path prefix of nginx's internal location, without the last slash."""
    if text and not text.startswith("/"):
        raise ConfigurationError("X_ACCEL_PREFIX must begin with / (the internal location in nginx)")
    return text.rstrip("/") or None


def contact(text: str) -> str | None:
    """Where to write to, as an address with a scheme, which RFC 9116 asks for; an e-mail address gets `mailto:`."""
    if text and ":" not in text and "@" in text:
        text = f"mailto:{text}"
    if text and not _CONTACT.fullmatch(text):
        raise ConfigurationError("SECURITY_CONTACT must be an e-mail address, or begin with mailto:, https:// or tel:")
    return text or None


def scheme(text: str) -> str:
    """The scheme of an address."""
    if not _SCHEME.fullmatch(text) or text.lower() in _SCRIPTS:
        raise ConfigurationError("APP_LINK_SCHEME must be a scheme of addresses, such as microdock")
    return text


def permissions(text: str) -> Mapping[str, Risk]:
    """Parses `name=risk,name=risk`; the default risk is low."""
    if not text:
        return DEFAULT_PERMISSIONS
    found = {}
    for item in text.split(","):
        name, _, risk = (part.strip() for part in item.partition("="))
        if not name or risk.lower() not in ("", *Risk):
            raise ConfigurationError("INSTALL_PERMISSIONS must read name=risk,name=risk; risks are low, medium, high")
        found[name] = Risk(risk.lower() or Risk.LOW)
    return found


def between(low: int, high: int) -> Callable[[Any], None]:
    """A check for `validate`: a number between both ends, inclusive."""

    def check(value: int) -> None:
        if not low <= value <= high:
            raise marshmallow.ValidationError(f"must be between {low} and {high}")

    return check


def one_of(*choices: str) -> Callable[[Any], None]:
    """A check for `validate`: one of the choices."""

    def check(value: str) -> None:
        if value not in choices:
            raise marshmallow.ValidationError(f"must be one of {', '.join(choices)}")

    return check
