"""What is specific to a bucket."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.client import Config
from flask import Flask

from microdock_server.addresses.bucket import Credentials, parse_address
from microdock_server.clock import utcnow
from microdock_server.errors import FileTooLarge, StorageFailure, StorageUnavailable
from microdock_server.services.files import new_key
from microdock_server.storage.objects import PART, ObjectStorage
from microdock_server.storage.signing import signed_url

from ..conftest import AppFactory
from ..market import create, people
from ..peers.relay import Relay
from ..peers.s3 import CREDENTIALS, S3Server, Stored
from ..support import Api, stored_files, stored_rows

LARGE = 2 * PART + 17
EMPTY = Stored(objects={}, unfinished=[])


@pytest.fixture
def bucket(s3: S3Server) -> str:
    return s3.make_bucket()


@pytest.fixture
def relay(s3: S3Server) -> Iterator[Relay]:
    """The way to the bucket."""
    relay = Relay(s3.port).start()
    yield relay
    relay.close()


@pytest.fixture
def storage(s3: S3Server, bucket: str, relay: Relay) -> ObjectStorage:
    return s3.storage(bucket, relay.url)


class Watched(io.BytesIO):
    """A stream that knows how much was asked for at once."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, size or 0)
        assert size is not None and size > 0
        return super().read(size)


class TestParts:
    @pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, LARGE])
    def test_make_the_blob_again(self, storage: ObjectStorage, size: int) -> None:
        data, key, stream = os.urandom(size), new_key("uploads"), None
        stream = Watched(data)
        assert storage.save(key, stream).size == size
        assert stream.most < PART
        with storage.open(key) as blob:
            assert b"".join(iter(lambda: blob.read(1 << 20), b"")) == data
            blob.seek(-5, os.SEEK_END)
            assert blob.read() == data[-5:]
            blob.seek(PART - 3)
            assert blob.read(2) == data[PART - 3 : PART - 1]

    def test_never_overwrite(self, storage: ObjectStorage, s3: S3Server, bucket: str) -> None:
        key = new_key("uploads")
        storage.save(key, io.BytesIO(b"first"))
        with pytest.raises(StorageFailure):
            storage.save(key, io.BytesIO(bytes(LARGE)))
        assert s3.stored(bucket) == Stored(objects={f"some/prefix/{key}": 5}, unfinished=[])

    def test_beyond_the_limit_are_given_up(self, storage: ObjectStorage, s3: S3Server, bucket: str) -> None:
        with pytest.raises(FileTooLarge):
            storage.save(new_key("uploads"), io.BytesIO(bytes(LARGE)), limit=LARGE - 1)
        assert s3.stored(bucket) == EMPTY


class TestANetworkThatFails:
    def test_once_is_not_noticed(self, storage: ObjectStorage, relay: Relay, s3: S3Server, bucket: str) -> None:
        relay.most, relay.times = 1_000_000, 1
        key = new_key("uploads")
        storage.save(key, io.BytesIO(bytes(LARGE)))
        assert relay.cut == 1
        assert s3.stored(bucket) == Stored(objects={f"some/prefix/{key}": LARGE}, unfinished=[])

    def test_again_and_again_leaves_nothing(
        self, storage: ObjectStorage, relay: Relay, s3: S3Server, bucket: str
    ) -> None:
        relay.most = 1_000_000
        with pytest.raises(StorageUnavailable):
            storage.save(new_key("uploads"), io.BytesIO(bytes(LARGE)))
        assert relay.cut > 1
        assert s3.stored(bucket) == EMPTY

    def test_for_good_leaves_what_is_swept_when_it_is_back(
        self, storage: ObjectStorage, relay: Relay, s3: S3Server, bucket: str
    ) -> None:
        class ThenNothing(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                if self.tell() >= LARGE - 17:
                    relay.close()
                return super().read(size)

        with pytest.raises(StorageUnavailable):
            storage.save(new_key("uploads"), ThenNothing(bytes(LARGE)))
        assert (s3.stored(bucket).objects, len(s3.stored(bucket).unfinished)) == ({}, 1)
        relay.reopen()
        assert len(storage.sweep(utcnow())) == 1
        assert s3.stored(bucket) == EMPTY

    def test_is_told_by_everything(self, storage: ObjectStorage, relay: Relay) -> None:
        key = new_key("uploads")
        storage.save(key, io.BytesIO(b"bytes"))
        relay.close()
        acts = [
            lambda: storage.save(new_key("uploads"), io.BytesIO(b"bytes")),
            lambda: storage.open(key),
            lambda: storage.delete(key),
            lambda: list(storage.blobs()),
            lambda: storage.sweep(utcnow()),
            storage.ensure_writable,
        ]
        for act in acts:
            with pytest.raises(StorageUnavailable):
                act()

    def test_while_a_blob_is_read(self, storage: ObjectStorage, relay: Relay) -> None:
        key = new_key("uploads")
        storage.save(key, io.BytesIO(bytes(LARGE)))
        with storage.open(key) as blob:
            relay.close()
            blob.seek(100)
            with pytest.raises(StorageUnavailable):
                blob.read(10)


def test_a_bucket_that_is_not_there_cannot_be_written_to(s3: S3Server) -> None:
    storage = s3.storage("no-such-bucket")
    with pytest.raises(StorageFailure):
        storage.ensure_writable()
    with pytest.raises(StorageFailure):
        storage.save(new_key("uploads"), io.BytesIO(b"bytes"))
    with pytest.raises(StorageFailure):
        storage.save(new_key("uploads"), io.BytesIO(bytes(LARGE)))


class TestTheServerWithoutItsBucket:
    @pytest.fixture
    def app(self, make_app: AppFactory, s3: S3Server, bucket: str, relay: Relay) -> Flask:
        return make_app(**s3.settings(bucket, STORAGE_URL=s3.address(bucket, relay.url)))

    def test_says_so_keeps_nothing_and_recovers(self, app: Flask, relay: Relay, s3: S3Server, bucket: str) -> None:
        api, before = Api(app), stored_rows(app)
        relay.close()
        ready = api.get("/readyz")
        assert (ready.status_code, ready.get_json()["data"]["storage"]) == (503, "not writable")
        for answer in (api.upload(), api.back_up(b"bytes")):
            assert (answer.status_code, answer.get_json()["error"]) == (503, "storage_unavailable")
            assert "127.0.0.1" not in answer.get_data(as_text=True)
        assert (stored_rows(app), stored_files(app)) == (before, [])
        assert s3.stored(bucket) == EMPTY
        relay.reopen()
        assert api.get("/readyz").status_code == 200
        assert (api.upload().status_code, api.back_up(b"bytes").status_code) == (200, 200)

    def test_answers_the_marketplace_in_its_own_envelope(self, app: Flask, relay: Relay) -> None:
        everybody = people(app)
        relay.close()
        answer = create(everybody.developer)
        body = answer.get_json()
        assert (answer.status_code, body["code"], body["error"]["slug"]) == (503, 503, "storage_unavailable")


class TestSignedUrls:
    def test_are_what_the_documents_of_s3_work_out(self) -> None:
        # Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters", the example.
        made = signed_url(
            "GET",
            "https://examplebucket.s3.amazonaws.com",
            "/test.txt",
            {},
            address=parse_address("s3://examplebucket"),
            credentials=Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            lifetime=timedelta(days=1),
            now=datetime(2013, 5, 24, tzinfo=UTC),
        )
        assert made.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")

    @pytest.mark.parametrize("token", ["", "a/token+with=signs"])
    @pytest.mark.parametrize("file_name", ["plain@1.0.0.zip", "带 空格&=+%.zip"])
    def test_are_what_amazons_own_library_makes(
        self, monkeypatch: pytest.MonkeyPatch, file_name: str, token: str
    ) -> None:
        address = "s3://bucket/some/prefix?endpoint=http://127.0.0.1:9000&region=eu-central-1"
        credentials = Credentials("key-id", "secret", token)
        storage = ObjectStorage(parse_address(address), credentials, lifetime=timedelta(seconds=77))
        handover = storage.url("uploads/ab/abc", file_name=file_name, media_type="application/zip")
        assert handover is not None
        ours = parse_qs(urlsplit(handover.address).query)
        moment = datetime.fromisoformat(ours["X-Amz-Date"][0])
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
        theirs = boto3.client(
            "s3",
            endpoint_url="http://127.0.0.1:9000",
            region_name="eu-central-1",
            aws_access_key_id="key-id",
            aws_secret_access_key="secret",
            aws_session_token=token or None,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        ).generate_presigned_url(
            "get_object",
            Params={
                "Bucket": "bucket",
                "Key": "some/prefix/uploads/ab/abc",
                "ResponseContentDisposition": ours["response-content-disposition"][0],
                "ResponseContentType": "application/zip",
            },
            ExpiresIn=77,
        )
        assert urlsplit(theirs)[:3] == urlsplit(handover.address)[:3]
        assert parse_qs(urlsplit(theirs).query) == ours

    def test_are_in_no_representation(self, s3: S3Server) -> None:
        handover = s3.storage("bucket").url("uploads/ab/abc", file_name="a.zip", media_type="application/zip")
        assert handover is not None and "Signature" in handover.address
        assert "Signature" not in f"{handover!r} {handover}"
        assert CREDENTIALS.secret not in repr(CREDENTIALS)
