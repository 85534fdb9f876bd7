"""Refusals and failures of commands: one line each, and no traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import SQLAlchemyError

from ..config import ConfigurationError
from ..errors import DatabaseBusy, DomainError


@contextmanager
def refusals() -> Iterator[None]:
    """The domain's refusals in the words of a command line."""
    try:
        yield
    except DomainError as refusal:
        if isinstance(refusal, DatabaseBusy) and isinstance(refusal.__cause__, SQLAlchemyError):
            # "DatabaseBusy" is what a client is told; who runs the server wants to know why.
            raise click.ClickException(f"the database failed: {in_one_line(refusal.__cause__)}") from refusal
        lines = [f"{detail.field}: {detail.message.render('en')}" for detail in refusal.details]
        raise click.ClickException("; ".join(lines) or refusal.message.render("en")) from refusal


@contextmanager
def failures() -> Iterator[None]:
    """What else may go wrong with the database, the disk or the domain, in one line."""
    try:
        with refusals():
            yield
    except SQLAlchemyError as failure:
        raise click.ClickException(f"the database failed: {in_one_line(failure)}") from failure
    except OSError as failure:
        named = f": {failure.filename}" if failure.filename else ""
        raise click.ClickException(f"{failure.strerror or failure}{named}") from failure


@contextmanager
def wrong_settings() -> Iterator[None]:
    """Settings that are wrong are one line where a command reads them; elsewhere they are the exception they are."""
    try:
        yield
    except ConfigurationError as wrong:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(str(wrong)) from wrong


def in_one_line(failure: BaseException) -> str:
    """What the driver said. It names the server, never the password, and not the statement either."""
    said = str(getattr(failure, "orig", None) or failure).strip()
    return said.splitlines()[0] if said else type(failure).__name__
