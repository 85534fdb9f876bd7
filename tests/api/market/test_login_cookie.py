"""Logins of pages: the refresh token is in a cookie that scripts cannot read."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from microdock_server.services import accounts

from ...conftest import AppFactory, WallClock
from ...support import Api

PASSWORD = "correct horse"
REFRESH = "microdock_refresh"
MARK = "microdock_login"
AUTH = "/api/v1/auth"


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A client that keeps cookies, and an account to log in with."""
    with app.app_context():
        accounts.create("Alice", PASSWORD, email="alice@example.com")
    return app.test_client()


def log_in(browser: FlaskClient, **fields: Any) -> TestResponse:
    body = {"username": "Alice", "password": PASSWORD, "cookie": True, **fields}
    answer = browser.post(f"{AUTH}/login", json=body)
    assert answer.status_code == 200, answer.text
    return answer


def cookies(answer: TestResponse) -> SimpleCookie:
    found: SimpleCookie = SimpleCookie()
    for header in answer.headers.getlist("Set-Cookie"):
        found.load(header)
    return found


def test_the_refresh_token_is_in_a_cookie_that_no_script_and_no_other_site_gets(browser: FlaskClient) -> None:
    answer = log_in(browser)
    assert answer.get_json()["data"]["refresh_token"] is None
    cookie = cookies(answer)[REFRESH]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == AUTH
    assert not cookie["secure"]
    assert not cookie["max-age"]
    mark = cookies(answer)[MARK]
    assert (mark.value, mark["httponly"], mark["samesite"], mark["path"]) == ("1", "", "Strict", "/")
    assert cookie.value not in answer.text


def test_a_remembered_login_lasts_as_long_as_its_token(browser: FlaskClient) -> None:
    found = cookies(log_in(browser, remember_me=True))
    assert 29 * 86_400 < int(found[REFRESH]["max-age"]) <= 30 * 86_400
    assert found[MARK]["max-age"] == found[REFRESH]["max-age"]
    renewed = cookies(browser.post(f"{AUTH}/refresh"))
    assert 29 * 86_400 < int(renewed[REFRESH]["max-age"]) <= 30 * 86_400


@pytest.mark.parametrize(("public_url", "base_url"), [("https://plugins.example", "http://inside"), ("", "https://x")])
def test_under_https_it_is_never_sent_without(make_app: AppFactory, public_url: str, base_url: str) -> None:
    app = make_app(PUBLIC_URL=public_url)
    with app.app_context():
        accounts.create("Alice", PASSWORD, email="alice@example.com")
    body = {"username": "Alice", "password": PASSWORD, "cookie": True}
    answer = app.test_client().post(f"{AUTH}/login", json=body, base_url=base_url)
    assert answer.status_code == 200, answer.text
    assert all(cookie["secure"] for cookie in cookies(answer).values())


@pytest.mark.parametrize(("page", "is_secure"), [("https://localhost", True), ("http://localhost", False)])
def test_a_page_under_https_says_so_where_an_undeclared_proxy_does_not(
    browser: FlaskClient, page: str, is_secure: bool
) -> None:
    body = {"username": "Alice", "password": PASSWORD, "cookie": True}
    answer = browser.post(f"{AUTH}/login", json=body, headers={"Origin": page})
    assert answer.status_code == 200, answer.text
    assert {bool(cookie["secure"]) for cookie in cookies(answer).values()} == {is_secure}


def test_without_the_wish_nothing_is_different(browser: FlaskClient) -> None:
    answer = browser.post(f"{AUTH}/login", json={"username": "Alice", "password": PASSWORD})
    assert answer.get_json()["data"]["refresh_token"]
    assert "Set-Cookie" not in answer.headers
    token = answer.get_json()["data"]["refresh_token"]
    renewed = browser.post(f"{AUTH}/refresh", headers={"Authorization": f"Bearer {token}"})
    assert renewed.get_json()["data"]["refresh_token"]
    assert "Set-Cookie" not in renewed.headers


def test_tabs_renew_one_login_and_the_spent_cookie_ends_it(browser: FlaskClient, wall_clock: WallClock) -> None:
    spent = cookies(log_in(browser))[REFRESH].value
    first = browser.post(f"{AUTH}/refresh")
    assert first.status_code == 200
    assert first.get_json()["data"]["refresh_token"] is None
    fresh = cookies(first)[REFRESH].value
    assert fresh != spent
    # Another tab asked at the same time, with the same cookie: both have the same one afterwards.
    browser.set_cookie(REFRESH, spent, path=AUTH)
    assert cookies(browser.post(f"{AUTH}/refresh"))[REFRESH].value == fresh
    wall_clock.turn(31)
    browser.set_cookie(REFRESH, spent, path=AUTH)
    assert browser.post(f"{AUTH}/refresh").status_code == 401
    browser.set_cookie(REFRESH, fresh, path=AUTH)
    assert browser.post(f"{AUTH}/refresh").status_code == 401


def test_the_cookie_opens_nothing_else(browser: FlaskClient) -> None:
    token = cookies(log_in(browser))[REFRESH].value
    browser.set_cookie(REFRESH, token)
    assert browser.get(f"{AUTH}/me").status_code == 401
    assert browser.get("/api/v1/notifications").status_code == 401
    assert browser.post(f"{AUTH}/logout").status_code == 401


def test_logging_out_removes_the_cookies(browser: FlaskClient) -> None:
    access = log_in(browser).get_json()["data"]["access_token"]
    token = cookies(browser.post(f"{AUTH}/refresh"))[REFRESH].value
    answer = browser.post(f"{AUTH}/logout", headers={"Authorization": f"Bearer {access}"})
    assert {name: (one.value, one["max-age"]) for name, one in cookies(answer).items()} == {
        REFRESH: ("", "0"),
        MARK: ("", "0"),
    }
    browser.set_cookie(REFRESH, token, path=AUTH)
    assert browser.post(f"{AUTH}/refresh").status_code == 401


@pytest.mark.parametrize("name", ["Alice", "Bob"])
def test_logging_out_ends_the_login_of_the_removed_cookie_too(app: Flask, browser: FlaskClient, name: str) -> None:
    with app.app_context():
        accounts.create("Bob", PASSWORD, email="bob@example.com")
    first = log_in(browser).get_json()["data"]["access_token"]
    # Another tab logged in meanwhile: the cookie is that login's.
    answer = log_in(browser, username=name)
    second = answer.get_json()["data"]["access_token"]
    token = cookies(answer)[REFRESH].value
    out = browser.post(f"{AUTH}/logout", headers={"Authorization": f"Bearer {first}"})
    assert cookies(out)[REFRESH].value == ""
    browser.set_cookie(REFRESH, token, path=AUTH)
    assert browser.post(f"{AUTH}/refresh").status_code == 401
    for access in (first, second):
        assert browser.get(f"{AUTH}/me", headers={"Authorization": f"Bearer {access}"}).status_code == 401


@pytest.mark.parametrize("token", ["nonsense", "", "e30.e30.e30"])
def test_logging_out_does_not_depend_on_the_cookie(browser: FlaskClient, token: str) -> None:
    access = log_in(browser).get_json()["data"]["access_token"]
    browser.set_cookie(REFRESH, token, path=AUTH)
    answer = browser.post(f"{AUTH}/logout", headers={"Authorization": f"Bearer {access}"})
    assert (answer.status_code, set(cookies(answer))) == (200, {REFRESH, MARK})


def test_a_page_asks_who_is_logged_in_and_nothing_is_renewed(browser: FlaskClient) -> None:
    before = cookies(log_in(browser))[REFRESH].value
    answer = browser.get(f"{AUTH}/session")
    assert answer.get_json()["data"]["user"]["username"] == "Alice"
    assert answer.get_json()["data"]["unread_count"] == 0
    assert answer.get_json()["data"]["has_default_password"] is False
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.get_cookie(REFRESH, path=AUTH).value == before  # type: ignore[union-attr]
    assert browser.post(f"{AUTH}/refresh").status_code == 200


@pytest.mark.parametrize("token", ["", "nonsense", "a" * 4000, "e30.e30.e30"])
def test_whoever_is_not_logged_in_hears_so_and_forgets_the_cookie(browser: FlaskClient, token: str) -> None:
    browser.set_cookie(REFRESH, token, path=AUTH)
    browser.set_cookie(MARK, "1")
    answer = browser.get(f"{AUTH}/session")
    assert answer.status_code == 200
    assert answer.get_json()["data"] == {"user": None, "unread_count": 0, "has_default_password": False}
    assert set(cookies(answer)) == {REFRESH, MARK}
    assert browser.post(f"{AUTH}/refresh").status_code == 401


def test_the_documented_password_is_told_to_its_user(make_app: AppFactory) -> None:
    browser = make_app(DEBUG="true").test_client()
    body = {"username": "admin", "password": "admin", "cookie": True}
    assert browser.post(f"{AUTH}/login", json=body).status_code == 200
    assert browser.get(f"{AUTH}/session").get_json()["data"]["has_default_password"] is True


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "reviewer"}])
def test_who_is_disabled_or_has_another_role_is_logged_in_no_more(
    browser: FlaskClient, root: Api, change: dict[str, Any]
) -> None:
    log_in(browser, remember_me=True)
    user_id = browser.get(f"{AUTH}/session").get_json()["data"]["user"]["id"]
    assert root.put(f"/api/v1/admin/users/{user_id}", change).status_code == 200
    assert browser.post(f"{AUTH}/refresh").status_code == 401
    answer = browser.get(f"{AUTH}/session")
    assert (answer.get_json()["data"]["user"], set(cookies(answer))) == (None, {REFRESH, MARK})


def test_a_password_from_the_administrator_ends_the_login(browser: FlaskClient, root: Api) -> None:
    log_in(browser)
    user_id = browser.get(f"{AUTH}/session").get_json()["data"]["user"]["id"]
    assert root.post(f"/api/v1/admin/users/{user_id}/password").status_code == 200
    assert browser.get(f"{AUTH}/session").get_json()["data"]["user"] is None
