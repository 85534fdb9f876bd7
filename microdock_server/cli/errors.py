"""Errors of commands: one line each, and no traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import SQLAlchemyError

from ..config import ConfigurationError
from ..errors import DatabaseBusy, DomainError


@contextmanager
def refusals() -> Iterator[None]:
    """Domain errors as one line on the command line."""
    try:
        yield
    except DomainError as refusal:
        if isinstance(refusal, DatabaseBusy) and isinstance(refusal.__cause__, SQLAlchemyError):
            # Clients are only told "DatabaseBusy"; an operator also needs the cause.
            raise click.ClickException(f"the database failed: {in_one_line(refusal.__cause__)}") from refusal
        lines = [f"{detail.field}: {detail.message.render('en')}" for detail in refusal.details]
        raise click.ClickException("; ".join(lines) or refusal.message.render("en")) from refusal


@contextmanager
def failures() -> Iterator[None]:
    """Other failures of the database or the disk, as one line."""
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
    """Wrong settings are one line in a command; elsewhere the exception passes through."""
    try:
        yield
    except ConfigurationError as wrong:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(str(wrong)) from wrong


def in_one_line(failure: BaseException) -> str:
    """The driver's message, which names the server but never the password, without the statement."""
    said = str(getattr(failure, "orig", None) or failure).strip()
    return said.splitlines()[0] if said else type(failure).__name__
