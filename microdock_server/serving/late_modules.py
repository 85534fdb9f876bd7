"""Modules that a start does without, and that a worker loads a little later all the same.

`scripts/deploy` replaces files while earlier workers still answer: a module that such a worker loaded only then could
fit the ones beside it no longer.
"""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Final

# In seconds after a worker is ready: those who waited for the start have been answered.
DELAY: Final = 5.0
# All that a request imports inside a function (cli and jobs have processes of their own).
MODULES: Final = (
    "microdock_server.api.websocket.connection",
    "microdock_server.media.images",
    "microdock_server.media.markup",
    "psutil",
)


def load_later() -> None:
    """Load them in a thread of their own, which no exit waits for."""
    timer = threading.Timer(DELAY, load)
    timer.daemon = True
    timer.start()


def load() -> None:
    """Load them now. A request that needs one meanwhile waits for it."""
    for name in MODULES:
        import_module(name)
