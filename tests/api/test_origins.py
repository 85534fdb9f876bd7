"""Which pages of browsers may send requests, which names the server answers to, and what pages may read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from microdock_server import create_app
from microdock_server.api.core.request import REQUEST_ID

from ..conftest import AppFactory, release
from ..peers import postgresql
from ..support import Api, add_user, settings_for

LOGIN = {"username": "nobody", "password": "wrong-password"}
# One that changes something on every surface, and paths that there are not.
CHANGING = [
    ("POST", "/api/plugins/upload", "host"),
    ("POST", "/api/auth/login", "host"),
    ("POST", "/api/backups/delete", "host"),
    ("POST", "/api/v1/auth/login", "market"),
    ("PUT", "/v1/admin/users/x", "market"),
    ("DELETE", "/api/v1/admin/categories/x", "market"),
    ("POST", "/api/v1/plugins/install", "market"),
    ("PATCH", "/v1/plugins/x/status", "market"),
    ("POST", "/nowhere", "host"),
    ("POST", "/admin/", "host"),
]


@pytest.fixture(scope="module")
def shared(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application for all tests that only ask."""
    directory = tmp_path_factory.mktemp("origins") / "data"
    shutil.copytree(prepared_data, directory)
    app = create_app(settings_for(directory))
    yield app
    release(app)
    postgresql.forget(directory)


@pytest.fixture
def api(shared: Flask) -> Api:
    return Api(shared)


@pytest.mark.parametrize(("method", "path", "envelope"), CHANGING)
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:8000", "http://localhost.evil.example", "", "x"]
)
def test_a_page_of_another_site_changes_nothing(api: Api, method: str, path: str, envelope: str, origin: str) -> None:
    answer = api._call(method, path, headers={"Origin": origin, "Sec-Fetch-Site": "cross-site"})
    body = answer.get_json()
    assert (answer.status_code, body["success"]) == (403, False)
    assert "CORS_ORIGINS" in body["message"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    if envelope == "host":
        assert (body["status"], body["error"]) == (403, "forbidden")
    else:
        assert (body["code"], body["error"]["type"]) == (403, "PermissionError")


def test_it_changes_nothing_with_somebodys_token_either(app: Flask) -> None:
    user = add_user(app, "reader")
    answer = user.post("/api/v1/plugins/install", {}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_answered_whoever_asks(api: Api, method: str) -> None:
    assert api._call(method, "/api/plugins/list", headers={"Origin": "https://evil.example"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("localhost", {}),
        ("localhost", {"Origin": "http://localhost"}),
        ("localhost", {"Origin": "http://localhost:3000"}),
        ("localhost:8000", {"Origin": "http://localhost:8000"}),
        # TLS ends in front of us: what is https there is http here.
        ("localhost", {"Origin": "https://localhost"}),
        ("localhost:443", {"Origin": "https://localhost"}),
        ("127.0.0.1:8000", {"Origin": "http://127.0.0.1:8000"}),
        ("[::1]:8000", {"Origin": "http://[::1]:8000"}),
        ("NAS:8000", {"Origin": "http://nas:8000"}),
        ("localhost", {"Origin": "null", "Sec-Fetch-Site": "same-origin"}),
        ("nas", {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "same-origin"}),
    ],
)
def test_pages_of_our_own_and_allowed_ones_may(api: Api, host: str, headers: dict[str, str]) -> None:
    answer = api.post("/api/auth/login", LOGIN, headers={"Host": host, **headers})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8000", "http://localhost"),
        ("localhost", "http://localhost:8000"),
        ("localhost:443", "http://localhost"),
        ("localhost", "ftp://localhost"),
        ("localhost", "http://localhost/path"),
        ("localhost", "http://user@localhost"),
        ("localhost", "http://localhost, http://evil.example"),
    ],
)
def test_host_and_port_decide_what_is_our_own(api: Api, host: str, origin: str) -> None:
    assert api.post("/api/auth/login", LOGIN, headers={"Host": host, "Origin": origin}).status_code == 403


def test_the_public_address_is_our_own(make_app: AppFactory) -> None:
    api = Api(make_app(PUBLIC_URL="https://plugins.example.com/market"))
    for origin, status in (("https://plugins.example.com", 401), ("https://plugins.example.com:8443", 403)):
        assert api.post("/api/auth/login", LOGIN, headers={"Origin": origin}).status_code == status


@pytest.mark.parametrize(
    ("setting", "origin"),
    [
        ("null", "null"),
        ("app://plugins", "app://plugins"),
        ("app://.", "app://."),
        ("tauri://localhost, null", "null"),
        ("file://", "file://"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ('["http://[::1]"]', "http://[::1]"),
        ("https://Host.Example:443/", "https://host.example"),
        ("*", "https://anything.example"),
    ],
)
def test_the_setting_takes_every_kind_of_origin(make_app: AppFactory, setting: str, origin: str) -> None:
    api = Api(make_app(CORS_ORIGINS=setting))
    answer = api.post("/api/auth/login", LOGIN, headers={"Origin": origin})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, origin)


def test_an_origin_of_the_setting_is_a_text_and_no_pattern(make_app: AppFactory) -> None:
    api = Api(make_app(CORS_ORIGINS="https://a.example,http://[::1]"))
    for origin in ("https://a-example", "https://aXexample", "http://:", "https://a.example.evil.example"):
        assert api.post("/api/auth/login", LOGIN, headers={"Origin": origin}).status_code == 403


class TestHost:
    PATHS = ("/", "/api/plugins/list", "/api/health", "/healthz", "/metrics", "/docs/", "/admin/", "/ws", "/nowhere")

    @pytest.mark.parametrize("path", [*PATHS, "/api/v1/auth/me", "/v1/plugins/installed", "/openapi.json"])
    @pytest.mark.parametrize("host", ["evil.example:8000", "localhost.evil.example", "127.0.0.1.nip.io"])
    def test_a_name_of_somebody_elses_is_refused_everywhere(self, api: Api, path: str, host: str) -> None:
        answer = api.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "ALLOWED_HOSTS" in answer.get_json()["message"]
        assert "plugins" not in answer.get_json() and answer.get_json()["data"] is None

    @pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "DELETE"])
    def test_whatever_is_asked(self, api: Api, method: str) -> None:
        assert api._call(method, "/api/plugins/list", headers={"Host": "evil.example"}).status_code == 400

    @pytest.mark.parametrize(
        "host",
        [
            "a b",
            "localhost:x",
            "user@localhost",
            "localhost/x",
            "[::1",
            "::1",
            "localhost, x",
            "é",
            ".",
            "[]",
            ":80",
        ],
    )
    def test_what_is_no_host_is_refused(self, api: Api, host: str) -> None:
        assert api.get("/api/plugins/list", headers={"Host": host}).status_code == 400

    @pytest.mark.parametrize(
        "host",
        [
            *("localhost", "LOCALHOST:9", "localhost.", "nas", "my_app:80", "nas.local", "192.0.2.1:80"),
            *("[2001:db8::1]:80", "node-1.local.:8000", "127.0.0.1"),
        ],
    )
    def test_names_that_nobody_outside_can_own_and_addresses_are_ours(self, api: Api, host: str) -> None:
        assert api.get("/api/plugins/list", headers={"Host": host}).status_code == 200

    def test_none_is_fine(self, shared: Flask) -> None:
        with shared.test_client() as client:
            for environ in ({"HTTP_HOST": ""}, {}):
                base = {"REQUEST_METHOD": "GET", "PATH_INFO": "/api/plugins/list", **environ}
                built: Any = client._request_from_builder_args((), {"path": "/api/plugins/list"}).environ
                built.pop("HTTP_HOST", None)
                assert client.run_wsgi_app({**built, **base})[1].startswith("200")

    def test_the_settings_add_names(self, make_app: AppFactory) -> None:
        allowed = "plugins.example.org, *.example.net,.example.com, bücher.example, [::1]:80"
        api = Api(make_app(PUBLIC_URL="https://market.example.com:8443", ALLOWED_HOSTS=allowed))
        for host, status in {
            "market.example.com": 200,
            "PLUGINS.example.org:8000": 200,
            "a.example.net": 200,
            "a.b.example.net": 200,
            "example.net": 400,
            "example.com": 200,
            "x.example.com": 200,
            "xn--bcher-kva.example": 200,
            "evilexample.net": 400,
            "example.org": 400,
            "localhost": 200,
        }.items():
            assert api.get("/api/plugins/list", headers={"Host": host}).status_code == status, host

    def test_a_trusted_proxy_has_decided_unless_the_setting_does(self, make_app: AppFactory) -> None:
        told = {"X-Forwarded-Host": "plugins.example.com", "X-Forwarded-For": "203.0.113.9"}
        believing = Api(make_app(TRUSTED_PROXIES="1"))
        assert believing.get("/api/plugins/list", headers=told).status_code == 200
        strict = Api(make_app(TRUSTED_PROXIES="1", ALLOWED_HOSTS="other.example.com"))
        assert strict.get("/api/plugins/list", headers=told).status_code == 400
        own = Api(make_app(TRUSTED_PROXIES="1", ALLOWED_HOSTS="plugins.example.com"))
        assert own.get("/api/plugins/list", headers=told).status_code == 200

    def test_nobody_else_tells_the_name(self, api: Api) -> None:
        told = {"X-Forwarded-Host": "localhost", "Host": "evil.example"}
        assert api.get("/api/plugins/list", headers=told).status_code == 400


class TestDocumentedPassword:
    LOGIN = {"username": "admin", "password": "admin"}
    WAYS = ("/api/auth/login", "/api/v1/auth/login", "/v1/auth/login")

    @pytest.mark.parametrize("path", WAYS)
    @pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST."])
    def test_it_opens_the_server_to_direct_clients_of_this_machine(self, api: Api, path: str, host: str) -> None:
        assert api.post(path, self.LOGIN, headers={"Host": host}).status_code == 200

    @pytest.mark.parametrize("path", WAYS)
    @pytest.mark.parametrize(
        "headers",
        [
            *({name: "127.0.0.1"} for name in ("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP")),
            *({name: "x"} for name in ("Forwarded", "Via", "X-Forwarded-Proto", "X-Forwarded-Host", "CF-Ray")),
            *({name: "x"} for name in ("X-Forwarded-Server", "X-Original-Forwarded-For", "X-Client-IP", "Fly-Region")),
            {"X-Forwarded-For": ""},
            {"Host": "nas"},
            {"Host": "nas.local"},
            {"Host": "192.168.1.7:8000"},
        ],
        ids=str,
    )
    def test_it_opens_it_to_nobody_behind_a_proxy(self, api: Api, path: str, headers: dict[str, str]) -> None:
        assert api.post(path, self.LOGIN, headers=headers).status_code == 401

    @pytest.mark.parametrize("path", WAYS)
    def test_nor_behind_one_that_is_trusted(self, make_app: AppFactory, path: str) -> None:
        api = Api(make_app(TRUSTED_PROXIES="1"))
        assert api.post(path, self.LOGIN, headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401
        assert api.post(path, self.LOGIN).status_code == 200

    def test_nor_behind_nginx_as_it_proxies_by_itself(self, api: Api) -> None:
        old = {"environ_overrides": {"SERVER_PROTOCOL": "HTTP/1.0"}}
        assert api.post("/api/auth/login", self.LOGIN, **old).status_code == 401

    @pytest.mark.parametrize("address", ["10.0.0.9", "", "unknown", "2001:db8::1"])
    def test_nor_to_other_machines(self, api: Api, address: str) -> None:
        there = {"environ_base": {"REMOTE_ADDR": address}}
        assert api.post("/api/auth/login", self.LOGIN, **there).status_code == 401


class TestCors:
    ALLOWED = "http://localhost:3000"
    PROMISED = (
        *("X-Request-ID", "X-Process-Time", "ETag", "Content-Disposition", "Retry-After", "RateLimit-Limit"),
        *("RateLimit-Remaining", "RateLimit-Reset", "Deprecation", "Repr-Digest", "Content-Range", "Accept-Ranges"),
        *("Content-Length", "Last-Modified", "Location", "Allow", "WWW-Authenticate", "X-Total-Count"),
    )

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/api/plugins/list", 200),
            ("GET", "/api/v1/auth/me", 401),
            ("POST", "/api/plugins/detail", 400),
            ("GET", "/nowhere", 404),
            ("GET", "/api/plugins/detail", 405),
            ("GET", "/healthz", 200),
        ],
    )
    def test_an_allowed_page_reads_every_header_that_is_promised(
        self, api: Api, method: str, path: str, status: int
    ) -> None:
        answer = api._call(method, path, headers={"Origin": self.ALLOWED})
        assert answer.status_code == status
        exposed = {name.strip().lower() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
        assert {name.lower() for name in self.PROMISED} <= exposed

    def test_a_refusal_over_the_limit_can_be_read_too(self, make_app: AppFactory) -> None:
        api = Api(make_app(RATELIMIT_ENABLED="true"))
        for _ in range(100):
            api.get("/api/plugins/list")
        headers = api.get("/api/plugins/list", headers={"Origin": self.ALLOWED}).headers
        assert headers["Access-Control-Allow-Origin"] == self.ALLOWED
        assert "Retry-After" in headers and "Retry-After" in headers["Access-Control-Expose-Headers"]

    @pytest.mark.parametrize("asked", ["authorization, range, if-match", "if-none-match, if-range", "x-requested-with"])
    def test_a_preflight_allows_what_clients_send(self, api: Api, asked: str) -> None:
        headers = {"Origin": self.ALLOWED, "Access-Control-Request-Method": "PUT"}
        asking = {**headers, "Access-Control-Request-Headers": asked}
        answer = api._call("OPTIONS", "/api/v1/plugins/x/status", headers=asking).headers
        allowed = {name.strip().lower() for name in answer["Access-Control-Allow-Headers"].split(",")}
        assert set(asked.split(", ")) == allowed
        methods = set(answer["Access-Control-Allow-Methods"].split(", "))
        assert {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} <= methods

    def test_a_page_that_nobody_named_reads_nothing(self, api: Api) -> None:
        for origin in ("https://evil.example", "http://localhost:30000", "http://localhost:3000.evil.example", "null"):
            headers = api.get("/api/plugins/list", headers={"Origin": origin}).headers
            assert "Access-Control-Allow-Origin" not in headers, origin

    @pytest.mark.parametrize("origin", ["http://[::1]:5173", "null", "app://host"])
    def test_an_origin_is_no_pattern(self, make_app: AppFactory, origin: str) -> None:
        api = Api(make_app(CORS_ORIGINS=origin))
        headers = api.get("/api/plugins/list", headers={"Origin": origin}).headers
        assert headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    ("pages", "origin", "is_allowed"),
    [
        ("http://one.example", "http://one.example", True),
        ("http://one.example", "HTTP://One.Example:80", True),
        ("*", "http://any.example", True),
        ("http://one.example", "http://two.example", False),
    ],
)
def test_a_refusal_for_want_of_a_place_is_read_by_allowed_pages_alone(
    make_app: AppFactory, pages: str, origin: str, is_allowed: bool
) -> None:
    edge = make_app(CORS_ORIGINS=pages).wsgi_app._inner  # type: ignore[attr-defined]
    headers: dict[str, str] = {}
    environ = {"PATH_INFO": "/api/plugins/upload", REQUEST_ID: "x", "HTTP_ORIGIN": origin}
    edge._refuse(environ, lambda _status, found: headers.update(found))
    assert headers.get("Access-Control-Allow-Origin") == (origin if is_allowed else None)
