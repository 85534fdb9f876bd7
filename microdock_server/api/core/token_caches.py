"""What a process remembers about the tokens that it has seen."""

from __future__ import annotations

from ...caching import LoadingCache
from ...services.accounts.tokens import Claims


class DecodedTokens(LoadingCache[bytes, Claims]):
    """Claims of tokens whose signature was found good, by the token's digest; only revocation is asked anew.

    Checking a signature takes longer than everything else an authenticated request does.
    """

    def __init__(self) -> None:
        super().__init__(10_000)


class RefusedTokens(LoadingCache[str, bool]):
    """The `jti` of tokens that the database said are revoked for good: the next time it is not asked.

    A client that goes on with a token it has lost costs no more than this. Only refusals are kept, which stay true:
    whatever is forgotten here, in a process that is new for example, is asked of the database, and refused again.
    """

    def __init__(self) -> None:
        super().__init__(10_000)
