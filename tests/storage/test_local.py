"""What is specific to the local disk."""

from __future__ import annotations

import errno
import io
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from microdock_server.clock import utcnow
from microdock_server.errors import FileTooLarge, StorageFailure, StorageFull
from microdock_server.services.files import new_key
from microdock_server.storage import Handover, Incoming, LocalStorage
from microdock_server.storage.incoming import sweep_bodies

SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture
def disk(tmp_path: Path) -> LocalStorage:
    return LocalStorage({"uploads": tmp_path / "uploads", "backups": tmp_path / "backups"})


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A directory on another filesystem."""
    if not SHARED_MEMORY.is_dir() or SHARED_MEMORY.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one filesystem only")
    directory = Path(tempfile.mkdtemp(dir=SHARED_MEMORY))
    yield directory
    shutil.rmtree(directory)


def everything(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())


class TestFromAnotherFilesystem:
    def test_a_received_file_is_adopted(self, disk: LocalStorage, tmp_path: Path, elsewhere: Path) -> None:
        data, key = os.urandom(3_000_000), new_key("uploads")
        with Incoming(elsewhere, limit=1 << 30) as incoming:
            incoming.write(data)
            stored = disk.adopt(key, incoming.received())
        assert (stored.size, stored.sha256) == (len(data), incoming.received().sha256)
        with disk.open(key) as blob:
            assert blob.readall() == data  # type: ignore[attr-defined]
        assert everything(elsewhere) == []
        assert len(everything(tmp_path)) == 1

    def test_one_that_the_link_refuses_is_copied(
        self, disk: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = os.link

        def refusing(source: Path, target: Path) -> None:
            if source.name.startswith("body-"):
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            link(source, target)

        monkeypatch.setattr(os, "link", refusing)
        with Incoming(tmp_path / "temp", limit=100) as incoming:
            incoming.write(b"bytes")
            stored = disk.adopt(new_key("uploads"), incoming.received())
        assert stored.sha256 == incoming.received().sha256
        assert len(everything(tmp_path)) == 1


class TestWhatTheDiskRefuses:
    @pytest.mark.parametrize(
        ("number", "kind"),
        [
            (errno.ENOSPC, StorageFull),
            (errno.EDQUOT, StorageFull),
            (errno.EIO, StorageFailure),
            (errno.EACCES, StorageFailure),
        ],
    )
    @pytest.mark.parametrize("call", ["fsync", "link"])
    def test_is_told_and_leaves_nothing(
        self, disk: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, kind: Any
    ) -> None:
        def failing(*_: Any, **__: Any) -> None:
            raise OSError(number, os.strerror(number))

        with Incoming(tmp_path / "temp", limit=100) as incoming:
            incoming.write(b"bytes")
            monkeypatch.setattr(os, call, failing)
            with pytest.raises(kind) as caught:
                disk.save(new_key("uploads"), io.BytesIO(b"bytes"))
            assert type(caught.value) is kind
            with pytest.raises(kind):
                disk.adopt(new_key("uploads"), incoming.received())
        assert everything(tmp_path) == []
        assert list(disk.blobs()) == []

    def test_a_file_in_place_of_the_directory(self, tmp_path: Path) -> None:
        (tmp_path / "uploads").write_bytes(b"")
        disk = LocalStorage({"uploads": tmp_path / "uploads"})
        with pytest.raises(StorageFailure):
            disk.save(new_key("uploads"), io.BytesIO(b"bytes"))
        with pytest.raises(StorageFailure):
            disk.ensure_writable()

    def test_a_link_that_leads_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / "uploads").symlink_to(tmp_path / "gone" / "for" / "good")
        disk = LocalStorage({"uploads": tmp_path / "uploads"})
        with pytest.raises(StorageFailure):
            disk.ensure_writable()
        with pytest.raises(StorageFailure):
            disk.save(new_key("uploads"), io.BytesIO(b"bytes"))


class TestUnfinishedBlobs:
    def test_are_no_blobs_and_are_swept_when_they_are_old(self, disk: LocalStorage, tmp_path: Path) -> None:
        key = new_key("uploads")
        disk.save(key, io.BytesIO(b"bytes"))
        directory = (tmp_path / key).parent
        old, fresh = directory / ".partial-old", directory / ".partial-fresh"
        for path in (old, fresh):
            path.write_bytes(b"half")
        os.utime(old, (0, 0))
        assert [blob.key for blob in disk.blobs()] == [key]
        assert disk.sweep(utcnow() - timedelta(hours=1)) == [".partial-old"]
        assert everything(tmp_path) == sorted([".partial-fresh", Path(key).name])


def test_a_proxy_is_told_where_a_blob_is(tmp_path: Path) -> None:
    proxied = LocalStorage({"uploads": tmp_path}, accel_prefix="/internal")
    handover = proxied.url("uploads/ab/abc", file_name="a.zip", media_type="application/zip")
    assert handover == Handover("/internal/uploads/ab/abc", is_redirect=False)
    unproxied = LocalStorage({"uploads": tmp_path})
    assert unproxied.url("uploads/ab/abc", file_name="a.zip", media_type="application/zip") is None


@pytest.mark.parametrize(("prefix", "mode"), [(None, 0o600), ("/internal", 0o640)])
def test_a_proxy_of_our_group_may_read_what_was_received(tmp_path: Path, prefix: str | None, mode: int) -> None:
    incoming = Incoming(tmp_path / "temp", 100)
    incoming.write(b"content")
    LocalStorage({"uploads": tmp_path / "uploads"}, accel_prefix=prefix).adopt("uploads/ab/abc", incoming.received())
    assert stat.S_IMODE((tmp_path / "uploads/ab/abc").stat().st_mode) == mode
    incoming.close()


class TestIncoming:
    def test_is_gone_when_nobody_adopts_it(self, tmp_path: Path) -> None:
        with Incoming(tmp_path / "temp", limit=100) as incoming:
            incoming.write(b"bytes")
            assert incoming.path.read_bytes() == b"bytes"
        assert everything(tmp_path) == []

    def test_is_gone_when_something_fails(self, tmp_path: Path) -> None:
        with pytest.raises(KeyError), Incoming(tmp_path, limit=100) as incoming:
            incoming.write(b"bytes")
            raise KeyError
        assert everything(tmp_path) == []

    def test_tells_size_and_hash_of_what_came(self, tmp_path: Path) -> None:
        with Incoming(tmp_path, limit=100) as incoming:
            for chunk in (b"", b"by", b"tes", b""):
                incoming.write(chunk)
            received = incoming.received()
            assert (received.size, received.path) == (5, incoming.path)
            assert received.sha256 == "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9"

    def test_is_read_from_the_first_byte_as_often_as_asked(self, tmp_path: Path) -> None:
        with Incoming(tmp_path, limit=100) as incoming:
            incoming.write(b"bytes")
            assert incoming.reader().read() == b"bytes"
            assert incoming.reader().read(2) == b"by"

    def test_takes_as_much_as_the_limit_and_no_more(self, tmp_path: Path) -> None:
        with Incoming(tmp_path, limit=5) as incoming:
            incoming.write(b"bytes")
            with pytest.raises(FileTooLarge):
                incoming.write(b"!")
        assert everything(tmp_path) == []

    def test_can_be_read_by_its_owner_alone(self, tmp_path: Path) -> None:
        with Incoming(tmp_path, limit=5) as incoming:
            assert incoming.path.stat().st_mode & 0o077 == 0

    def test_where_there_can_be_no_directory(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(StorageFailure):
            Incoming(tmp_path / "file" / "temp", limit=5)

    def test_only_old_bodies_are_swept(self, tmp_path: Path) -> None:
        for name in ("body-old", "body-fresh", "other"):
            (tmp_path / name).write_bytes(b"bytes")
        for name in ("body-old", "other"):
            os.utime(tmp_path / name, (0, 0))
        assert sweep_bodies(tmp_path, utcnow() - timedelta(hours=1)) == ["body-old"]
        assert everything(tmp_path) == ["body-fresh", "other"]

    def test_a_directory_that_is_not_there_holds_nothing_to_sweep(self, tmp_path: Path) -> None:
        assert sweep_bodies(tmp_path / "gone", utcnow()) == []
