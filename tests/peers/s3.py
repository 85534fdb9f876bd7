"""An S3 server: moto's, in a process of its own. It keeps everything in memory and believes every signature."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from xml.etree import ElementTree

import requests

from microdock_server.addresses.bucket import Credentials, parse_address

from ..live import free_port
from . import missing

if TYPE_CHECKING:
    from microdock_server.storage.objects import ObjectStorage

ROOT = Path(__file__).parents[2]
READY_SECONDS = 30
CREDENTIALS = Credentials("test-key-id", "test-secret-key")


@dataclass(frozen=True)
class Stored:
    """What a bucket holds: objects by key with their sizes, and keys of uploads that nobody completed."""

    objects: dict[str, int]
    unfinished: list[str]


class S3Server:
    """Start it, ask it for buckets, stop it. What it says goes to `log`."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    @classmethod
    def at(cls, port: int) -> Self:
        """One that somebody else started."""
        server = cls(Path(os.devnull))
        server.port, server.url = port, f"http://127.0.0.1:{port}"
        return server

    def start(self) -> Self:
        """Start, and wait until it answers."""
        ensure_there()
        command = [sys.executable, "-W", "ignore", "-m", "tests.peers.moto_app", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            time.sleep(0.05)
        raise AssertionError(f"moto did not start:\n{self._log.read_text(errors='replace')}")

    def kill(self) -> None:
        """End it at once; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    stop = kill

    def make_bucket(self) -> str:
        """A new, empty bucket's name."""
        name = f"bucket-{uuid.uuid4().hex[:12]}"
        assert requests.put(f"{self.url}/{name}", timeout=60).status_code == 200
        return name

    def address(self, bucket: str, endpoint: str | None = None) -> str:
        """STORAGE_URL of a bucket here, with a prefix."""
        return f"s3://{bucket}/some/prefix?endpoint={endpoint or self.url}"

    def settings(self, bucket: str, **changes: str) -> dict[str, str]:
        """The settings, by variable name, of a server that keeps its files in the bucket."""
        return {
            "STORAGE_URL": self.address(bucket),
            "AWS_ACCESS_KEY_ID": CREDENTIALS.key_id,
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret,
            **changes,
        }

    def storage(self, bucket: str, endpoint: str | None = None, **options: Any) -> ObjectStorage:
        """A storage in the bucket."""
        from microdock_server.storage.objects import ObjectStorage

        options = {"lifetime": timedelta(minutes=1), **options}
        return ObjectStorage(parse_address(self.address(bucket, endpoint)), CREDENTIALS, **options)

    def stored(self, bucket: str) -> Stored:
        """What is in the bucket, asked without the code that is tested."""
        listed = self._xml(f"/{bucket}?list-type=2")
        pending = self._xml(f"/{bucket}?uploads")
        return Stored(
            objects={
                item.findtext("{*}Key", ""): int(item.findtext("{*}Size", ""))
                for item in listed.iterfind("{*}Contents")
            },
            unfinished=[item.findtext("{*}Key", "") for item in pending.iterfind("{*}Upload")],
        )

    def contents(self, bucket: str) -> dict[str, bytes]:
        """Every object's bytes."""
        client = self._client()
        return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in self.stored(bucket).objects}

    def restore(self, bucket: str, contents: dict[str, bytes]) -> None:
        """Make the bucket hold these objects and nothing else."""
        client = self._client()
        for key in self.stored(bucket).objects.keys() - contents.keys():
            client.delete_object(Bucket=bucket, Key=key)
        for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
            client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        for key, data in contents.items():
            client.put_object(Bucket=bucket, Key=key, Body=data)

    def change(self, bucket: str, key: str, data: bytes) -> None:
        """Overwrite an object behind the server's back."""
        self._client().put_object(Bucket=bucket, Key=f"some/prefix/{key}", Body=data)

    def remove(self, bucket: str, key: str) -> None:
        """Delete an object behind the server's back."""
        self._client().delete_object(Bucket=bucket, Key=f"some/prefix/{key}")

    def begin_upload(self, bucket: str, key: str) -> None:
        """An upload in parts that nobody will complete."""
        self._client().create_multipart_upload(Bucket=bucket, Key=f"some/prefix/{key}")

    def _client(self) -> Any:
        """Amazon's own client."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=CREDENTIALS.key_id,
            aws_secret_access_key=CREDENTIALS.secret,
        )

    def _xml(self, path: str) -> ElementTree.Element:
        answer = requests.get(self.url + path, timeout=60)
        assert answer.status_code == 200, answer.text
        return ElementTree.fromstring(answer.content)


def ensure_there() -> None:
    """Without moto or obstore the test is left out, and says why; not where everything must run."""
    for name in ("moto", "obstore"):
        if importlib.util.find_spec(name) is None:
            missing(name)
