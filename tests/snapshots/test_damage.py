"""Damaged archives: every byte matters, and nothing hostile is written to disk."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import orjson
import pytest
import zstandard
from flask import Flask

from microdock_server import create_app, snapshots
from microdock_server.snapshots import SnapshotProblem
from microdock_server.snapshots.frames import FOOTER, FOOTER_MAGIC, FOOTER_TAG
from microdock_server.snapshots.members import header, padding

from ..conftest import release
from ..support import settings_for
from .helpers import publish, restore, snapshot

# Of an archive of SQLite's; test_postgresql.py has PostgreSQL's.
pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module")
def made(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of three packages and a backup."""
    directory = tmp_path_factory.mktemp("made")
    shutil.copytree(prepared_data, directory / "data")
    app = create_app(settings_for(directory / "data"))
    publish(app, 1, 2, 3).back_up(bytes(200_000))
    path = snapshot(app, directory / "archives").path
    release(app)
    return path


def plain(path: Path) -> bytes:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as stream:
        return stream.read()


def is_readable(path: Path) -> bool:
    try:
        return bool(plain(path))
    except zstandard.ZstdError:
        return False


def members(path: Path) -> list[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(plain(path))) as archive:
        return [(info.name, archive.extractfile(info).read()) for info in archive]  # type: ignore[union-attr]


def packed(content: bytes) -> bytes:
    """Content as Zstandard frames, the last of which begins with the last manifest, and our footer."""
    manifest = content.rfind(b"manifest.json\0")
    frames = [zstandard.compress(part) for part in (content[:manifest], content[manifest:])]
    return b"".join(frames) + FOOTER.pack(FOOTER_MAGIC, FOOTER.size - 8, FOOTER_TAG, len(frames[0]))


def tar(parts: list[tuple[str, bytes]]) -> bytes:
    written = b"".join(header(name, len(data)) + data + padding(len(data)) for name, data in parts)
    return written + bytes(1024)


def test_an_archive_that_is_only_packed_again_is_fine(made: Path, tmp_path: Path) -> None:
    """What the tests below do to an archive, without the harm."""
    path = tmp_path / "again.tar.zst"
    path.write_bytes(packed(tar(members(made))))
    assert len(snapshots.verify(path).manifest.blobs) == 4


def refused(tmp_path: Path, data: bytes) -> str:
    """What is said of an archive; neither verifying nor restoring it leaves anything behind."""
    path = tmp_path / "microdock-20260101T000000Z-00000000-full.tar.zst"
    path.write_bytes(data)
    with pytest.raises(SnapshotProblem) as said:
        snapshots.verify(path)
    with pytest.raises(SnapshotProblem):
        restore(path, tmp_path / "data")
    assert list(tmp_path.iterdir()) == [path]
    return str(said.value)


def test_every_part_of_the_file_counts(made: Path, tmp_path: Path) -> None:
    whole, path, ignored = made.read_bytes(), tmp_path / "broken.tar.zst", 0
    for position in range(100, len(whole), len(whole) // 40):
        broken = bytearray(whole)
        broken[position] ^= 4
        path.write_bytes(broken)
        # Zstandard has bits that mean nothing: what is unpacked is the same. Our footer has none.
        is_packed = position < len(whole) - FOOTER.size
        says_the_same = is_packed and is_readable(path) and plain(path) == plain(made)
        path.unlink()
        ignored += says_the_same
        assert says_the_same or refused(tmp_path, bytes(broken))
    assert ignored <= 2


@pytest.mark.parametrize("left", [0, 10, 0.3, 0.9, -1, -FOOTER.size, -FOOTER.size - 1])
def test_a_part_of_an_archive_is_none(made: Path, tmp_path: Path, left: float) -> None:
    whole = made.read_bytes()
    cut = whole[: int(left * len(whole))] if isinstance(left, float) else whole[:left]
    assert refused(tmp_path, cut)


def test_nothing_may_follow(made: Path, tmp_path: Path) -> None:
    whole = made.read_bytes()
    assert refused(tmp_path, whole + b"more")
    assert refused(tmp_path, whole[: -FOOTER.size] + zstandard.compress(b"x") + whole[-FOOTER.size :])


def swapped(parts: list[tuple[str, bytes]], index: int, name: str) -> list[tuple[str, bytes]]:
    return [(name if at == index else known, data) for at, (known, data) in enumerate(parts)]


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "blobs/uploads/../../evil", "blobs/uploads/aa/evil", f"blobs/uploads/aa/{'0' * 33}"],
)
def test_a_name_that_is_none_of_ours_is_refused(made: Path, tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, packed(tar(swapped(members(made), 0, name))))
    assert "does not belong into a snapshot" in said


def test_a_blob_that_the_manifest_does_not_name_is_refused(made: Path, tmp_path: Path) -> None:
    extra = ("blobs/uploads/00/" + "0" * 32, b"extra")
    assert "not in its manifest" in refused(tmp_path, packed(tar([extra, *members(made)])))
    assert "behind the manifest" in refused(tmp_path, packed(tar([*members(made), extra])))
    assert "twice" in refused(tmp_path, packed(tar([members(made)[0], *members(made)])))


def test_a_blob_that_is_missing_is_missed(made: Path, tmp_path: Path) -> None:
    assert "is missing from the archive" in refused(tmp_path, packed(tar(members(made)[1:])))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_devices_and_folders_are_refused(made: Path, tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("blobs/uploads/00/" + "0" * 32)
    info.type, info.linkname = kind, "/etc/passwd"
    said = refused(tmp_path, packed(info.tobuf(tarfile.GNU_FORMAT) + tar(members(made))))
    assert "no plain file" in said or "does not belong" in said


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_headers_that_announce_gigabytes_are_refused_unread(made: Path, tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = kind, 1 << 40
    assert "no plain file" in refused(tmp_path, packed(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024)))


def test_a_manifest_of_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    assert "larger than any" in refused(tmp_path, packed(header("manifest.json", 1 << 40) + bytes(1 << 20)))


def test_a_size_that_lies_is_refused(made: Path, tmp_path: Path) -> None:
    (name, data), *rest = members(made)
    lying = header(name, len(data) + 512) + data + padding(len(data))
    assert refused(tmp_path, packed(lying + tar(rest)))


def test_a_frame_that_wants_gigabytes_of_memory_is_refused(tmp_path: Path) -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=30, write_content_size=False)
    frame = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    data = frame.compress(bytes(5000)) + frame.flush()
    assert "damaged" in refused(tmp_path, data + packed(b"")[-FOOTER.size :])


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"format": "1"},
        {"archives": []},
        {"archives": [{"id": "../x", "file": "x", "manifest_sha256": None}]},
        {"archives": [{"id": "0" * 32, "file": "../../x", "manifest_sha256": None}]},
        {"blobs": [["uploads/../../../x", 1, "0" * 64, 0]]},
        {"blobs": [["uploads/00/" + "0" * 32, -1, "0" * 64, 0]]},
        {"blobs": [["uploads/00/" + "0" * 32, 1, "0" * 64, 7]]},
        {"blobs": 5},
        {"files": {"../x": [1, "0" * 64]}},
        {"database": {"kind": "oracle", "revision": "1", "rows": {}}},
        {"database": None},
        {"settings": 3},
    ],
)
def test_a_manifest_that_is_none_is_refused(made: Path, tmp_path: Path, change: dict[str, object]) -> None:
    parts = members(made)
    raw = {**orjson.loads(parts[-1][1]), **change}
    assert refused(tmp_path, packed(tar([*parts[:-1], ("manifest.json", orjson.dumps(raw))])))


def test_a_database_that_names_other_files_is_refused(made: Path, app: Flask, tmp_path: Path) -> None:
    """An archive whose hashes all agree, made of two."""
    publish(app, 9)
    other = snapshot(app, tmp_path / "other").path
    database = dict(members(other))["database.sqlite"]
    parts = dict(members(made))
    raw = orjson.loads(parts["manifest.json"])
    raw["files"]["database.sqlite"] = [len(database), hashlib.sha256(database).hexdigest()]
    parts |= {"database.sqlite": database, "manifest.json": orjson.dumps(raw)}
    path = tmp_path / "mixed.tar.zst"
    path.write_bytes(packed(tar(list(parts.items()))))
    with pytest.raises(SnapshotProblem, match="do not belong together"):
        restore(path, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_is_no_archive_at_all_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"hello", bytes(5000), zstandard.compress(b"hello")):
        assert refused(tmp_path, data)
