"""The application that contract tests ask is here the way to a cluster; its database and jobs are the cluster's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from microdock_server import create_app

from ...conftest import release
from ...market import People, created, documented, people, published, rejected
from ...support import settings_for
from ..cluster import Cluster
from ..relay import Relay


@pytest.fixture(scope="package")
def idle_workers(running_cluster: Cluster) -> Iterator[None]:
    """The tests run the jobs themselves, when it is time."""
    with running_cluster.without_workers():
        yield


@pytest.fixture(scope="package")
def far_app(running_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with the cluster's settings; its clients' requests go to nginx."""
    app = create_app(settings_for(tmp_path_factory.mktemp("far"), **running_cluster.settings))
    relay = Relay(running_cluster.nginx)
    app.wsgi_app = relay  # type: ignore[method-assign]
    try:
        yield app
    finally:
        relay.close()
        release(app)


@pytest.fixture
def make_app(cluster: Cluster, idle_workers: None, far_app: Flask) -> Callable[..., Flask]:
    """The one application there is."""

    def make(**overrides: str) -> Flask:
        assert not overrides, "the nodes have their settings already: mark the test with own_settings"
        return far_app

    return make


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def who(app: Flask) -> People:
    return people(app)


@pytest.fixture
def documented_plugin(who: People) -> dict[str, Any]:
    return documented(who)


@pytest.fixture
def published_plugin(who: People) -> dict[str, Any]:
    return published(who.developer, who.reviewer)


@pytest.fixture
def rejected_plugin(who: People) -> dict[str, Any]:
    return rejected(who.developer, who.reviewer)


@pytest.fixture
def waiting_plugin(who: People) -> dict[str, Any]:
    return created(who.developer)
