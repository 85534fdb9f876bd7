"""Releases on the admin page: what owners, reviewers and administrators do; blocks; and the question of a host."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from microdock_server.vocabulary import Role

from ..live import Server
from ..support import package
from .conftest import SCREENSHOTS, WIDE, Look, Visit
from .page import PASSWORD, Admin
from .people import PLUGINS, add_people, as_user, decided, submitted

pytestmark = pytest.mark.live

V1 = "/api/v1"
BLOCKS = f"{V1}/admin/blocks"
CONFIG = f"{V1}/admin/system/config"
SECOND = "second-admin"
UPDATES = "/api/plugins/updates"


@pytest.fixture(scope="module", autouse=True)
def _people(server: Server) -> None:
    add_people(server)
    server.add_user(SECOND, PASSWORD, Role.ADMIN)


def answered(answer: Any, status: int = 200) -> Any:
    """The data of a success."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def uploaded(server: Server, name: str, *versions: str, **form: str) -> None:
    for version in versions:
        data = {"plugin_key": "upload-key", **form}
        files = {"file": ("plugin.zip", package(name=name, version=version))}
        answered(server.client.post("/api/plugins/upload", data=data, files=files))


def released(server: Server, name: str, version: str) -> dict[str, Any]:
    """What the API says of a version."""
    return dict(answered(as_user(server, "admin").get(f"{PLUGINS}/{name}/versions/{version}")))


def detail(server: Server, name: str) -> dict[str, Any]:
    return dict(answered(as_user(server, "admin").get(f"{PLUGINS}/{name}")))


def settings(server: Server, **release: Any) -> None:
    answered(as_user(server, "admin").call("PUT", CONFIG, json={"release_settings": release}))


def block(server: Server, plugin: str, **changes: Any) -> dict[str, Any]:
    body = {"plugin": plugin, "versions": "*", "severity": "disable", "reason": {"zh": "有漏洞", "en": "A hole"}}
    return dict(answered(as_user(server, "admin").post(BLOCKS, body | changes), 201))


def look_at(admin: Admin, name: str) -> None:
    """Keep screenshots of an open dialog, which covers the header: on a phone and wide, in English dark, and as it was.

    Nothing may be cut off or found by axe.
    """
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width in (390, WIDE["width"]):
        admin.page.set_viewport_size({"width": width, "height": WIDE["height"]})
        for kind in ("en-dark", "zh-light"):
            for button in ("language", "theme"):
                admin.test(button).evaluate("(button) => button.click()")
            admin.settled()
            admin.still()
            admin.page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{kind}.png")
            assert admin.overflow() <= 0, (width, kind)
            assert admin.violations() == [], (width, kind)


def manage(admin: Admin, version: str) -> None:
    """Open what may be done with the release of a version."""
    admin.test(f"version-{version}").locator('[data-test="manage"]').click()
    expect(admin.test("release-dialog")).to_be_visible()


def reason(admin: Admin, text: str) -> None:
    """Say why, and yes."""
    box = admin.page.locator(".el-message-box")
    box.locator("textarea, input").last.fill(text)
    admin.confirm()


# One version


def test_a_version_is_yanked_with_a_reason_and_offered_again(visit: Visit, server: Server) -> None:
    name = "com.example.yanked"
    uploaded(server, name, "1.0.0", "2.0.0")
    admin = visit("admin", f"/plugins/{name}")
    manage(admin, "2.0.0")
    admin.test("yank").click()
    box = admin.page.locator(".el-message-box")
    expect(admin.page.get_by_role("dialog", name="撤回版本", exact=True)).to_be_visible()
    admin.confirm()
    expect(box).to_contain_text("请填写")
    assert released(server, name, "2.0.0")["is_yanked"] is False
    reason(admin, "启动时崩溃")
    state = admin.test("version-2.0.0").locator('[data-test="release-state"]')
    expect(state).to_contain_text("已撤回")
    expect(state).to_contain_text("启动时崩溃")
    found = released(server, name, "2.0.0")
    assert (found["is_yanked"], found["yank_reason"]) == (True, "启动时崩溃")
    assert detail(server, name)["version"] == "1.0.0"

    expect(admin.test("recommend")).to_have_count(0)
    look_at(admin, "release-yanked")
    admin.test("unyank").click()
    reason(admin, "误报")
    expect(state).not_to_contain_text("已撤回")
    assert released(server, name, "2.0.0")["is_yanked"] is False


def test_a_rollout_grows_is_paused_and_is_complete(visit: Visit, server: Server) -> None:
    name = "com.example.rolling"
    uploaded(server, name, "1.0.0")
    uploaded(server, name, "2.0.0", rollout="20")
    admin = visit("admin", f"/plugins/{name}")
    state = admin.test("version-2.0.0").locator('[data-test="release-state"]')
    expect(state).to_contain_text("灰度 20 %")
    manage(admin, "2.0.0")
    percent = admin.test("release-dialog").locator('[data-test="release-percent"] input')
    expect(percent).to_have_value("20")
    expect(admin.test("release-save")).to_be_disabled()
    # The slider begins there, and says so.
    expect(admin.test("release-rollout").locator(".el-slider__marks-text")).to_have_text(["20 %", "100 %"])
    percent.fill("5")
    percent.press("Tab")
    # What hosts were offered is not taken back.
    expect(percent).to_have_value("20")
    percent.fill("60")
    percent.press("Tab")
    admin.test("release-paused").click()
    look_at(admin, "release-rolling")
    admin.test("release-save").click()
    expect(state).to_contain_text("灰度 60 %")
    expect(state).to_contain_text("已暂停")
    found = released(server, name, "2.0.0")
    assert (found["rollout"], found["is_paused"]) == (60, True)

    percent.fill("100")
    percent.press("Tab")
    admin.test("release-paused").click()
    admin.test("release-save").click()
    expect(admin.test("release-complete")).to_be_visible()
    expect(percent).to_have_count(0)
    expect(state).to_contain_text("面向所有宿主")
    expect(admin.test("release-channel-preview").locator("input")).to_be_disabled()
    # Nothing is left to save.
    expect(admin.test("release-save")).to_have_count(0)
    assert released(server, name, "2.0.0")["rollout"] == 100


def test_a_refusal_of_the_server_is_shown_and_what_was_typed_stays(visit: Visit, server: Server) -> None:
    name = "com.example.refused"
    uploaded(server, name, "1.0.0")
    uploaded(server, name, "2.0.0", rollout="20")
    admin = visit("admin", f"/plugins/{name}")
    manage(admin, "2.0.0")
    url = f"{PLUGINS}/{name}/versions/2.0.0/release"
    answered(as_user(server, "admin").call("PUT", url, json={"rollout": 80}))
    percent = admin.test("release-dialog").locator('[data-test="release-percent"] input')
    percent.fill("50")
    percent.press("Tab")
    refusal = as_user(server, "admin").call("PUT", url, json={"rollout": 50}, headers={"Accept-Language": "zh-CN"})
    assert refusal.status_code == 409
    admin.test("release-save").click()
    expect(admin.test("release-dialog").locator('[data-test="error"]')).to_contain_text(refusal.json()["message"])
    expect(percent).to_have_value("50")


def test_a_lower_version_is_recommended_and_that_is_lifted(visit: Visit, server: Server, look: Look) -> None:
    name = "com.example.back"
    uploaded(server, name, "1.0.0", "2.0.0")
    admin = visit("admin", f"/plugins/{name}")
    manage(admin, "1.0.0")
    admin.test("recommend").click()
    reason(admin, "2.0.0 有问题")
    expect(admin.test("recommended")).to_contain_text("推荐版本是 1.0.0")
    expect(admin.test("recommended")).to_contain_text("2.0.0 有问题")
    admin.test("release-close").click()
    expect(admin.test("version-1.0.0")).to_contain_text("推荐版本")
    expect(admin.test("version-2.0.0")).to_contain_text("高于推荐版本，不提供")
    assert detail(server, name)["version"] == "1.0.0"
    look(admin, "release-recommended")
    admin.test("lift").click()
    reason(admin, "已修复")
    expect(admin.test("recommended")).to_have_count(0)
    found = detail(server, name)
    assert (found["version"], found["recommended_version"]) == ("2.0.0", None)


def test_a_reviewer_ends_a_cooldown_and_its_owner_may_not(visit: Visit, server: Server) -> None:
    name = "com.example.cooling"
    settings(server, cooldown_hours=48)
    submitted(as_user(server, "developer"), name)
    decided(as_user(server, "reviewer"), name)
    settings(server, cooldown_hours=0)
    owner = visit("developer", f"/plugins/{name}")
    expect(owner.test("version-1.0.0")).to_contain_text("冷却期至")
    manage(owner, "1.0.0")
    expect(owner.test("yank")).to_be_visible()
    expect(owner.test("release-now")).to_have_count(0)

    admin = visit("colleague", f"/plugins/{name}")
    manage(admin, "1.0.0")
    for name_of in ("yank", "recommend", "release-save"):
        expect(admin.test(name_of)).to_have_count(0)
    look_at(admin, "release-cooling")
    admin.test("release-now").click()
    reason(admin, "紧急修复")
    expect(admin.test("version-1.0.0")).not_to_contain_text("冷却期至")
    # Nothing is left that they may do.
    expect(admin.test("release-now")).to_have_count(0)
    entries = answered(as_user(server, "admin").get(f"{V1}/admin/audit?action=version.released"))["entries"]
    assert entries[0]["details"]["reason"] == "紧急修复"

    # Its owner is notified, in words, with a link.
    owner.go("/")
    owner.test("bell").click()
    notice = owner.page.locator(".notices li").filter(has_text="已立即发布")
    expect(notice).to_contain_text("紧急修复")
    expect(notice.locator('[data-test="notice-link"]')).to_have_attribute("href", re.compile(re.escape(name)))


def test_who_neither_owns_nor_reviews_is_offered_nothing(visit: Visit, server: Server) -> None:
    name = "com.example.others"
    uploaded(server, name, "1.0.0")
    reviewer = visit("reviewer", f"/plugins/{name}")
    expect(reviewer.test("version-1.0.0")).to_contain_text("面向所有宿主")
    for act in ("manage", "deprecate", "undeprecate", "lift"):
        expect(reviewer.test(act)).to_have_count(0)


def test_a_plugin_is_deprecated_with_what_replaces_it_and_that_is_undone(visit: Visit, server: Server) -> None:
    name, better = "com.example.older", "com.example.better"
    uploaded(server, name, "1.0.0")
    uploaded(server, better, "1.0.0")
    admin = visit("admin", f"/plugins/{name}")
    admin.test("deprecate").click()
    expect(admin.test("deprecation-save")).to_be_disabled()
    admin.test("deprecation-reason").fill("不再维护")
    admin.test("deprecation-replacement").fill(name)
    admin.test("deprecation-save").click()
    expect(admin.test("deprecation-dialog").locator('[data-test="error"]')).to_be_visible()
    admin.test("deprecation-replacement").fill(better)
    look_at(admin, "deprecation-dialog")
    admin.test("deprecation-save").click()
    said = admin.test("deprecation")
    expect(said).to_contain_text("不再维护")
    expect(said.get_by_role("link", name="我的插件")).to_have_attribute("href", f"/admin/plugins/{better}")
    found = detail(server, name)
    assert (found["is_deprecated"], found["deprecation_reason"], found["replacement"]) == (True, "不再维护", better)

    admin.test("undeprecate").click()
    reason(admin, "继续维护")
    expect(said).to_have_count(0)
    assert detail(server, name)["is_deprecated"] is False


# Blocks


def test_a_block_is_previewed_made_approved_by_another_and_revoked(visit: Visit, server: Server, look: Look) -> None:
    name = "com.example.harmful"
    uploaded(server, name, "1.0.0", "1.1.0", "2.0.0")
    admin = visit("admin", "/")
    admin.menu("blocks")
    admin.test("block-new").click()
    send = admin.test("block-send")
    expect(send).to_be_disabled()
    admin.test("block-plugin").fill(name)
    admin.test("block-versions").fill(">=1.1.0")
    admin.page.locator('[data-test="severity-remove"]').click()
    admin.test("block-preview").click()
    # Both languages are needed.
    expect(admin.test("block-dialog").locator('[data-test="error"]')).to_be_visible()
    for language in ("zh", "en"):
        expect(admin.test(f"block-reason-{language}")).to_have_attribute("aria-invalid", "true")
    admin.test("block-reason-zh").fill("窃取密码")
    admin.test("block-reason-en").fill("It steals passwords")
    admin.test("block-preview").click()
    matches = admin.test("block-matches")
    expect(matches.locator("li")).to_have_count(2)
    expect(matches).to_contain_text("当前版本从 2.0.0 变为 1.0.0")
    # Other values were not previewed.
    admin.test("block-versions").fill(">=2.0.0")
    expect(send).to_be_disabled()
    admin.test("block-preview").click()
    expect(matches.locator("li")).to_have_count(1)
    look_at(admin, "block-dialog")
    assert answered(as_user(server, "admin").get(f"{BLOCKS}?plugin={name}"))["blocks"] == []
    send.click()
    card = admin.test(f"block-{name}")
    # What it is now, and why not by whom it was made.
    expect(card.locator('[data-test="block-status"]')).to_have_text("待批准，暂按禁用处理")
    expect(card.locator('[data-test="block-pending"]')).to_contain_text("您不能批准：此封禁由您提出或修改")
    expect(card.locator('[data-test="block-pending"]')).to_contain_text("须由另一位管理员批准")
    expect(card.locator('[data-test="block-approve"]')).to_be_disabled()
    look(admin, "block-pending")
    [made] = answered(as_user(server, "admin").get(f"{BLOCKS}?plugin={name}"))["blocks"]
    assert (made["status"], made["versions"], made["severity"]) == ("pending", ">=2.0.0", "remove")

    second = visit(SECOND, "/blocks?status=pending")
    waits = second.test(f"block-{name}").locator('[data-test="block-pending"]')
    expect(waits).to_contain_text("admin 提出移除插件")
    expect(waits).to_contain_text("您可以批准")
    second.test(f"block-{name}").locator('[data-test="block-approve"]').click()
    expect(second.page.locator(".el-message-box")).to_contain_text("移除插件")
    second.confirm()
    expect(second.test(f"block-{name}")).to_have_count(0)

    # The maker's page is of before: it is shown anew, not decided on.
    card.locator('[data-test="block-revoke"]').click()
    reason(admin, "误报")
    expect(card.locator('[data-test="block-status"]')).to_contain_text("生效中")
    admin.go(f"/plugins/{name}")
    expect(admin.test("plugin-block").or_(admin.test("version-2.0.0").get_by_text("要求移除")).first).to_be_visible()
    admin.settled()
    expect(admin.test("plugin-block")).to_contain_text("此插件的部分版本被封禁")
    expect(admin.page.locator("main")).to_contain_text("还没有下载")
    look(admin, "plugin-blocked")
    admin.go(f"/blocks?plugin={name}")
    card.locator('[data-test="block-revoke"]').click()
    reason(admin, "误报")
    expect(card.locator('[data-test="block-status"]')).to_contain_text("已撤销")
    expect(card).to_contain_text("误报")
    expect(card.locator("button")).to_have_count(0)


def test_a_block_is_changed(visit: Visit, server: Server) -> None:
    name = "com.example.warned"
    block(server, name, severity="warn")
    admin = visit("admin", f"/blocks?plugin={name}")
    admin.test("block-change").click()
    expect(admin.test("block-plugin")).to_be_disabled()
    admin.test("block-advisory").fill("https://example.com/advisory")
    admin.test("block-preview").click()
    expect(admin.test("block-matches")).to_contain_text("没有公开的同名插件")
    admin.test("block-send").click()
    expect(admin.test("block-dialog")).to_have_count(0)
    expect(admin.test(f"block-{name}").get_by_role("link", name="https://example.com/advisory")).to_be_visible()


def test_blocks_are_for_administrators_alone(visit: Visit) -> None:
    reviewer = visit("reviewer", "/blocks")
    expect(reviewer.page.locator("main")).to_contain_text("没有权限")
    expect(reviewer.test("menu-blocks")).to_have_count(0)


# A host's question


def test_a_host_s_question_is_answered_with_reasons(visit: Visit, server: Server, look: Look) -> None:
    name = "com.example.asked"
    uploaded(server, name, "1.0.0", "1.1.0")
    uploaded(server, name, "2.0.0", rollout="0")
    admin = visit("admin", f"/plugins/{name}")
    admin.test("ask-host").click()
    expect(admin.test("installed-name-0")).to_have_value(name)
    expect(admin.test("installed-version-0")).to_have_value("1.1.0")
    admin.settled()
    admin.test("engine-version-0").fill("9.0.0")
    admin.test("installed-version-0").fill("1.0.0")
    admin.test("installed-add").click()
    admin.test("installed-name-1").fill("com.example.nowhere")
    admin.test("installed-version-1").fill("1.0.0")
    with admin.page.expect_response(f"**{UPDATES}") as asking:
        admin.test("host-ask").click()
    [first, second] = asking.value.json()["data"]["updates"]
    card = admin.test(f"answer-{name}")
    expect(card.locator('[data-test="answer-action"]')).to_contain_text("更新到 1.1.0")
    expect(card.locator('[data-test="reason-rollout"]')).to_contain_text(first["reasons"][0]["message"])
    expect(admin.test("answer-com.example.nowhere")).to_contain_text(second["reasons"][0]["message"])
    look(admin, "host-question")

    admin.test("installed-pin-0").fill("~1.0.0")
    admin.test("host-ask").click()
    expect(card.locator('[data-test="answer-action"]')).to_contain_text("保持 1.0.0")
    expect(card.locator('[data-test="reason-pinned"]')).to_be_visible()


def test_long_names_and_versions_of_blocks_and_answers_fit_a_phone(visit: Visit, server: Server) -> None:
    """At 360 pixels nothing is cut, and what can be done is in sight without scrolling sideways."""
    name = f"com.example.{'long' * 20}"
    uploaded(server, name, "1.0.0", f"2.0.0-alpha.{'x' * 40}")
    block(server, name, severity="remove")
    admin = visit("admin", f"/blocks?plugin={name}", viewport={"width": 360, "height": 740})
    for act in ("block-approve", "block-change", "block-revoke"):
        box = admin.test(f"block-{name}").locator(f'[data-test="{act}"]').bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360, act
    look_at(admin, "block-long")
    # From the menu: what a host would get is asked of any plugin.
    admin.go("/")
    admin.page.set_viewport_size({"width": 1280, "height": 900})
    admin.menu("host")
    admin.page.set_viewport_size({"width": 360, "height": 740})
    admin.test("engine-version-0").fill("9.0.0")
    admin.test("installed-name-0").fill(name)
    admin.test("installed-version-0").fill("1.0.0")
    admin.page.locator('[data-test="host-channel-preview"]').click()
    admin.test("host-ask").click()
    expect(admin.test(f"answer-{name}")).to_contain_text("封禁")
    look_at(admin, "host-long")


def test_a_question_that_is_wrong_says_where(visit: Visit) -> None:
    admin = visit("admin", "/host")
    error = admin.test("host-form").locator(".el-form-item__error")
    admin.test("installed-name-0").fill("com.example.wrong")
    admin.test("host-ask").click()
    expect(error).to_have_text("请填写")
    admin.test("installed-version-0").fill("1.0.0")
    expect(error).to_have_count(0)
    admin.test("installed-pin-0").fill("not a range!")
    admin.test("host-ask").click()
    expect(error).to_be_visible()
    expect(admin.test("host-answer")).to_have_count(0)


# What is set, and counted


def test_the_settings_of_releases_are_changed(visit: Visit, server: Server, look: Look) -> None:
    admin = visit("admin", "/system")
    hours = admin.test("config-cooldown_hours").locator("input")
    expect(hours).to_have_value("0")
    hours.fill("24")
    admin.test("config-gate_on_findings").locator(".el-switch").click()
    admin.test("config-preview_needs_review").locator(".el-switch").click()
    admin.test("config-blocks_need_two").locator(".el-switch").click()
    before = answered(as_user(server, "admin").get(CONFIG))["release_settings"]
    look(admin, "config-releases")
    admin.test("config-save").click()
    expect(admin.test("config-save")).to_be_disabled()
    found = answered(as_user(server, "admin").get(CONFIG))["release_settings"]
    flags = ("gate_on_findings", "preview_needs_review", "blocks_need_two")
    assert found == {"cooldown_hours": 24, **{flag: not before[flag] for flag in flags}}
    settings(server, **before)


def test_the_dashboard_counts_cooldowns_and_blocks(visit: Visit, server: Server, look: Look) -> None:
    settings(server, cooldown_hours=48)
    uploaded(server, "com.example.counted", "1.0.0")
    settings(server, cooldown_hours=0)
    block(server, "com.example.counted-block")
    stats = answered(as_user(server, "admin").get(f"{V1}/admin/system/stats"))["releases"]
    assert stats["in_cooldown"] >= 1 and stats["active_blocks"] >= 1
    admin = visit("admin", "/")
    expect(admin.test("in-cooldown")).to_have_text(str(stats["in_cooldown"]))
    expect(admin.test("active-blocks")).to_have_text(str(stats["active_blocks"]))
    expect(admin.test("top-active")).to_contain_text("没有宿主报告在用")
    admin.settled()
    look(admin, "dashboard-releases")
    admin.test("active-blocks").click()
    expect(admin.page).to_have_url(re.compile(r"/blocks\?status=active$"))
