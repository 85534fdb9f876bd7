"""How pages are served: kept, fresh, conditional, compressed, counted; and what odd requests get."""

from __future__ import annotations

import gzip
import secrets
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse, create_environ

from microdock_server.api.core import documents
from microdock_server.api.core.state import state_of
from microdock_server.clock import iso, utcnow
from microdock_server.context import context
from microdock_server.messages import text
from microdock_server.pages import plugin_facts, shelves

from ..conftest import AppFactory
from ..market import PLUGINS, V1, People, data, decide, published, published_version, rated, run_jobs, suspended
from ..support import Api, signed_in

NAME = "com.example.myplugin"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PAGE = f"/plugins/{NAME}"


def get(app: Flask, path: str, **headers: str) -> TestResponse:
    sent = {"Accept": BROWSER, "Accept-Language": "en"} | {name.replace("_", "-"): one for name, one in headers.items()}
    return app.test_client().get(path, headers=sent)


def html(app: Flask, path: str = PAGE, **headers: str) -> str:
    answer = get(app, path, **headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def headers_of(answer: TestResponse) -> list[tuple[str, str]]:
    """All but those that differ from request to request."""
    return sorted((name, value) for name, value in answer.headers if name not in ("X-Request-ID", "X-Process-Time"))


@pytest.fixture
def shown(app: Flask) -> Flask:
    """A server with one plugin, uploaded by key."""
    assert Api(app).upload().status_code == 200
    return app


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was rendered: the names of plugins whose page was made, and `home`."""
    made: list[str] = []
    of, rows = plugin_facts.of, shelves.shelves

    def facts(name: str, *more: Any) -> Any:
        made.append(name)
        return of(name, *more)

    def home() -> Any:
        made.append("home")
        return rows()

    monkeypatch.setattr(plugin_facts, "of", facts)
    monkeypatch.setattr(shelves, "shelves", home)
    return made


class TestKept:
    @pytest.mark.parametrize(("path", "what"), [("/", "home"), (PAGE, NAME), (f"{PAGE}?lang=zh", NAME)])
    def test_a_page_is_rendered_once(self, shown: Flask, rendered: list[str], path: str, what: str) -> None:
        first, again = get(shown, path), get(shown, path)
        assert rendered == [what]
        assert (first.data, first.headers["ETag"]) == (again.data, again.headers["ETag"])

    def test_and_again_in_the_other_language(self, shown: Flask, rendered: list[str]) -> None:
        pages = [html(shown, PAGE), html(shown, PAGE, Accept_Language="zh"), html(shown, f"{PAGE}?lang=en")]
        assert len(set(pages)) == 3
        assert rendered == [NAME] * 3
        assert [html(shown, PAGE), html(shown, PAGE, Accept_Language="zh"), html(shown, f"{PAGE}?lang=en")] == pages
        assert rendered == [NAME] * 3

    def test_what_was_kept_is_answered_before_the_framework(
        self, shown: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = {path: get(shown, path) for path in ("/", PAGE, f"{PAGE}/1.0.0", "/plugins", "/help/rules")}
        monkeypatch.setattr(shown, "full_dispatch_request", None)
        for path, first in before.items():
            again = get(shown, path)
            assert (again.status_code, again.data, headers_of(again)) == (200, first.data, headers_of(first))

    def test_a_stampede_renders_once(self, shown: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        of, made, together = plugin_facts.of, [], threading.Barrier(8)

        def facts(*given: Any) -> Any:
            made.append(given)
            return of(*given)

        monkeypatch.setattr(plugin_facts, "of", facts)

        def ask(_: int) -> bytes:
            together.wait()
            return get(shown, PAGE).data

        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(ask, range(8)))
        assert (len(made), len(answers)) == (1, 1)

    def test_what_visitors_type_is_not_kept(self, shown: Flask) -> None:
        kept = state_of(shown).documents
        for number in range(20):
            get(shown, f"/plugins?q=word{number}")
            get(shown, f"{PAGE}?x={number}")
            get(shown, f"/plugins/nothing{number}")
            get(shown, f"/plugins?lang=en&x={number}")
        # The two pages of these languages, whatever else stood in their addresses.
        assert len(kept._kept._values) <= 4
        assert len(kept._shown._values) == 0

    def test_another_host_gets_its_own_addresses(self, shown: Flask) -> None:
        mine, other = html(shown, PAGE, Host="localhost"), html(shown, PAGE, Host="plugins.local")
        assert "http://localhost/api/" in mine and "plugins.local" not in mine
        assert "http://plugins.local/api/" in other and "http://localhost" not in other
        assert html(shown, PAGE, Host="localhost") == mine

    def test_an_unknown_host_is_refused_also_of_what_is_kept(self, make_app: AppFactory) -> None:
        app = make_app(ALLOWED_HOSTS="plugins.example.com")
        assert get(app, "/", Host="plugins.example.com").status_code == 200
        assert get(app, "/", Host="evil.example.com").status_code == 400

    def test_so_many_are_kept_as_there_is_room_for(self, shown: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(documents, "KEPT", 1 << 20)
        with shown.app_context():
            kept = documents.Documents(context().autocommit)
        long = documents.Document.of(secrets.token_hex(50_000), "en")
        made: list[str] = []

        def ask(path: str) -> None:
            kept.load(create_environ(path), path, lambda: made.append(path) or long, (path,), lambda: None)

        paths = [f"/{number}" for number in range(10)]
        for path in [*paths, paths[-1], paths[0]]:
            ask(path)
        assert made == [*paths, paths[0]]
        assert [kept.ready(create_environ(path)) is not None for path in (paths[-1], paths[1])] == [True, False]

    def test_large_pages_are_not_kept(self, app: Flask, rendered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(documents, "LARGEST", 100)
        get(app, "/"), get(app, "/")
        assert rendered == ["home"] * 2


class TestFreshness:
    def test_a_new_plugin(self, app: Flask) -> None:
        assert NAME not in html(app, "/")
        Api(app).upload()
        assert NAME in html(app, "/")

    def test_a_new_version(self, app: Flask, who: People) -> None:
        plugin_id = published(who.developer, who.reviewer)["id"]
        assert "9.8.7" not in html(app)
        published_version(who.developer, who.reviewer, plugin_id, "9.8.7")
        assert "9.8.7" in html(app)

    def test_ratings_replies_and_hidden_ones(self, app: Flask, who: People) -> None:
        plugin_id = published(who.developer, who.reviewer)["id"]
        html(app)
        rating = rated(who.user, plugin_id, 4, title="Quite good", content="It does its work well enough.")["id"]
        assert "Quite good" in html(app)
        reply = {"content": "Thank you, we read every word of it."}
        data(who.developer.post(f"{PLUGINS}/{plugin_id}/reviews/{rating}/reply", reply))
        assert reply["content"] in html(app)
        data(who.admin.post(f"{V1}/admin/ratings/{rating}/hide", {"hidden": True, "reason": "abuse"}))
        assert "Quite good" not in html(app)

    def test_what_a_developer_is_called(self, app: Flask, who: People) -> None:
        published(who.developer, who.reviewer)
        html(app)
        developer = data(who.developer.get(f"{V1}/auth/me"))["id"]
        path = f"/developers/{developer}"
        html(app, path)
        data(who.developer.put(f"{V1}/developers/{developer}", {"display_name": "Ada & Sons"}))
        assert "Ada &amp; Sons" in html(app) and "Ada &amp; Sons" in html(app, path)

    def test_a_plugin_that_is_suspended_is_gone_at_once(self, app: Flask, who: People) -> None:
        plugin_id = published(who.developer, who.reviewer)["id"]
        for path in (PAGE, f"{PAGE}/1.0.0", "/", "/plugins"):
            assert NAME in html(app, path)
        suspended(who.admin, plugin_id)
        assert get(app, PAGE).status_code == 404
        assert get(app, f"{PAGE}/1.0.0").status_code == 404
        assert NAME not in html(app, "/") + html(app, "/plugins")

    def test_what_an_automatic_review_found(self, app: Flask, who: People) -> None:
        published(who.developer, who.reviewer)
        before = html(app)
        run_jobs(app)
        assert html(app) != before

    def test_that_a_person_approved_what_was_published_without_a_review(self, shown: Flask, who: People) -> None:
        unreviewed = text("page.brief.unreviewed", "en")
        assert unreviewed in html(shown)
        data(who.user.post(f"{PLUGINS}/{NAME}/report", {"reason": "Is it what it says?"}))
        assert unreviewed in html(shown)
        decide(who.reviewer, NAME)
        assert unreviewed not in html(shown)
        assert text("page.brief.person", "en") in html(shown)

    def test_a_block_ends_by_itself(self, shown: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        root = signed_in(shown)
        ends = utcnow() + timedelta(seconds=30)
        reason = {"zh": "有问题", "en": "It has a fault"}
        body = {"plugin": NAME, "versions": ">=0.0.0", "severity": "warn", "reason": reason, "expires_at": iso(ends)}
        data(root.post(f"{V1}/admin/blocks", body), 201)
        now = documents.time.monotonic()
        monkeypatch.setattr(documents.time, "monotonic", lambda: now)
        assert "It has a fault" in html(shown)
        # Less than a minute later, without any change.
        now += 31
        for name, module in list(sys.modules.items()):
            if name.startswith("microdock_server.") and hasattr(module, "utcnow"):
                monkeypatch.setattr(module, "utcnow", lambda: ends + timedelta(seconds=1))
        assert "It has a fault" not in html(shown)

    def test_counts_are_a_minute_old_at_most(
        self, shown: Flask, rendered: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = documents.time.monotonic()
        monkeypatch.setattr(documents.time, "monotonic", lambda: now)
        html(shown)
        assert Api(shown).get(f"/api/v1/marketplace/plugins/{NAME}/download").status_code == 200
        now += documents.COUNTS_AGE - 1
        html(shown)
        assert rendered == [NAME]
        now += 2
        html(shown)
        assert rendered == [NAME] * 2


class TestConditions:
    @pytest.mark.parametrize("path", ["/", PAGE, "/plugins?sort=new&page=1", "/robots.txt", "/opensearch.xml"])
    def test_who_has_it_is_told_so(self, shown: Flask, path: str) -> None:
        for encoding in ("", "gzip"):
            for _ in ("made", "kept"):
                first = get(shown, path, Accept_Encoding=encoding)
                again = get(shown, path, Accept_Encoding=encoding, If_None_Match=first.headers["ETag"])
                assert (again.status_code, again.data) == (304, b"")
                assert again.headers["ETag"] == first.headers["ETag"]
                assert again.headers["Cache-Control"] == "no-cache" and again.headers["Vary"] == first.headers["Vary"]
                assert "Content-Type" not in again.headers
        tag = get(shown, path, Accept_Language="zh").headers["ETag"]
        assert get(shown, path, If_None_Match=tag).status_code == (304 if path.endswith((".txt", ".xml")) else 200)

    @pytest.mark.parametrize("path", ["/", PAGE, "/plugins"])
    def test_it_is_compressed_once(self, shown: Flask, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        plain = get(shown, path)
        monkeypatch.setattr(gzip, "compress", None)
        packed = get(shown, path, Accept_Encoding="gzip")
        assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["ETag"] != plain.headers["ETag"]
        assert {"Accept-Encoding", "Accept-Language"} <= set(plain.headers["Vary"].split(", "))

    @pytest.mark.parametrize(
        "path",
        [
            *("/", PAGE, f"{PAGE}/1.0.0", "/plugins", "/plugins?q=plugin", "/help/rules", "/nothing"),
            *("/robots.txt", "/opensearch.xml", "/feeds/plugins.atom"),
        ],
    )
    def test_head_is_get_without_a_body(self, shown: Flask, path: str) -> None:
        headers = {"Accept": BROWSER, "Accept-Language": "en"}
        for _ in ("made", "kept"):
            head = shown.test_client().head(path, headers=headers)
            whole = get(shown, path)
            assert (head.status_code, head.data) == (whole.status_code, b"")
            assert headers_of(head) == headers_of(whole)
            assert int(head.headers["Content-Length"]) == len(whole.data)

    def test_the_stylesheet_is_for_good_and_small(self, app: Flask) -> None:
        style = html(app, "/").partition('rel="stylesheet" href="')[2].partition('"')[0]
        packed, plain = get(app, style, Accept_Encoding="gzip"), get(app, style)
        assert (packed.mimetype, packed.headers["Content-Encoding"]) == ("text/css", "gzip")
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) <= 20 * 1024
        for answer in (packed, plain):
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert get(app, style, If_None_Match=plain.headers["ETag"]).status_code == 304
        assert app.test_client().head(style).status_code == 200


class TestErrors:
    @pytest.mark.parametrize(
        "path", ["/nothing", "/plugins/com.example.none", "/categories", "/help/rules/none", "/x/y"]
    )
    def test_a_browser_gets_a_page(self, app: Flask, path: str) -> None:
        answer = get(app, path)
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert answer.headers["Cache-Control"] == "no-store" and "ETag" not in answer.headers
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert 'lang="en"' in answer.get_data(as_text=True)

    @pytest.mark.parametrize("path", ["/api/nothing", "/v1/nothing", "/api/v1/nothing", "/api", "/v1"])
    def test_below_the_api_even_a_browser_gets_json(self, app: Flask, path: str) -> None:
        answer = get(app, path)
        assert (answer.status_code, answer.mimetype) == (404, "application/json")

    @pytest.mark.parametrize("path", ["/nothing", "/x/y"])
    @pytest.mark.parametrize("accept", ["", "*/*", "application/json"])
    def test_programs_get_json(self, app: Flask, path: str, accept: str) -> None:
        answer = get(app, path, Accept=accept)
        assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found")

    def test_another_method(self, app: Flask) -> None:
        answer = app.test_client().post("/plugins", headers={"Accept": BROWSER})
        assert (answer.status_code, answer.mimetype) == (405, "text/html")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert app.test_client().post("/plugins").mimetype == "application/json"

    def test_a_failure(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shelves, "shelves", lambda: 1 / 0)
        answer = get(app, "/")
        assert (answer.status_code, answer.mimetype) == (500, "text/html")
        assert "division" not in answer.get_data(as_text=True)

    def test_without_the_gallery_errors_are_as_before(self, make_app: AppFactory) -> None:
        app = make_app(GALLERY="false")
        for path in (
            "/nothing",
            "/plugins",
            PAGE,
            "/robots.txt",
            "/sitemap.xml",
            "/compare/a/b",
            "/developers/x",
            "/opensearch.xml",
        ):
            answer = get(app, path)
            assert (answer.status_code, answer.mimetype) == (404, "application/json"), path
        assert (get(app, "/").status_code, get(app, "/").headers["Location"]) == (302, "/admin/")
        assert get(app, "/help/rules").status_code == 200
        assert get(app, "/help/rules/none").mimetype == "text/html"

    @pytest.mark.parametrize(
        "path",
        [
            "/plugins/%",
            "/plugins/%zz",
            "/plugins/%00",
            "/plugins/a%00b",
            "/plugins/%ff%fe",
            "/plugins/%F0%9F%98%80",
            f"/plugins/{'x' * 10_000}",
            "/plugins/../../etc/passwd",
            "/plugins/a/%00",
            "/compare/a/%00...%00",
            "/compare/a/1...",
            "/compare/a/......",
            "/developers/%00",
            "/developers/%ff",
            "/help/rules/%00",
            "/gallery/%00",
            "/gallery/../../pyproject.toml",
            "/feeds/plugins/%00.atom",
            "/sitemap-0.xml",
            "/sitemap-99999999999999999999.xml",
            "/%00",
            "//",
        ],
    )
    def test_odd_addresses(self, shown: Flask, path: str) -> None:
        for _ in range(2):
            assert get(shown, path).status_code in (200, 301, 302, 308, 404), path

    @pytest.mark.parametrize(
        "query",
        [
            "q=%00",
            "q=%ff%fe",
            "q=%",
            f"q={'x' * 10_000}",
            f"q={'%E5%AD%97' * 3000}",
            "q=a&q=b&q=c",
            "q=%22%27%28%29*%5E-%2B%7B%7D%3A",
            "q=AND&sort=rating",
            "q[]=a&lang[]=en",
            "lang[]=zh",
            "lang=",
            "lang=fr",
            "lang=en&lang=zh",
            "page=-1",
            "page=0",
            "page=1e9",
            "page=%D9%A1",
            "sort=%00",
            "sort=nothing",
            "category=",
            "&&&=&==",
            ";",
        ],
    )
    def test_odd_queries(self, shown: Flask, query: str) -> None:
        for path in ("/", "/plugins", PAGE):
            assert get(shown, f"{path}?{query}").status_code == 200, path

    @pytest.mark.parametrize(
        "query", ["category=%00", "category=nothing", "category=%ff", "page=999999", "page=2&page=1"]
    )
    def test_what_is_not_there(self, shown: Flask, query: str) -> None:
        assert get(shown, f"/plugins?{query}").status_code == 404


class TestLimits:
    @pytest.fixture
    def limited(self, make_app: AppFactory) -> Flask:
        return make_app(RATELIMIT_ENABLED="true")

    def left(self, answer: TestResponse) -> tuple[int, int]:
        return int(answer.headers["RateLimit-Limit"]), int(answer.headers["RateLimit-Remaining"])

    def test_each_page_counts_once_kept_or_not(self, limited: Flask) -> None:
        paths = ["/", "/", "/plugins", "/plugins", "/plugins?q=x", "/plugins/none", "/robots.txt", "/help/rules"]
        found = [self.left(get(limited, path)) for path in paths]
        assert found == [(600, 599 - place) for place in range(len(paths))]

    def test_pages_leave_the_api_its_requests(self, limited: Flask) -> None:
        for _ in range(150):
            assert get(limited, "/").status_code == 200
        assert self.left(Api(limited).get("/api/plugins/list")) == (100, 99)

    def test_so_do_pictures(self, limited: Flask) -> None:
        picture = f"{PLUGINS}/none/images/none"
        answers = [get(limited, picture) for _ in range(120)]
        assert {one.status_code for one in answers} == {404}
        assert self.left(answers[-1]) == (3000, 2880)
        assert self.left(Api(limited).get("/api/plugins/list")) == (100, 99)
        assert self.left(get(limited, "/")) == (600, 599)

    def test_the_stylesheet_is_not_counted(self, limited: Flask) -> None:
        style = get(limited, "/").get_data(as_text=True).partition('rel="stylesheet" href="')[2].partition('"')[0]
        assert "RateLimit-Limit" not in get(limited, style).headers
        assert self.left(get(limited, "/")) == (600, 598)

    def test_too_many_is_a_page(self, limited: Flask) -> None:
        codes = {get(limited, "/").status_code for _ in range(601)}
        assert codes == {200, 429}
        for path in ("/", "/plugins", "/help/rules"):
            answer = get(limited, path)
            assert (answer.status_code, answer.mimetype) == (429, "text/html")
            assert '<html lang="en"' in answer.get_data(as_text=True)
            assert 1 <= int(answer.headers["Retry-After"]) <= 60
            assert answer.headers["Cache-Control"] == "no-store"
        # Programs that ask what the server is are not stopped.
        assert get(limited, "/", Accept="*/*").status_code == 200


def test_a_broken_condition_is_a_page(shown: Flask) -> None:
    get(shown, "/")
    answer = get(shown, "/", If_Match='"other"')
    assert (answer.status_code, answer.mimetype) == (412, "text/html")
