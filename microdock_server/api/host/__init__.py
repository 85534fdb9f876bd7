"""The host API. GET and POST only, no parameters in paths, `{success, message, data}`."""

from ..core.envelopes import HOST
from ..core.surface import Surface

host = Surface("host", __name__, HOST)

from . import (  # noqa: E402, F401  (they declare their endpoints on `host`)
    auth,
    backups,
    blocks,
    plugins,
    releases,
    resolve,
    updates,
    versions,
)
