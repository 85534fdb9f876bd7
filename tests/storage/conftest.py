"""All storage backends, each empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from microdock_server.storage import LocalStorage, Storage

from ..peers.s3 import S3Server


def local(directory: Path) -> Storage:
    return LocalStorage({"uploads": directory / "uploads", "backups": directory / "backups"})


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "local":
        return local(tmp_path)
    server: S3Server = request.getfixturevalue("s3")
    return server.storage(server.make_bucket())
