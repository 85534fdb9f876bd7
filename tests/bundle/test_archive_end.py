"""Faults of the file as a whole: its end records, and bytes that belong to nothing."""

from __future__ import annotations

import io
import struct

import pytest

from .craft import FULL16, FULL32, Item, Zip
from .packages import base_items, crafted, inspect, package, rules

GOOD = crafted()


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"hello world" * 100, b"\0" * 70_000, b"MZ" + b"\0" * 100, b"Rar!\x1a\7\0"]
)
def test_not_a_zip(data: bytes) -> None:
    assert rules(data) == ["not-a-zip"]


@pytest.mark.parametrize("keep", [4, 30, 100, len(GOOD) // 2, len(GOOD) - 22, len(GOOD) - 1])
def test_truncated(keep: int) -> None:
    assert rules(GOOD[:keep]) == ["truncated"]


def test_every_truncation_is_refused() -> None:
    data = package()
    assert all(not inspect(data[:keep]).ok for keep in range(len(data)))


@pytest.mark.parametrize("suffix", [b"\0", b"trailing", b"PK", b"x" * 70_000])
def test_trailing_data(suffix: bytes) -> None:
    found = rules(GOOD + suffix)
    assert found == (["trailing-data"] if len(suffix) < 65_000 else ["truncated"])


@pytest.mark.parametrize("comment", [b"a", b"hello", "注释".encode(), b"\0" * 65_535])
def test_comment_that_fits(comment: bytes) -> None:
    assert rules(crafted(comment=comment)) == []


def test_comment_longer_than_the_file() -> None:
    assert rules(crafted(end={"comment_length": 5})) == ["truncated"]


@pytest.mark.parametrize("shift", [0, 2048])
def test_program_in_front(shift: int) -> None:
    """A self-extracting stub, with offsets that were adjusted or not."""
    stub = b"MZ" + b"\x90" * 2046
    data = Zip(base_items(), shift=shift).build()
    assert rules(stub + data) == ["leading-data"]


def test_prefix_before_an_empty_archive() -> None:
    assert "leading-data" in rules(Zip([], prefix=b"junk").build())


def test_second_end_record_in_the_comment() -> None:
    whole = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)
    assert rules(crafted(comment=whole)) == ["false-end"]
    assert rules(crafted(comment=whole + b"tail")) == ["false-end"]
    assert rules(crafted(comment=b"PK\5\6")) == ["false-end"]


def test_end_record_whose_comment_is_the_true_one() -> None:
    """A forward search would find this one, whose comment length swallows everything behind it."""
    true = Zip(base_items()).build()[-22:]
    fake = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 0, 0, len(true))
    assert rules(crafted(before_end=fake)) == ["false-end"]


def test_archive_behind_an_archive() -> None:
    assert rules(package() + package()) == ["leading-data"]


def test_stored_archive_inside_is_fine() -> None:
    assert rules(crafted(Item(b"inner.zip", package()))) == []


@pytest.mark.parametrize(
    ("end", "rule"),
    [
        ({"disk": 1}, "multi-disk"),
        ({"dir_disk": 1}, "multi-disk"),
        ({"here": 1}, "multi-disk"),
        ({"here": 1, "entries": 1}, "directory-broken"),
        ({"here": 9, "entries": 9}, "directory-broken"),
        ({"here": 0, "entries": 0}, "directory-broken"),
        ({"size": 10}, "false-end"),
        ({"size": 0}, "false-end"),
        ({"offset": 0}, "leading-data"),
        ({"offset": 10**6}, "false-end"),
        ({"here": FULL16, "entries": FULL16}, "false-zip64"),
        ({"size": FULL32}, "false-zip64"),
        ({"offset": FULL32}, "false-zip64"),
    ],
)
def test_false_end(end: dict[str, int], rule: str) -> None:
    assert rules(crafted(end=dict(end))) == [rule]


ASKS = {"offset": FULL32, "size": FULL32, "here": FULL16, "entries": FULL16}


@pytest.mark.parametrize("end", [ASKS, {}, {"offset": FULL32}, {"entries": FULL16, "here": FULL16}])
def test_true_zip64_end(end: dict[str, int]) -> None:
    assert rules(crafted(end=dict(end), end64={})) == []


@pytest.mark.parametrize(
    "end64",
    [
        {"disk": 1}, {"dir_disk": 1}, {"here": 1}, {"entries": 3}, {"size": 1}, {"offset": 1},
        {"locator_disk": 1}, {"place": 0}, {"place": 2**63}, {"disks": 2}, {"length": 45},
        {"length": 52, "sector": b"sector!!"}, {"between": b"gap"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", [ASKS, {}])
def test_false_zip64_end(end: dict[str, int], end64: dict[str, int]) -> None:
    (rule,) = rules(crafted(end=dict(end), end64=dict(end64)))
    assert rule in ("false-zip64", "false-end", "leading-data", "directory-broken")


def test_zip64_record_that_nothing_asks_for_and_that_differs() -> None:
    """Python would follow it and .NET would not."""
    assert rules(crafted(end64={"here": 1, "entries": 1})) == ["false-zip64"]


def test_data_between_directory_and_end() -> None:
    assert rules(crafted(before_end=b"gap")) in (["leading-data"], ["false-end"])


def test_signature_record_behind_the_directory() -> None:
    signature = b"PK\5\5\4\0sign"
    assert rules(crafted(before_end=signature)) == ["false-end"]


def test_header_signature_wrong() -> None:
    assert rules(crafted(Item(b"x", central={"signature": b"PK\1\3"}))) == ["directory-broken"]
    assert rules(crafted(Item(b"x", local={"signature": b"PK\3\5"}))) == ["local-missing"]


def test_file_position_does_not_matter() -> None:
    file = io.BytesIO(GOOD)
    file.seek(17)
    assert rules(file) == []


class ShortReads(io.RawIOBase):
    """An unbuffered file that hands out at most seven bytes a call."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(min(size, 7))

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._inner.seek(offset, whence)


def test_short_reads_are_joined() -> None:
    assert rules(ShortReads(GOOD)) == []  # type: ignore[arg-type]


class Failing(io.BytesIO):
    """A disk that gives up behind the header."""

    def read(self, size: int | None = -1) -> bytes:
        raise OSError(5, "Input/output error")


def test_a_failing_disk_is_not_a_bad_package() -> None:
    with pytest.raises(OSError, match="Input/output"):
        inspect(Failing(GOOD))
