"""The page for developers: their plugins, reviews with reasons, and appeals."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from microdock_server.vocabulary import Role

from ..bundle.packages import plugin_dll, real_dll
from ..live import Server
from ..market import run_jobs
from .conftest import Look, Visit
from .page import PASSWORD
from .people import PLUGINS, add_people, as_user, decided, submitted
from .test_reviews import sent, zipped
from .test_system import answered

pytestmark = pytest.mark.live

V1 = "/api/v1"
NAME = "com.example.owned"


@pytest.fixture(scope="module", autouse=True)
def _people(server: Server) -> None:
    add_people(server)


def runtime_of(server: Server, name: str, version: str = "1.0.0", owner: str = "developer") -> dict[str, object]:
    return dict(answered(as_user(server, owner).get(f"{PLUGINS}/{name}/versions/{version}"))["runtime"])


def test_an_owner_reads_what_was_found_and_where_their_review_stands(visit: Visit, server: Server, look: Look) -> None:
    # Somebody who has nothing else, whatever other tests have submitted.
    server.add_user("newcomer", PASSWORD, Role.DEVELOPER)
    developer, reviewer = as_user(server, "newcomer"), as_user(server, "reviewer")
    package = zipped({}, dll=real_dll(), name=NAME, displayName="我的时钟", entryClass="Python.Runtime.PythonEngine")
    sent(developer, PLUGINS, "1.0.0", package)
    with server.application() as app:
        assert run_jobs(app) >= 1
    decided(reviewer, NAME, "needs_changes")

    # Developers begin with what is theirs; beside it is what a host would get.
    admin = visit("newcomer")
    expect(admin.page).to_have_url(re.compile("/admin/plugins$"))
    expect(admin.page.locator("h1")).to_have_text("我的插件")
    expect(admin.page.locator('tbody [data-test^="plugin-"], tbody tr')).to_have_count(1)
    assert admin.page.locator("nav a").count() == 2
    admin.test(f"plugin-{NAME}").get_by_role("link").first.click()

    own = admin.test("own-review")
    steps = admin.test("timeline").locator("li")
    expect(steps).to_have_count(5)
    assert {step.get_attribute("data-test") for step in steps.all()} == {
        "step-submitted",
        "step-auto_review_completed",
        "step-assigned",
        "step-started",
        "step-needs_changes",
    }
    expect(admin.test("step-needs_changes")).to_contain_text("noted")
    found = answered(developer.get(f"{PLUGINS}/{NAME}/versions/1.0.0/auto-review"))
    expect(admin.test("score")).to_have_text(f"{found['overall_score']} 分")
    expect(admin.test("findings").locator("> li")).to_have_count(len(found["issues"]))
    expect(own.get_by_text("System.Reflection.Assembly::LoadFrom")).to_be_visible()
    expect(admin.test("area-performance").locator("h3")).to_contain_text("未测量")
    # Who reviewed it is not for them.
    expect(own).not_to_contain_text("reviewer")

    # What it runs on, in the table and in full.
    runtime = runtime_of(server, NAME, owner="newcomer")
    row = admin.test("version-1.0.0")
    expect(row).to_contain_text(str(runtime["target_framework"]))
    row.get_by_text("运行环境").click()
    for name in runtime["references"]:  # type: ignore[attr-defined]
        expect(row.locator('[data-test="runtime"]')).to_contain_text(name)
    look(admin, "owner-review")

    # The server's words come in the language of the page.
    admin.test("language").click()
    expect(admin.test("area-performance").locator("h3")).to_contain_text("Not measured")
    expect(admin.test("findings")).to_contain_text("Loads assemblies at run time")
    expect(admin.test("findings")).not_to_contain_text(re.compile("[\u4e00-\u9fff]"))


def test_the_reason_of_a_suspension_reaches_its_owner_who_appeals_there(
    visit: Visit, server: Server, look: Look
) -> None:
    name = "com.example.halted"
    developer = as_user(server, "developer")
    submitted(developer, name, displayName="被下架")
    decided(as_user(server, "reviewer"), name)
    reason = "含有未说明的网络访问\n请先说明用途"
    taken_down = {"status": "suspended", "reason": reason}
    answered(as_user(server, "admin").post(f"{V1}/admin/plugins/{name}/status", taken_down))

    admin = visit("developer")
    admin.test("bell").click()
    notice = admin.page.locator(".notices li").filter(has_text=name).first
    expect(notice).to_contain_text("已下架")
    expect(notice).to_contain_text("请先说明用途")
    notice.locator('[data-test="notice-link"]').click()
    expect(admin.page).to_have_url(re.compile(f"/admin/plugins/{re.escape(name)}$"))
    expect(admin.test("suspension")).to_contain_text("请先说明用途")
    admin.test("own-appeal-open").click()
    expect(admin.test("own-appeal-send")).to_be_disabled()
    admin.test("own-appeal-reason").fill("已在描述中说明")
    look(admin, "owner-appeal")
    admin.test("own-appeal-send").click()
    shown = admin.test("own-appeal")
    expect(shown).to_contain_text("请先说明用途")
    expect(shown).to_contain_text("已在描述中说明")
    # One at a time.
    expect(admin.test("own-appeal-open")).to_have_count(0)
    [appeal] = answered(developer.get(f"{V1}/developers/appeals?plugin_id={name}"))
    assert (appeal["type"], appeal["reason"], appeal["status"]) == ("suspension", "已在描述中说明", "pending")

    # The only administrator did it: they know before they type that they may hear it with a reason alone.
    root = visit("admin", "/appeals")
    card = root.test(f"appeal-{name}")
    expect(card.locator('[data-test="may-not"]')).to_contain_text("没有其他人可以处理")
    card.locator('[data-test="appeal-decide"]').click()
    expect(root.test("against")).to_contain_text("请先说明用途")
    expect(root.test("appeal-form")).to_contain_text("没有其他人可以处理")
    root.test("appeal-response").fill("可以")
    root.test("appeal-approve").click()
    root.confirm()
    box = root.page.locator(".el-message-box").filter(has=root.page.locator("textarea:visible"))
    box.locator("textarea").fill("没有别的管理员")
    box.locator(".el-button--primary").click()
    expect(card).to_have_count(0)
    # And the developer is told so, at once.
    expect(admin.page.locator(".notices li").filter(has_text="没有别的管理员")).to_have_count(1)
    admin.page.reload()
    expect(admin.test("own-appeal")).to_contain_text("可以")
    expect(admin.test("suspension")).to_have_count(0)


def test_the_page_says_of_host_versions_what_the_range_says(server: Server, visit: Visit) -> None:
    developer = as_user(server, "developer")
    ranges = {
        ">=1.0.0 <2.0.0": "≥ 1.0.0, < 2.0.0",
        ">1.2.0 <=1.9.0": "> 1.2.0, ≤ 1.9.0",
        "<2.0.0": "< 2.0.0",
        "1.5.0": "= 1.5.0",
    }
    for place, range_ in enumerate(ranges):
        submitted(developer, f"com.example.range-{place}", engines={"MicroDock": range_})
    admin = visit("developer")
    for place, (range_, shown) in enumerate(ranges.items()):
        admin.test(f"plugin-com.example.range-{place}").get_by_role("link").first.click()
        expect(admin.test("plugin-hosts")).to_have_text(
            re.compile(rf"^\s*{re.escape(shown)}\s+{re.escape(range_)}\s*$")
        )
        expect(admin.test("version-1.0.0")).to_contain_text(f"MicroDock {range_}")
        admin.menu("plugins")


def test_references_that_are_nowhere_are_told_in_the_version_and_in_its_review(
    visit: Visit, server: Server, look: Look
) -> None:
    name = "com.example.nowhere"
    root = as_user(server, "admin")
    before = answered(root.get(f"{V1}/admin/system/config"))["review_settings"]
    # A host that brings nothing: what the plugin refers to is nowhere.
    alone = {"host_assemblies": [], "host_interface": "", "host_interface_assembly": ""}
    answered(root.call("PUT", f"{V1}/admin/system/config", json={"review_settings": alone}))
    package = zipped({}, dll=plugin_dll(), name=name, displayName="缺引用", entryClass="Clock.Plugin")
    sent(as_user(server, "developer"), PLUGINS, "1.0.0", package)
    # Of what was not looked into yet that is said.
    admin = visit("admin", f"/plugins/{name}")
    expect(admin.test("version-1.0.0").locator("details dd.muted").first).to_have_text("未测量")
    with server.application() as app:
        assert run_jobs(app) >= 1
    answered(
        root.call("PUT", f"{V1}/admin/system/config", json={"review_settings": {key: before[key] for key in alone}})
    )
    missing = runtime_of(server, name)["missing_references"]
    assert isinstance(missing, list) and missing
    admin.page.reload()
    expect(admin.test("version-1.0.0")).to_contain_text(f"{len(missing)} 个引用找不到")

    for number, (who, words) in enumerate({"user": "会弹广告", "colleague": "冒充官方插件"}.items()):
        if number == 0:
            decided(as_user(server, "reviewer"), name)
        answered(as_user(server, who).post(f"{PLUGINS}/{name}/report", {"reason": words}))
    reviewer = visit("reviewer", "/reviews")
    row = reviewer.test(f"review-{name}-1.0.0")
    row.get_by_text("举报内容（2）").click()
    for words in ("会弹广告", "冒充官方插件", "举报人 1", "举报人 2"):
        expect(row).to_contain_text(words)
    # Who they are is nobody's business.
    expect(row).not_to_contain_text("colleague")
    look(reviewer, "queue-reported")
    row.get_by_role("link").first.click()
    expect(reviewer.test("reports")).to_contain_text("冒充官方插件")
    expect(reviewer.test("runs-on")).to_contain_text(missing[0])
    look(reviewer, "review-reported")
