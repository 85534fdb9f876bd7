"""Categories, backups, configuration, maintenance, health and the audit log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from ..live import Server
from .conftest import Look, Visit
from .page import Admin
from .people import add_people, as_user, uploaded

pytestmark = pytest.mark.live

V1 = "/api/v1"
CATEGORIES = f"{V1}/marketplace/categories"
CONFIG = f"{V1}/admin/system/config"


@pytest.fixture(scope="module", autouse=True)
def _people(server: Server) -> None:
    add_people(server)


def answered(answer: Any, status: int = 200) -> Any:
    """The data of a success."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def choose(select: Locator, option: str) -> None:
    """Choose an option of a select by its words."""
    select.click()
    select.page.get_by_role("option", name=option, exact=True).click()


def saved(admin: Admin, words: str = "已保存") -> None:
    """Wait for the word that something is done."""
    expect(admin.page.locator(".el-message--success").last).to_have_text(words)


# Categories


def categories(server: Server) -> dict[str, dict[str, Any]]:
    """The categories by name, as the server tells them."""
    return {row["name"]: row for row in answered(server.client.get(CATEGORIES))}


def category(server: Server, name: str, **fields: Any) -> dict[str, Any]:
    """A category that is there."""
    body = {"name": name, **fields}
    return dict(answered(as_user(server, "admin").post(f"{V1}/admin/categories", body), 201))


def dialog(admin: Admin) -> Locator:
    return admin.page.get_by_role("dialog")


def test_a_category_is_made_below_another(visit: Visit, server: Server) -> None:
    admin = visit("admin", "/categories")
    for name, parent in (("工具", None), ("构建", "工具")):
        admin.test("category-new").click()
        admin.test("category-name").fill(name)
        dialog(admin).get_by_label("描述").fill(f"{name}的说明")
        if parent:
            choose(dialog(admin).locator(".el-select"), parent)
        admin.test("category-save").click()
        expect(dialog(admin)).to_have_count(0)
    expect(admin.page.locator('ul.tree ul.tree [data-test="category-构建"]')).to_contain_text("构建的说明")
    admin.page.reload()
    expect(admin.page.locator('ul.tree ul.tree [data-test="category-构建"]')).to_be_visible()
    found = categories(server)
    assert found["构建"]["parent_id"] == found["工具"]["id"]
    assert (found["工具"]["parent_id"], found["工具"]["description"]) == (None, "工具的说明")


def test_a_category_is_edited_and_moved_to_the_top(visit: Visit, server: Server) -> None:
    above = category(server, "图形")
    below = category(server, "绘图", parent_id=above["id"], icon="brush")
    admin = visit("admin", "/categories")
    admin.test("category-绘图").locator('[data-test="edit"]').click()
    expect(dialog(admin).locator(".el-select")).to_contain_text("图形")
    expect(dialog(admin).get_by_label("图标")).to_have_value("brush")
    admin.test("category-name").fill("设计")
    choose(dialog(admin).locator(".el-select"), "（顶级）")
    dialog(admin).get_by_label("排序值").fill("7")
    admin.test("category-save").click()
    expect(dialog(admin)).to_have_count(0)
    expect(admin.test("category-设计")).to_be_visible()
    expect(admin.page.locator('ul.tree ul.tree [data-test="category-设计"]')).to_have_count(0)
    found = categories(server)["设计"]
    assert (found["id"], found["parent_id"], found["sort_order"], found["icon"]) == (below["id"], None, 7, "brush")


def test_a_name_that_is_taken_is_refused_in_the_dialog(visit: Visit, server: Server) -> None:
    category(server, "音乐")
    admin = visit("admin", "/categories")
    expect(admin.test("category-音乐")).to_be_visible()
    admin.test("category-new").click()
    admin.test("category-name").fill("音乐")
    dialog(admin).get_by_label("描述").fill("写了很多")
    with admin.page.expect_response("**/admin/categories") as refusal:
        admin.test("category-save").click()
    assert refusal.value.status == 409
    expect(dialog(admin)).to_contain_text(refusal.value.json()["message"])
    # What was typed is still there.
    expect(dialog(admin).get_by_label("描述")).to_have_value("写了很多")
    admin.test("category-name").fill("音乐 2")
    admin.test("category-save").click()
    expect(admin.test("category-音乐 2")).to_be_visible()


def test_what_is_no_name_is_refused_at_its_field(visit: Visit, server: Server) -> None:
    before = categories(server)
    admin = visit("admin", "/categories")
    admin.test("category-new").click()
    admin.test("category-name").fill("长" * 101)
    with admin.page.expect_response("**/admin/categories") as refusal:
        admin.test("category-save").click()
    [detail] = refusal.value.json()["error"]["details"]
    item = dialog(admin).locator(".el-form-item").filter(has=admin.test("category-name"))
    expect(item.locator(".el-form-item__error")).to_have_text(detail["message"])
    dialog(admin).get_by_role("button", name="取消").click()
    # What was typed is thrown away by who says so.
    admin.confirm()
    expect(admin.test("category-dialog")).to_have_count(0)
    assert categories(server) == before


def test_only_an_empty_category_is_deleted_and_only_when_confirmed(visit: Visit, server: Server) -> None:
    above = category(server, "游戏")
    category(server, "棋牌", parent_id=above["id"])
    admin = visit("admin", "/categories")
    expect(admin.test("category-游戏").locator('[data-test="delete"]')).to_be_disabled()
    drop = admin.test("category-棋牌").locator('[data-test="delete"]')
    drop.click()
    admin.page.locator(".el-message-box").get_by_role("button", name="取消").click()
    expect(admin.page.locator(".el-message-box")).to_be_hidden()
    assert "棋牌" in categories(server)
    drop.click()
    expect(admin.page.locator(".el-message-box")).to_contain_text("棋牌")
    admin.confirm()
    expect(admin.test("category-棋牌")).to_have_count(0)
    assert "棋牌" not in categories(server)
    expect(admin.test("category-游戏").locator('[data-test="delete"]')).to_be_enabled()


# Backups


def backup(server: Server, content: bytes, user_key: str) -> str:
    """The id of a backup that was made."""
    return str(answered(server.client.back_up(content, user_key))["id"])


def addresses(admin: Admin) -> list[str]:
    """Every address that is asked for from now on."""
    asked: list[str] = []
    admin.page.on("request", lambda request: asked.append(request.url))
    return asked


def test_backups_are_found_by_their_key_which_no_address_tells(visit: Visit, server: Server) -> None:
    mine, other = backup(server, b"b" * 1536, "keyofmine1"), backup(server, b"c" * 10, "keyofother")
    admin = visit("admin", "/backups")
    asked = addresses(admin)
    expect(admin.test(f"backup-{mine}")).to_contain_text("1.5 KiB")
    expect(admin.test(f"backup-{other}")).to_contain_text("10 B")
    # Nobody's key is on the page.
    assert "keyof" not in admin.page.locator("main").inner_text()

    admin.test("user-key").fill("OFMINE")
    admin.test("search").click()
    expect(admin.test(f"backup-{other}")).to_have_count(0)
    expect(admin.test(f"backup-{mine}")).to_be_visible()
    assert any(url.endswith("/api/backups/search") for url in asked)
    # A part of several keys: whose each is can be looked at.
    admin.test("user-key").fill("keyof")
    admin.test("search").click()
    expect(admin.test(f"backup-{other}").locator('[data-test="key"]')).to_have_text("••••••••")
    expect(admin.test(f"backup-{mine}").locator('[data-test="show-key"]')).to_be_visible()
    assert not any("keyof" in url for url in [*asked, admin.page.url])
    # Nor does the browser keep it.
    kept = admin.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    assert "keyof" not in kept

    admin.test("all").click()
    expect(admin.test(f"backup-{other}")).to_be_visible()
    expect(admin.test("user-key")).to_have_value("")


def test_what_each_key_keeps_is_told_and_leads_to_its_backups(visit: Visit, server: Server, look: Look) -> None:
    first, other = backup(server, b"t" * 1024, "keytotalled"), backup(server, b"t" * 7, "keyelsewhere")
    second = backup(server, b"t" * 2048, "keytotalled")
    admin = visit("admin", "/backups")
    asked = addresses(admin)
    # The newest first.
    expect(admin.page.locator('main tbody tr [data-test="key"]').first).to_have_text("••••••••")
    expect(admin.page.locator("main tbody tr").first).to_have_attribute("data-test", f"backup-{second}")
    admin.page.get_by_role("tab", name="按用户密钥统计").click()
    expect(admin.page).to_have_url(re.compile(r"/backups\?tab=keys$"))
    row = admin.test(f"key-2-{3 * 1024}")
    expect(row).to_contain_text("2 / 100")
    expect(row).to_contain_text("3.0 KiB / 2.0 GiB")
    expect(admin.test("backup-totals")).to_contain_text("每个密钥最多保存 100 个备份")
    assert "keytotalled" not in admin.page.locator("main").inner_text()
    look(admin, "backups-keys")
    row.locator('[data-test="show-key"]').click()
    expect(row.locator('[data-test="key"]')).to_have_text("keytotalled")
    # It is where it was after a reload, and Back leads to the other tab.
    admin.page.reload()
    expect(row).to_be_visible()
    row.locator('[data-test="list-key"]').click()
    for number, there in ((first, 1), (second, 1), (other, 0)):
        expect(admin.test(f"backup-{number}")).to_have_count(there)
    admin.page.go_back()
    expect(row).to_be_visible()
    assert not any("keytotalled" in url for url in [*asked, admin.page.url])
    kept = admin.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    assert "keytotalled" not in kept


def test_a_user_key_is_made_in_the_browser(visit: Visit) -> None:
    admin = visit("admin", "/backups")
    admin.settled()
    asked = addresses(admin)
    admin.test("user-key-maker").locator("summary").click()
    admin.test("make-key").click()
    first = admin.test("made-key").inner_text()
    admin.test("make-key").click()
    expect(admin.test("made-key")).not_to_have_text(first)
    assert re.fullmatch("[A-Za-z0-9]{32}", first)
    assert asked == []


def test_a_key_is_shown_one_at_a_time_and_on_purpose(visit: Visit, server: Server) -> None:
    first, second = backup(server, b"1", "keyshown01"), backup(server, b"2", "keyshown02")
    admin = visit("admin", "/backups")
    keys = [admin.test(f"backup-{number}").locator('[data-test="key"]') for number in (first, second)]
    buttons = [admin.test(f"backup-{number}").locator('[data-test="show-key"]') for number in (first, second)]
    expect(keys[0]).to_have_text("••••••••")
    buttons[0].click()
    expect(keys[0]).to_have_text("keyshown01")
    buttons[1].click()
    expect(keys[1]).to_have_text("keyshown02")
    expect(keys[0]).to_have_text("••••••••")
    buttons[1].click()
    expect(keys[1]).to_have_text("••••••••")


def test_a_backup_is_downloaded_byte_for_byte(visit: Visit, server: Server) -> None:
    content = bytes(range(256)) * 9
    number = backup(server, content, "keyoffile1")
    admin = visit("admin", "/backups")
    asked = addresses(admin)
    with admin.page.expect_download() as downloaded:
        admin.test(f"backup-{number}").locator('[data-test="download"]').click()
    assert Path(downloaded.value.path()).read_bytes() == content
    assert downloaded.value.suggested_filename.endswith(".zip")
    assert not any("keyoffile1" in url for url in asked)


def test_a_backup_is_deleted_and_its_file_with_it(visit: Visit, server: Server) -> None:
    number = backup(server, b"gone", "keyofgone1")
    admin = visit("admin", "/backups")
    admin.test("user-key").fill("keyofgone1")
    admin.test("search").click()
    drop = admin.test(f"backup-{number}").locator('[data-test="delete"]')
    drop.click()
    admin.page.locator(".el-message-box").get_by_role("button", name="取消").click()
    expect(admin.page.locator(".el-message-box")).to_be_hidden()
    expect(admin.test(f"backup-{number}")).to_be_visible()
    drop.click()
    admin.confirm()
    expect(admin.test(f"backup-{number}")).to_have_count(0)
    expect(admin.page.locator("main")).to_contain_text("没有数据")
    assert answered(server.client.post("/api/backups/list", {"user_key": "keyofgone1"}))["total"] == 0
    lost = server.client.post("/api/backups/download", {"user_key": "keyofgone1", "id": int(number)})
    assert lost.status_code == 404


# Configuration


def configured(server: Server) -> dict[str, Any]:
    return dict(answered(as_user(server, "admin").get(CONFIG)))


def field(admin: Admin, name: str) -> Locator:
    return admin.test(f"config-{name}").locator("input")


def test_a_setting_is_changed_and_the_audit_log_says_by_whom(visit: Visit, server: Server) -> None:
    before = configured(server)
    admin = visit("admin", "/system")
    expect(field(admin, "max_review_time")).to_have_value(str(before["review_settings"]["max_review_time"]))
    expect(admin.test("config-save")).to_be_disabled()
    field(admin, "max_review_time").fill("9")
    field(admin, "max_file_size").fill("2097152")
    # A number counts once its field is left.
    field(admin, "max_file_size").blur()
    expect(admin.test("config-max_file_size")).to_contain_text("2.0 MiB")
    expect(admin.test("config-save")).to_have_text("保存 2 项更改")
    with admin.page.expect_request("**/system/config") as sent:
        admin.test("config-save").click()
    # Of what was not touched nothing is sent: somebody else may have changed it meanwhile.
    assert sent.value.post_data_json == {
        "review_settings": {"max_review_time": 9},
        "upload_settings": {"max_file_size": 2_097_152},
    }
    saved(admin)
    admin.page.reload()
    expect(field(admin, "max_review_time")).to_have_value("9")
    expect(field(admin, "max_file_size")).to_have_value("2097152")
    expect(admin.test("config")).to_contain_text("上次由 admin 修改于")
    after = configured(server)
    assert after["review_settings"] == {**before["review_settings"], "max_review_time": 9}
    assert after["upload_settings"] == {**before["upload_settings"], "max_file_size": 2_097_152}

    admin.menu("audit")
    entry = admin.test("entries").locator("> li").first
    expect(entry.locator('[data-test="sentence"]')).to_have_text(re.compile("admin 修改了 ?系统配置"))
    expect(entry.locator('[data-test="changes"]')).to_contain_text(
        f"审核期限（天）：从 {before['review_settings']['max_review_time']} 改为 9"
    )
    expect(entry.locator('[data-test="changes"]')).to_contain_text("改为 2.0 MiB")


def test_a_setting_says_what_it_does_and_what_it_lacks(visit: Visit, server: Server, look: Look) -> None:
    admin = visit("admin", "/system")
    expect(admin.test("config-max_review_time")).to_contain_text("等待更久的审核标为“逾期”。默认：5。")
    expect(admin.test("config-max_file_size")).to_contain_text("默认：100 MiB")
    # Every one of them.
    settings = admin.page.locator("section.card .el-form-item").filter(has_text="默认：")
    assert settings.count() == sum(
        len(values) for name, values in configured(server)["defaults"].items() if name != "review_settings"
    ) + len([name for name in configured(server)["defaults"]["review_settings"] if not name.startswith("host_")])
    scan = admin.test("config-virus_scan_enabled")
    expect(scan.locator('[data-test="missing"]')).to_contain_text("CLAMAV_URL")
    look(admin, "system-config")
    scan.locator(".el-switch").click()
    expect(scan.locator('[data-test="missing"]')).to_have_count(0)


def test_what_is_not_saved_is_marked_at_its_field_and_at_its_tab(visit: Visit) -> None:
    admin = visit("admin", "/system")
    expect(admin.test("config")).to_be_visible()
    expect(admin.test("unsaved")).to_have_count(0)
    admin.test("config-gate_on_findings").locator(".el-switch").click()
    field(admin, "max_review_time").fill("11")
    field(admin, "max_review_time").blur()
    for name, is_marked in (("gate_on_findings", 1), ("max_review_time", 1), ("max_open_reviews", 0)):
        expect(admin.test(f"config-{name}").locator('[data-test="unsaved"]')).to_have_count(is_marked)
    expect(admin.page.get_by_role("tab", name="配置")).to_contain_text("2 项未保存")

    # Seen from another tab as well, whose address is its own; Back leads to the first, with what was typed.
    admin.page.get_by_role("tab", name="运行状况").click()
    expect(admin.page).to_have_url(re.compile(r"/system\?tab=health$"))
    expect(admin.page.get_by_role("tab", name="配置")).to_contain_text("2 项未保存")
    admin.page.reload()
    expect(admin.page.get_by_role("tab", name="运行状况")).to_have_attribute("aria-selected", "true")
    admin.page.go_back()
    expect(field(admin, "max_review_time")).to_have_value("11")
    admin.menu("plugins")
    expect(admin.page.locator(".el-message-box")).to_contain_text("要离开吗")
    admin.page.locator(".el-message-box").get_by_role("button", name="取消").click()
    admin.page.get_by_role("button", name="丢弃更改").click()
    expect(admin.test("unsaved")).to_have_count(0)
    expect(admin.test("tab-unsaved")).to_have_count(0)


def test_a_switch_is_thrown_and_thrown_back(visit: Visit, server: Server) -> None:
    assert configured(server)["review_settings"]["review_key_uploads"] is False
    admin = visit("admin", "/system")
    for is_on in (True, False):
        admin.test("config-review_key_uploads").locator(".el-switch").click()
        with admin.page.expect_response("**/system/config") as answer:
            admin.test("config-save").click()
        assert answer.value.status == 200
        expect(admin.test("config-save")).to_have_text("没有更改")
        assert configured(server)["review_settings"]["review_key_uploads"] is is_on


@pytest.mark.parametrize(
    ("name", "value"), [("max_review_time", "0"), ("max_file_size", "5"), ("allowed_extensions", "zip/x")]
)
def test_a_bad_value_is_refused_at_its_field_and_nothing_changes(
    visit: Visit, server: Server, name: str, value: str
) -> None:
    before = configured(server)
    admin = visit("admin", "/system")
    # A good one beside it is not taken either.
    field(admin, "auto_approve_threshold").fill("42")
    field(admin, name).fill(value)
    field(admin, name).blur()
    with admin.page.expect_response("**/system/config") as refusal:
        admin.test("config-save").click()
    assert refusal.value.status == 422
    [detail] = refusal.value.json()["error"]["details"]
    expect(admin.test(f"config-{name}").locator(".el-form-item__error")).to_have_text(detail["message"])
    expect(admin.page.locator(".el-form-item__error")).to_have_count(1)
    expect(admin.test("error")).to_contain_text(refusal.value.headers["x-request-id"])
    # What was typed stays, to be put right.
    expect(field(admin, name)).to_have_value(value)
    assert configured(server) == before
    admin.page.get_by_role("button", name="丢弃更改").click()
    expect(field(admin, name)).not_to_have_value(value)
    expect(admin.test("error")).to_have_count(0)


def test_a_number_that_was_cleared_is_refused(visit: Visit, server: Server) -> None:
    before = configured(server)
    admin = visit("admin", "/system")
    field(admin, "max_open_reviews").fill("")
    field(admin, "max_open_reviews").blur()
    admin.test("config-save").click()
    expect(admin.test("config-max_open_reviews").locator(".el-form-item__error")).not_to_be_empty()
    assert configured(server) == before


def test_the_host_is_described_and_what_is_no_name_is_refused_at_its_field(
    visit: Visit, server: Server, look: Look
) -> None:
    before = configured(server)["review_settings"]
    admin = visit("admin", "/system")
    assemblies = admin.test("config-host_assemblies").locator("textarea")
    expect(field(admin, "host_interface")).to_have_value(before["host_interface"])
    expect(assemblies).to_have_value(", ".join(before["host_assemblies"]))
    assemblies.fill("MicroDock\nAvalonia，no/assembly")
    field(admin, "host_frameworks").fill("net8.0 net9")
    field(admin, "host_interface").fill("1.wrong")
    admin.test("prefix-add").click()
    admin.test("prefix-0").locator("input").fill("com..bad")
    with admin.page.expect_response("**/system/config") as refusal:
        admin.test("config-save").click()
    said = {detail["field"]: detail["message"] for detail in refusal.value.json()["error"]["details"]}
    # Of a list it is said which of them is wrong.
    for name, place, item in (
        ("host_interface", "", ""),
        ("host_assemblies", ".2", "no/assembly: "),
        ("host_frameworks", ".1", "net9: "),
    ):
        wrong = admin.test(f"config-{name}").locator(".el-form-item__error")
        expect(wrong).to_have_text(item + said[f"review_settings.{name}{place}"])
    look(admin, "config-host")
    assert configured(server)["review_settings"] == before
    admin.test("prefix-remove-0").click()

    assemblies.fill("MicroDock\nAvalonia")
    field(admin, "host_frameworks").fill("net8.0; netcoreapp3.1")
    field(admin, "host_interface").fill("")
    field(admin, "host_interface_assembly").fill("")
    for word in ("x64", "arm64"):
        admin.test("config-host_architectures").get_by_text(word, exact=True).click()
    expect(admin.test("config-save")).to_have_text("保存 5 项更改")
    admin.test("config-save").click()
    saved(admin)
    wanted = {
        "host_interface": "",
        "host_interface_assembly": "",
        "host_assemblies": ["MicroDock", "Avalonia"],
        "host_frameworks": ["net8.0", "netcoreapp3.1"],
        "host_architectures": ["x64", "arm64"],
    }
    assert configured(server)["review_settings"] == before | wanted
    root = as_user(server, "admin")
    answered(root.call("PUT", CONFIG, json={"review_settings": {name: before[name] for name in wanted}}))


def owner_ids(server: Server, *usernames: str) -> list[str]:
    users = answered(as_user(server, "admin").get(f"{V1}/admin/users?limit=100"))["users"]
    ids = {user["username"]: user["id"] for user in users}
    return [ids[username] for username in usernames]


def reserved(server: Server) -> list[dict[str, Any]]:
    return list(configured(server)["reserved_prefixes"])


def owners(admin: Admin, place: int) -> Locator:
    """Where the owners of a prefix are searched for."""
    return admin.test(f"prefix-owners-{place}").get_by_role("combobox")


def test_a_prefix_is_reserved_changed_and_given_up_with_the_keyboard(visit: Visit, server: Server) -> None:
    admin = visit("admin", "/system")
    keys = admin.page.keyboard
    expect(admin.test("prefix-none")).to_be_visible()
    admin.test("prefix-add").press("Enter")
    expect(admin.test("prefix-0").locator("input")).to_be_focused()
    keys.type("com.acme")
    keys.press("Tab")
    for username in ("developer", "colleague"):
        expect(owners(admin, 0)).to_be_focused()
        keys.type(username[:5])
        # The search is the server's: nobody else is left.
        expect(admin.page.get_by_role("option")).to_have_text([username])
        keys.press("Enter")
        expect(admin.test("prefix-owners-0")).to_contain_text(username)
    expect(admin.test("config-save")).to_have_text("保存 1 项更改")
    keys.press("Escape")
    with admin.page.expect_request("**/system/config") as sent:
        admin.test("config-save").press("Enter")
    wanted = [{"prefix": "com.acme", "owner_ids": owner_ids(server, "developer", "colleague")}]
    assert sent.value.post_data_json == {"reserved_prefixes": wanted}
    saved(admin)
    assert reserved(server) == wanted

    # Owners have their names when the page is opened again, and the last one goes with a key.
    admin.page.reload()
    expect(admin.test("prefix-owners-0")).to_contain_text("developer")
    expect(admin.test("prefix-owners-0")).to_contain_text("colleague")
    owners(admin, 0).press("Backspace")
    expect(admin.test("prefix-owners-0")).not_to_contain_text("colleague")
    keys.press("Escape")
    admin.test("config-save").press("Enter")
    saved(admin)
    assert reserved(server) == [{"prefix": "com.acme", "owner_ids": owner_ids(server, "developer")}]

    admin.test("prefix-remove-0").press("Enter")
    expect(admin.test("prefix-add")).to_be_focused()
    admin.test("config-save").press("Enter")
    expect(admin.test("config-save")).to_have_text("没有更改")
    expect(admin.test("prefix-none")).to_be_visible()
    assert reserved(server) == []


def test_a_prefix_that_is_none_is_refused_at_its_field(visit: Visit, server: Server) -> None:
    admin = visit("admin", "/system")
    for place, prefix in enumerate(("com.good", "com..bad")):
        admin.test("prefix-add").click()
        admin.test(f"prefix-{place}").locator("input").fill(prefix)
    with admin.page.expect_response("**/system/config") as refusal:
        admin.test("config-save").click()
    assert refusal.value.status == 422
    [detail] = refusal.value.json()["error"]["details"]
    assert detail["field"] == "reserved_prefixes.1.prefix"
    expect(admin.test("prefix-1").locator(".el-form-item__error")).to_have_text(detail["message"])
    expect(admin.page.locator(".el-form-item__error")).to_have_count(1)
    # Of the row that takes its place nothing is said.
    admin.test("prefix-remove-0").click()
    expect(admin.test("prefix-0").locator("input")).to_have_value("com..bad")
    expect(admin.test("prefix-remove-0")).to_be_focused()
    expect(admin.page.locator(".el-form-item__error")).to_have_count(0)
    admin.page.get_by_role("button", name="丢弃更改").click()
    expect(admin.test("prefix-none")).to_be_visible()
    assert reserved(server) == []


# Maintenance


def listening(admin: Admin) -> None:
    """Open the bell, and wait until it hears the server."""
    admin.test("bell").click()
    expect(admin.page.get_by_text("没有通知")).to_be_visible()
    expect(admin.page.get_by_text("实时连接已断开")).to_have_count(0)


def test_a_maintenance_notice_rings_everybody_s_bell(visit: Visit, server: Server) -> None:
    reviewer = visit("reviewer")
    listening(reviewer)
    admin = visit("admin", "/system")
    admin.page.get_by_role("tab", name="维护通知").click()
    form = admin.test("maintenance")
    expect(form).to_contain_text("Asia/Shanghai")
    # An empty one cannot be sent, nor one of spaces, and what is missing is said.
    lacking = admin.test("maintenance-lacking")
    expect(lacking).to_have_text("请先填写：通知内容 · 开始时间 · 结束时间")
    form.get_by_label("通知内容").fill("  ")
    form.get_by_label("开始时间").fill("2030-01-01T08:00")
    form.get_by_label("结束时间").fill("2030-01-01T09:30")
    expect(lacking).to_have_text("请先填写：通知内容")
    expect(admin.test("announce")).to_be_disabled()
    expect(admin.test("maintenance-until")).to_contain_text("2030-01-01 09:30")
    form.get_by_label("通知内容").fill("升级数据库")
    expect(lacking).to_have_count(0)
    admin.test("announce").click()
    admin.page.locator(".el-message-box").get_by_role("button", name="取消").click()
    expect(admin.page.locator(".el-message-box")).to_be_hidden()
    admin.test("announce").click()
    admin.confirm()
    saved(admin, "通知已发送")
    expect(form.get_by_label("通知内容")).to_have_value("")
    sent = admin.test("sent-notices").get_by_role("listitem").first
    for text in ("升级数据库", "2030-01-01 08:00", "2030-01-01 09:30", "admin 发送于"):
        expect(sent).to_contain_text(text)

    expect(reviewer.test("bell")).to_have_accessible_name("通知，1 条未读")
    expect(reviewer.page.locator(".notices li.unread")).to_have_count(1)
    expect(reviewer.page.locator(".notices li").first).to_contain_text("升级数据库")
    [told] = answered(as_user(server, "reviewer").get(f"{V1}/notifications"))["notifications"]
    assert (told["data"]["starts_at"], told["data"]["ends_at"]) == ("2030-01-01T00:00:00Z", "2030-01-01T01:30:00Z")

    reviewer.page.get_by_role("button", name="全部标为已读").click()
    expect(reviewer.test("bell")).to_have_accessible_name("通知，0 条未读")
    assert answered(as_user(server, "reviewer").get(f"{V1}/notifications"))["unread_count"] == 0
    reviewer.page.reload()
    reviewer.test("bell").click()
    expect(reviewer.page.locator(".notices li")).to_have_count(1)
    expect(reviewer.page.locator(".notices li.unread")).to_have_count(0)


def test_a_maintenance_that_ends_before_it_begins_is_refused_at_its_field(visit: Visit, server: Server) -> None:
    before = answered(as_user(server, "user").get(f"{V1}/notifications"))["pagination"]["total"]
    admin = visit("admin", "/system")
    admin.page.get_by_role("tab", name="维护通知").click()
    form = admin.test("maintenance")
    form.get_by_label("通知内容").fill("升级")
    form.get_by_label("开始时间").fill("2030-01-01T08:00")
    form.get_by_label("结束时间").fill("2030-01-01T07:00")
    admin.test("announce").click()
    with admin.page.expect_response("**/system/maintenance") as refusal:
        admin.confirm()
    assert refusal.value.status == 422
    [detail] = refusal.value.json()["error"]["details"]
    label = {"starts_at": "开始时间", "ends_at": "结束时间"}[detail["field"]]
    item = form.locator(".el-form-item").filter(has=admin.page.get_by_label(label))
    expect(item.locator(".el-form-item__error")).to_have_text(detail["message"])
    expect(form.get_by_label("通知内容")).to_have_value("升级")
    assert answered(as_user(server, "user").get(f"{V1}/notifications"))["pagination"]["total"] == before


# Health


def health_tab(visit: Visit) -> Admin:
    admin = visit("admin", "/system")
    admin.page.get_by_role("tab", name="运行状况").click()
    return admin


def test_the_server_s_health_is_shown(visit: Visit, server: Server) -> None:
    uploaded(server, 1, "com.example.measured")
    told = answered(server.client.get("/api/health"))
    admin = health_tab(visit)
    expect(admin.test("version")).to_have_text(told["version"])
    health = admin.test("health")
    expect(health).to_contain_text("已连接")
    expect(health.locator(".el-tag--danger")).to_have_count(0)
    expect(health.locator(".cards .el-tag--success")).to_have_count(5)
    expect(admin.test("measure-disk")).to_contain_text(re.compile(r"总量\s*\d+(\.\d)? (GiB|TiB)"))
    expect(admin.test("measure-storage")).to_contain_text(re.compile(r"插件包\s*[1-9]"))
    for part in ("cpu", "memory", "jobs"):
        expect(admin.test(f"measure-{part}")).to_be_visible()
    expect(admin.test("tasks").locator("tbody tr")).to_have_count(7)
    expect(admin.test("task-rehash")).to_contain_text("校验存储文件")
    with admin.page.expect_response("**/readyz"):
        admin.test("refresh").click()


def test_a_server_that_is_not_ready_is_shown_as_such(visit: Visit, server: Server) -> None:
    unready = server.client.get("/readyz").json()
    unready["data"].update(storage="not writable", migrations="pending")
    admin = visit("admin", "/system")
    admin.page.route("**/readyz", lambda route: route.fulfill(status=503, json=unready))
    admin.page.get_by_role("tab", name="运行状况").click()
    bad = admin.test("health").locator(".el-tag--danger")
    expect(bad).to_have_text(["未完成", "不可写"])
    expect(admin.test("version")).to_be_visible()
    # Chromium says so of the answer that was asked for here.
    forget(admin, 503)


def forget(admin: Admin, status: int) -> None:
    """Take out of what the console said the one answer that a test made up."""
    told = [line for line in admin.seen if f"status of {status}" in line]
    assert len(told) == 1, admin.seen
    admin.seen.remove(told[0])


def test_what_was_not_measured_is_said_so(visit: Visit, server: Server) -> None:
    measured = as_user(server, "admin").get(f"{V1}/admin/system/resources").json()
    measured["data"]["memory"]["total"] = "not measured"
    measured["data"]["disk"]["percent"] = 97

    def answer(route: Route) -> None:
        route.fulfill(json=measured, headers={"RateLimit-Limit": "120", "RateLimit-Remaining": "7"})

    admin = visit("admin", "/system")
    admin.page.route("**/system/resources", answer)
    admin.page.get_by_role("tab", name="运行状况").click()
    expect(admin.test("measure-memory")).to_contain_text("未测量")
    expect(admin.test("measure-disk")).to_contain_text("97 %")
    expect(admin.test("rates")).to_contain_text("120")
