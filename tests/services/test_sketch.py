"""Sketches of how many: what must hold for merging them anywhere in any order, and how far estimates are off."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdock_server.services.releases.sketch import CLASSES, STANDARD_ERROR, Sketch

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=300)
# Sketches of every form: of a few hashes, and of so many that every class is kept.
SIZES = st.integers(0, 5000)


def drawn(seed: int, size: int) -> list[int]:
    source = random.Random(seed)
    return [source.getrandbits(64) for _ in range(size)]


def merged(*sketches: Sketch) -> Sketch:
    found = Sketch()
    for sketch in sketches:
        found.merge(sketch)
    return found


@given(HASHES, st.randoms())
def test_neither_order_nor_repetition_matters(hashes: list[int], random_order: random.Random) -> None:
    again = [*hashes, *hashes]
    random_order.shuffle(again)
    assert bytes(Sketch(again)) == bytes(Sketch(hashes))


@given(HASHES, HASHES, HASHES)
def test_merging_is_what_a_union_is(one: list[int], two: list[int], three: list[int]) -> None:
    a, b, c = Sketch(one), Sketch(two), Sketch(three)
    assert merged(a, b) == merged(b, a) == Sketch([*one, *two])
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert merged(a, a) == a == merged(a, Sketch())


@given(SIZES, SIZES, st.integers(0, 2**32))
def test_so_it_is_between_sketches_of_every_form(first: int, second: int, seed: int) -> None:
    one, two = drawn(seed, first), drawn(seed + 1, second)
    a, b = Sketch(one), Sketch(two)
    assert merged(a, b) == merged(b, a) == Sketch([*one, *two])
    assert merged(merged(a, b), a) == merged(a, b)


@given(SIZES, st.integers(0, 2**32))
def test_what_is_written_is_read_as_the_same(size: int, seed: int) -> None:
    sketch = Sketch(drawn(seed, size))
    data = bytes(sketch)
    assert len(data) <= min(CLASSES, 2 * size) + 1
    again = Sketch.read(data)
    assert (again, bytes(again), again.estimate()) == (sketch, data, sketch.estimate())


@pytest.mark.parametrize("data", [b"", b"\x01\x00", b"\x02" + bytes(10), b"\x03", b"\x02" + b"\xff" * CLASSES])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="bytes of a sketch"):
        Sketch.read(data)


def test_nothing_is_nothing_and_one_is_one() -> None:
    assert Sketch().estimate() == 0
    assert all(Sketch([hashed]).estimate() == 1 for hashed in (0, 1, 2**64 - 1, *drawn(3, 50)))


def errors(size: int, runs: int = 40) -> Iterable[float]:
    return [Sketch(drawn(1000 * size + run, size)).estimate() / size - 1 for run in range(runs)]


# From a handful over the sizes where estimators change their way to far beyond the number of classes.
@pytest.mark.parametrize("size", [2, 10, 100, 500, 1000, 2000, 4000, 8000, 16_000])
def test_estimates_are_about_right(size: int) -> None:
    found = list(errors(size))
    # Of few hashes one may fall into the class of another, which is then one in so many.
    allowed = max(4 * STANDARD_ERROR, 1.5 / size)
    assert max(map(abs, found)) <= allowed
    # Neither too high nor too low on the whole: the error of a mean of so many.
    assert abs(sum(found) / len(found)) <= allowed / math.sqrt(len(found)) + 0.5 / size


def test_a_run_that_is_longer_than_is_kept_is_kept_as_the_longest() -> None:
    assert Sketch([0]) == Sketch([1]) == Sketch([0, 1])
    full = Sketch(index << 53 for index in range(CLASSES))
    assert full.estimate() > 2**32
    assert Sketch.read(bytes(full)) == full
