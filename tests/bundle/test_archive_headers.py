"""Faults of single entries: headers, extra fields, descriptors, kinds of file."""

from __future__ import annotations

import struct
import zlib

import pytest

from .craft import FULL32, UTF8, Item, Zip, deflate, extra, zip64
from .packages import base_items, crafted, inspect, rules

X = b"extra.txt"
DATA = b"some content " * 20


@pytest.mark.parametrize("flag", [0, 6, 13])
def test_encrypted(flag: int) -> None:
    assert rules(crafted(Item(X, DATA, flags=1 << flag))) == ["encrypted"]


@pytest.mark.parametrize("flag", [4, 5, 7, 8, 9, 10, 12, 14, 15])
def test_unknown_flags(flag: int) -> None:
    assert rules(crafted(Item(X, DATA, flags=1 << flag))) == ["unknown-flags"]


@pytest.mark.parametrize("flags", [2, 4, 6, UTF8])
def test_harmless_flags(flags: int) -> None:
    assert rules(crafted(Item(X, DATA, 8, flags=flags))) == []


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 95, 98, 99])
def test_methods(method: int) -> None:
    assert rules(crafted(Item(X, DATA, method))) == ["method-unsupported"]


@pytest.mark.parametrize("host", [0, 3, 10, 19])
@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        (0o120777, "symbolic link"),
        (0o010644, "fifo"),
        (0o020644, "character device"),
        (0o060644, "block device"),
        (0o140644, "socket"),
        (0o150000, "type 0o150000"),
    ],
)
def test_special_files(mode: int, kind: str, host: int) -> None:
    item = Item(X, b"/etc/passwd", made_by=host << 8 | 20, attributes=mode << 16)
    (problem,) = inspect(crafted(item)).problems
    assert (problem.rule, problem.entry, problem.params["kind"]) == ("special-file", "extra.txt", kind)


@pytest.mark.parametrize(("bit", "kind"), [(0x08, "volume label"), (0x400, "reparse point")])
def test_special_dos_attributes(bit: int, kind: str) -> None:
    (problem,) = inspect(crafted(Item(X, DATA, attributes=bit))).problems
    assert (problem.rule, problem.params["kind"]) == ("special-file", kind)


@pytest.mark.parametrize(
    ("name", "attributes", "data", "expected"),
    [
        (b"d/", 0x10, b"", []),
        (b"d/", 0o040755 << 16 | 0x10, b"", []),
        (b"d/", 0, b"", []),
        (b"f", 0o100644 << 16, b"x", []),
        (b"f", 0x20, b"x", []),
        (b"f", 0x10, b"", ["directory-mismatch"]),
        (b"f", 0o040755 << 16, b"", ["directory-mismatch"]),
        (b"d/", 0o100644 << 16, b"", ["directory-mismatch"]),
        (b"d/", 0x10, b"x", ["directory-with-content"]),
    ],
)
def test_directories(name: bytes, attributes: int, data: bytes, expected: list[str]) -> None:
    item = Item(name, data, made_by=3 << 8 | 20, attributes=attributes)
    assert rules(crafted(item)) == expected


def test_directory_deflated_to_nothing() -> None:
    """Java's jar writes its directories this way."""
    assert rules(crafted(Item(b"META-INF/", b"", 8, descriptor="s32"))) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"name": b"extra.tx_"}, "name"),
        ({"name": b"extra.txt2"}, "name"),
        ({"name": b"EXTRA.TXT"}, "name"),
        ({"flags": UTF8}, "flags"),
        ({"method": 8}, "method"),
        ({"crc": 1}, "crc"),
        ({"crc": 0}, "crc"),
        ({"size": 5}, "size"),
        ({"size": 0}, "size"),
        ({"packed": 5}, "compressed size"),
    ],
)
@pytest.mark.parametrize("last", [True, False])
def test_headers_disagree(changes: dict[str, object], what: str, last: bool) -> None:
    items = [Item(X, DATA, local=dict(changes)), *([] if last else [Item(b"z", b"z")])]
    problems = inspect(crafted(*items)).problems
    assert ("headers-disagree", what) in [(problem.rule, problem.params.get("what")) for problem in problems]


@pytest.mark.parametrize("changes", [{"crc": 1}, {"size": 5}, {"packed": 5}])
def test_half_filled_local_header_with_descriptor(changes: dict[str, object]) -> None:
    assert rules(crafted(Item(X, DATA, descriptor="s32", local=dict(changes)))) == ["headers-disagree"]


@pytest.mark.parametrize("form", ["32", "s32"])
@pytest.mark.parametrize("method", [0, 8])
def test_descriptors(form: str, method: int) -> None:
    assert rules(crafted(Item(X, DATA, method, descriptor=form), Item(b"z", b"z", 8, descriptor=form))) == []


@pytest.mark.parametrize("form", ["64", "s64"])
def test_wide_descriptors_go_with_zip64(form: str) -> None:
    wide = {"extra": zip64(0, 0), "size": FULL32, "packed": FULL32}
    assert rules(crafted(Item(X, DATA, 8, descriptor=form, local=wide))) == []
    assert rules(crafted(Item(X, DATA, 8, descriptor=form))) in (["hidden-data"], ["descriptor-wrong"])
    assert rules(crafted(Item(X, DATA, 8, descriptor=form[:-2] + "32", local=wide))) == ["descriptor-wrong"]


def test_info_zip_leaves_the_real_size_beside_a_descriptor() -> None:
    assert rules(crafted(Item(X, DATA, 8, descriptor="s32", local={"size": len(DATA)}))) == []


@pytest.mark.parametrize(
    "after", [b"", struct.pack("<3L", 1, 2, 3), b"PK\7\x08" + struct.pack("<3L", 1, 2, 3), b"short", b"x" * 14]
)
def test_wrong_descriptors(after: bytes) -> None:
    hidden = {"crc": 0, "size": 0, "packed": 0}
    assert rules(crafted(Item(X, DATA, flags=8, after=after, local=hidden))) == ["descriptor-wrong"]


@pytest.mark.parametrize("descriptor", ["", "s32", "32"])
def test_data_between_entries(descriptor: str) -> None:
    items = [Item(X, DATA, descriptor=descriptor, after=b"hidden" * 5), Item(b"z", b"z")]
    assert rules(crafted(*items)) == ["hidden-data"]


def test_data_before_the_directory() -> None:
    (problem,) = inspect(crafted(before_directory=b"hidden")).problems
    assert (problem.rule, problem.params["bytes"]) == ("hidden-data", 6)


def test_whole_entry_that_the_directory_does_not_list() -> None:
    ghost = Item(b"ghost.dll", b"boo")
    assert rules(crafted(Item(X, DATA, after=ghost.local_header() + b"boo"), Item(b"z", b"z"))) == ["hidden-data"]


@pytest.mark.parametrize("offset", [7, 10**6, FULL32 - 1])
def test_local_header_missing(offset: int) -> None:
    assert "local-missing" in rules(crafted(Item(X, DATA, central={"offset": offset})))


def test_two_names_on_one_entry() -> None:
    """The quoted overlap: both directory entries lead to the same local header."""
    assert "overlap" in rules(crafted(Item(X, DATA), Item(b"other", DATA, central={"offset": 0})))


def test_entry_that_reaches_into_the_next() -> None:
    items = [Item(X, DATA, central={"packed": len(DATA) + 20, "size": len(DATA) + 20}), Item(b"z", b"z")]
    assert "overlap" in rules(crafted(*items))


def test_entry_that_reaches_into_the_directory() -> None:
    report = inspect(crafted(Item(X, DATA, central={"packed": len(DATA) + 1, "size": len(DATA) + 1})))
    assert ("overlap", "central directory") in [(p.rule, p.params.get("other")) for p in report.problems]


def test_directory_in_another_order_than_the_entries() -> None:
    items = base_items()
    first = sum(len(item.local_header()) + len(item.packed or b"") for item in items)
    second = first + len(Item(b"a", b"1").local_header()) + 1
    # In the file a stands before b; the directory lists b first.
    true_a = {"name": b"b", "crc": zlib.crc32(b"2"), "offset": second}
    true_b = {"name": b"a", "crc": zlib.crc32(b"1"), "offset": first}
    assert rules(Zip([*items, Item(b"a", b"1", central=true_a), Item(b"b", b"2", central=true_b)]).build()) == []


@pytest.mark.parametrize("field", [b"\1", b"\1\0", b"\x55\x54\5\0abc", extra(0x5455, b"abcd") + b"\0\0\0", b"\0" * 3])
@pytest.mark.parametrize("where", ["local", "central"])
def test_malformed_extra(field: bytes, where: str) -> None:
    assert rules(crafted(Item(X, DATA, **{where: {"extra": field}}))) == ["extra-malformed"]  # type: ignore[arg-type]


@pytest.mark.parametrize("identifier", [0x7075, 0x6375])
@pytest.mark.parametrize("where", ["local", "central"])
def test_unicode_extra(identifier: int, where: str) -> None:
    field = extra(identifier, b"\1" + bytes(4) + b"other.txt")
    assert rules(crafted(Item(X, DATA, **{where: {"extra": field}}))) == ["unicode-extra"]  # type: ignore[arg-type]


def unicode_path(raw: bytes, *, version: int = 1, checked: bytes | None = None) -> bytes:
    return extra(0x7075, struct.pack("<BL", version, zlib.crc32(raw if checked is None else checked)) + raw)


@pytest.mark.parametrize("flags", [0, UTF8])
@pytest.mark.parametrize("raw", [X, "插件.txt".encode()])
def test_a_second_name_that_repeats_the_first(raw: bytes, flags: int) -> None:
    """As Info-ZIP writes it where the system's names are UTF-8."""
    report = inspect(crafted(Item(raw, DATA, extra=unicode_path(raw), flags=flags)))
    assert report.ok and report.entries[-1].name == raw.decode()


@pytest.mark.parametrize("where", ["local", "central"])
@pytest.mark.parametrize(
    "field",
    [
        unicode_path(b"EXTRA.TXT", checked=X),
        unicode_path(X + b"\0"),
        unicode_path(X, version=2),
        unicode_path(X, checked=b"other.txt"),
        unicode_path(b"extra.txt", checked=X) + unicode_path(b"evil.txt", checked=X),
    ],
    ids=["case", "longer", "version", "crc", "two"],
)
def test_a_second_name_that_does_not(field: bytes, where: str) -> None:
    assert rules(crafted(Item(X, DATA, **{where: {"extra": field}}))) == ["unicode-extra"]  # type: ignore[arg-type]


def test_local_and_central_name_are_compared_byte_by_byte() -> None:
    """As text both may read `é`: one in UTF-8, one in the code page that a reader falls back to."""
    item = Item("é.txt".encode(), DATA, flags=UTF8, local={"name": b"\x82.txt"})
    assert rules(crafted(item)) == ["headers-disagree"]


@pytest.mark.parametrize("identifier", [0x9901, 0x0017])
def test_encryption_extra(identifier: int) -> None:
    assert rules(crafted(Item(X, DATA, extra=extra(identifier, bytes(8))))) == ["encrypted"]


@pytest.mark.parametrize("identifier", [0x5455, 0x7875, 0x5855, 0x000A, 0xCAFE, 0xA220, 0x1234])
def test_other_extra_is_ignored(identifier: int) -> None:
    assert rules(crafted(Item(X, DATA, extra=extra(identifier, b"\1\2\3\4")))) == []


@pytest.mark.parametrize(("needs", "expected"), [(0, []), (45, []), (63, []), (64, ["version-unsupported"])])
def test_version_needed(needs: int, expected: list[str]) -> None:
    assert rules(crafted(Item(X, DATA, central={"needs": needs}))) == expected


def test_endless_empty_extra_fields() -> None:
    assert rules(crafted(Item(X, DATA, extra=bytes(60_000)))) == ["extra-malformed"]


def test_entry_on_another_disk() -> None:
    assert rules(crafted(Item(X, DATA, central={"disk": 1}))) == ["multi-disk"]


SIZE = len(DATA)
GOOD_ZIP64 = [
    ({"size": FULL32, "packed": FULL32, "extra": zip64(SIZE, SIZE)}, {}),  # Python's force_zip64
    ({"size": FULL32, "packed": FULL32, "extra": zip64(SIZE, SIZE)}, {"packed": FULL32, "extra": zip64(SIZE)}),
    ({}, {"size": FULL32, "packed": FULL32, "extra": zip64(SIZE, SIZE)}),
    ({"size": FULL32, "extra": zip64(SIZE)}, {}),
    ({"packed": FULL32, "extra": zip64(SIZE)}, {}),
    ({"extra": zip64(SIZE, SIZE)}, {"extra": zip64(SIZE, SIZE)}),  # not asked for, but true
    ({}, {"disk": 0xFFFF, "size": FULL32, "extra": extra(1, struct.pack("<QL", SIZE, 0))}),
]
BAD_ZIP64 = [
    ({"size": FULL32, "packed": FULL32}, {}),
    ({"size": FULL32, "packed": FULL32, "extra": zip64(SIZE, SIZE + 1)}, {}),
    ({"size": FULL32, "packed": FULL32, "extra": zip64(SIZE)}, {}),
    ({"extra": zip64(SIZE + 1, SIZE)}, {}),
    ({}, {"size": FULL32}),
    ({}, {"disk": 0xFFFF}),
    ({}, {"offset": FULL32}),
    ({}, {"size": FULL32, "extra": zip64(SIZE, SIZE)}),
    ({}, {"size": FULL32, "packed": FULL32, "extra": zip64(SIZE)}),
    ({}, {"extra": zip64(SIZE + 1)}),
    ({}, {"extra": zip64(SIZE, SIZE)[:-8] + bytes(8)}),
    ({}, {"extra": extra(1, b"")}),
    ({}, {"extra": extra(1, b"1234567")}),
    ({}, {"size": FULL32, "extra": zip64(SIZE) + zip64(SIZE)}),
    ({}, {"size": FULL32, "extra": zip64(2**63)}),
]


@pytest.mark.parametrize(("local", "central"), GOOD_ZIP64)
def test_true_zip64(local: dict[str, object], central: dict[str, object]) -> None:
    assert rules(crafted(Item(X, DATA, local=dict(local), central=dict(central)))) == []


@pytest.mark.parametrize(("local", "central"), BAD_ZIP64)
def test_false_zip64(local: dict[str, object], central: dict[str, object]) -> None:
    found = rules(crafted(Item(X, DATA, local=dict(local), central=dict(central))))
    assert {"false-zip64-entry", "headers-disagree", "unpacked-too-large"} & set(found)


@pytest.mark.parametrize("offset", [2**63, 2**64 - 1])
def test_offset_beyond_any_file(offset: int) -> None:
    assert "local-missing" in rules(crafted(Item(X, DATA, central={"offset": FULL32, "extra": zip64(offset)})))


def test_content_that_is_not_what_is_declared() -> None:
    packed = deflate(DATA)
    broken = b"\xff" + packed[1:]
    cases = {
        "content-broken": Item(X, DATA, 8, packed=broken),
        "content-trailing": Item(X, DATA, 8, packed=packed + b"tail"),
        "size-wrong": Item(X, DATA, 8, local={"size": SIZE - 1}, central={"size": SIZE - 1}),
        "crc-wrong": Item(X, DATA, 8, local={"crc": 1}, central={"crc": 1}),
    }
    for rule, item in cases.items():
        assert rules(crafted(item)) == [rule]


@pytest.mark.parametrize("size", [0, 1, SIZE - 1, SIZE + 1, 10**8])
@pytest.mark.parametrize("method", [0, 8])
def test_wrong_size(size: int, method: int) -> None:
    item = Item(X, DATA, method, local={"size": size}, central={"size": size})
    assert rules(crafted(item)) in (["size-wrong"], ["ratio-too-high"])


@pytest.mark.parametrize("cut", [1, 5, 10])
def test_deflate_stream_that_does_not_end(cut: int) -> None:
    assert rules(crafted(Item(X, DATA, 8, packed=deflate(DATA)[:-cut]))) == ["content-broken"]


def test_all_faults_are_told_at_once() -> None:
    found = rules(
        crafted(
            Item(b"../x", b"1"),
            Item(b"link", b"t", attributes=0o120777 << 16),
            Item(b"locked", b"2", flags=1),
            Item(b"lzma", b"3", 14),
            Item(b"bad", DATA, 8, local={"crc": 1}, central={"crc": 1}),
            Item(b"NUL", b"4", after=b"gap"),
        )
    )
    assert set(found) == {
        "path-escapes",
        "special-file",
        "encrypted",
        "method-unsupported",
        "crc-wrong",
        "name-reserved",
        "hidden-data",
    }
