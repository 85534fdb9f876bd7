"""What experiments share: how long to measure, and servers with data on them, started when first asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import data, market
from .client import call, upload
from .market import Market
from .packages import write_package
from .servers import Server, Servers

DEFAULT_LEVEL = "INFO"
LEVELS = (DEFAULT_LEVEL, "WARNING")
SMALL, LARGE = 1_000, 10_000
PUBLISHED = "com.example.published"
INSTALLED = 20
MEGABYTE = 1 << 20
BIG = 99 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure."""

    rounds: int
    seconds: int
    writes: int
    plugins: int
    downloads: int


FULL = Plan(rounds=5, seconds=2, writes=9, plugins=100_000, downloads=10_000_000)
QUICK = Plan(rounds=2, seconds=1, writes=4, plugins=20_000, downloads=1_000_000)


@dataclass(slots=True)
class Stage:
    """Servers by name; every experiment finds the ones that another has started."""

    servers: Servers
    plan: Plan
    _started: dict[str, Server] = field(default_factory=dict)
    _packages: dict[str, Path] = field(default_factory=dict)
    _market: Market | None = None
    _grown: dict[int, Market] = field(default_factory=dict)
    _released: dict[int, Market] = field(default_factory=dict)

    def hello(self) -> Server:
        return self._once("hello", lambda: self.servers.plain("hello", "benchmarks.hello:app", "/"))

    def catalogue(self, size: int, log_level: str) -> Server:
        """A real server with this many plugins."""
        return self._once(f"catalogue-{size}-{log_level}", lambda: self._catalogue(size, log_level))

    def market(self) -> Market:
        """The application in this process, with as many plugins as are planned."""
        if self._market is None:
            self._market = market.make(self.servers.directory / "market", self.plan.plugins)
        return self._market

    def grown(self, size: int) -> Market:
        """One that servers may be started over, without downloads."""
        if size not in self._grown:
            self._grown[size] = market.make(self.servers.directory / f"grown-{size}", size)
        return self._grown[size]

    def released(self, size: int) -> Market:
        """One whose plugins have five versions each, and need one another."""
        if size not in self._released:
            self._released[size] = market.make(self.servers.directory / f"released-{size}", size, versions=5)
        return self._released[size]

    def naive(self, size: int) -> Server:
        """The naive list over the database of a real server."""
        name, path = f"naive-{size}", "/api/plugins/list"
        database = str(self.catalogue(size, "WARNING").database)
        return self._once(name, lambda: self.servers.plain(name, "benchmarks.naive:app", path, NAIVE_DATABASE=database))

    def fastapi(self) -> Server:
        """Uploads and downloads as they are written first."""
        return self._once("fastapi", self.servers.fastapi)

    def files(self, log_level: str, purpose: str = "downloads", **settings: str) -> Server:
        """A real server with few plugins, for what is large; each purpose has its own."""
        name = "-".join([purpose, log_level])
        return self._once(name, lambda: self.servers.real(name, log_level, **settings))

    def nginx(self, name: str, location: str, behind: Server | None = None) -> Server:
        return self._once(name, lambda: self.servers.nginx(name, location, behind))

    def sink(self) -> Server:
        return self._once("sink", self.servers.sink)

    def package(self, label: str, size: int, *, deflated: bool = False) -> Path:
        """A package named `com.example.<label>`, written once."""
        if label not in self._packages:
            path = self.servers.directory / f"{label}.zip"
            self._packages[label] = write_package(path, f"com.example.{label}", size, deflated=deflated)
        return self._packages[label]

    def _catalogue(self, size: int, log_level: str) -> Server:
        server = self.servers.real(f"catalogue-{size}-{log_level}", log_level)
        publish(server, self.package("published", 4096))
        data.fill(server.database, size, PUBLISHED)
        return server

    def _once(self, name: str, start: Callable[[], Server]) -> Server:
        if name not in self._started:
            self._started[name] = start()
        return self._started[name]


def publish(server: Server, package: Path) -> float:
    """Upload a package; how many seconds it took."""
    took, _ = upload(server.port, "/api/plugins/upload", {"plugin_key": "benchmark"}, package)
    return took


def login(server: Server) -> str:
    """A token of the administrator's, who exists with the documented password on a server that is not public."""
    return str(call(server.port, "/api/auth/login", {"username": "admin", "password": "admin"})["token"])


def with_installs(server: Server) -> str:
    """A token whose user has some plugins installed."""
    token = login(server)
    for index in range(INSTALLED):
        body = {
            "pluginId": f"com.example.installed-{index}",
            "pluginName": f"已安装 {index}",
            "pluginVersion": "1.2.3",
            "grantedPermissions": ["storage:local", "ui:modal"],
        }
        call(server.port, "/api/v1/plugins/install", body, token)
    return token


def name_body(name: str) -> str:
    return json.dumps({"name": name})
