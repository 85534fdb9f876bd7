"""Any bytes lead to a report; in accepted archives zipfile reads the same files."""

from __future__ import annotations

import io
import zipfile

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from .craft import UTF8, Item, Zip
from .packages import base_items, crafted, inspect, manifest, package


def described() -> bytes:
    return Zip([*base_items(), Item(b"d", b"data" * 9, 8, descriptor="s32"), Item("é".encode(), flags=UTF8)]).build()


def wide() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in base_items():
            with archive.open(item.name.decode(), "w", force_zip64=True) as member:
                member.write(item.data)
    return buffer.getvalue()


SEEDS = (package(), described(), wide(), crafted(comment=b"a comment", end64={}))

Edits = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6)


def meant(info: zipfile.ZipInfo) -> str:
    """The name as hosts read it: zipfile takes what has no flag for CP437, and `\\` for a letter."""
    raw = info.orig_filename.encode("utf-8" if info.flag_bits & UTF8 else "cp437")
    return raw.decode("utf-8").replace("\\", "/")


def assert_same_as_zipfile(data: bytes) -> None:
    """The differential check: nothing that passes may mean something else to another reader."""
    report = inspect(data)
    if not report.ok:
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        told = [(meant(info), info.file_size, info.compress_size, info.CRC) for info in archive.infolist()]
    told = [entry for entry in told if not entry[0].endswith("/")]
    assert told == [(entry.name, entry.size, entry.compressed_size, entry.crc) for entry in report.entries]


def test_the_seeds_are_good() -> None:
    for seed in SEEDS:
        assert inspect(seed).ok
        assert_same_as_zipfile(seed)


@settings(max_examples=600, deadline=None)
@given(seed=st.sampled_from(SEEDS), edits=Edits)
def test_changed_bytes(seed: bytes, edits: list[tuple[int, int]]) -> None:
    data = bytearray(seed)
    for place, value in edits:
        data[place % len(data)] = value
    assert_same_as_zipfile(bytes(data))


def test_every_single_bit_of_a_small_archive() -> None:
    seed = Zip(base_items()).build()
    for place in range(len(seed)):
        for bit in (0x01, 0x20, 0x80, 0xFF):
            changed = seed[:place] + bytes([seed[place] ^ bit]) + seed[place + 1 :]
            assert_same_as_zipfile(changed)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    place=st.integers(0, 10_000),
    cut=st.integers(0, 60),
    put=st.binary(max_size=60) | st.sampled_from([b"PK\5\6", b"PK\1\2", b"PK\3\4", b"PK\6\7", b"PK\6\6", b"PK\7\x08"]),
)
def test_cut_and_inserted_bytes(seed: bytes, place: int, cut: int, put: bytes) -> None:
    place %= len(seed)
    changed = seed[:place] + put + seed[place + cut :]
    report = inspect(changed)
    assert not report.ok or changed == seed or len(changed) == len(seed)
    assert_same_as_zipfile(changed)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=300))
@example(b"PK\5\6" + bytes(18))
@example(b"PK\5\6" + b"\xff" * 18)
@example(b"PK\3\4" + b"\xff" * 26 + b"PK\5\6" + b"\0" * 18)
def test_arbitrary_bytes(data: bytes) -> None:
    assert not inspect(data).ok


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(names=st.lists(st.text(max_size=30) | st.text("./\\aA:C \0é", max_size=12), max_size=4), utf8=st.booleans())
def test_arbitrary_names(names: list[str], utf8: bool) -> None:
    raws = [name.encode("utf-8", "surrogatepass") for name in names]
    items = [Item(raw, b"" if raw.endswith(b"/") else b"x", flags=UTF8 if utf8 else 0) for raw in raws]
    assert_same_as_zipfile(crafted(*items))


@settings(max_examples=60, deadline=None)
@given(
    entries=st.dictionaries(
        st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,3}\.txt", fullmatch=True), st.binary(max_size=2000), max_size=6
    ),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_good_packages_pass(entries: dict[str, bytes], method: int) -> None:
    data = package({"plugin.json": manifest(), "MyPlugin.dll": b"MZ", **entries}, method)
    report = inspect(data)
    assert report.ok
    assert report.unpacked_size == sum(map(len, entries.values())) + len(manifest()) + 2
    assert_same_as_zipfile(data)
