"""Desk 2: the marketplace API. REST, `{success, code, message, data, timestamp, request_id}`."""

from ..envelopes import MARKET
from ..surface import Surface

market = Surface("market", __name__, MARKET)

from . import auth  # noqa: E402, F401  (it declares its endpoints on `market`)
