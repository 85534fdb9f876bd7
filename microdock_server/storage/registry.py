"""All configured storages: new files go to one of them, and each file is read where its row says it is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import BinaryIO

from ..errors import FileMissing
from .contract import Outgoing, Storage, Suits

log = logging.getLogger(__name__)


class Storages:
    """`main` takes new files; the others have older ones, until `flask storage migrate` moves them."""

    def __init__(self, main: Storage, *others: Storage) -> None:
        self.main = main
        self.by_name: Mapping[str, Storage] = {storage.name: storage for storage in (main, *others)}

    def at(self, backend: str) -> Storage:
        """The storage that a row names. Raises FileMissing for a storage that is not configured."""
        found = self.by_name.get(backend)
        if found is None:
            log.error("a file is kept in the storage %r, which the settings do not know: see STORAGE_URL", backend[:16])
            raise FileMissing()
        return found

    def open(self, backend: str, key: str) -> BinaryIO:
        """See Storage. A file that was moved since its row was read is found in its new place, under the same key."""
        try:
            return self.at(backend).open(key)
        except FileMissing:
            for name, storage in self.by_name.items():
                if name != backend:
                    return storage.open(key)
            raise

    def open_wherever(self, key: str) -> BinaryIO:
        """The blob in whichever storage has it: keys are unique. Raises FileMissing if none has it."""
        return self.open(self.main.name, key)

    def outgoing(self, backend: str, key: str, *, file_name: str, media_type: str, suits: Suits) -> Outgoing:
        """The blob, to be sent as an attachment: by another sender if one suits. Raises FileMissing."""
        handover = self.at(backend).url(key, file_name=file_name, media_type=media_type)
        if handover is not None and suits(handover):
            return Outgoing(handover, None)
        return Outgoing(None, self.open(backend, key))

    def delete(self, backend: str, key: str) -> None:
        """See Storage."""
        self.at(backend).delete(key)
