"""The marketplace API. REST, `{success, code, message, data, timestamp, request_id}`."""

from ..core.envelopes import MARKET
from ..core.surface import Surface

market = Surface("market", __name__, MARKET)

from . import (  # noqa: E402, F401  (they declare their endpoints on `market`)
    administration,
    appeals,
    auth,
    blocks,
    categories,
    files,
    jobs,
    limits,
    notices,
    people,
    plugins,
    progress,
    ratings,
    releases,
    review_changes,
    review_replies,
    reviews,
    versions,
)
