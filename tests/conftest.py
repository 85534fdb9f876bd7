"""What tests share: an application on a real database file, clients, and packages to upload."""

from __future__ import annotations

import copy
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any, Self

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade

from microdock_server import create_app
from microdock_server.bootstrap import prepare
from microdock_server.caching import LoadingCache
from microdock_server.database.session import db

from .cheaper import collect_rarely, compile_once, fail_at_once, forget_what_stays, hash_cheaply
from .live import Server, prepared_server
from .market import People, created, documented, people, published, rejected
from .peers import postgresql
from .peers.redis import RedisServer, running
from .peers.s3 import S3Server
from .support import Api, add_user, settings_for, signed_in

AppFactory = Callable[..., Flask]

# How long an example takes, or the making of some, says how busy the machine is, and nothing of the program.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")

collect_rarely()
compile_once()
fail_at_once()
hash_cheaply()


# Plugins that many tests begin with: a test that asks for one has an application on a copy of data that have it.
PLUGINS: dict[str, Callable[[People], dict[str, Any]]] = {
    "documented_plugin": documented,
    "published_plugin": lambda who: published(who.developer, who.reviewer),
    "rejected_plugin": lambda who: rejected(who.developer, who.reviewer),
    "waiting_plugin": lambda who: created(who.developer),
}

# Whoever asks for one of these needs servers, whether it says so or not.
SERVERS = {"browser", "running_cluster", "server", "start_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what starts servers; leave out what is about the other engine, and what a cluster cannot be asked."""
    for item in items:
        if SERVERS & set(getattr(item, "fixturenames", ())):
            item.add_marker("live")
    other = "sqlite" if postgresql.is_wanted() else "postgresql"
    left_out = {item for item in items if item.get_closest_marker(other)}
    left_out |= {item for item in items if "many" in item.path.parts and item.get_closest_marker("own_settings")}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    forget_what_stays()


def pytest_unconfigure() -> None:
    postgresql.end_shared()


@pytest.fixture(scope="session")
def prepared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose database is migrated and has its administrator; copied for every test."""
    directory = tmp_path_factory.mktemp("prepared")
    app = create_app(settings_for(directory))
    with app.app_context():
        upgrade()
    prepare(app)
    release(app)
    postgresql.changes_no_more(directory)
    return directory


@pytest.fixture
def make_app(prepared_data: Path, tmp_path: Path) -> Iterator[AppFactory]:
    """A function that makes an application on a fresh copy of the prepared data, with settings by variable name."""
    with making(prepared_data, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def make_shared_app(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppFactory]:
    """The same for applications that tests of a module share: have `support.unchanged` see that they change nothing."""
    with making(prepared_data, tmp_path_factory.mktemp("shared")) as make:
        yield make


@cache
def answers_kept() -> list[LoadingCache[Any, Any]]:
    """The caches that the program has once a process."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "microdock_server"]
    return [value for module in modules for value in vars(module).values() if isinstance(value, LoadingCache)]


def forget_answers() -> None:
    """Cache nothing of another application: on copies of the same data, ids and revisions are the same."""
    for kept in answers_kept():
        kept._values.clear()


@contextmanager
def making(prepared: Path, where: Path) -> Iterator[AppFactory]:
    made: list[Flask] = []

    def make(beginning: Path = prepared, **overrides: str) -> Flask:
        directory = where / f"data{len(made)}"
        shutil.copytree(beginning, directory)
        forget_answers()
        app = create_app(settings_for(directory, **overrides))
        made.append(app)
        return app

    yield make
    for app in made:
        release(app)
        postgresql.forget(app.extensions["microdock"].settings.data_dir)


@pytest.fixture(scope="session")
def peopled(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, People]:
    """The prepared data with `people` in it, and they: their tokens are believed on every copy."""
    directory = tmp_path_factory.mktemp("peopled") / "data"
    shutil.copytree(prepared_data, directory)
    app = create_app(settings_for(directory))
    found = people(app)
    release(app)
    postgresql.changes_no_more(directory)
    return directory, found


@pytest.fixture(scope="session")
def with_plugin(
    peopled: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Path, dict[str, Any]]]:
    """The people's data with one of `PLUGINS` in them, and that plugin as its maker answered it; made once each."""

    @cache
    def made(name: str) -> tuple[Path, dict[str, Any]]:
        directory = tmp_path_factory.mktemp(name) / "data"
        shutil.copytree(peopled[0], directory)
        app = create_app(settings_for(directory))
        found = PLUGINS[name](peopled[1].on(app))
        release(app)
        postgresql.changes_no_more(directory)
        return directory, found

    return made


@pytest.fixture
def app(make_app: AppFactory, request: pytest.FixtureRequest) -> Flask:
    """An application; with people in it where the test asks for `who`, with a plugin where for one of `PLUGINS`."""
    asked = PLUGINS.keys() & set(request.fixturenames)
    if asked:
        [name] = asked
        return make_app(request.getfixturevalue("with_plugin")(name)[0])
    if "who" in request.fixturenames:
        return make_app(request.getfixturevalue("peopled")[0])
    return make_app()


@pytest.fixture
def who(app: Flask, peopled: tuple[Path, People]) -> People:
    """One caller of every kind."""
    return peopled[1].on(app)


@pytest.fixture
def documented_plugin(app: Flask, with_plugin: Callable[[str], tuple[Path, dict[str, Any]]]) -> dict[str, Any]:
    """What `documented(who)` makes and answers; it was made before the test began."""
    return copy.deepcopy(with_plugin("documented_plugin")[1])


@pytest.fixture
def published_plugin(app: Flask, with_plugin: Callable[[str], tuple[Path, dict[str, Any]]]) -> dict[str, Any]:
    """What `published(who.developer, who.reviewer)` makes and answers; it was made before the test began."""
    return copy.deepcopy(with_plugin("published_plugin")[1])


@pytest.fixture
def rejected_plugin(app: Flask, with_plugin: Callable[[str], tuple[Path, dict[str, Any]]]) -> dict[str, Any]:
    """What `rejected(who.developer, who.reviewer)` makes and answers; it was made before the test began."""
    return copy.deepcopy(with_plugin("rejected_plugin")[1])


@pytest.fixture
def waiting_plugin(app: Flask, with_plugin: Callable[[str], tuple[Path, dict[str, Any]]]) -> dict[str, Any]:
    """What `created(who.developer)` makes and answers; it was made before the test began."""
    return copy.deepcopy(with_plugin("waiting_plugin")[1])


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def api(app: Flask) -> Api:
    """Calls by nobody."""
    return Api(app)


@pytest.fixture
def admin(app: Flask) -> Api:
    """Calls by the administrator."""
    return Api(app).log_in("admin", "admin")


@pytest.fixture
def root(app: Flask) -> Api:
    """Calls by the administrator, without the time a login takes."""
    return signed_in(app)


@pytest.fixture
def user(app: Flask) -> Api:
    """Calls by somebody without any permission of note."""
    return add_user(app, "somebody")


class WallClock:
    """The wall clock of this process, as an administrator may set it. Monotonic clocks go on unmoved."""

    def __init__(self) -> None:
        self._real, self._ahead = time.time, 0.0

    def read(self) -> float:
        return self._real() + self._ahead

    def turn(self, seconds: float) -> None:
        """Forward, or back."""
        self._ahead += seconds

    def stop(self) -> None:
        """From now on it stands still, unless it is turned."""
        now = self._real()
        self._real = lambda: now


@pytest.fixture
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    """The clock that the program and what checks its tokens read, which a test may turn."""
    made = WallClock()

    class Turned(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(made.read(), tz)

    monkeypatch.setattr(time, "time", made.read)
    monkeypatch.setattr("jwt.api_jwt.datetime", Turned)
    return made


def release(app: Flask) -> None:
    """Close what the application holds open: its connections would warn when they are collected."""
    context: Any = app.extensions["microdock"]
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    context.autocommit.dispose()
    context.wakeups.close()
    if context.redis is not None:
        context.redis.close()


@pytest.fixture
def start_server(prepared_data: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """A function that starts a real server on a fresh copy of the prepared data, with settings by variable name."""
    started: list[Server] = []

    def start(**env: str) -> Server:
        server = prepared_server(prepared_data, tmp_path / f"live{len(started)}", **env)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.kill()
        postgresql.forget(server.data)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of this test's own, which runs and is empty."""
    with running(tmp_path / "redis") as found:
        yield found


@pytest.fixture(scope="module")
def server(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server with two workers, which the tests of a module share."""
    server = prepared_server(prepared_data, tmp_path_factory.mktemp("live") / "data")
    try:
        yield server.start()
    finally:
        server.kill()
        postgresql.forget(server.data)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server that speaks S3; whoever wants to stop one starts another."""
    server = S3Server(tmp_path_factory.mktemp("s3") / "moto.log")
    try:
        yield server.start()
    finally:
        server.stop()
