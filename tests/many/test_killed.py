"""A node that is killed while all kinds of clients work through nginx."""

from __future__ import annotations

import errno
import socket
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from microdock_server.services import files

from ..live import eventually, sha256
from .cluster import ADMINISTRATOR, SECONDS, Cluster
from .load import DOWNLOADED, Load

pytestmark = pytest.mark.live


def test_a_node_that_is_killed_takes_nothing_with_it(
    cluster: Cluster, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    with load:
        load.goes_on()
        for node in cluster.nodes[1:]:
            with load.interrupted():
                node.kill()
                # Killed processes keep their sockets a little longer than their parent lives.
                assert eventually(partial(refuses, node.port), SECONDS)
            load.goes_on()
            node.start()
        load.goes_on()
    # What was under way on the killed node, and nothing else: a client has one request at a time.
    most = max(Counter(loss.client for loss in load.lost).values(), default=0)
    assert most <= 2, load.lost
    assert {loss.instead[:3] for loss in load.lost} <= {"502", "Con", "Chu"}, load.lost
    # The next node is asked where that is safe: nobody notices.
    assert not [loss for loss in load.lost if loss.kind == "list"], load.lost
    assert {outcome for _, outcome in load.again} <= {200}, load.again
    everything_is_there(cluster, load)
    files_and_rows_agree(cluster, monkeypatch)


def refuses(port: int) -> bool:
    """Does nothing listen there any more?"""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def everything_is_there(cluster: Cluster, load: Load) -> None:
    """What was acknowledged is there; what is counted was asked for."""
    admin = cluster.client().log_in(**ADMINISTRATOR)
    listed = {plugin["name"] for plugin in admin.get("/api/plugins/list").json()["data"]}
    assert load.uploaded.keys() <= listed
    for name, expected in load.uploaded.items():
        # Each by a client of its own: more were uploaded than one may ask for in a minute.
        assert sha256(cluster.client().download(name).content) == expected
    [version] = admin.detail(DOWNLOADED)["versions"]
    counted = version["download_count"]
    assert load.good["download"] <= counted <= load.asked["download"]
    backups = admin.get("/api/backups/list-all").json()["data"]["backups"]
    assert load.kept.items() <= {(row["id"], row["file_hash"]) for row in backups}
    assert len(backups) <= load.asked["backup"]
    assert load.good["rating"] <= ratings(admin, DOWNLOADED) <= load.asked["rating"]


def ratings(admin: Any, plugin: str) -> int:
    """How many ratings the plugin says it has; they are as many as are listed."""
    listed = admin.get(f"/api/v1/marketplace/plugins/{plugin}/reviews").json()["data"]
    assert listed["pagination"]["total"] == listed["summary"]["total"]
    return int(listed["summary"]["total"])


def files_and_rows_agree(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `flask storage verify` says; and what the killed node left behind is gone with `gc`."""
    with cluster.nodes[0].application() as app:
        done = app.test_cli_runner().invoke(args=["storage", "verify"])
        assert done.exit_code == 0, done.output
        assert " 0 missing, 0 changed" in done.output
        # None of them is as old as an hour.
        monkeypatch.setattr(files, "ORPHAN_AGE", timedelta(minutes=-1))
        assert app.test_cli_runner().invoke(args=["storage", "gc"]).exit_code == 0
        assert " 0 orphaned" in app.test_cli_runner().invoke(args=["storage", "verify"]).output
    assert cluster.s3.stored(cluster.bucket).unfinished == []
