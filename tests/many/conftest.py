"""One cluster for all tests of this directory, whole again before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..peers import missing, postgresql
from ..peers.nginx import binary
from ..peers.redis import PROGRAM
from ..peers.s3 import ensure_there
from ..sockets import socket_harness
from .cluster import Cluster
from .load import Load
from .pristine import Pristine


@pytest.fixture(scope="session")
def running_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that runs, whatever tests did to it."""
    binary()
    ensure_there()
    if PROGRAM is None:
        missing("redis-server")
    if postgresql.programs() is None:
        missing("PostgreSQL's server")
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield cluster.start()
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def pristine(running_cluster: Cluster) -> Pristine:
    """The rows of a cluster that has just been started."""
    return Pristine(running_cluster.postgresql.conninfo(running_cluster.database))


@pytest.fixture
def cluster(running_cluster: Cluster, pristine: Pristine) -> Cluster:
    """The rows are those of a cluster that has just been started. Who stops a part of it starts it again."""
    pristine.restore()
    with running_cluster.redis.client() as client:
        client.flushall()
    return running_cluster


@pytest.fixture
def load(cluster: Cluster) -> Iterator[Load]:
    """Clients that are about to begin."""
    with socket_harness(cluster.nodes[0]) as harness:
        yield Load(cluster, harness)
