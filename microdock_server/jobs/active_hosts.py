"""Merges what a process counted of hosts into the database, once a minute and when the process ends."""

from __future__ import annotations

import logging
import random
import threading
from typing import Final

from flask import Flask

from ..context import Context

log = logging.getLogger(__name__)

EVERY: Final = 60.0
AFTER_FAILURE: Final = 30.0
# A stopping process waits no longer for what it is about to merge.
ENDS_SECONDS: Final = 10.0


class ActiveHosts(threading.Thread):
    """One in every worker that answers requests."""

    def __init__(self, app: Flask) -> None:
        super().__init__(name="active-hosts", daemon=True)
        self._app = app
        context: Context = app.extensions["microdock"]
        self._actives = context.actives
        self._stopping = threading.Event()

    def run(self) -> None:
        """Merge until stopped."""
        # Workers that started together do not merge together.
        pause = random.uniform(0, EVERY)  # noqa: S311
        self._keep()
        while not self._stopping.is_set():
            self._actives.is_full.wait(pause)
            if not self._keep():
                # What could not be merged is still full of counts: wait before the next try.
                self._stopping.wait(AFTER_FAILURE)
            pause = EVERY
        # Once more: the last round may have begun before the last count.
        self._keep()

    def stop(self) -> None:
        """Merge once more and end. For a process that ends in order; one that is killed loses a minute's counts."""
        self._stopping.set()
        self._actives.is_full.set()
        self.join(ENDS_SECONDS)

    def _keep(self) -> bool:
        try:
            with self._app.app_context():
                self._actives.keep()
        except Exception:
            log.exception("what was counted of hosts could not be merged; it will be tried again")
            return False
        return True
