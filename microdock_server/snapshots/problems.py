"""What can be wrong with a snapshot, in words for the operator."""

from __future__ import annotations


class SnapshotProblem(Exception):
    """A snapshot cannot be made, read or restored; the message says why, and what to do where that is known."""


class DamagedArchive(SnapshotProblem):
    """An archive is not what its maker wrote."""


class MissingBase(SnapshotProblem):
    """An incremental archive needs another archive, which is not beside it."""
