"""Headers of every answer, and answers to unknown paths, methods and origins."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from ..support import Api, package

PATHS = ["/", "/api/health", "/api/plugins/list", "/api/v1/plugins/installed", "/v1/auth/me", "/nowhere"]
UNKNOWN = [
    ("/nowhere", "host"),
    ("/api/nowhere", "host"),
    ("/api/plugins/nowhere", "host"),
    ("/api/v1/nowhere", "market"),
    ("/v1/nowhere", "market"),
    ("/api/v1/plugins/a/b/c", "market"),
    ("/v1/plugins/a/b/c", "market"),
    ("/api/v1x", "host"),
]


@pytest.mark.parametrize("path", PATHS)
class TestEveryAnswer:
    def test_carries_a_request_id_and_its_time(self, api: Api, path: str) -> None:
        headers = api.get(path).headers
        assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-ID"])
        assert re.fullmatch(r"\d+\.\d{6}", headers["X-Process-Time"])

    @pytest.mark.parametrize("given", ["abc-123", "0f6c2c34f01fcd2d4", "trace/1:2.3_4+5=", "x" * 128])
    def test_gives_a_sane_request_id_back(self, api: Api, path: str, given: str) -> None:
        assert api.get(path, headers={"X-Request-ID": given}).headers["X-Request-ID"] == given

    @pytest.mark.parametrize("given", ["", " ", "two words", "x" * 129, "a<script>", "é", 'a"b', "a;b"])
    def test_replaces_an_insane_request_id(self, api: Api, path: str, given: str) -> None:
        found = api.get(path, headers={"X-Request-ID": given}).headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f]{32}", found)

    def test_carries_the_security_headers_once(self, api: Api, path: str) -> None:
        headers = api.get(path).headers
        assert headers.getlist("X-Content-Type-Options") == ["nosniff"]
        assert headers.getlist("X-Frame-Options") == ["DENY"]
        assert headers.getlist("Referrer-Policy") == ["no-referrer"]
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")

    def test_has_ids_that_differ(self, api: Api, path: str) -> None:
        ids = {api.get(path).headers["X-Request-ID"] for _ in range(3)}
        assert len(ids) == 3


@pytest.mark.parametrize(("path", "surface"), UNKNOWN)
def test_an_unknown_path_is_404_in_the_envelope_of_its_surface(api: Api, path: str, surface: str) -> None:
    answer = api.get(path)
    body = answer.get_json()
    assert (answer.status_code, body["success"], body["message"]) == (404, False, "资源不存在")
    if surface == "host":
        assert (body["status"], body["error"], body["data"]) == (404, "not_found", None)
    else:
        assert (body["code"], body["error"]["type"]) == (404, "NotFoundError")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/plugins/detail", "POST"),
        ("DELETE", "/api/plugins/list", "GET"),
        ("PATCH", "/api/v1/plugins/install", "DELETE, OPTIONS, POST"),
        ("POST", "/v1/auth/me", "GET"),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_allowed(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api._call(method, path)
    assert answer.status_code == 405
    assert answer.get_json()["message"] == "不支持的请求方法"
    assert set(allowed.split(", ")) <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/plugins/list", "/openapi.json"])
def test_head_answers_as_get_without_a_body(api: Api, path: str) -> None:
    answer = api._call("HEAD", path)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Type"] == api.get(path).headers["Content-Type"]


@pytest.mark.parametrize(
    "path",
    ["/api/v1/plugins/%00", "/api/%FF%FE", "/%2e%2e/etc/passwd", "/api/plugins/%E6%8F", "/" + "x" * 5000],
)
def test_strange_paths_are_404_or_401_and_never_5xx(api: Api, path: str) -> None:
    assert api.get(path).status_code in (401, 404, 405)


class TestOrigins:
    ALLOWED = "http://localhost:3000"

    @pytest.mark.parametrize("path", ["/api/plugins/list", "/api/health", "/api/v1/auth/me"])
    def test_an_allowed_one_may_read_answers(self, api: Api, path: str) -> None:
        headers = api.get(path, headers={"Origin": self.ALLOWED}).headers
        assert headers["Access-Control-Allow-Origin"] == self.ALLOWED
        assert "X-Request-ID" in headers["Access-Control-Expose-Headers"]
        assert "Origin" in headers["Vary"]

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:3000.evil.example"])
    @pytest.mark.parametrize("path", ["/api/plugins/list", "/api/health"])
    def test_another_one_may_not(self, api: Api, path: str, origin: str) -> None:
        assert "Access-Control-Allow-Origin" not in api.get(path, headers={"Origin": origin}).headers

    def test_caches_keep_answers_to_requests_without_one_apart(self, api: Api) -> None:
        assert api.upload(package()).status_code == 200
        files = "/api/v1/marketplace/plugins/com.example.myplugin/versions/1.0.0/files"
        for path in ("/api/plugins/list", "/api/plugins/blocks", "/feeds/plugins.atom", "/feeds/blocks.atom", files):
            answer = api.get(path)
            again = api.get(path, headers={"If-None-Match": answer.headers["ETag"]})
            assert (answer.status_code, again.status_code) == (200, 304), path
            assert all("Origin" in one.headers["Vary"] for one in (answer, again)), path

    def test_a_preflight_for_an_allowed_one_names_method_and_headers(self, api: Api) -> None:
        asked = {
            "Origin": self.ALLOWED,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization, content-type",
        }
        headers = api._call("OPTIONS", "/api/v1/plugins/x/status", headers=asked).headers
        assert headers["Access-Control-Allow-Origin"] == self.ALLOWED
        assert "PUT" in headers["Access-Control-Allow-Methods"]
        assert "authorization" in headers["Access-Control-Allow-Headers"].lower()

    def test_a_preflight_for_another_one_allows_nothing(self, api: Api) -> None:
        asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        answer = api._call("OPTIONS", "/api/plugins/delete", headers=asked)
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_origins_come_from_the_settings(self, make_app: Any) -> None:
        api = Api(make_app(CORS_ORIGINS='["https://host.example", "https://b.example/"]'))
        for origin in ("https://host.example", "https://b.example"):
            headers = api.get("/api/health", headers={"Origin": origin}).headers
            assert headers["Access-Control-Allow-Origin"] == origin
        headers = api.get("/api/health", headers={"Origin": self.ALLOWED}).headers
        assert "Access-Control-Allow-Origin" not in headers

    def test_a_refusal_can_be_read_by_an_allowed_one_too(self, api: Api) -> None:
        answer = api.post("/api/plugins/detail", {"name": "com.x.y"}, headers={"Origin": self.ALLOWED})
        assert answer.status_code == 404
        assert answer.headers["Access-Control-Allow-Origin"] == self.ALLOWED


class TestSystem:
    def test_healthz_asks_nothing_of_anything(self, api: Api) -> None:
        assert api.get("/healthz").get_json()["data"] == {"status": "ok"}

    def test_readyz_looks_at_database_migrations_and_storage(self, api: Api) -> None:
        data = api.get("/readyz").get_json()["data"]
        assert data == {"database": "ok", "migrations": "ok", "storage": "ok"}

    def test_readyz_is_503_while_migrations_are_pending(self, app: Flask, api: Api) -> None:
        with app.app_context():
            from microdock_server.database.session import db

            with db.engine.begin() as connection:
                connection.exec_driver_sql("DELETE FROM alembic_version")
        answer = api.get("/readyz")
        assert answer.status_code == 503
        assert answer.get_json()["data"]["migrations"] == "pending"
        assert answer.get_json()["message"] == "服务未就绪"

    def test_metrics_count_requests_by_route_and_never_by_path(self, api: Api) -> None:
        api.get("/v1/plugins/a-very-particular-id/permissions")
        api.get("/nowhere-at-all")
        page = api.get("/metrics")
        assert page.mimetype == "text/plain"
        assert 'route="/v1/plugins/<plugin_id>/permissions"' in page.text
        assert 'route="unmatched"' in page.text
        assert "a-very-particular-id" not in page.text
        assert "nowhere-at-all" not in page.text

    def test_x_forwarded_headers_are_ignored_without_trusted_proxies(self, make_app: Any) -> None:
        api = Api(make_app(RATELIMIT_ENABLED="true"))
        left = [
            api.get("/api/auth/me", headers={"X-Forwarded-For": f"203.0.113.{n}"}).headers["RateLimit-Remaining"]
            for n in range(3)
        ]
        assert left == ["99", "98", "97"]

    def test_x_forwarded_for_is_believed_of_a_trusted_proxy(self, make_app: Any) -> None:
        api = Api(make_app(TRUSTED_PROXIES="1"))
        answer = api.post(
            "/api/auth/login",
            {"username": "admin", "password": "admin"},
            headers={"X-Forwarded-For": "127.0.0.1, 203.0.113.9"},
        )
        # The documented password opens the server from this machine alone.
        assert answer.status_code == 401
