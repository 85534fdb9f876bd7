"""Errors of snapshots, as messages for the operator."""

from __future__ import annotations


class SnapshotProblem(Exception):
    """A snapshot cannot be created, read or restored; the message says why, and what to do if that is known."""


class DamagedArchive(SnapshotProblem):
    """An archive is not as it was written."""


class MissingBase(SnapshotProblem):
    """An incremental archive needs another archive that is not beside it."""
