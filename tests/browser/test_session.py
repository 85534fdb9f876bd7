"""Logging in and out of the admin page, and what each role sees."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ..live import Server
from .conftest import Look, Visit
from .page import PASSWORD, Admin
from .people import add_people

pytestmark = pytest.mark.live


@pytest.fixture(scope="module", autouse=True)
def _people(server: Server) -> None:
    add_people(server)


def test_a_wrong_password_is_refused_in_the_server_s_words(visit: Visit) -> None:
    admin = visit(None, "/login")
    admin.page.locator("#username").fill("admin")
    admin.page.locator("#password").fill("not the password")
    admin.test("login").click()
    expect(admin.test("error")).to_contain_text("用户名或密码")
    expect(admin.test("error")).to_contain_text("请求编号")
    expect(admin.page.locator("#password")).to_have_value("")


def test_a_deep_link_comes_back_after_the_login(visit: Visit) -> None:
    admin = visit(None, "/users?search=root")
    expect(admin.page).to_have_url(re.compile("/admin/login"))
    admin.log_in("admin", "admin", "/users?search=root")
    expect(admin.page).to_have_url(re.compile(r"/admin/users\?search=root$"))
    expect(admin.page.locator("h1")).to_have_text("用户")


def test_logging_out_ends_the_login_for_good(visit: Visit) -> None:
    admin = visit(None)
    admin.log_in("admin", "admin")
    admin.test("logout").click()
    expect(admin.page).to_have_url(re.compile("/admin/login"))
    admin.go("/plugins")
    expect(admin.page).to_have_url(re.compile("/admin/login"))


def test_a_login_that_the_server_ends_in_mid_session_leads_to_the_login_and_back(visit: Visit, server: Server) -> None:
    admin = visit("reviewer", "/appeals")
    expect(admin.page.locator("h1")).to_have_text("申诉")
    root = server.client.log_in()
    [user] = root.get("/api/v1/admin/users?search=reviewer").json()["data"]["users"]
    for is_active in (False, True):
        answer = root.call("PUT", f"/api/v1/admin/users/{user['id']}", json={"is_active": is_active})
        assert answer.status_code == 200, answer.text
    # The socket is told at once, and the page goes by itself.
    expect(admin.page).to_have_url(re.compile("/admin/login"))
    expect(admin.page.get_by_role("status")).to_contain_text("登录已过期")
    admin.page.locator("#username").fill("reviewer")
    admin.page.locator("#password").fill(PASSWORD)
    admin.test("login").click()
    expect(admin.page.locator("h1")).to_have_text("申诉")


def test_an_expired_access_token_is_renewed_unseen(visit: Visit) -> None:
    admin = visit("admin", "/users")
    expect(admin.test("user-admin")).to_be_visible()
    expire(admin.page)
    admin.menu("plugins")
    expect(admin.page.locator("h1")).to_have_text("插件")
    expect(admin.test("logout")).to_be_visible()


def test_nothing_of_a_login_is_where_a_script_could_read_it(visit: Visit) -> None:
    admin = visit(None)
    with admin.page.expect_response("**/auth/login") as answer:
        admin.log_in("admin", "admin")
    said = answer.value.json()["data"]
    assert said["refresh_token"] is None
    stored = admin.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert said["access_token"] not in stored
    assert admin.page.evaluate("document.cookie") == "microdock_login=1"
    [token] = [one for one in admin.page.context.cookies() if one["name"] == "microdock_refresh"]
    assert (token["httpOnly"], token["sameSite"], token["path"]) == (True, "Strict", "/api/v1/auth")
    assert token["value"] not in stored
    admin.page.reload()
    expect(admin.test("logout")).to_be_visible()


def test_two_tabs_that_are_opened_at_once_stay_logged_in(visit: Visit) -> None:
    first = visit("admin", "/users")
    expect(first.test("user-admin")).to_be_visible()
    second = first.page.context.new_page()
    second.goto("login")
    renewal = re.compile("/auth/refresh")
    with first.page.expect_response(renewal) as one, second.expect_response(renewal) as other:
        for page in (first.page, second):
            page.evaluate("setTimeout(() => location.assign('/admin/users'), 0)")
    assert (one.value.status, other.value.status) == (200, 200)
    for page in (first.page, second, first.page):
        expect(page.locator("[data-test=user-admin]")).to_be_visible()
        page.reload()
        expect(page.locator("[data-test=user-admin]")).to_be_visible()
    # Who leaves in one of them leaves in both.
    first.test("logout").click()
    expect(second).to_have_url(re.compile("/admin/login"))
    assert [one["name"] for one in first.page.context.cookies()] == []


def test_somebody_else_who_logs_in_is_shown_in_every_tab(visit: Visit) -> None:
    first = visit("admin", "/plugins")
    expect(first.page.locator(".who")).to_have_text("admin")
    second = first.page.context.new_page()
    second.goto("login")
    remembered(second, "reviewer", PASSWORD)
    expect(second.locator(".who")).to_have_text("reviewer")
    expect(first.page.locator(".who")).to_have_text("reviewer")
    expect(first.test("menu-users")).to_have_count(0)


def expire(page: Page) -> None:
    """Have the next answer refuse the access token, once: as the server does when its time is over."""
    page.route("**/api/v1/**", lambda route: route.fulfill(status=401, json={"message": "expired"}), times=1)


def remembered(page: Page, username: str, password: str) -> None:
    """Log in, and have this browser remember it."""
    page.locator("#username").fill(username)
    page.locator("#password").fill(password)
    page.locator(".el-checkbox").click()
    page.locator("[data-test=login]").click()
    expect(page.locator("[data-test=logout]")).to_be_visible()


def test_who_must_wait_learns_how_long_in_words(visit: Visit, look: Look) -> None:
    """Whoever refuses: the server, whose words have the time, or a proxy, which has it in a header alone."""
    admin = visit(None, "/login")
    said = {"message": "请求过于频繁，请在 12 分钟后再试", "error": {"slug": "too_many_requests"}}
    for status, retry_after, body, words in (
        (429, "720", said, []),
        (429, "720", None, ["请在 12 分钟后再试。"]),
        (423, "1", {"message": "locked"}, ["请在 1 秒后再试。"]),
        (429, "soon", None, []),
    ):
        answer_once(admin.page, status, retry_after, "<html>" if body is None else json.dumps(body))
        admin.page.locator("#username").fill("admin")
        admin.page.locator("#password").fill("wrong")
        with admin.page.expect_response("**/auth/login"):
            admin.test("login").click()
        expect(admin.test("error")).to_be_visible()
        expect(admin.test("wait")).to_have_text(words)
    admin.test("language").click()
    for header, words in (("1", "1 second"), ("60", "60 seconds"), ("61", "61 seconds"), ("3000", "50 minutes")):
        answer_once(admin.page, 503, header, "<html>")
        admin.page.locator("#password").fill("wrong")
        admin.test("login").click()
        expect(admin.test("wait")).to_have_text(f"Please try again in {words}.")
    look(admin, "login-wait")
    # Chromium writes every 5xx into its console: these were wanted, and nothing else was said.
    assert all("the server responded with a status of 503" in line for line in admin.seen)
    admin.seen.clear()


def answer_once(page: Page, status: int, retry_after: str, body: str) -> None:
    """Have the next login be refused so."""
    headers = {"Retry-After": retry_after}
    page.route("**/auth/login", lambda route: route.fulfill(status=status, headers=headers, body=body), times=1)


def entries(admin: Admin) -> list[str]:
    return [(link.get_attribute("data-test") or "").removeprefix("menu-") for link in admin.page.locator("nav a").all()]


def test_the_menu_shows_what_a_role_may_do(visit: Visit) -> None:
    everything = entries(visit("admin"))
    assert {"dashboard", "plugins", "reviews", "users", "backups", "system", "audit"} <= set(everything)
    reviewer = visit("reviewer")
    assert entries(reviewer) == ["dashboard", "plugins", "host", "reviews", "appeals", "ratings"]
    reviewer.go("/users")
    expect(reviewer.page.locator("main")).to_contain_text("没有权限")


def test_the_language_is_switched_and_remembered(visit: Visit) -> None:
    admin = visit("admin", "/users")
    expect(admin.page.locator("html")).to_have_attribute("lang", "zh-CN")
    admin.test("language").click()
    expect(admin.page.locator("h1")).to_have_text("Users")
    expect(admin.page.locator("html")).to_have_attribute("lang", "en")
    admin.page.reload()
    expect(admin.page.locator("h1")).to_have_text("Users")
    expect(admin.page).to_have_title("Users · MicroDock")


def test_it_can_be_dark(visit: Visit, picture: Callable[[Admin, str], None]) -> None:
    admin = visit()
    admin.settled()
    background = "getComputedStyle(document.body).backgroundColor"
    light = admin.page.evaluate(background)
    admin.test("theme").click()
    assert admin.page.evaluate(background) != light
    admin.page.reload()
    admin.settled()
    assert admin.page.evaluate(background) != light
    assert admin.violations() == []
    picture(admin, "dashboard-dark")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_login_is_for_everybody(visit: Visit, picture: Callable[[Admin, str], None], language: str) -> None:
    admin = visit(None, "/login", locale=language)
    expect(admin.page.locator("html")).to_have_attribute("lang", language)
    assert admin.violations() == []
    # By keyboard alone.
    admin.page.locator("#username").focus()
    admin.page.keyboard.type("admin")
    admin.page.keyboard.press("Tab")
    admin.page.keyboard.type("admin")
    picture(admin, f"login-{language}")
    admin.page.keyboard.press("Enter")
    expect(admin.test("logout")).to_be_visible()


def test_an_address_that_does_not_exist_says_so(visit: Visit) -> None:
    admin = visit("admin", "/no/such/page")
    expect(admin.page.locator("main")).to_contain_text("页面不存在")


def test_a_browser_lands_in_the_gallery_from_which_a_link_leads_here(visit: Visit, server: Server) -> None:
    admin = visit(None, "/login")
    admin.page.goto(server.base)
    expect(admin.page).to_have_url(f"{server.base}/")
    admin.page.locator("footer a[href='/admin/']").click()
    expect(admin.page).to_have_url(re.compile("/admin/login"))
