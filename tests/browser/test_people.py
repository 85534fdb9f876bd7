"""Users, developers, ratings and appeals: actions on the page take effect on the server."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from microdock_server.vocabulary import Role

from ..live import Client, Server
from .conftest import Visit
from .page import PASSWORD, Admin
from .people import PLUGINS, add_people, as_user, decided, submitted, uploaded

pytestmark = pytest.mark.live

V1 = "/api/v1"


@pytest.fixture(scope="module", autouse=True)
def _people(server: Server) -> None:
    add_people(server)


def choose(select: Locator, option: str) -> None:
    """Choose an option of a select by its words."""
    select.click()
    select.page.get_by_role("option", name=option, exact=True).click()


def account(server: Server, username: str) -> dict[str, Any]:
    """An account, as the server tells it."""
    rows = as_user(server, "admin").get(f"{V1}/admin/users?search={username}").json()["data"]["users"]
    return next(row for row in rows if row["username"] == username)


def answered(answer: Any, status: int = 200) -> Any:
    """The data of a success."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


# Users


def test_users_are_found_while_one_types(visit: Visit) -> None:
    admin = visit("admin", "/users")
    expect(admin.test("user-developer")).to_be_visible()
    admin.page.get_by_role("textbox", name="搜索").press_sequentially("colleag", delay=20)
    expect(admin.test("user-developer")).to_have_count(0)
    expect(admin.test("user-colleague")).to_be_visible()
    expect(admin.page).to_have_url(re.compile(r"/users\?search=colleag$"))
    expect(admin.page.locator("main tbody tr")).to_have_count(1)
    expect(admin.page.locator(".pager")).to_have_text("共 1 条")


def test_users_are_filtered_by_role(visit: Visit) -> None:
    admin = visit("admin", "/users")
    expect(admin.test("user-user")).to_be_visible()
    choose(admin.page.locator("form .el-select"), "审核员")
    expect(admin.test("user-user")).to_have_count(0)
    expect(admin.test("user-developer")).to_have_count(0)
    expect(admin.test("user-colleague")).to_be_visible()
    expect(admin.test("user-reviewer")).to_be_visible()
    choose(admin.page.locator("form .el-select"), "全部")
    expect(admin.test("user-user")).to_be_visible()


def test_a_role_is_changed_once_it_is_confirmed(visit: Visit, server: Server) -> None:
    server.add_user("promoted", PASSWORD)
    before = as_user(server, "promoted")
    assert before.get(f"{V1}/auth/me").status_code == 200
    admin = visit("admin", "/users?search=promoted")
    role = admin.test("user-promoted").locator(".el-select")
    expect(role).to_contain_text("普通用户")

    choose(role, "审核员")
    box = admin.page.locator(".el-message-box")
    expect(box).to_contain_text("将 promoted 的角色改为“审核员”")
    box.get_by_role("button", name="取消").click()
    expect(role).to_contain_text("普通用户")
    assert account(server, "promoted")["role"] == "user"

    choose(role, "审核员")
    admin.confirm()
    expect(admin.page.locator(".el-message--success")).to_have_text("已保存")
    expect(role).to_contain_text("审核员")
    admin.page.reload()
    expect(role).to_contain_text("审核员")
    assert account(server, "promoted")["role"] == "reviewer"
    # As the question says.
    assert before.get(f"{V1}/auth/me").status_code == 401


def test_one_s_own_role_and_account_are_out_of_reach(visit: Visit) -> None:
    admin = visit("admin", "/users")
    row = admin.test("user-admin")
    expect(row.get_by_role("combobox", name="admin 的角色")).to_be_disabled()
    expect(row.get_by_role("button", name="禁用")).to_be_disabled()
    expect(admin.test("user-user").get_by_role("button", name="禁用")).to_be_enabled()


def test_a_user_is_disabled_and_enabled_again(visit: Visit, server: Server) -> None:
    server.add_user("guest", PASSWORD)
    login = {"username": "guest", "password": PASSWORD}
    assert server.client.post("/api/auth/login", login).status_code == 200
    admin = visit("admin", "/users?search=guest")
    row = admin.test("user-guest")

    row.get_by_role("button", name="禁用").click()
    expect(admin.page.locator(".el-message-box")).to_contain_text("禁用 guest")
    admin.confirm()
    expect(row).to_contain_text("已禁用")
    assert account(server, "guest")["is_active"] is False
    assert server.client.post("/api/auth/login", login).status_code in (401, 403)

    admin.page.reload()
    row.get_by_role("button", name="启用").click()
    admin.confirm()
    expect(row).not_to_contain_text("已禁用")
    assert server.client.post("/api/auth/login", login).status_code == 200


def test_an_account_is_created_and_its_first_password_shown_once(
    visit: Visit, server: Server, picture: Callable[[Admin, str], None]
) -> None:
    admin = visit("admin", "/users", permissions=["clipboard-read", "clipboard-write"])
    admin.test("create-user").click()
    dialog = admin.test("user-dialog")
    expect(dialog).to_contain_text("查看全部插件，审核提交")
    admin.test("new-username").fill("colleague")
    admin.test("new-email").fill("newcomer@example.com")
    admin.test("new-role-reviewer").click()
    admin.test("user-create").click()
    expect(dialog.get_by_role("alert")).to_contain_text("用户名已被使用")
    assert admin.violations() == []
    picture(admin, "people-create")
    admin.test("new-username").fill("newcomer")
    admin.test("user-create").click()

    password = admin.test("password").inner_text()
    expect(admin.test("first-password")).to_contain_text("只在此处显示一次")
    admin.still()
    assert admin.violations() == []
    picture(admin, "people-first-password")
    # No key and no click beside it takes the only showing away.
    admin.page.keyboard.press("Escape")
    expect(admin.test("password")).to_have_text(password)
    admin.test("copy-password").click()
    expect(admin.page.locator(".el-message--success")).to_have_text("已复制")
    assert admin.page.evaluate("navigator.clipboard.readText()") == password
    assert password not in kept(admin)
    admin.test("password-passed-on").click()
    expect(dialog).to_have_count(0)
    assert password not in admin.page.content()

    expect(admin.test("user-newcomer")).to_contain_text("newcomer@example.com")
    assert account(server, "newcomer")["role"] == "reviewer"
    assert server.client.log_in("newcomer", password).get(f"{V1}/auth/me").status_code == 200


def kept(admin: Admin) -> str:
    """What this browser keeps of the page, and where it was."""
    stored = admin.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    return f"{stored} {admin.page.url}"


def test_somebody_who_forgot_a_password_is_given_a_new_one(visit: Visit, server: Server) -> None:
    server.add_user("forgetful", PASSWORD)
    before = as_user(server, "forgetful")
    admin = visit("admin", "/users?search=forgetful")
    admin.test("user-forgetful").locator("[data-test=give-password]").click()
    box = admin.page.locator(".el-message-box")
    expect(box).to_contain_text("为 forgetful 设置新密码？其登录会全部失效")
    box.get_by_role("button", name="取消").click()
    assert before.get(f"{V1}/auth/me").status_code == 200

    admin.test("user-forgetful").locator("[data-test=give-password]").click()
    admin.confirm()
    password = admin.test("password").inner_text()
    assert password not in kept(admin)
    assert before.get(f"{V1}/auth/me").status_code == 401
    assert server.client.log_in("forgetful", password).get(f"{V1}/auth/me").status_code == 200
    admin.test("password-passed-on").click()
    expect(admin.test("password")).to_have_count(0)


def test_one_s_own_password_is_not_given_but_changed(visit: Visit) -> None:
    admin = visit("admin", "/users")
    expect(admin.test("user-user").locator("[data-test=give-password]")).to_be_visible()
    expect(admin.test("user-admin").locator("[data-test=give-password]")).to_have_count(0)


# Developers


def registered(server: Server, username: str) -> None:
    """A developer with a profile that waits to be verified."""
    document = {"type": "identity", "file_url": "https://cdn.example.com/docs/id.pdf"}
    body = {
        "username": username,
        "email": f"{username}@example.com",
        "password": PASSWORD,
        "display_name": f"开发者 {username}",
        "company": "公司名称",
        "website": "https://developer.example.com",
        "verification_documents": [document],
    }
    answered(server.client.post(f"{V1}/developers/register", body), 201)


def profile(server: Server, username: str) -> dict[str, Any]:
    """A developer, as the server tells it."""
    path = f"{V1}/admin/developers?search={username}"
    [row] = answered(as_user(server, "admin").get(path))["developers"]
    return dict(row)


def test_a_developer_is_verified_and_the_badge_is_taken_back_with_notes(visit: Visit, server: Server) -> None:
    registered(server, "ada")
    admin = visit("admin", "/developers?search=ada")
    row = admin.test("developer-ada")
    expect(row).to_contain_text("待处理")
    expect(row.get_by_role("link", name="identity")).to_have_attribute("href", "https://cdn.example.com/docs/id.pdf")

    row.locator('[data-test="verify"]').click()
    dialog = admin.page.get_by_role("dialog")
    expect(dialog).to_contain_text("认证 开发者 ada")
    dialog.get_by_label("备注").fill("营业执照\n已核对")
    admin.test("verification-yes").click()
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("已认证")
    expect(row).to_contain_text("已核对")
    found = profile(server, "ada")
    assert (found["verified"], found["verification_notes"]) == (True, "营业执照\n已核对")

    admin.page.reload()
    expect(row).to_contain_text("已认证")
    expect(row.locator('[data-test="verify"]')).to_have_count(0)
    row.get_by_role("button", name="撤销认证").click()
    # What was noted is there to be added to.
    expect(dialog.get_by_label("备注")).to_have_value("营业执照\n已核对")
    dialog.get_by_label("备注").fill("执照已过期")
    admin.test("verification-yes").click()
    expect(row).to_contain_text("已拒绝")
    expect(row).to_contain_text("执照已过期")
    assert profile(server, "ada")["verified"] is False


def test_developers_are_filtered_by_their_verification(visit: Visit, server: Server) -> None:
    registered(server, "grace")
    path = f"{V1}/admin/developers/{profile(server, 'grace')['id']}/verify"
    answered(as_user(server, "admin").post(path, {"verified": True}))
    registered(server, "barbara")
    admin = visit("admin", "/developers")
    expect(admin.test("developer-barbara")).to_be_visible()
    choose(admin.page.locator("form .el-select"), "已认证")
    expect(admin.test("developer-barbara")).to_have_count(0)
    expect(admin.test("developer-grace")).to_be_visible()


# Ratings


def test_a_rating_is_hidden_for_a_reason_and_shown_again(visit: Visit, server: Server) -> None:
    [name] = uploaded(server, 1, "com.example.rated")
    path = f"{PLUGINS}/{name}/reviews"
    body = {"rating": 2, "title": "不太好", "content": "会崩溃", "pros": ["快"], "cons": ["不稳定"]}
    rating = answered(as_user(server, "user").post(path, body), 201)
    reviewer = visit("reviewer", "/ratings")
    card = reviewer.test(f"rating-{rating['id']}")
    for text in ("不太好", "会崩溃", "快", "不稳定", "2 星", "user"):
        expect(card).to_contain_text(text)

    card.locator('[data-test="hide"]').click()
    box = reviewer.page.locator(".el-message-box")
    reviewer.confirm()
    expect(box).to_contain_text("请填写")
    box.get_by_role("textbox").fill("人身攻击")
    reviewer.confirm()
    expect(card).to_contain_text("已隐藏")
    expect(card).to_contain_text("人身攻击")
    assert answered(server.client.get(path))["reviews"] == []

    reviewer.page.reload()
    card.locator('[data-test="show"]').click()
    expect(card).not_to_contain_text("已隐藏")
    [shown] = answered(server.client.get(path))["reviews"]
    assert (shown["title"], shown["is_hidden"]) == ("不太好", False)


def test_reported_ratings_are_found_with_what_was_said_of_them(visit: Visit, server: Server) -> None:
    [name] = uploaded(server, 1, "com.example.reported")
    path = f"{PLUGINS}/{name}/reviews"
    blamed = answered(as_user(server, "user").post(path, {"rating": 1, "content": "广告"}), 201)
    other = answered(as_user(server, "colleague").post(path, {"rating": 5}), 201)
    answered(as_user(server, "developer").post(f"{path}/{blamed['id']}/report", {"reason": "垃圾广告"}))
    reviewer = visit("reviewer", "/ratings")
    expect(reviewer.test(f"rating-{other['id']}")).to_be_visible()
    choose(reviewer.page.locator("form .el-select").first, "被举报")
    expect(reviewer.test(f"rating-{other['id']}")).to_have_count(0)
    expect(reviewer.test(f"rating-{blamed['id']}")).to_contain_text("举报 1 次")
    expect(reviewer.test(f"rating-{blamed['id']}")).to_contain_text("垃圾广告")


# Appeals


def appealed(server: Server, name: str) -> Client:
    """A plugin that `reviewer` rejected, and whose developer appealed; calls of that developer."""
    developer = as_user(server, "developer")
    submitted(developer, name, displayName=f"插件 {name}")
    decided(as_user(server, "reviewer"), name, "rejected")
    body = {"plugin_id": name, "type": "review_decision", "reason": "结论有误", "description": "请看\n新的证据"}
    answered(developer.post(f"{V1}/developers/appeals", body), 201)
    return developer


def open_form(admin: Admin, name: str) -> Locator:
    """The appeal's card; the dialog in which it is decided is open."""
    card = admin.test(f"appeal-{name}")
    card.locator('[data-test="appeal-decide"]').click()
    return card


def appeals_of(developer: Client, name: str) -> dict[str, Any]:
    """The only appeal about a plugin, as its developer sees it."""
    [row] = answered(developer.get(f"{V1}/developers/appeals?plugin_id={name}"))
    return dict(row)


def test_an_appeal_is_refused_with_an_answer_by_somebody_else(visit: Visit, server: Server) -> None:
    name = "com.example.refused"
    developer = appealed(server, name)
    admin = visit("colleague", "/appeals")
    card = open_form(admin, name)
    for text in ("结论有误", "developer", "1.0.0", "待处理"):
        expect(card).to_contain_text(text)
        expect(admin.test("appeal-facts")).to_contain_text(text)
    expect(admin.test("appeal-facts")).to_contain_text("新的证据")
    # Never without an answer.
    expect(admin.test("appeal-reject")).to_be_disabled()
    expect(admin.test("appeal-approve")).to_be_disabled()
    admin.test("appeal-response").fill("证据不足\n维持原判")
    admin.test("appeal-reject").click()
    expect(admin.page.locator(".el-message-box")).to_contain_text("拒绝")
    admin.confirm()
    # It does not wait any more.
    expect(card).to_have_count(0)

    choose(admin.test("filter-status"), "已拒绝")
    expect(card.locator('[data-test="appeal-status"]')).to_have_text("已拒绝")
    expect(card).to_contain_text("维持原判")
    expect(card).to_contain_text("colleague")
    expect(card.locator('[data-test="appeal-decide"]')).to_have_count(0)
    found = appeals_of(developer, name)
    assert (found["status"], found["response"]) == ("rejected", "证据不足\n维持原判")
    assert found["decided_by"]["username"] == "colleague"
    assert server.client.get(f"{PLUGINS}/{name}").status_code == 404


def test_an_appeal_that_is_granted_publishes_the_plugin_at_once(visit: Visit, server: Server) -> None:
    name = "com.example.granted"
    developer = appealed(server, name)
    assert server.client.get(f"{PLUGINS}/{name}").status_code == 404
    admin = visit("colleague", "/appeals")
    card = open_form(admin, name)
    admin.test("appeal-publish").click()
    admin.test("appeal-response").fill("证据充分")
    admin.test("appeal-approve").click()
    expect(admin.page.locator(".el-message-box")).to_contain_text("立即发布")
    admin.confirm()
    expect(card).to_have_count(0)
    assert answered(server.client.get(f"{PLUGINS}/{name}"))["status"] == "published"
    assert appeals_of(developer, name)["status"] == "approved"

    admin.go("/appeals?status=approved")
    expect(card).to_contain_text("立即发布")
    expect(card).to_contain_text("证据充分")
    # The menu leads to those that wait, also from here, and back to these.
    admin.test("menu-appeals").click()
    expect(card).to_have_count(0)
    admin.page.go_back()
    expect(card).to_contain_text("证据充分")
    expect(admin.page).to_have_url(re.compile(r"/appeals\?status=approved$"))


def test_an_address_of_an_appeal_opens_it_wherever_it_is_listed(visit: Visit, server: Server) -> None:
    name = "com.example.linked"
    developer = appealed(server, name)
    found = appeals_of(developer, name)
    body = {"decision": "rejected", "response": "理由充分"}
    answered(as_user(server, "colleague").post(f"{V1}/admin/appeals/{found['id']}/process", body))
    # It is none of those that wait, which are what is listed.
    admin = visit("colleague", f"/appeals?open={found['id']}")
    expect(admin.test("appeal-facts")).to_contain_text("结论有误")
    expect(admin.test(f"appeal-{name}")).to_have_count(0)
    admin.page.keyboard.press("Escape")
    expect(admin.test("appeal-dialog")).to_have_count(0)
    expect(admin.page).to_have_url(re.compile(r"/appeals$"))
    # The audit log leads there.
    root = visit("admin", "/audit?target_type=appeal")
    root.page.locator(f"a[href*='open={found['id']}']").click()
    expect(root.test("appeal-facts")).to_contain_text("结论有误")
    # What is not there is said, and is no longer in the address.
    admin.go("/appeals?open=nothing")
    expect(admin.page.locator(".el-message--error")).not_to_be_empty()
    expect(admin.page).to_have_url(re.compile(r"/appeals$"))


def test_an_appeal_that_is_granted_without_more_has_the_plugin_reviewed_again(visit: Visit, server: Server) -> None:
    name = "com.example.again"
    appealed(server, name)
    admin = visit("colleague", "/appeals")
    card = open_form(admin, name)
    expect(admin.test("appeal-again").locator("input")).to_be_checked()
    admin.test("appeal-response").fill("再看一次")
    admin.test("appeal-approve").click()
    expect(admin.page.locator(".el-message-box")).to_contain_text("重新审核")
    admin.confirm()
    expect(card).to_have_count(0)
    assert server.client.get(f"{PLUGINS}/{name}").status_code == 404
    admin.menu("reviews")
    expect(admin.test(f"review-{name}-1.0.0")).to_contain_text("申诉")


def test_who_decided_learns_beforehand_that_they_do_not_hear_the_appeal(visit: Visit, server: Server) -> None:
    name = "com.example.biased"
    developer = appealed(server, name)
    card = visit("reviewer", "/appeals").test(f"appeal-{name}")
    expect(card.locator('[data-test="may-not"]')).not_to_be_empty()
    expect(card.locator('[data-test="appeal-decide"]')).to_have_count(0)
    assert appeals_of(developer, name)["status"] == "pending"


def test_an_answer_that_is_not_taken_loses_no_word(visit: Visit, server: Server) -> None:
    name = "com.example.busy"
    developer = appealed(server, name)
    admin = visit("colleague", "/appeals")
    open_form(admin, name)
    admin.test("appeal-response").fill("我没有错")
    said = {"success": False, "code": 503, "message": "服务器繁忙", "data": None, "request_id": "a-request"}
    said["error"] = {"type": "ServerError", "slug": "busy", "details": []}
    admin.page.route(
        "**/process", lambda route: route.fulfill(status=503, json=said, headers={"X-Request-ID": "a-request"})
    )
    admin.test("appeal-reject").click()
    admin.confirm()
    expect(admin.page.locator(".el-message--error")).to_contain_text("服务器繁忙")
    expect(admin.page.locator(".el-message--error")).to_contain_text("a-request")
    expect(admin.test("appeal-response")).to_have_value("我没有错")
    assert appeals_of(developer, name)["status"] == "pending"
    # Chromium writes every 5xx into its console: this one was wanted, and nothing else was said.
    (line,) = admin.seen
    assert "the server responded with a status of 503" in line
    admin.seen.clear()


def test_a_plugin_that_was_taken_down_is_restored_by_administrators_only(visit: Visit, server: Server) -> None:
    name = "com.example.suspended"
    developer = as_user(server, "developer")
    submitted(developer, name)
    decided(as_user(server, "reviewer"), name)
    server.add_user("governor", PASSWORD, Role.ADMIN)
    taken_down = {"status": "suspended", "reason": "违规"}
    answered(as_user(server, "admin").post(f"{V1}/admin/plugins/{name}/status", taken_down))
    body = {"plugin_id": name, "type": "suspension", "reason": "已改正"}
    answered(developer.post(f"{V1}/developers/appeals", body), 201)

    card = visit("colleague", "/appeals").test(f"appeal-{name}")
    expect(card.locator('[data-test="may-not"]')).not_to_be_empty()
    expect(card.locator('[data-test="appeal-decide"]')).to_have_count(0)

    governor = visit("governor", "/appeals")
    open_form(governor, name)
    governor.test("appeal-response").fill("同意")
    governor.test("appeal-approve").click()
    governor.confirm()
    expect(governor.test(f"appeal-{name}")).to_have_count(0)
    assert answered(server.client.get(f"{PLUGINS}/{name}"))["status"] == "published"
