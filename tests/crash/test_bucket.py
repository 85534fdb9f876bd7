"""Killed at whatever step while its files go to a bucket: every row has its file, and gc removes what is left over."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from microdock_server import create_app
from microdock_server.storage.objects import PART

from ..conftest import release
from ..live import Server, eventually, prepared_server
from ..peers.relay import Relay
from ..peers.s3 import S3Server
from ..support import package, settings_for
from .bucket import SCENARIOS
from .test_every_step import findings

# Steps that each act is known to take: were they missed, the kills would prove nothing.
TAKEN = {
    "upload": ["read", "bucket put", "commit"],
    "large backup": ["read", "bucket head", "bucket put", "commit"],
    "delete": ["commit", "bucket delete"],
}


# Between two faults the data directory is put back, and with it the database's file.
@pytest.mark.sqlite
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_row_has_its_file_whatever_the_moment(
    scenario: str, s3: S3Server, prepared_data: Path, tmp_path: Path
) -> None:
    env = json.dumps(s3.settings(s3.make_bucket()))
    found = findings("tests.crash.bucket", scenario, str(prepared_data), str(tmp_path), env, str(s3.port))
    assert all(finding["ended"] == -9 for finding in found)
    assert set(TAKEN[scenario]) <= {finding["step"] for finding in found}


@pytest.fixture
def relay(s3: S3Server) -> Iterator[Relay]:
    relay = Relay(s3.port).start()
    yield relay
    relay.close()


@pytest.mark.live
def test_a_server_killed_between_two_parts_leaves_what_gc_removes(
    s3: S3Server, relay: Relay, prepared_data: Path, tmp_path: Path
) -> None:
    bucket = s3.make_bucket()
    env = s3.settings(bucket, STORAGE_URL=s3.address(bucket, relay.url))
    server = prepared_server(prepared_data, tmp_path / "data", **env)
    try:
        server.start()
        assert server.client.upload(package()).status_code == 200
        relay.stall_at = 1_000_000

        def back_up() -> None:
            with suppress(requests.ConnectionError):
                server.client.back_up(os.urandom(2 * PART))

        uploading = threading.Thread(target=back_up)
        uploading.start()
        assert eventually(lambda: relay.stalled > 0)
        server.kill()
        uploading.join()
        relay.stall_at = None
        assert len(s3.stored(bucket).unfinished) == 1
        server.start()
        downloaded = server.client.download()
        assert (downloaded.status_code, len(downloaded.history)) == (200, 1)
        _gc(server, env)
        held = s3.stored(bucket)
        assert (len(held.objects), held.unfinished) == (1, [])
    finally:
        server.kill()


def _gc(server: Server, env: dict[str, str]) -> None:
    app = create_app(settings_for(server.data, LOG_FILE=str(server.data / "logs" / "tests.log"), **env))
    try:
        result = app.test_cli_runner().invoke(args=["storage", "gc"])
        assert result.exit_code == 0, result.output
        assert "removed  unfinished " in result.output
    finally:
        release(app)
