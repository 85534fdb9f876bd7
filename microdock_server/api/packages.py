"""Packages as they arrive on any surface: received, inspected, and counted where they are refused."""

from __future__ import annotations

from contextlib import AbstractContextManager

from .. import metrics
from ..bundle import Limits, Report
from ..errors import UnsupportedFileType
from ..services import configuration, publishing
from ..uow import unit_of_work
from .context import settings
from .forms import FILE, Form, Part, Slot, receive


def received(field: str = FILE, **others: Slot) -> AbstractContextManager[Form]:
    """The request's form, with a package under `field` that keeps to the server's and the administrator's limits."""
    with unit_of_work(writing=False):
        limit = configuration.effective_upload_limit(configuration.current(), settings().max_upload_size)
    return receive(settings().temp_dir, {field: Slot(limit), **others})


def inspected(package: Part) -> Report:
    """What the inspector finds in the package. Raises UnsupportedFileType for one that is not called `….zip`."""
    if not package.name.lower().endswith(".zip"):
        raise UnsupportedFileType(allowed=".zip")
    required = settings().require_managed_assembly
    report = publishing.inspect(package.content, limits(), require_managed_assembly=required)
    if report.problems:
        metrics.refused(report.problems[0].rule)
    return report


def limits() -> Limits:
    """How much a package may hold, as the settings say."""
    return Limits(
        max_entries=settings().package_max_entries,
        max_unpacked=settings().package_max_unpacked,
        max_ratio=settings().package_max_ratio,
    )
