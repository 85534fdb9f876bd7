"""Typed text survives reloads, Back, the end of a session, other tabs, and changes by others."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from ..live import Client, Server
from .conftest import Visit
from .page import PASSWORD, Admin, watch
from .people import add_people, as_user, decided, submitted, uploaded

pytestmark = pytest.mark.live

V1 = "/api/v1"
CONFIG = f"{V1}/admin/system/config"
NOTES = "先写一半的意见：\n权限过多"


@pytest.fixture(scope="module")
def developer(server: Server) -> Client:
    add_people(server)
    return as_user(server, "developer")


@pytest.fixture
def begun(developer: Client, server: Server, request: pytest.FixtureRequest) -> str:
    """The address of a review that the reviewer has begun."""
    name = "com.example.test-" + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[-60:]
    submitted(developer, name)
    reviewer = as_user(server, "reviewer")
    rows = reviewer.get(f"{V1}/admin/reviews/queue?limit=100").json()["data"]["reviews"]
    [row] = [row for row in rows if row["plugin"]["plugin_name"] == name]
    assert reviewer.post(f"{V1}/admin/reviews/{row['id']}/start").status_code == 200
    return f"/reviews/{row['id']}"


def notes(admin: Admin) -> Any:
    return admin.page.locator('textarea[data-test="notes"]')


def kept(admin: Admin) -> str:
    """Everything that this browser keeps."""
    return str(admin.page.evaluate("JSON.stringify({...localStorage})"))


def asked(admin: Admin) -> Any:
    """The question that is asked."""
    return admin.page.locator(".el-message-box")


def logged_in(admin: Admin, username: str) -> None:
    """Log in on the page that is shown."""
    admin.page.locator("#username").fill(username)
    admin.page.locator("#password").fill("admin" if username == "admin" else PASSWORD)
    admin.test("login").click()
    expect(admin.test("logout")).to_be_visible()


def second_tab(admin: Admin, path: str) -> Admin:
    """Another tab of the same browser, in which the same person is logged in."""
    page: Page = admin.page.context.new_page()
    watch(page, admin.base, admin.seen)
    other = Admin(page, admin.base, admin.seen)
    other.go(path)
    return other


def test_a_reload_keeps_what_was_typed_of_a_review_until_it_is_thrown_away(visit: Visit, begun: str) -> None:
    admin = visit("reviewer", begun)
    questions: list[str] = []

    def answer(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.accept()

    admin.page.on("dialog", answer)
    notes(admin).fill(NOTES)
    admin.page.locator('textarea[data-test="recommendations"]').fill("补充文档")
    admin.test("check-no_harmful_code").locator(".el-radio").first.click()
    expect(admin.test("draft-restored")).to_have_count(0)
    admin.page.reload()
    assert questions == ["beforeunload"]
    expect(notes(admin)).to_have_value(NOTES)
    expect(admin.page.locator('textarea[data-test="recommendations"]')).to_have_value("补充文档")
    expect(admin.test("check-no_harmful_code").get_by_role("radio").first).to_be_checked()
    expect(admin.test("draft-restored")).to_be_visible()
    admin.test("draft-discard").click()
    expect(notes(admin)).to_have_value("")
    expect(admin.test("draft-restored")).to_have_count(0)
    admin.page.reload()
    expect(notes(admin)).to_have_value("")
    # With nothing typed nothing is asked.
    assert questions == ["beforeunload"]


def test_leaving_asks_while_something_is_not_sent(visit: Visit, begun: str) -> None:
    admin = visit("reviewer", "/reviews")
    admin.page.locator(f'a[href$="{begun}"]').click()
    notes(admin).fill(NOTES)
    for leave in (lambda: admin.page.evaluate("history.back()"), lambda: admin.test("menu-plugins").click()):
        leave()
        expect(asked(admin)).to_contain_text("草稿")
        asked(admin).get_by_role("button", name="取消").click()
        expect(admin.page).to_have_url(re.compile(begun))
        expect(notes(admin)).to_have_value(NOTES)
    admin.test("menu-plugins").click()
    admin.confirm()
    expect(admin.page.locator("h1")).to_have_text("插件")
    admin.page.go_back()
    expect(notes(admin)).to_have_value(NOTES)


def test_what_is_decided_is_kept_no_longer_and_asks_nothing(visit: Visit, begun: str, server: Server) -> None:
    admin = visit("reviewer", begun)
    notes(admin).fill(NOTES)
    admin.test("decide-needs_changes").click()
    admin.confirm()
    expect(admin.page.locator(".el-message--success").first).to_be_visible()
    expect(admin.page).not_to_have_url(re.compile(begun))
    assert "microdock.draft" not in kept(admin)
    shown = as_user(server, "reviewer").get(f"{V1}/admin{begun}").json()["data"]
    assert shown["notes"] == NOTES


def test_the_end_of_a_session_keeps_it_for_who_typed_it_and_for_nobody_else(
    visit: Visit, begun: str, server: Server
) -> None:
    admin = visit("reviewer", begun)
    notes(admin).fill(NOTES)
    root = server.client.log_in()
    [user] = root.get(f"{V1}/admin/users?search=reviewer").json()["data"]["users"]
    for is_active in (False, True):
        root.call("PUT", f"{V1}/admin/users/{user['id']}", json={"is_active": is_active})
    # Nothing is asked of who has no session any more.
    expect(admin.page).to_have_url(re.compile("/admin/login"))
    expect(asked(admin)).to_have_count(0)
    logged_in(admin, "admin")
    expect(notes(admin)).to_have_value("")
    admin.test("logout").click()
    expect(admin.page).to_have_url(re.compile("/admin/login"))
    admin.go(begun)
    logged_in(admin, "reviewer")
    expect(notes(admin)).to_have_value(NOTES)
    expect(admin.test("draft-restored")).to_be_visible()


def test_logging_out_asks_and_keeps_it(visit: Visit, begun: str) -> None:
    admin = visit("reviewer", begun)
    notes(admin).fill(NOTES)
    admin.test("logout").click()
    admin.confirm()
    expect(admin.page).to_have_url(re.compile("/admin/login"))
    admin.go(begun)
    logged_in(admin, "reviewer")
    expect(notes(admin)).to_have_value(NOTES)


def test_another_tab_shows_the_same(visit: Visit, begun: str) -> None:
    first = visit("reviewer", begun)
    notes(first).fill(NOTES)
    second = second_tab(first, begun)
    expect(notes(second)).to_have_value(NOTES)
    notes(second).fill("改过的")
    expect(notes(first)).to_have_value("改过的")
    second.test("draft-discard").click()
    expect(notes(first)).to_have_value("")


def test_what_was_typed_of_a_review_that_another_decided_is_still_shown(
    visit: Visit, begun: str, server: Server
) -> None:
    admin = visit("reviewer", begun)
    notes(admin).fill(NOTES)
    answer = as_user(server, "admin").post(f"{V1}/admin{begun}/submit", {"result": "approved", "notes": "x"})
    assert answer.status_code == 200, answer.text
    admin.page.reload()
    expect(admin.test("draft-left")).to_contain_text("权限过多")
    admin.test("draft-discard").click()
    expect(admin.test("draft-left")).to_have_count(0)
    assert "microdock.draft" not in kept(admin)


# Two tabs that save the same


def days(admin: Admin) -> Any:
    return admin.test("config-max_review_time").locator("input")


def test_of_two_tabs_that_save_the_configuration_the_second_is_told(visit: Visit, server: Server) -> None:
    root = as_user(server, "admin")
    before = root.get(CONFIG).json()["data"]["review_settings"]
    admin = visit("admin", "/system")
    days(admin).fill("11")
    admin.test("config-auto_approve_threshold").locator("input").fill("77")
    theirs = {"review_settings": {"max_review_time": 12, "max_open_reviews": 33, "host_frameworks": ["net8.0"]}}
    assert root.call("PUT", CONFIG, json=theirs).status_code == 200
    with admin.page.expect_response("**/system/config") as refused:
        admin.test("config-save").click()
    assert refused.value.status == 412
    # What they changed is shown; what I typed stays, and stands beside theirs.
    told = admin.test("changed-meanwhile")
    expect(told).to_contain_text("admin")
    expect(admin.test("news-numbers.max_review_time")).to_contain_text("12")
    expect(admin.test("news-numbers.max_review_time")).to_contain_text("11")
    expect(admin.test("news-numbers.max_open_reviews")).to_contain_text("33")
    expect(admin.test("news-lists.host_frameworks")).to_contain_text("宿主使用的 .NET")
    expect(days(admin)).to_have_value("11")
    expect(admin.test("config-max_open_reviews").locator("input")).to_have_value("33")
    assert root.get(CONFIG).json()["data"]["review_settings"]["max_review_time"] == 12
    admin.test("config-save").click()
    expect(told).to_have_count(0)
    after = root.get(CONFIG).json()["data"]["review_settings"]
    assert (after["max_review_time"], after["auto_approve_threshold"], after["max_open_reviews"]) == (11, 77, 33)
    assert "microdock.draft" not in kept(admin)
    changed = ("max_review_time", "auto_approve_threshold", "max_open_reviews", "host_frameworks")
    restored = {name: before[name] for name in changed}
    assert root.call("PUT", CONFIG, json={"review_settings": restored}).status_code == 200


def test_a_configuration_that_was_typed_survives_a_reload_and_gives_way_to_theirs(visit: Visit, server: Server) -> None:
    root = as_user(server, "admin")
    admin = visit("admin", "/system")
    days(admin).fill("21")
    admin.page.reload()
    expect(days(admin)).to_have_value("21")
    expect(admin.test("draft-restored")).to_be_visible()
    assert root.call("PUT", CONFIG, json={"review_settings": {"max_review_time": 22}}).status_code == 200
    admin.page.reload()
    expect(days(admin)).to_have_value("21")
    expect(admin.test("news-numbers.max_review_time")).to_contain_text("22")
    admin.test("take-theirs").click()
    expect(days(admin)).to_have_value("22")
    expect(admin.test("config-save")).to_be_disabled()
    assert root.call("PUT", CONFIG, json={"review_settings": {"max_review_time": 5}}).status_code == 200


def test_a_category_that_another_saved_meanwhile_is_not_overwritten_unseen(visit: Visit, server: Server) -> None:
    root = as_user(server, "admin")
    made = root.post(f"{V1}/admin/categories", {"name": "两个标签页"}).json()["data"]
    admin = visit("admin", "/categories")
    admin.test("category-两个标签页").get_by_role("button", name="编辑").click()
    box = admin.test("category-dialog")
    box.get_by_label("描述").fill("我的描述")
    answer = root.call("PUT", f"{V1}/admin/categories/{made['id']}", json={"description": "别人的", "sort_order": 4})
    assert answer.status_code == 200
    admin.test("category-save").click()
    expect(admin.test("changed-meanwhile")).to_contain_text("别人的")
    expect(box.get_by_label("描述")).to_have_value("我的描述")
    admin.test("category-save").click()
    expect(box).to_have_count(0)
    [row] = [row for row in root.get(f"{V1}/marketplace/categories").json()["data"] if row["id"] == made["id"]]
    assert (row["description"], row["sort_order"]) == ("我的描述", 4)
    assert root.call("DELETE", f"{V1}/admin/categories/{made['id']}").status_code == 200


# Every other form


def test_a_dialog_that_is_closed_keeps_what_was_typed_and_cancelling_throws_it_away(visit: Visit) -> None:
    admin = visit("admin", "/categories")
    admin.test("category-new").click()
    admin.test("category-name").fill("半个分类")
    admin.page.keyboard.press("Escape")
    expect(admin.test("category-dialog")).to_have_count(0)
    admin.page.reload()
    admin.test("category-new").click()
    expect(admin.test("category-name")).to_have_value("半个分类")
    admin.test("category-dialog").get_by_role("button", name="取消").click()
    admin.confirm()
    expect(admin.test("category-dialog")).to_have_count(0)
    admin.test("category-new").click()
    expect(admin.test("category-name")).to_have_value("")


def test_an_announcement_of_maintenance_survives_a_reload(visit: Visit) -> None:
    admin = visit("admin", "/system")

    def message() -> Any:
        admin.page.get_by_role("tab", name="维护").click()
        return admin.test("maintenance").locator("textarea")

    message().fill("今晚升级")
    admin.page.reload()
    expect(message()).to_have_value("今晚升级")
    admin.test("maintenance").locator('[data-test="draft-discard"]').click()
    expect(admin.test("maintenance").locator("textarea")).to_have_value("")


def test_the_reason_of_a_suspension_survives_a_reload_and_a_refusal(visit: Visit, server: Server) -> None:
    [name] = uploaded(server, 1, "com.example.reasoned")
    admin = visit("admin", f"/plugins/{name}")
    admin.test("suspend").click()
    field = asked(admin).locator("input")
    field.fill("收集个人数据")
    admin.page.reload()
    admin.test("suspend").click()
    expect(field).to_have_value("收集个人数据")
    expect(asked(admin)).to_contain_text("已恢复")
    # The server cannot be asked just now.
    admin.page.route("**/status", lambda route: route.fulfill(status=503, json={"message": "稍后"}))
    admin.confirm()
    expect(admin.page.locator(".el-message--error")).to_be_visible()
    admin.page.unroute("**/status")
    admin.seen.clear()
    admin.test("suspend").click()
    expect(field).to_have_value("收集个人数据")
    admin.test("draft-discard").click()
    expect(field).to_have_value("")
    field.fill("另一个原因")
    admin.confirm()
    expect(admin.test("restore")).to_be_visible()
    assert "microdock.draft" not in kept(admin)


def test_an_answer_to_an_appeal_survives_a_reload(visit: Visit, server: Server, developer: Client) -> None:
    plugin = submitted(developer, "com.example.draft-appeal")
    decided(as_user(server, "reviewer"), "com.example.draft-appeal", "rejected")
    body = {"plugin_id": plugin["id"], "type": "review_decision", "reason": "理由"}
    assert developer.post(f"{V1}/developers/appeals", body).status_code == 201
    admin = visit("admin", "/appeals")
    card = admin.test("appeal-com.example.draft-appeal")
    card.locator('[data-test="appeal-decide"]').click()
    answer = admin.page.locator('textarea[data-test="appeal-response"]')
    answer.fill("我们再看看")
    admin.page.reload()
    # The form is open again, where it was.
    expect(answer).to_have_value("我们再看看")
    admin.test("appeal-reject").click()
    admin.confirm()
    expect(admin.page.locator(".el-message--success").first).to_be_visible()
    assert "microdock.draft" not in kept(admin)


def test_secrets_are_kept_nowhere(visit: Visit) -> None:
    admin = visit("admin", "/plugins")
    admin.test("upload").click()
    admin.page.locator("#upload-key").fill("a-secret-plugin-key")
    admin.page.locator("#upload-secret").fill("a-secret-of-uploads")
    admin.page.keyboard.press("Escape")
    # Secrets are no draft.
    admin.confirm()
    admin.menu("backups")
    admin.page.locator("[data-test=user-key]").fill("a-secret-user-key")
    admin.page.reload()
    stored = kept(admin) + admin.page.evaluate("JSON.stringify({...sessionStorage})")
    assert "a-secret" not in stored
    # Nor the password that was typed to log in.
    admin = visit(None, "/login")
    admin.log_in("reviewer", PASSWORD)
    stored = kept(admin) + admin.page.evaluate("JSON.stringify({...sessionStorage})")
    assert PASSWORD not in stored


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_is_told_fits_and_can_be_read(
    visit: Visit, begun: str, server: Server, picture: Callable[[Admin, str], None], width: int, language: str
) -> None:
    root = as_user(server, "admin")
    admin = visit("admin", begun, viewport={"width": width, "height": 900}, locale=language)
    notes(admin).fill(NOTES)
    admin.page.reload()
    expect(admin.test("draft-restored")).to_be_visible()
    admin.test("draft-restored").scroll_into_view_if_needed()
    picture(admin, f"draft-review-{width}-{language}")
    assert (admin.overflow(), admin.violations()) == (0, [])
    admin.go("/system")
    days(admin).fill("31")
    assert root.call("PUT", CONFIG, json={"review_settings": {"max_review_time": 32}}).status_code == 200
    admin.test("config-save").click()
    expect(admin.test("changed-meanwhile")).to_be_visible()
    admin.test("changed-meanwhile").scroll_into_view_if_needed()
    picture(admin, f"draft-config-{width}-{language}")
    assert (admin.overflow(), admin.violations()) == (0, [])
    assert root.call("PUT", CONFIG, json={"review_settings": {"max_review_time": 5}}).status_code == 200
