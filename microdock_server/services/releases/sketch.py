"""How many different things were seen, without remembering which: a HyperLogLog sketch.

It keeps, for each of 2,048 classes of hashes, the longest run of zero bits seen in that class. So adding something
twice changes nothing, sketches of parts merge into the sketch of the whole in any order, and the number of different
hashes is estimated with a standard error of 1.04 / √2,048, about 2.3 %; much less for the first few hundred. The
estimator is the one of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017): without
tables of corrections, it is linear counting where most classes are empty, and unbiased beyond.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import Final, Self

BITS: Final = 11
CLASSES: Final = 1 << BITS
# Bits of a hash that a run is looked for in. A run and the end of it fit into five bits, and with the class into 16.
RUN_BITS: Final = 30
HASH_BITS: Final = 64
STANDARD_ERROR: Final = 1.04 / math.sqrt(CLASSES)

_SPARSE: Final = b"\x01"
_DENSE: Final = b"\x02"
_RANK_BITS: Final = 5
_RANK: Final = (1 << _RANK_BITS) - 1
_LONGEST: Final = RUN_BITS + 1
_SKIPPED: Final = HASH_BITS - BITS - RUN_BITS
_RUN: Final = (1 << RUN_BITS) - 1
# With more classes than this in use, a dictionary takes more memory than all of them.
_FEW: Final = 64


class Sketch:
    """A set of 64-bit hashes, of which only the estimated size can be told."""

    __slots__ = ("_all", "_few")

    def __init__(self, hashes: Iterable[int] = ()) -> None:
        # One of the two: the ranks of classes in use, or of every class.
        self._few: dict[int, int] | None = {}
        self._all = bytearray()
        for hashed in hashes:
            self.add(hashed)

    @classmethod
    def read(cls, data: bytes) -> Self:
        """The sketch that `bytes` wrote. Raises ValueError for anything else."""
        kind, body = data[:1], data[1:]
        found = cls()
        if kind == _DENSE and len(body) == CLASSES and max(body) <= _LONGEST:
            found._few, found._all = None, bytearray(body)
        elif kind == _SPARSE and len(body) % 2 == 0:
            found._put((word >> _RANK_BITS, word & _RANK) for [word] in struct.iter_unpack(">H", body))
        else:
            raise ValueError("these are not the bytes of a sketch")
        return found

    def add(self, hashed: int) -> None:
        """Count a hash: 64 evenly distributed bits."""
        index = hashed >> (HASH_BITS - BITS)
        rank = _LONGEST - ((hashed >> _SKIPPED) & _RUN).bit_length()
        few = self._few
        if few is None:
            self._all[index] = max(self._all[index], rank)
        elif rank > few.get(index, 0):
            few[index] = rank
            if len(few) > _FEW:
                self._spread()

    def merge(self, other: Self) -> None:
        """Count everything that `other` has counted."""
        if other._few is not None:
            self._put(other._few.items())
            return
        if self._few is not None:
            self._spread()
        self._all[:] = bytes(map(max, self._all, other._all))

    def estimate(self) -> int:
        """About how many different hashes were added; 0 only for none."""
        used = bytes(self._few.values()) if self._few is not None else bytes(self._all)
        counts = [used.count(rank) for rank in range(_LONGEST + 1)]
        counts[0] = CLASSES - sum(counts[1:])
        if counts[0] == CLASSES:
            return 0
        z = CLASSES * _tau(1 - counts[_LONGEST] / CLASSES)
        for count in reversed(counts[1:_LONGEST]):
            z = (z + count) / 2
        z += CLASSES * _sigma(counts[0] / CLASSES)
        # With the longest run in every class: more than can be told apart.
        return round(CLASSES * CLASSES / (2 * math.log(2) * z)) if z else CLASSES << RUN_BITS

    def __bytes__(self) -> bytes:
        """The same for the same hashes, whatever the order they were added in; at most 2,049 bytes."""
        used = CLASSES - self._all.count(0) if self._few is None else len(self._few)
        if 2 * used >= CLASSES:
            return _DENSE + bytes(self._all)
        ranks = enumerate(self._all) if self._few is None else self._few.items()
        words = sorted(index << _RANK_BITS | rank for index, rank in ranks if rank)
        return _SPARSE + struct.pack(f">{len(words)}H", *words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sketch) and bytes(self) == bytes(other)

    __hash__ = None  # type: ignore[assignment]

    def _put(self, ranks: Iterable[tuple[int, int]]) -> None:
        for index, rank in ranks:
            if self._few is not None:
                if rank > self._few.get(index, 0):
                    self._few[index] = rank
                    if len(self._few) > _FEW:
                        self._spread()
            elif rank > self._all[index]:
                self._all[index] = rank

    def _spread(self) -> None:
        """Keep the ranks of all classes from now on."""
        self._all = bytearray(CLASSES)
        for index, rank in (self._few or {}).items():
            self._all[index] = rank
        self._few = None


def _sigma(x: float) -> float:
    """The sum of x and 2^(k-1) x^(2^k) over k: what classes without a hash contribute."""
    total, before, weight = x, -1.0, 1.0
    while total != before:
        x *= x
        before = total
        total += x * weight
        weight *= 2
    return total


def _tau(x: float) -> float:
    """The same for classes whose run is longer than a hash."""
    if x in (0.0, 1.0):
        return 0.0
    total, before, weight = 1 - x, -1.0, 1.0
    while total != before:
        x = math.sqrt(x)
        before = total
        weight /= 2
        total -= (1 - x) ** 2 * weight
    return total / 3
