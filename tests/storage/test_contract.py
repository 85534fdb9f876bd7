"""What every backend promises; see storage/contract.py."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from microdock_server.clock import utcnow
from microdock_server.errors import FileMissing, FileTooLarge, StorageFailure
from microdock_server.services.files import new_key
from microdock_server.storage import Incoming, Storage, StoredFile
from microdock_server.storage.contract import CHUNK

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17]


class BreaksOff(io.BytesIO):
    """A stream that fails after some bytes."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= 1000:
            raise OSError("the stream broke off")
        return super().read(min(size or 1000, 1000))


def save(storage: Storage, key: str, data: bytes, tmp_path: Path) -> StoredFile:
    return storage.save(key, io.BytesIO(data))


def adopt(storage: Storage, key: str, data: bytes, tmp_path: Path) -> StoredFile:
    with Incoming(tmp_path / "temp", limit=1 << 30) as incoming:
        for start in range(0, len(data), CHUNK):
            incoming.write(data[start : start + CHUNK])
        return storage.adopt(key, incoming.received())


def content(storage: Storage, key: str) -> bytes:
    with storage.open(key) as blob:
        parts = []
        while part := blob.read(CHUNK):
            parts.append(part)
    return b"".join(parts)


def keys(storage: Storage) -> set[str]:
    return {blob.key for blob in storage.blobs()}


@pytest.mark.parametrize("put", [save, adopt])
class TestStoring:
    @pytest.mark.parametrize("size", SIZES)
    def test_keeps_the_bytes_and_tells_their_size_and_hash(
        self, storage: Storage, tmp_path: Path, put: Callable[..., StoredFile], size: int
    ) -> None:
        data, key = os.urandom(size), new_key("uploads")
        stored = put(storage, key, data, tmp_path)
        assert stored == StoredFile(storage.name, key, size, hashlib.sha256(data).hexdigest())
        assert content(storage, key) == data

    def test_never_overwrites(self, storage: Storage, tmp_path: Path, put: Callable[..., StoredFile]) -> None:
        key = new_key("uploads")
        put(storage, key, b"first", tmp_path)
        with pytest.raises(StorageFailure):
            put(storage, key, b"second", tmp_path)
        assert content(storage, key) == b"first"
        assert keys(storage) == {key}

    def test_of_many_at_once_one_wins(self, storage: Storage, tmp_path: Path, put: Callable[..., StoredFile]) -> None:
        key, gate = new_key("uploads"), threading.Barrier(8)

        def one(number: int) -> bool:
            gate.wait()
            try:
                put(storage, key, b"%d" % number, tmp_path / str(number))
            except StorageFailure:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(one, range(8)))
        assert won.count(True) == 1
        assert content(storage, key) == b"%d" % won.index(True)

    @pytest.mark.parametrize(
        "key", ["", "uploads", "uploads/", "elsewhere/ab/abc", "uploads/../backups/ab/abc", "uploads/..", "../x/y/z"]
    )
    def test_refuses_keys_that_lead_elsewhere(
        self, storage: Storage, tmp_path: Path, put: Callable[..., StoredFile], key: str
    ) -> None:
        with pytest.raises(StorageFailure):
            put(storage, key, b"bytes", tmp_path)
        assert keys(storage) == set()

    def test_is_listed(self, storage: Storage, tmp_path: Path, put: Callable[..., StoredFile]) -> None:
        wanted = {new_key(area) for area in ["uploads", "backups"] for _ in range(20)}
        begun = utcnow()
        for key in wanted:
            put(storage, key, b"12345", tmp_path)
        listed = list(storage.blobs())
        assert {blob.key for blob in listed} == wanted
        assert {blob.size for blob in listed} == {5}
        assert all(begun <= blob.modified <= datetime.now(UTC) for blob in listed)

    def test_leaves_nothing_beside_the_blob(
        self, storage: Storage, tmp_path: Path, put: Callable[..., StoredFile]
    ) -> None:
        put(storage, new_key("uploads"), b"bytes", tmp_path)
        assert storage.sweep(utcnow() + timedelta(days=1)) == []
        assert list((tmp_path / "temp").glob("*")) == []


class TestSaving:
    def test_up_to_the_limit_is_kept(self, storage: Storage) -> None:
        key = new_key("uploads")
        assert storage.save(key, io.BytesIO(b"x" * 100), limit=100).size == 100

    @pytest.mark.parametrize("size", [101, CHUNK + 1, 3 * CHUNK])
    def test_more_than_the_limit_is_refused_and_leaves_nothing(self, storage: Storage, size: int) -> None:
        with pytest.raises(FileTooLarge):
            storage.save(new_key("uploads"), io.BytesIO(b"x" * size), limit=100)
        assert keys(storage) == set()
        assert storage.sweep(utcnow() + timedelta(days=1)) == []

    def test_a_stream_that_breaks_off_leaves_nothing(self, storage: Storage) -> None:
        with pytest.raises(StorageFailure):
            storage.save(new_key("uploads"), BreaksOff(b"x" * 5000))
        assert keys(storage) == set()
        assert storage.sweep(utcnow() + timedelta(days=1)) == []


class TestAdopting:
    def test_takes_the_received_file_away(self, storage: Storage, tmp_path: Path) -> None:
        with Incoming(tmp_path / "temp", limit=100) as incoming:
            incoming.write(b"bytes")
            storage.adopt(new_key("uploads"), incoming.received())
            assert not incoming.path.exists()

    def test_that_fails_leaves_the_received_file_to_its_owner(self, storage: Storage, tmp_path: Path) -> None:
        key = new_key("uploads")
        storage.save(key, io.BytesIO(b"first"))
        with Incoming(tmp_path / "temp", limit=100) as incoming:
            incoming.write(b"second")
            with pytest.raises(StorageFailure):
                storage.adopt(key, incoming.received())
            assert incoming.path.read_bytes() == b"second"
            # So that it can be stored under another.
            assert storage.adopt(new_key("uploads"), incoming.received()).size == 6

    def test_a_received_file_that_is_gone_is_a_failure(self, storage: Storage, tmp_path: Path) -> None:
        with Incoming(tmp_path / "temp", limit=100) as incoming:
            incoming.write(b"bytes")
            incoming.path.unlink()
            with pytest.raises(StorageFailure):
                storage.adopt(new_key("uploads"), incoming.received())
        assert keys(storage) == set()


class TestReading:
    def test_a_blob_that_is_not_there(self, storage: Storage) -> None:
        with pytest.raises(FileMissing):
            storage.open(new_key("uploads"))

    def test_a_key_that_leads_elsewhere(self, storage: Storage, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(b"secret")
        with pytest.raises(StorageFailure):
            storage.open("uploads/../secret")

    def test_is_seekable(self, storage: Storage) -> None:
        key = new_key("uploads")
        storage.save(key, io.BytesIO(b"0123456789"))
        with storage.open(key) as blob:
            blob.seek(-3, os.SEEK_END)
            assert blob.read() == b"789"
            blob.seek(2)
            assert blob.read(2) == b"23"

    def test_an_open_blob_can_be_read_to_its_end_after_it_was_deleted(self, storage: Storage) -> None:
        key, data = new_key("uploads"), os.urandom(2 * CHUNK + 5)
        storage.save(key, io.BytesIO(data))
        with storage.open(key) as blob:
            first = blob.read(10)
            storage.delete(key)
            rest = []
            while part := blob.read(CHUNK):
                rest.append(part)
        assert first + b"".join(rest) == data
        with pytest.raises(FileMissing):
            storage.open(key)


class TestDeleting:
    def test_removes_the_blob_alone(self, storage: Storage) -> None:
        keep, drop = new_key("uploads"), new_key("uploads")
        for key in (keep, drop):
            storage.save(key, io.BytesIO(b"bytes"))
        storage.delete(drop)
        assert keys(storage) == {keep}

    def test_what_is_not_there_is_no_failure(self, storage: Storage) -> None:
        storage.delete(new_key("uploads"))
        key = new_key("uploads")
        storage.save(key, io.BytesIO(b"bytes"))
        storage.delete(key)
        storage.delete(key)

    def test_frees_the_key(self, storage: Storage) -> None:
        key = new_key("uploads")
        for data in (b"first", b"second"):
            storage.save(key, io.BytesIO(data))
            storage.delete(key)

    @pytest.mark.parametrize("key", ["uploads/../secret", "elsewhere/secret", ""])
    def test_refuses_keys_that_lead_elsewhere(self, storage: Storage, tmp_path: Path, key: str) -> None:
        (tmp_path / "secret").write_bytes(b"secret")
        with pytest.raises(StorageFailure):
            storage.delete(key)
        assert (tmp_path / "secret").exists()


def test_a_storage_that_works_says_so_and_shows_no_trace_of_the_question(storage: Storage) -> None:
    storage.ensure_writable()
    assert keys(storage) == set()
    assert storage.sweep(utcnow() + timedelta(days=1)) == []
