"""The audit log on the admin page: sentences with names, what changed in words, and finding who did what, and when."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from ..live import Server
from .conftest import Look, Visit
from .page import Admin
from .people import PLUGINS, add_people, as_user, uploaded

pytestmark = pytest.mark.live

V1 = "/api/v1"
NAME = "com.example.audited-0"
GONE = "com.example.gone-0"
TITLE = "插件 0"


def answered(answer: Any, status: int = 200) -> Any:
    """The data of a success."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


@pytest.fixture(scope="module", autouse=True)
def acts(server: Server) -> dict[str, Any]:
    """What several people did: a suspension among it, and what is gone since."""
    add_people(server)
    root, reviewer = as_user(server, "admin"), as_user(server, "reviewer")
    uploaded(server, 1, "com.example.audited")
    uploaded(server, 1, "com.example.gone")
    rating = answered(as_user(server, "user").post(f"{PLUGINS}/{NAME}/reviews", {"rating": 1}), 201)
    body = {"hidden": True, "reason": "广告"}
    answered(reviewer.post(f"{V1}/admin/ratings/{rating['id']}/hide", body))
    category = answered(root.post(f"{V1}/admin/categories", {"name": "工具"}), 201)
    answered(
        root.call("PUT", f"{V1}/admin/categories/{category['id']}", json={"name": "小工具", "description": "很小的"})
    )
    [user] = answered(root.get(f"{V1}/admin/users?search=user&role=user"))["users"]
    answered(root.call("PUT", f"{V1}/admin/users/{user['id']}", json={"role": "developer"}))
    plugin = answered(root.get(f"{PLUGINS}/{NAME}"))
    suspension = {"status": "suspended", "reason": "它把输入的内容发往别处"}
    answered(root.post(f"{V1}/admin/plugins/{plugin['id']}/status", suspension))
    answered(root.post("/api/plugins/delete", {"name": GONE}))
    return {"category": category["id"], "reviewer": answered(reviewer.get(f"{V1}/auth/me"))["id"]}


def entries(admin: Admin) -> Locator:
    return admin.test("entries").locator("> li")


def of_act(admin: Admin, action: str) -> Locator:
    return admin.page.locator(f'li[data-act="{action}"]')


def done(admin: Admin) -> set[str]:
    """What kinds of acts are listed."""
    return {str(entry.get_attribute("data-act")) for entry in entries(admin).all()}


def sentence(entry: Locator) -> str:
    return " ".join(entry.locator('[data-test="sentence"]').inner_text().split())


def searched(admin: Admin, do: Callable[[], None]) -> None:
    """Do something that makes the log load again."""
    with admin.page.expect_response("**/admin/audit?*"):
        do()
    admin.settled()


def opened(visit: Visit, path: str = "/audit", **options: Any) -> Admin:
    admin = visit("admin", path, **options)
    admin.settled()
    return admin


def choose(admin: Admin, name: str, typed: str, option: str) -> None:
    """Choose in a list that is searched as one types."""
    admin.test(name).click()
    admin.page.keyboard.type(typed)
    admin.page.get_by_role("option", name=option).locator("visible=true").first.click()


def test_entries_are_sentences_with_names_that_lead_to_what_they_name(visit: Visit) -> None:
    admin = opened(visit)
    suspended = of_act(admin, "plugin.suspended")
    assert sentence(suspended) == f"admin 下架了插件 {TITLE}"
    expect(suspended).to_contain_text("它把输入的内容发往别处")
    assert sentence(of_act(admin, "rating.hidden")) == f"reviewer 隐藏了 {TITLE} 的一条评价"
    assert sentence(of_act(admin, "category.created")) == "admin 新建了分类 小工具"
    # What is gone is called as its entry has it, and leads nowhere.
    deleted = of_act(admin, "plugin.deleted")
    assert sentence(deleted) == f"admin 删除了插件 {GONE}"
    assert deleted.locator('a[data-test="target"]').count() == 0
    # No id stands in any sentence.
    assert not [one for one in map(sentence, entries(admin).all()) if re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", one)]
    suspended.locator('[data-test="target"]').click()
    expect(admin.page).to_have_url(re.compile(rf"/plugins/{re.escape(NAME)}$"))

    english = opened(visit, locale="en-GB")
    assert sentence(of_act(english, "plugin.suspended")) == f"admin suspended the plugin {TITLE}"
    assert sentence(of_act(english, "user.role_changed")) == "admin changed the role of the user user"


def test_what_changed_is_said_in_words_and_what_is_stored_can_be_seen(visit: Visit) -> None:
    admin = opened(visit)
    changes = of_act(admin, "category.updated").locator('[data-test="changes"] li')
    assert [" ".join(line.split()) for line in changes.all_inner_texts()] == [
        "名称：从 工具 改为 小工具",
        "描述：从 未设置 改为 很小的",
    ]
    role = of_act(admin, "user.role_changed")
    expect(role.locator('[data-test="changes"]')).to_have_text(re.compile("角色：从 ?普通用户 ?改为 ?开发者"))
    expect(role.locator("pre")).to_be_hidden()
    role.locator("summary").click()
    expect(role.locator("pre")).to_contain_text('"after": "developer"')
    expect(role).to_contain_text("user.role_changed")


def test_who_suspended_a_plugin_is_found_in_three_clicks(visit: Visit) -> None:
    admin = visit("admin", "/plugins")
    count = (
        "() => { window.clicks = 0; addEventListener('click', ({detail}) => { window.clicks += detail > 0 }, true) }"
    )
    admin.page.evaluate(count)
    admin.test("menu-audit").click()
    admin.settled()
    admin.test("search").fill(TITLE)
    searched(admin, lambda: admin.test("span").get_by_text("最近 7 天").click())
    found = of_act(admin, "plugin.suspended")
    expect(found).to_be_visible()
    assert sentence(found).startswith("admin")
    # By the pointer: the field's own click, which a click on its label makes, has no detail.
    assert admin.page.evaluate("window.clicks") <= 3
    expect(admin.page).to_have_url(re.compile(r"since=\d{4}-\d\d-\d\dT16(:|%3A)00(:|%3A)00Z"))
    admin.page.reload()
    admin.settled()
    expect(admin.test("span").locator("input:checked")).to_have_value("week")
    expect(admin.test("search")).to_have_value(TITLE)


def test_how_far_back_a_search_looked_is_said(visit: Visit) -> None:
    def shortened(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["data"]["searched_since"] = "2026-01-02T03:04:05Z"
        route.fulfill(response=answer, json=body)

    admin = visit("admin", f"/audit?search={NAME}")
    admin.settled()
    expect(admin.test("searched-since")).to_have_count(0)
    admin.page.route("**/api/v1/admin/audit?*", shortened)
    admin.page.reload()
    expect(admin.test("searched-since")).to_contain_text("只查找了 2026-01-02 11:04 以来的记录")


def test_acts_are_chosen_in_words(visit: Visit) -> None:
    admin = opened(visit)
    assert len(done(admin)) > 5
    searched(admin, lambda: choose(admin, "act", "下架", "下架插件"))
    assert done(admin) == {"plugin.suspended"}
    expect(admin.page).to_have_url(re.compile(r"action=plugin\.suspended$"))
    expect(admin.test("act")).to_contain_text("下架插件")
    searched(admin, lambda: choose(admin, "act", "分类", "所有“分类”操作"))
    assert done(admin) == {"category.created", "category.updated"}
    admin.page.reload()
    admin.settled()
    expect(admin.test("act")).to_contain_text("所有“分类”操作")
    searched(admin, admin.test("clear").click)
    assert "rating.hidden" in done(admin)
    expect(admin.page).to_have_url(re.compile(r"/audit$"))


def test_people_are_found_by_name_and_what_has_no_account_too(visit: Visit, acts: dict[str, Any]) -> None:
    admin = opened(visit)
    searched(admin, lambda: choose(admin, "person", "revie", "reviewer"))
    assert {sentence(entry).split()[0] for entry in entries(admin).all()} == {"reviewer"}
    expect(admin.page).to_have_url(re.compile(rf"actor={acts['reviewer']}$"))
    admin.page.reload()
    admin.settled()
    expect(admin.test("person")).to_contain_text("reviewer")
    with admin.page.expect_response("**/admin/audit?*") as asked:
        choose(admin, "person", "", "命令行")
    assert "actor_name=%28command" in asked.value.url or "actor_name=(command" in asked.value.url
    assert "actor=" not in asked.value.url


def test_targets_are_found_by_name_also_what_is_gone(visit: Visit, acts: dict[str, Any]) -> None:
    admin = opened(visit)
    searched(admin, lambda: choose(admin, "target-name", "gone", GONE))
    assert "plugin.deleted" in done(admin)
    expect(admin.page).to_have_url(re.compile(rf"target_type=plugin&target_id={re.escape(GONE)}$"))
    admin.page.reload()
    admin.settled()
    expect(admin.test("target-name")).to_contain_text(GONE)
    # A kind alone, and then one of that kind.
    searched(admin, lambda: choose(admin, "target-kind", "", "分类"))
    assert done(admin) == {"category.created", "category.updated"}
    searched(admin, lambda: choose(admin, "target-name", "小", "小工具"))
    expect(admin.page).to_have_url(re.compile(rf"target_id={acts['category']}$"))
    expect(admin.test("target-name")).to_contain_text("小工具")


def test_times_are_chosen_in_the_readers_zone(visit: Visit) -> None:
    admin = opened(visit)
    admin.page.get_by_label("到", exact=True).fill("2020-01-01T00:00")
    expect(admin.page.locator("main")).to_contain_text("没有数据")
    # What was typed in the reader's zone is asked for in the server's.
    expect(admin.page).to_have_url(re.compile(r"until=2019-12-31T16(:|%3A)00(:|%3A)00Z"))
    expect(admin.test("span").locator("input:checked")).to_have_count(0)
    searched(admin, lambda: admin.test("span").get_by_text("今天").click())
    expect(admin.page.get_by_label("到", exact=True)).to_have_value("")
    assert len(done(admin)) > 5


def test_what_one_did_and_what_was_done_to_one_is_a_link_away(visit: Visit) -> None:
    admin = opened(visit)
    of_act(admin, "rating.hidden").locator("summary").click()
    searched(admin, lambda: of_act(admin, "rating.hidden").get_by_role("link", name="只看 reviewer 的操作").click())
    assert {sentence(entry).split()[0] for entry in entries(admin).all()} == {"reviewer"}


def test_the_log_is_looked_at(visit: Visit, look: Look) -> None:
    look(opened(visit), "audit-sentences")
