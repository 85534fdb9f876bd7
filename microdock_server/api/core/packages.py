"""Packages as they arrive on any surface: received, inspected, and counted where they are refused."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Final

from flask import request

from ...addresses.client import counted
from ...bundle import Limits, Report
from ...context import settings
from ...database.unit_of_work import unit_of_work
from ...errors import DomainError, UnsupportedFileType
from ...messages import text
from ...observability import metrics
from ...services import configuration, publishing
from ...services.files.quotas import MIB, Room
from .forms import FILE, Form, Part, Slot, receive
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
    """The request's form, with a package under `field` that keeps to the server's and the administrator's limits.

    Refused before it is received where the server, its address or `owner_id` keep too much already.
    """
    ensure_room(owner_id)
    with unit_of_work(writing=False):
        limit = configuration.effective_upload_limit(configuration.current(), settings().max_upload_size)
    slots = {field: Slot(limit), **others}
    return receive(settings().temp_dir, slots, may_be_called_json=may_be_called_json)


def ensure_room(owner_id: str | None = None) -> None:
    """Would a body as long as it says it is fit? The form around a file may be a MiB. Raises what Room.ensure does."""
    try:
        with unit_of_work(writing=False):
            room().ensure(max(0, (request.content_length or 0) - MIB), owner_id)
    except DomainError:
        # A client that still sends would not hear the answer.
        drain()
        raise


def inspected(package: Part) -> Report:
    """What the inspector finds in the package. Raises UnsupportedFileType for one that is not called `….zip`."""
    if not package.name.lower().endswith(".zip"):
        raise UnsupportedFileType(allowed=".zip")
    required = settings().require_managed_assembly
    with in_turn():
        report = publishing.inspect(package.content, limits(), require_managed_assembly=required)
    if report.problems:
        metrics.refused(report.problems[0].rule)
    return report


def warnings(report: Report) -> list[dict[str, str]]:
    """What the package was accepted in spite of, in the language of the request."""
    return [
        {
            "rule": found.rule,
            "field": found.field or "",
            "entry": found.entry or "",
            "name": "",
            "message": text(f"bundle.{found.rule}", language(), found.values()),
        }
        for found in report.warnings
    ]


def told(report: Report) -> dict[str, list[dict[str, str]]]:
    """`warnings` of a package in what it became, where there are any."""
    found = warnings(report)
    return {"warnings": found} if found else {}


def in_turn() -> AbstractContextManager[None]:
    """The client's turn to have something looked into. Raises ServerBusy."""
    return api_state().inspections.of(counted(request.remote_addr or ""))


def room() -> Room:
    """What may be kept, as the settings say, for whoever asks."""
    known = settings()
    return Room(
        known.storage_max_bytes,
        known.account_max_bytes,
        known.address_max_bytes,
        counted(request.remote_addr or ""),
    )


def limits() -> Limits:
    """How much a package may hold, as the settings say."""
    return Limits(
        max_entries=settings().package_max_entries,
        max_unpacked=settings().package_max_unpacked,
        max_ratio=settings().package_max_ratio,
    )
