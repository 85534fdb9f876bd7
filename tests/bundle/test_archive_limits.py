"""Archive bombs are found by declared sizes, and false declarations while unpacking."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator

import pytest

from microdock_server.bundle import Limits

from .craft import FULL32, Item, Zip, zip64
from .packages import base_items, crafted, files, package, rules

MEBIBYTE = 1 << 20
SMALL = Limits(max_entries=5, max_unpacked=MEBIBYTE, max_ratio=10, ratio_free=1000, max_manifest=2000)


Peak = Callable[[], int]


@pytest.fixture
def peak() -> Iterator[Peak]:
    """How many bytes were added at most since the last call."""
    tracemalloc.start()
    before = 0

    def grown() -> int:
        nonlocal before
        now, highest = tracemalloc.get_traced_memory()
        growth, before = highest - before, now
        tracemalloc.reset_peak()
        return growth

    yield grown
    tracemalloc.stop()


def test_entries() -> None:
    assert rules(crafted(*(Item(b"f%d" % number) for number in range(3))), SMALL) == []
    assert rules(crafted(*(Item(b"f%d" % number) for number in range(4))), SMALL) == ["too-many-entries"]


def test_claimed_entries_are_not_read() -> None:
    end = {"here": 50_000, "entries": 50_000}
    assert rules(crafted(end=end), SMALL) == ["too-many-entries"]


def test_unpacked_size() -> None:
    free = Limits(max_unpacked=MEBIBYTE, max_ratio=10**6)
    room = MEBIBYTE - sum(len(item.data) for item in base_items())
    assert rules(crafted(Item(b"x", bytes(room), 8)), free) == []
    assert rules(crafted(Item(b"x", bytes(room + 1), 8)), free) == ["unpacked-too-large"]


def test_ratio() -> None:
    assert rules(crafted(Item(b"x", bytes(999), 8)), SMALL) == []
    assert rules(crafted(Item(b"x", bytes(1001), 8)), SMALL) == ["ratio-too-high"]


def test_ratio_of_many_small_entries() -> None:
    limits = Limits(max_ratio=10, ratio_free=10_000)
    items = [Item(b"f%d" % number, bytes(9000), 8) for number in range(5)]
    assert rules(crafted(*items), limits) == ["total-ratio-too-high"]


def test_bomb_is_not_unpacked(peak: Peak) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb", "w") as member:
        for _ in range(300):
            member.write(bytes(MEBIBYTE))
    assert "ratio-too-high" in rules(buffer)
    assert peak() < 8 * MEBIBYTE


def test_large_content_streams_through(peak: Peak) -> None:
    data = package({**files(), "big.bin": bytes(range(256)) * 4 * 40 * 1024}, zipfile.ZIP_STORED)
    peak()
    assert rules(data) == []
    assert peak() < 8 * MEBIBYTE


@pytest.mark.parametrize("declared", [10, 2**30 - 10_000, 2**62])
def test_declared_size_is_neither_believed_nor_allocated(declared: int, peak: Peak) -> None:
    sizes = {"size": FULL32, "packed": FULL32, "extra": zip64(declared, 100)}
    item = Item(b"x", b"\0" * 100, packed=b"\0" * 100, local=sizes, central=dict(sizes))
    found = rules(crafted(item), Limits(max_ratio=10**8))
    assert found in (["size-wrong"], ["unpacked-too-large", "ratio-too-high"])
    assert peak() < 4 * MEBIBYTE


def test_ten_thousand_entries_stay_small(peak: Peak) -> None:
    items = [Item(b"%s/%05d" % (b"/".join([b"d" * 20] * 20), number)) for number in range(9_990)]
    data = crafted(*items)
    del items
    peak()
    assert rules(data) == []
    assert peak() < 24 * MEBIBYTE


def test_hostile_headers_stay_small(peak: Peak) -> None:
    """64 KiB of name, extra field and comment in every header are read and forgotten."""
    items = [Item(b"%04d" % number + b"n" * 60_000, extra=b"\0" * 60_000) for number in range(300)]
    data = Zip(items).build()
    del items
    peak()
    assert "path-too-long" in rules(data)
    assert peak() < 8 * MEBIBYTE
