"""The cellar: where files are kept. Code outside speaks to `Storage` and never to a path or a bucket."""

from .contract import ReceivedFile, Storage, StoredFile
from .incoming import Incoming
from .local import LocalStorage
from .measured import MeasuredStorage

__all__ = ["Incoming", "LocalStorage", "MeasuredStorage", "ReceivedFile", "Storage", "StoredFile"]
