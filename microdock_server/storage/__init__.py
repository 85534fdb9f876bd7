"""File storage. Other packages use the `Storage` contract, never a path or a bucket."""

from .contract import Handover, Outgoing, ReceivedFile, Storage, StoredFile, Suits
from .incoming import Incoming
from .local import LocalStorage
from .measured import MeasuredStorage
from .registry import Storages

__all__ = [
    "Handover",
    "Incoming",
    "LocalStorage",
    "MeasuredStorage",
    "Outgoing",
    "ReceivedFile",
    "Storage",
    "Storages",
    "StoredFile",
    "Suits",
]
