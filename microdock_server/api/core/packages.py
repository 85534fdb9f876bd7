"""Package uploads on any surface: received, inspected, and counted where they are refused."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Final

from flask import request

from ...addresses.client import counted
from ...bundle import Limits, Report, inspect_package
from ...context import settings
from ...database.unit_of_work import unit_of_work
from ...errors import DomainError, UnsupportedFileType
from ...messages import text
from ...observability import metrics
from ...services import configuration
from ...services.files.quotas import MIB, Room
from .forms import FILE, Form, Part, Slot, receive
from .links import help_url
from .parsing import drain
from .request import language
from .state import api_state

NO_OTHERS: Final[Mapping[str, Slot]] = {}


def received(
    field: str = FILE,
    owner_id: str | None = None,
    others: Mapping[str, Slot] = NO_OTHERS,
    *,
    may_be_called_json: bool = False,
) -> AbstractContextManager[Form]:
    """The request's form, with a package under `field` that is within the server's and the administrator's limits.

    Refused before it is received where the server, the client's address or `owner_id` has used up its storage quota.
    """
    ensure_room(owner_id)
    with unit_of_work(writing=False):
        limit = configuration.effective_upload_limit(configuration.current(), settings().max_upload_size)
    slots = {field: Slot(limit), **others}
    return receive(settings().temp_dir, slots, may_be_called_json=may_be_called_json)


def ensure_room(owner_id: str | None = None) -> None:
    """Check a body's announced size against the quotas; up to 1 MiB of form around a file is not counted. Raises
    what Room.ensure does.
    """
    try:
        with unit_of_work(writing=False):
            room().ensure(max(0, (request.content_length or 0) - MIB), owner_id)
    except DomainError:
        # A client that is still sending would not see the answer.
        drain()
        raise


def inspected(package: Part) -> Report:
    """The inspector's findings about the package. Raises UnsupportedFileType if its name does not end in `.zip`."""
    if not package.name.lower().endswith(".zip"):
        raise UnsupportedFileType(allowed=".zip")
    known = settings()
    with in_turn():
        report = inspect_package(
            package.content.reader(),
            limits(),
            require_managed_assembly=known.require_managed_assembly,
            known_permissions=known.install_permissions,
        )
    if report.problems:
        metrics.refused(report.problems[0].rule)
    return report


def warnings(report: Report) -> list[dict[str, str | None]]:
    """Warnings about an accepted package, in the language of the request."""
    return [
        {
            "rule": found.rule,
            "field": found.field or "",
            "entry": found.entry or "",
            "name": "",
            "message": text(f"bundle.{found.rule}", language(), found.values()),
            "help_url": help_url(found.rule),
        }
        for found in report.warnings
    ]


def told(report: Report) -> dict[str, list[dict[str, str | None]]]:
    """`warnings` of the package that a plugin or version was made of, if there are any."""
    found = warnings(report)
    return {"warnings": found} if found else {}


def in_turn() -> AbstractContextManager[None]:
    """Hold the client's turn to have something inspected. Raises ServerBusy."""
    return api_state().inspections.of(counted(request.remote_addr or ""))


def room() -> Room:
    """The storage quotas of the server, and those of the caller."""
    known = settings()
    return Room(
        known.storage_max_bytes,
        known.account_max_bytes,
        known.address_max_bytes,
        counted(request.remote_addr or ""),
    )


def limits() -> Limits:
    """The limits on a package's contents, from the settings."""
    return Limits(
        max_entries=settings().package_max_entries,
        max_unpacked=settings().package_max_unpacked,
        max_ratio=settings().package_max_ratio,
    )
