"""Cooldowns and blocks that end by themselves, and what nodes of an earlier version wrote: a thread of its own, because
a maintenance task may take hours.
"""

from __future__ import annotations

from flask import Flask

from ..clock import utcnow
from ..database.unit_of_work import unit_of_work
from ..services import plugins
from ..services.catalog import revision_cache
from ..services.plugins import repairs
from .rounds import Rounds


class DueReleases(Rounds):
    """Chooses current versions anew once time alone has changed them.

    Every node looks; the first that sees the end of a cooldown writes it, and lists and their tags follow on all.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__(app, "due releases")
        # The catalogue's revision up to which current versions are known to be right: first that of the start.
        self._known: int | None = None

    def round(self) -> int:
        """Do what is due now; returns how many plugins that were. Writes only if there are any."""
        shown = 0
        with self._app.app_context():
            self._mend()
            while not self._stopping.is_set():
                with unit_of_work(writing=False):
                    # Read each time: the clock may be set back meanwhile.
                    if not plugins.is_any_due(utcnow()):
                        break
                with unit_of_work():
                    shown += plugins.show_due(utcnow())
        return shown

    def _mend(self) -> None:
        """Look at what changed since the last round. A restored database begins anew."""
        with unit_of_work(writing=False):
            revision = revision_cache.current()
        if self._known is None or self._known > revision:
            repairs.mend_suspects()
            self._known = revision
        while self._known < revision and not self._stopping.is_set():
            before, self._known = self._known, repairs.mend(self._known)
            if self._known == before:
                # What changed beyond it is no published plugin.
                self._known = revision
