"""The columns of every row that owns a file."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column


class StoredFileColumns:
    """Where a row's file is, and its expected size and hash. Each row names its backend, so that files can move one
    by one.
    """

    storage_backend: Mapped[str] = mapped_column(String(16))
    storage_key: Mapped[str] = mapped_column(String(255), unique=True)
    file_size: Mapped[int] = mapped_column(BigInteger)
    file_hash: Mapped[str] = mapped_column(String(64))
    # The uploader's address, as quotas count addresses; empty if ADDRESS_MAX_BYTES limits none.
    stored_from: Mapped[str | None] = mapped_column(String(64))
