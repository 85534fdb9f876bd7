"""The domain's refusals at the side door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from .errors import DomainError


@contextmanager
def refusals() -> Iterator[None]:
    """The domain's refusals in the words of a command line."""
    try:
        yield
    except DomainError as refusal:
        lines = [f"{detail.field}: {detail.message.render('en')}" for detail in refusal.details]
        raise click.ClickException("; ".join(lines) or refusal.message.render("en")) from refusal
