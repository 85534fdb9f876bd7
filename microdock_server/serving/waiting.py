"""Connections that wait in the poller, by address, and which of them are closed when there are too many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar


class Addressed(Protocol):
    """A connection with a client address."""

    @property
    def address(self) -> str:
        """The address, in the form in which addresses are counted."""


C = TypeVar("C", bound=Addressed)


class Waiting(Generic[C]):
    """An ordered set of connections, in total and by address."""

    def __init__(self) -> None:
        self._all: dict[C, None] = {}
        self._by_address: dict[str, dict[C, None]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[C]:
        """A copy, oldest first: the set may change during iteration."""
        return iter(list(self._all))

    def add(self, connection: C) -> None:
        self._all[connection] = None
        self._by_address.setdefault(connection.address, {})[connection] = None

    def discard(self, connection: C) -> None:
        if connection in self._all:
            del self._all[connection]
            theirs = self._by_address[connection.address]
            del theirs[connection]
            if not theirs:
                del self._by_address[connection.address]

    def of(self, address: str) -> int:
        """The number of an address's connections."""
        return len(self._by_address.get(address, ()))

    def oldest_of(self, address: str) -> C:
        return next(iter(self._by_address[address]))


def oldest_of_largest(groups: Iterable[Iterable[C]], most: int) -> list[C]:
    """Up to `most` connections of the address that has the most: in the order of the groups, oldest first."""
    by_address: dict[str, list[C]] = {}
    for group in groups:
        for one in group:
            by_address.setdefault(one.address, []).append(one)
    return max(by_address.values(), key=len)[:most] if by_address else []
