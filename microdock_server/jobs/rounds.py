"""Threads that look every few seconds whether there is something to do."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from typing import Final

from flask import Flask

log = logging.getLogger(__name__)

# Seconds between the rounds.
LOOK_EVERY: Final = 5.0


class Rounds(threading.Thread, ABC):
    """Does its rounds until it is stopped. One that fails is logged, and the next one tries again."""

    def __init__(self, app: Flask, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._app = app
        self._stopping = threading.Event()

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopping.wait(LOOK_EVERY):
            try:
                self.round()
            except Exception:
                log.exception("looking for %s failed; it will be tried again", self.name)

    def stop(self) -> None:
        """End as soon as what is in hand can be left."""
        self._stopping.set()

    @abstractmethod
    def round(self) -> object:
        """Do what is due now. Looks at `_stopping` between what can be left."""
