"""All nodes are renewed, one after the other, and no client notices.

With USR2 a machine goes on answering while its server is replaced. A plain stop cannot promise that, whatever the
server does: a connection that the kernel took for it in its last moment is reset when its socket closes, and nginx
sends no POST a second time. So before a node is stopped, nginx is told to leave it out.
"""

from __future__ import annotations

import pytest

from .cluster import Cluster
from .load import Load

pytestmark = pytest.mark.live


def test_a_hand_over_on_every_node_fails_no_request(cluster: Cluster, load: Load) -> None:
    with load:
        load.goes_on()
        for node in cluster.nodes:
            node.hand_over()
            load.goes_on()
    assert load.lost == []


def test_nodes_that_nginx_leaves_out_can_be_stopped_and_started(cluster: Cluster, load: Load) -> None:
    with load:
        load.goes_on()
        for node in cluster.nodes:
            cluster.leave_out(node)
            assert node.stop() == 0
            load.goes_on(1)
            node.start()
            cluster.leave_out(None)
            load.goes_on(1)
    assert load.lost == []
