"""One's own account on the admin page: its password, and the documented one of a new server."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from ..live import Server
from .conftest import Look, Visit
from .page import PASSWORD, Admin
from .people import add_people

pytestmark = pytest.mark.live

NEW = "another horse, another staple"


@pytest.fixture(scope="module", autouse=True)
def _people(server: Server) -> None:
    add_people(server)


def fill(admin: Admin, old: str, new: str, again: str) -> None:
    admin.test("old-password").fill(old)
    admin.test("new-password").fill(new)
    admin.test("new-password-again").fill(again)
    admin.test("change-password").click()


def test_what_is_wrong_with_a_new_password_is_said_at_its_field(visit: Visit, look: Look) -> None:
    admin = visit("colleague")
    expect(admin.test("documented-password")).to_have_count(0)
    admin.test("account-menu").click()
    admin.test("account-link").click()
    expect(admin.test("account")).to_contain_text("查看全部插件，审核提交")
    fill(admin, "", "short", "other")
    expect(admin.page.locator(".el-form-item__error")).to_have_text(["请填写", "至少 8 个字符", "两次输入的新密码不同"])
    look(admin, "account-wrong")
    fill(admin, "not the password", NEW, NEW)
    expect(admin.test("error")).to_contain_text("密码")
    stored = admin.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert NEW not in stored
    # It would be lost, and that is asked about.
    admin.menu("plugins")
    expect(admin.page.locator(".el-message-box")).to_contain_text("离开后将丢失")
    admin.confirm()
    expect(admin.page.locator("h1")).to_have_text("插件")


def test_the_documented_password_is_told_on_every_page_until_it_is_changed(
    visit: Visit, server: Server, look: Look
) -> None:
    first = visit("admin", "/backups")
    expect(first.test("documented-password")).to_contain_text("默认密码")
    look(first, "account-documented")
    page = first.page.context.new_page()
    second = Admin(page, first.base, first.seen)
    second.go("/users")
    expect(second.test("documented-password")).to_be_visible()

    first.test("documented-password").get_by_role("link").click()
    expect(first.page).to_have_url(re.compile("/admin/account$"))
    fill(first, "admin", NEW, NEW)
    expect(first.page.locator(".el-message--success")).to_have_text("密码已修改")
    for tab in (first, second):
        expect(tab.test("documented-password")).to_have_count(0)
    expect(first.test("old-password")).to_have_value("")
    # Both tabs are logged in: the old login is over, and the new one is the browser's.
    for tab in (first, second):
        tab.menu("plugins")
        expect(tab.page.locator("h1")).to_have_text("插件")
        tab.page.reload()
        expect(tab.test("logout")).to_be_visible()
        expect(tab.test("documented-password")).to_have_count(0)
    assert server.client.post("/api/v1/auth/login", {"username": "admin", "password": "admin"}).status_code == 401
    assert server.client.log_in("admin", NEW).get("/api/v1/auth/me").status_code == 200


def test_who_waits_at_the_login_goes_on_when_another_tab_logs_in(visit: Visit) -> None:
    waiting = visit(None, "/account")
    expect(waiting.page).to_have_url(re.compile("/admin/login"))
    other = Admin(waiting.page.context.new_page(), waiting.base, waiting.seen)
    other.log_in("reviewer", PASSWORD)
    expect(waiting.page).to_have_url(re.compile("/admin/account$"))
    expect(waiting.page.locator(".who")).to_have_text("reviewer")


def test_a_wrong_password_keeps_the_name_and_asks_for_the_password_again(visit: Visit) -> None:
    admin = visit(None, "/login")
    admin.page.locator("#username").fill("reviewer")
    admin.page.locator("#password").fill("not the password")
    admin.test("login").click()
    expect(admin.test("error")).to_be_visible()
    expect(admin.page.locator("#username")).to_have_value("reviewer")
    expect(admin.page.locator("#password")).to_have_value("")
    expect(admin.page.locator("#password")).to_be_focused()
    admin.page.keyboard.type(PASSWORD)
    admin.page.keyboard.press("Enter")
    expect(admin.test("logout")).to_be_visible()
