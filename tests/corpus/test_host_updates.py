"""docs/clients/HostUpdates.cs, compiled and run against a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from .. import hosts
from ..live import ROOT, Server
from . import sdk

pytestmark = pytest.mark.live


def test_the_client_in_csharp_does_what_hosts_do(server: Server, tmp_path: Path) -> None:
    found = sdk.find()
    if found is None:
        pytest.skip(sdk.why_not())
    source = (ROOT / "docs/clients/HostUpdates.cs").read_text("utf-8")
    program = found.program(source, tmp_path / "HostUpdates.dll", "-warnaserror+")
    (tmp_path / "host").mkdir()
    newer = hosts.publish(server)
    hosts.tell(server, newer, lambda base, folder: found.run(str(program), base, str(folder)), tmp_path / "host")
