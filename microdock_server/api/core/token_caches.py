"""Caches of what a process knows about the tokens that it has seen."""

from __future__ import annotations

from ...caching import LoadingCache
from ...services.accounts.tokens import Claims


class DecodedTokens(LoadingCache[bytes, Claims]):
    """Claims of tokens with a good signature, by the token's digest; only revocation is checked for every request.

    Checking a signature takes longer than everything else an authenticated request does.
    """

    def __init__(self) -> None:
        super().__init__(10_000)


class RefusedTokens(LoadingCache[str, bool]):
    """The `jti` of tokens that the database reported as revoked for good, so that it is not asked again.

    A client that goes on using a revoked token therefore costs little. Only refusals are cached, and they stay true;
    whatever a new process does not know is asked of the database, and refused again.
    """

    def __init__(self) -> None:
        super().__init__(10_000)
