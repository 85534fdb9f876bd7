"""The backends that keep the contract, each empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from microdock_server.storage import LocalStorage, Storage


def local(directory: Path) -> Storage:
    return LocalStorage({"uploads": directory / "uploads", "backups": directory / "backups"})


BACKENDS = {"local": local}


@pytest.fixture(params=BACKENDS)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return BACKENDS[request.param](tmp_path)
