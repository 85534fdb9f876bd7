"""The object store's client: one per process, created on first use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from obstore import exceptions
from obstore.store import S3Store

from ..addresses.bucket import Address, Credentials
from ..errors import FileMissing, StorageFailure, StorageUnavailable

# Detects a stalled, not a slow, transfer: a large file may take as long as it needs while bytes flow.
STALL: Final = "20s"
RETRIES: Final = 2
RETRY_FOR: Final = timedelta(seconds=8)


class Client:
    """Creates the store's client for the calling process.

    The library's threads do not survive a fork, and a child that inherits them hangs: so nothing is created before it
    is used, and a child whose parent has used it gets an error.
    """

    # The process that the library's threads run in.
    _pid: int | None = None

    def __init__(self, address: Address, credentials: Credentials) -> None:
        self._address, self._credentials = address, credentials
        self._store: S3Store | None = None

    def store(self) -> S3Store:
        """The store. Raises StorageFailure in a child whose parent used it already."""
        if Client._pid not in (None, os.getpid()):
            raise StorageFailure() from RuntimeError("object storage was used before the process forked")
        if self._store is None:
            Client._pid = os.getpid()
            self._store = self._made()
        return self._store

    def _made(self) -> S3Store:
        return S3Store(
            self._address.bucket,
            prefix=self._address.prefix or None,
            endpoint=self._address.endpoint,
            region=self._address.region,
            access_key_id=self._credentials.key_id,
            secret_access_key=self._credentials.secret,
            virtual_hosted_style_request=False,
            # Not every compatible store supports deleting many at once.
            disable_bulk_delete=True,
            client_options={
                "allow_http": self._address.endpoint.startswith("http:"),
                "connect_timeout": "3s",
                "read_timeout": STALL,
                "timeout": "1d",
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": RETRY_FOR,
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=1),
                    "base": 2,
                },
            },
            config={"session_token": self._credentials.token} if self._credentials.token else None,
        )


@contextmanager
def store_errors() -> Iterator[None]:
    """Turns the store's errors into domain errors; of other exceptions, only the disk's."""
    try:
        yield
    except (FileNotFoundError, exceptions.NotFoundError) as reason:
        raise FileMissing() from reason
    except (
        exceptions.AlreadyExistsError,
        exceptions.PreconditionError,
        exceptions.PermissionDeniedError,
        exceptions.UnauthenticatedError,
        exceptions.InvalidPathError,
    ) as reason:
        raise StorageFailure() from reason
    except (exceptions.BaseError, OSError) as reason:
        raise StorageUnavailable() from reason
