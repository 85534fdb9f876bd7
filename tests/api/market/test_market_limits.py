"""Chapter 11 of the document: rate limits, and input and output that is never allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import quote

import pytest
from flask import Flask
from limits import parse_many
from marshmallow import Schema as AnySchema
from marshmallow import ValidationError
from marshmallow import fields as plain

from microdock_server import create_app
from microdock_server.api.core.rate_limits import RATES
from microdock_server.api.market import market
from microdock_server.schemas import fields, form_fields
from microdock_server.vocabulary import Role

from ...conftest import AppFactory, WallClock, release
from ...market import (
    PLUGINS,
    V1,
    People,
    account_id,
    add_version,
    appeal,
    create,
    created,
    data,
    details,
    file,
    invalid,
    png,
    published,
    rated,
    refused,
    shown,
    slug,
)
from ...support import Api, add_user, package, settings_for, signed_in

UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"
CATEGORIES: Final = f"{V1}/marketplace/categories"
ME: Final = f"{V1}/auth/me"
ELSEWHERE: Final = {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}
NOBODY_KNOWS: Final = {"username": "nobody", "password": "wrong password"}


@pytest.fixture
def limited(make_app: AppFactory, wall_clock: WallClock) -> Flask:
    # No window ends while a test runs.
    wall_clock.stop()
    return make_app(RATELIMIT_ENABLED="true")


@pytest.fixture
def few(limited: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The same server with rates that are soon used up."""
    rates = {"public": 3, "authenticated": 5, "admin": 7, "login": 2, "register": 1, "report": 2, "upload_key": 2}
    for group, amount in rates.items():
        monkeypatch.setitem(RATES, group, parse_many(f"{amount}/minute;1000/hour"))
    return limited


def statuses(api: Api, path: str, times: int, **options: Any) -> list[int]:
    return [api.get(path, **options).status_code for _ in range(times)]


def rate_headers(answer: Any) -> tuple[str, str]:
    return answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]


def too_many(answer: Any, limit: int, window: int = 60) -> None:
    """A refusal in the marketplace's envelope, which says for how long."""
    assert refused(answer, 429, "RateLimitError") == {}
    assert answer.get_json()["error"]["slug"] == "too_many_requests"
    assert rate_headers(answer) == (str(limit), "0")
    assert int(answer.headers["Retry-After"]) == window
    assert answer.headers["RateLimit-Reset"] == answer.headers["Retry-After"]


# Rates


def test_the_rates_are_the_documents() -> None:
    table = {group: [(rate.amount, rate.get_expiry()) for rate in rates] for group, rates in RATES.items()}
    assert table["public"] == [(100, 60), (1000, 3600)]
    assert table["authenticated"] == [(500, 60), (5000, 3600)]
    assert table["admin"] == [(1000, 60), (10_000, 3600)]
    for act in ("login", "register"):
        for (tight, window), (wide, same) in zip(table[act], table["public"], strict=True):
            assert tight <= wide / 10
            assert window == same


@pytest.mark.parametrize(
    ("kind", "limit"),
    [(None, 3), (Role.USER, 5), (Role.DEVELOPER, 5), (Role.REVIEWER, 5), (Role.ADMIN, 7)],
)
def test_each_kind_of_caller_has_its_own_rate(few: Flask, kind: Role | None, limit: int) -> None:
    api = Api(few) if kind is None else add_user(few, "somebody", kind)
    path = PLUGINS
    for left in range(limit - 1, -1, -1):
        answer = api.get(path)
        assert answer.status_code == 200
        assert rate_headers(answer) == (str(limit), str(left))
    too_many(api.get(path), limit)
    too_many(api.get(path), limit)


def test_the_hour_counts_beside_the_minute(limited: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RATES, "public", parse_many("100/minute;4/hour"))
    api = Api(limited)
    assert statuses(api, PLUGINS, 4) == [200] * 4
    too_many(api.get(PLUGINS), 4, 3600)


def test_a_window_that_has_ended_begins_anew(few: Flask, wall_clock: WallClock) -> None:
    api = Api(few)
    assert statuses(api, PLUGINS, 4) == [200, 200, 200, 429]
    wall_clock.turn(59)
    assert statuses(api, PLUGINS, 1) == [429]
    wall_clock.turn(2)
    assert statuses(api, PLUGINS, 4) == [200, 200, 200, 429]


def test_nobody_is_counted_by_address_and_a_user_by_name(few: Flask) -> None:
    nobody, first, second = Api(few), add_user(few, "first"), add_user(few, "second")
    assert statuses(nobody, PLUGINS, 4) == [200, 200, 200, 429]
    assert statuses(nobody, PLUGINS, 1, **ELSEWHERE) == [200]
    assert statuses(first, PLUGINS, 3) == [200] * 3
    assert statuses(first, PLUGINS, 3, **ELSEWHERE) == [200, 200, 429]
    # Another login of the same user is no way around it.
    assert statuses(signed_in(few, "first"), PLUGINS, 1) == [429]
    assert rate_headers(second.get(PLUGINS)) == ("5", "4")


def test_every_prefix_and_surface_counts_together(few: Flask) -> None:
    user = add_user(few, "somebody")
    paths = [PLUGINS, "/v1/marketplace/plugins", "/api/v1/plugins/enabled", "/v1/plugins/installed", ME, ME]
    assert [user.get(path).status_code for path in paths] == [200] * 5 + [429]


def test_what_is_refused_counts_as_well(few: Flask) -> None:
    user = add_user(few, "somebody")
    asked = [
        user.get(f"{V1}/admin/audit"),
        user.get(f"{PLUGINS}/none"),
        user.get(f"{PLUGINS}?page=x"),
        user.post(f"{V1}/notifications/read", {}),
        user.post(f"{V1}/admin/categories", {}),
        user.get(f"{V1}/admin/audit"),
    ]
    assert [answer.status_code for answer in asked] == [403, 404, 422, 422, 403, 429]


def test_an_invalid_token_counts_for_its_address(few: Flask) -> None:
    made_up = Api(few, "not.a.token")
    assert statuses(made_up, PLUGINS, 4) == [401, 401, 401, 429]
    assert statuses(Api(few), PLUGINS, 1) == [429]


def test_one_who_is_made_an_administrator_may_ask_more_often(few: Flask) -> None:
    boss = add_user(few, "boss", Role.ADMIN)
    assert statuses(boss, f"{V1}/admin/audit", 8) == [200] * 7 + [429]
    assert statuses(signed_in(few), f"{V1}/admin/audit", 1) == [200]


def test_the_limit_holds_across_workers(few: Flask) -> None:
    second = create_app(settings_for(few.extensions["microdock"].settings.data_dir, RATELIMIT_ENABLED="true"))
    try:
        callers = [Api(few), Api(second)]
        assert [callers[place % 2].get(PLUGINS).status_code for place in range(5)] == [200] * 3 + [429] * 2
    finally:
        release(second)


def test_every_endpoint_of_the_marketplace_is_counted(few: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(few)
    assert statuses(api, PLUGINS, 3) == [200] * 3
    # Pictures are counted by themselves.
    monkeypatch.setitem(RATES, "picture", parse_many("1/minute"))
    picture = f"{PLUGINS}/{UNKNOWN}/images/{UNKNOWN}"
    assert api.get(picture).status_code == 404
    for endpoint in market.endpoints:
        path = V1 + re.sub(r"<[^>]+>", UNKNOWN, endpoint.rule)
        answer = api._call(endpoint.method, path)
        assert answer.status_code == 429, f"{endpoint.method} {endpoint.rule}: {answer.status_code}"
    assert len(market.endpoints) > 50


def test_a_refusal_is_in_the_language_of_the_caller(few: Flask) -> None:
    api = Api(few)
    statuses(api, PLUGINS, 3)
    assert api.get(PLUGINS).get_json()["message"] == "请求过于频繁，请在 60 秒后再试"
    english = api.get(PLUGINS, headers={"Accept-Language": "en"})
    assert english.get_json()["message"] == "Too many requests; please try again in 60 seconds"


def test_nothing_is_counted_where_limits_are_switched_off(
    app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RATES, "public", parse_many("1/minute"))
    assert statuses(api, PLUGINS, 5) == [200] * 5
    assert "RateLimit-Limit" not in api.get(PLUGINS).headers


# Tighter ones


def test_a_login_is_tried_ten_times_a_minute(limited: Flask) -> None:
    api = Api(limited)
    tried = [api.post(f"{V1}/auth/login", {"username": "x"}).status_code for _ in range(10)]
    assert tried == [422] * 10
    too_many(api.post(f"{V1}/auth/login", {"username": "x"}), 10)
    # So it is on the host surface, in the same window; everything else goes on.
    assert api.post("/api/auth/login", {"username": "x"}).status_code == 429
    assert api.get(PLUGINS).status_code == 200
    assert api.post(f"{V1}/auth/login", {"username": "x"}, **ELSEWHERE).status_code == 422


def test_only_what_fails_uses_up_the_logins(limited: Flask) -> None:
    api = Api(limited)
    good, path = {"username": "admin", "password": "admin"}, f"{V1}/auth/login"
    assert [api.post(path, good).status_code for _ in range(12)] == [200] * 12
    assert [api.post(path, NOBODY_KNOWS).status_code for _ in range(9)] == [401] * 9
    assert api.post(path, good).headers["RateLimit-Remaining"] == "1"
    assert api.post("/api/auth/login", NOBODY_KNOWS).headers["RateLimit-Remaining"] == "0"
    too_many(api.post(path, NOBODY_KNOWS), 10)
    # Whoever guesses right only now learns nothing.
    assert api.post("/api/auth/login", good).status_code == 429
    assert api.post(path, NOBODY_KNOWS, **ELSEWHERE).status_code == 401


def test_logins_that_fail_at_once_are_counted_exactly(limited: Flask) -> None:
    def guess(_number: int) -> int:
        status: int = Api(limited).post(f"{V1}/auth/login", {"username": "x"}).status_code
        return status

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(guess, range(16)))
    assert found == [422] * 10 + [429] * 6


def test_the_limits_that_hold_are_told_to_everybody(few: Flask) -> None:
    answer = Api(few).get(f"{V1}/limits")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    found = data(answer)
    assert found["rates_enabled"] is True
    rows = {(row["name"], row["per"], row["seconds"]): row for row in found["limits"]}
    assert len(rows) == len(found["limits"])
    assert rows["login", "address or user", 60] == {
        "name": "login",
        "per": "address or user",
        "amount": 2,
        "unit": "failures",
        "seconds": 60,
        "status": 429,
    }
    assert rows["package_size", "request", None]["amount"] == 100 * 1024 * 1024


def test_the_limits_of_what_waits_and_of_the_configuration_are_told_too(make_app: AppFactory) -> None:
    app = make_app(WEB_THREADS="6", WS_MAX_CONNECTIONS="0", DISK_RESERVE="5")
    data(signed_in(app).put(f"{V1}/admin/system/config", {"review_settings": {"max_open_reviews": 3}}))
    rows = {(row["name"], row["per"]): row for row in data(Api(app).get(f"{V1}/limits"))["limits"]}
    expected = {
        ("uploads", "server"): (3, 503),
        ("passwords_waiting", "address"): (10, 503),
        ("inspections", "address"): (1, 503),
        ("unknown_user_keys", "address"): (50, None),
        ("disk_reserve", "server"): (5, 507),
        ("open_reviews", "user"): (3, 409),
        ("form_parts", "request"): (32, 400),
    }
    assert {key: (rows[key]["amount"], rows[key]["status"]) for key in expected} == expected
    # Nobody meets limits of what is turned off.
    assert not {name for name, _ in rows if name.startswith("sockets")}


def test_an_account_is_registered_five_times_a_minute(limited: Flask) -> None:
    api = Api(limited)
    assert [api.post(f"{V1}/auth/register", {}).status_code for _ in range(5)] == [422] * 5
    too_many(api.post(f"{V1}/auth/register", {}), 5)
    too_many(api.post(f"{V1}/developers/register", {}), 5)
    assert api.post(f"{V1}/auth/login", {}).status_code == 422


def test_users_and_developers_are_registered_in_the_same_window(few: Flask) -> None:
    api = Api(few)
    account = {"username": "newcomer", "email": "newcomer@example.com", "password": "password123"}
    data(api.post(f"{V1}/developers/register", account), 201)
    another = {**account, "username": "another", "email": "another@example.com"}
    too_many(api.post(f"{V1}/auth/register", another), 1)
    assert slug(api.post(f"{V1}/auth/login", NOBODY_KNOWS), 401) == "wrong_credentials"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{V1}/auth/password", {"old_password": "x", "new_password": "y"}),
        (f"{PLUGINS}/none/claim", {"plugin_key": "a-guess"}),
        (f"{PLUGINS}/none/upload-key", None),
    ],
)
def test_guesses_at_secrets_are_counted_like_logins(few: Flask, path: str, body: Any) -> None:
    api = add_user(few, "somebody", Role.DEVELOPER)
    assert all(api.post(path, body).status_code in (404, 422) for _ in range(2))
    too_many(api.post(path, body), 2)
    assert api.get(ME).status_code == 200
    another = add_user(few, "another", Role.DEVELOPER)
    assert another.post(path, body).status_code in (404, 422)


def test_reports_are_tighter(few: Flask) -> None:
    api = add_user(few, "somebody")
    for path in (f"{PLUGINS}/none/report", f"{PLUGINS}/none/reviews/{UNKNOWN}/report"):
        assert api.post(path, {"reason": "x"}).status_code == 404
    too_many(api.post(f"{PLUGINS}/none/report", {"reason": "x"}), 2)


# What comes out


SCRIPTS: Final = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "![x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>@import 'https://evil.example'</style>",
    "`<script>alert(1)</script>`",
    "<!--<script>--><script>alert(1)</script>",
]
MARKDOWN: Final = "# Title\n\n" + "\n\n".join(SCRIPTS)
TAGS: Final = re.compile(r"<[^>]*>")


def html_fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Everything in an answer that says it is HTML."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from html_fields(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from html_fields(inner, name)
    elif name.endswith("_html"):
        yield name, value


def harmless(html: str) -> None:
    """No tag runs anything, loads anything from beside the web, or borrows the page's looks."""
    for tag in TAGS.findall(html):
        assert not re.match(r"</?(script|style|iframe|svg|object|embed|form|base|meta|link)\b", tag, re.IGNORECASE), tag
        assert not re.search(r"\son\w+\s*=|\sstyle\s*=|srcdoc|javascript|data:", tag, re.IGNORECASE), tag


def test_markdown_comes_back_as_it_was_written_and_as_safe_html(who: People) -> None:
    plugin = published(who.developer, who.reviewer, {"long_description": MARKDOWN}, changelog=MARKDOWN)
    data(who.developer.put(f"{PLUGINS}/{plugin['id']}", {"long_description": MARKDOWN + "\n\nnew"}))
    found = shown(who.nobody, plugin["id"])
    assert found["long_description"] == MARKDOWN + "\n\nnew"
    version = data(who.nobody.get(f"{PLUGINS}/{plugin['id']}/versions/1.0.0"))
    assert version["changelog"] == MARKDOWN
    rendered = dict([*html_fields(found), *html_fields(version)])
    assert set(rendered) == {"long_description_html", "changelog_html"}
    for html in rendered.values():
        assert "<h1>Title</h1>" in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        harmless(html)


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_comes_out_of_a_changelog_or_a_description(who: People, script: str) -> None:
    form = {"long_description": script, "changelog": script}
    plugin = created(who.developer, form, changelog="x")
    found = [shown(who.developer, plugin["id"])]
    found.append(data(who.developer.get(f"{PLUGINS}/{plugin['id']}/versions/1.0.0")))
    rendered = [html for answer in found for _, html in html_fields(answer)]
    assert len(rendered) == 2
    for html in rendered:
        assert html
        harmless(html)


def test_text_that_is_no_html_is_kept_and_sent_as_json_alone(who: People) -> None:
    script = "<script>alert(1)</script>"
    fields_ = {"name": script, "description": script, "metadata": {"tags": [script], "license": script}}
    plugin = published(who.developer, who.reviewer, fields_, displayName=script, author=script)
    rating = rated(who.user, plugin["id"], title=script, content=script, pros=[script], cons=[script])
    data(who.developer.put(f"{V1}/developers/{account_id(who.developer)}", {"bio": script, "company": script}))
    data(who.admin.post(f"{V1}/admin/categories", {"name": script, "description": script}), 201)
    paths = [
        PLUGINS,
        f"{PLUGINS}?search=script",
        f"{PLUGINS}/{plugin['id']}",
        f"{PLUGINS}/{plugin['id']}/versions",
        f"{PLUGINS}/{plugin['id']}/reviews",
        f"{V1}/developers/{account_id(who.developer)}",
        CATEGORIES,
    ]
    for path in paths:
        answer = who.nobody.get(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        for _, html in html_fields(answer.get_json()):
            harmless(html)
    assert shown(who.nobody, plugin["id"])["name"] == script
    assert (rating["title"], rating["content"], rating["pros"]) == (script, script, [script])


def test_a_refusal_repeats_a_script_as_json_alone(who: People) -> None:
    answer = who.nobody.get(f"{PLUGINS}/%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


SEARCHED: Final = [
    PLUGINS + "?search={}",
    PLUGINS + "?category={}",
    PLUGINS + "?developer={}",
    PLUGINS + "/{}",
    V1 + "/admin/users?search={}",
    V1 + "/admin/developers?search={}",
    V1 + "/admin/audit?action={}",
    V1 + "/admin/audit?target_id={}",
]


@pytest.mark.parametrize(
    "text", ["' OR 1=1 --", '" OR ""="', "'; DROP TABLE plugins; --", "%' OR '%'='", "*", "a* OR b"]
)
def test_what_looks_like_sql_finds_nothing_and_does_nothing(
    who: People, published_plugin: dict[str, Any], text: str
) -> None:
    for path in SEARCHED:
        answer = who.admin.get(path.format(quote(text, safe="")))
        assert answer.status_code in (200, 404, 422)
        if answer.status_code == 200:
            assert answer.get_json()["data"]["pagination"]["total"] == 0, path
    assert shown(who.nobody, published_plugin["id"])["status"] == "published"


# Addresses


NO_ADDRESSES: Final = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\tscript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "ftp://example.com/x",
    "ws://example.com",
    "mailto:a@example.com",
    "//example.com/x",
    "/x",
    "example.com",
    "http:",
    "http://",
    "http:///x",
    "http:example.com",
    "https://user:password@example.com",
    "https://example.com@evil.example",
    "https://example.com\\@evil.example",
    "https://exa mple.com",
    " https://example.com",
    "https://example.com\n",
    "https://example.com/\u2028x",
    "https://example.com/\u202ex",
    "https://example.com:0",
    "https://example.com:65536",
    "https://example.com:x",
    "https://[::1",
    "https://example.com/" + "x" * 2048,
]
ADDRESSES: Final = [
    "http://example.com",
    "https://example.com/a/b?c=d&e=%20#f",
    "HTTPS://EXAMPLE.COM:8443/",
    "https://[2001:db8::1]:8443/",
    "https://例子.测试/路径",
]
# Every field of the marketplace that takes an address, by hand.
TAKEN: Final = {
    "metadata.homepage",
    "metadata.repository",
    "website",
    "verification_documents.file_url",
    "evidence.url",
    "advisory_url",
}
LIKELY: Final = re.compile(r"url|uri|link|href|homepage|website|repository")


def taken(schema: AnySchema, path: str = "") -> Iterator[tuple[str, plain.Field[Any]]]:
    """Every field that a schema reads, with those below it."""
    for name, field in schema.fields.items():
        yield from _unfolded(f"{path}{name}", field)


def _unfolded(path: str, field: plain.Field[Any]) -> Iterator[tuple[str, plain.Field[Any]]]:
    if isinstance(field, plain.Nested):
        yield from taken(field.schema, f"{path}.")
    elif isinstance(field, plain.List):
        yield from _unfolded(path, field.inner)
    elif isinstance(field, form_fields.JsonText):
        yield from taken(field.schema, f"{path}.")
    else:
        yield path, field


def every_field() -> list[tuple[str, plain.Field[Any]]]:
    return [
        found
        for endpoint in market.endpoints
        for schema in (endpoint.body, endpoint.query, endpoint.form)
        if schema is not None
        for found in taken(schema())
    ]


def addresses() -> dict[str, plain.Field[Any]]:
    return {path: field for path, field in every_field() if isinstance(field, fields.Url)}


def test_every_field_that_takes_an_address_is_known_to_be_one() -> None:
    assert set(addresses()) == TAKEN
    likely = {path for path, _ in every_field() if LIKELY.search(path.rpartition(".")[2])}
    assert likely <= TAKEN


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_refused_by_every_field(address: str) -> None:
    found = addresses()
    assert found
    for path, field in found.items():
        with pytest.raises(ValidationError):
            field.deserialize(address)
            pytest.fail(f"{path} takes {address!r}")


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_taken_by_every_field_as_it_is(address: str) -> None:
    for path, field in addresses().items():
        assert field.deserialize(address) == address, path


BAD: Final = "javascript:alert(1)"


def test_no_plugin_is_created_with_another_address(who: People) -> None:
    for name in ("homepage", "repository"):
        answer = create(who.developer, {"metadata": {name: BAD}})
        assert invalid(answer) == {f"metadata.{name}"}
    assert data(who.developer.get(PLUGINS))["plugins"] == []


def test_no_plugin_is_changed_to_another_address(who: People) -> None:
    plugin = created(who.developer, {"metadata": {"repository": "https://example.com/repository"}})
    path = f"{PLUGINS}/{plugin['id']}"
    for name in ("homepage", "repository"):
        assert invalid(who.developer.put(path, {"metadata": {name: BAD}})) == {f"metadata.{name}"}
        form = {"metadata": json.dumps({name: BAD}), "icon": file(png(), "icon.png")}
        assert invalid(who.developer._call("PUT", path, data=form)) == {f"metadata.{name}"}
    metadata = shown(who.developer, plugin["id"])["metadata"]
    assert metadata["homepage"] == "https://example.com/myplugin"
    assert metadata["repository"] == "https://example.com/repository"


def test_no_manifest_names_another_address(who: People) -> None:
    refusals = [
        create(who.developer, homepage=BAD),
        add_version(who.developer, created(who.developer)["id"], "1.1.0", homepage=BAD),
    ]
    for answer in refusals:
        assert list(details(answer, 400)) == ["homepage"]
    assert who.nobody.upload(package(name="com.example.keyed", homepage=BAD)).status_code == 400


def test_no_developer_has_another_address(who: People) -> None:
    account = {"username": "dora", "email": "dora@example.com", "password": "password123"}
    path = f"{V1}/developers/register"
    assert invalid(who.nobody.post(path, {**account, "website": BAD})) == {"website"}
    documents = [{"type": "id", "file_url": "https://example.com/id"}, {"type": "id", "file_url": BAD}]
    answer = who.nobody.post(path, {**account, "verification_documents": documents})
    assert invalid(answer) == {"verification_documents.1.file_url"}
    profile = f"{V1}/developers/{account_id(who.developer)}"
    assert invalid(who.developer.put(profile, {"website": BAD})) == {"website"}
    assert data(who.nobody.get(profile))["website"] == ""
    # Nothing was made of the account either.
    data(who.nobody.post(path, account), 201)


def test_no_appeal_names_another_address(who: People, rejected_plugin: dict[str, Any]) -> None:
    evidence = [{"type": "image", "url": BAD, "description": "x"}]
    assert invalid(appeal(who.developer, rejected_plugin["id"], evidence=evidence)) == {"evidence.0.url"}
    assert data(who.developer.get(f"{V1}/developers/appeals")) == []
