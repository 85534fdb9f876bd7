"""Plugins on the admin page: found, uploaded, shown, switched off and on, suspended and deleted."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, FilePayload, Locator, expect

from benchmarks.data import fill
from microdock_server.services.catalog import search

from ..bundle.craft import Item, Zip
from ..bundle.packages import manifest
from ..live import Server, eventually, large_package, sha256
from ..support import package
from .conftest import Visit, tab
from .page import Admin, is_painted
from .people import PLUGINS, add_people, as_user, decided, session, submitted, uploaded

pytestmark = pytest.mark.live

UPLOAD = "/api/plugins/upload"
MIB = 1 << 20
MANY = 10_000
FOCUSED = "document.activeElement.getAttribute('data-test')"


@pytest.fixture(scope="module", autouse=True)
def _people(server: Server) -> None:
    add_people(server)


def published(server: Server, name: str, **changes: Any) -> bytes:
    """A plugin that hosts can download; its package."""
    data = package(name=name, **changes)
    answer = server.client.upload(data)
    assert answer.status_code == 200, answer.text
    return data


def answered(answer: Any, status: int = 200) -> Any:
    """The data of a success."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def known(server: Server, name: str) -> int:
    """What the host API says of a plugin's detail."""
    return server.client.post("/api/plugins/detail", {"name": name}).status_code


def choose(select: Locator, option: str) -> None:
    """Choose an option of a select by its words."""
    select.click()
    select.page.get_by_role("option", name=option, exact=True).click()


def rows(admin: Admin) -> Locator:
    return admin.page.locator("main tbody tr")


def names(admin: Admin) -> list[str]:
    """The plugins that are listed, in their order."""
    return [(row.get_attribute("data-test") or "").removeprefix("plugin-") for row in rows(admin).all()]


# The list


def test_plugins_are_found_while_one_types(visit: Visit, server: Server) -> None:
    published(server, "com.example.weather", displayName="天气预报", description="每日天气")
    published(server, "com.example.clock", displayName="世界时钟", description="各地时间")
    admin = visit("admin", "/plugins")
    weather, clock = admin.test("plugin-com.example.weather"), admin.test("plugin-com.example.clock")
    expect(clock).to_be_visible()
    admin.test("search").press_sequentially("weath", delay=20)
    expect(clock).to_have_count(0)
    expect(weather).to_be_visible()
    expect(admin.page).to_have_url(re.compile(r"/plugins\?search=weath$"))
    expect(admin.page.locator(".pager")).to_have_text("共 1 条")

    admin.test("search").fill("no-such-plugin")
    expect(admin.page.locator("main")).to_contain_text("没有数据")


def test_a_chinese_word_is_searched_for_once_it_is_composed(visit: Visit, server: Server) -> None:
    published(server, "com.example.painter", displayName="水彩画板", description="画画")
    published(server, "com.example.player", displayName="音乐盒", description="播放")
    admin = visit("admin", "/plugins")
    expect(admin.test("plugin-com.example.player")).to_be_visible()
    asked: list[str] = []
    admin.page.on("request", lambda request: asked.append(request.url))
    admin.page.clock.install()
    admin.test("search").focus()
    # As an input method does it: letters first, that are none of the word.
    keyboard = line_of(admin)
    keyboard.send("Input.imeSetComposition", {"text": "shuicai", "selectionStart": 7, "selectionEnd": 7})
    # However long the pause: what is only composed is not searched for.
    admin.page.clock.fast_forward(60_000)
    keyboard.send("Input.insertText", {"text": "水彩"})
    expect(admin.test("plugin-com.example.player")).to_have_count(0)
    expect(admin.test("plugin-com.example.painter")).to_be_visible()
    expect(admin.test("search")).to_have_value("水彩")
    assert not [url for url in asked if "shuicai" in url]
    assert [url for url in asked if "%E6%B0%B4%E5%BD%A9" in url]
    admin.page.reload()
    expect(admin.test("search")).to_have_value("水彩")
    expect(rows(admin)).to_have_count(1)


def test_filters_and_pages_stand_in_the_address_and_survive_a_reload(visit: Visit, server: Server) -> None:
    made = uploaded(server, 22, "com.example.paged")
    for _ in range(2):
        assert server.client.download(made[3]).status_code == 200
    admin = visit("admin", "/plugins?search=paged")
    expect(rows(admin)).to_have_count(20)
    # By relevance there is no other order.
    expect(admin.test("filter-order").locator("input")).to_be_disabled()
    choose(admin.test("filter-sort"), "下载量")
    expect(rows(admin).first).to_have_attribute("data-test", f"plugin-{made[3]}")
    choose(admin.test("filter-order"), "升序")
    expect(rows(admin).first).not_to_have_attribute("data-test", f"plugin-{made[3]}")
    choose(admin.test("filter-status"), "已发布")
    expect(admin.page).to_have_url(re.compile("status=published"))
    admin.page.locator(".el-pager .number", has_text="2").click()
    expect(rows(admin)).to_have_count(2)
    shown = names(admin)
    assert shown[-1] == made[3]

    admin.page.reload()
    expect(rows(admin)).to_have_count(2)
    assert names(admin) == shown
    for part in ("search=paged", "status=published", "sort=downloads", "order=asc", "page=2"):
        assert part in admin.page.url
    expect(admin.test("search")).to_have_value("paged")
    for name, word in (("status", "已发布"), ("sort", "下载量"), ("order", "升序")):
        expect(admin.test(f"filter-{name}")).to_contain_text(word)

    # Another question is answered from its first page on.
    choose(admin.test("filter-order"), "降序")
    expect(rows(admin).first).to_have_attribute("data-test", f"plugin-{made[3]}")
    expect(rows(admin)).to_have_count(20)
    assert "page=" not in admin.page.url
    assert "order=" not in admin.page.url


def test_a_page_that_there_is_no_more_shows_the_last_one(visit: Visit, server: Server) -> None:
    made = uploaded(server, 21, "com.example.ending")
    admin = visit("admin", "/plugins?search=ending&page=9")
    expect(rows(admin)).to_have_count(1)
    expect(admin.page).to_have_url(re.compile(r"page=2$"))
    assert set(names(admin)) <= set(made)


def test_plugins_are_filtered_by_status_and_category(visit: Visit, server: Server) -> None:
    root, developer = as_user(server, "admin"), as_user(server, "developer")
    tools = answered(root.post("/api/v1/admin/categories", {"name": "工具"}), 201)
    child = answered(root.post("/api/v1/admin/categories", {"name": "文本", "parent_id": tools["id"]}), 201)
    for name in ("com.sorted.waiting", "com.sorted.filed"):
        submitted(developer, name)
    answered(developer.call("PUT", f"{PLUGINS}/com.sorted.filed", json={"category_id": child["id"]}))
    decided(as_user(server, "reviewer"), "com.sorted.filed")
    admin = visit("admin", "/plugins?search=sorted")
    expect(rows(admin)).to_have_count(2)
    choose(admin.test("filter-status"), "待处理")
    expect(rows(admin)).to_have_count(1)
    # What the filter says no row repeats.
    expect(admin.test("plugin-com.sorted.waiting")).not_to_contain_text("待处理")
    expect(admin.test("plugin-com.sorted.waiting")).to_contain_text("developer")
    choose(admin.test("filter-status"), "全部")
    expect(rows(admin)).to_have_count(2)
    # A child stands with its parent.
    choose(admin.test("filter-category"), "工具 / 文本")
    expect(rows(admin)).to_have_count(1)
    expect(admin.test("plugin-com.sorted.filed")).to_contain_text("已发布")
    expect(admin.page).to_have_url(re.compile(f"category={child['id']}"))
    admin.page.reload()
    expect(admin.test("filter-category")).to_contain_text("工具 / 文本")
    expect(rows(admin)).to_have_count(1)


# Uploads


def upload_dialog(admin: Admin) -> Locator:
    """The dialog by which packages are uploaded, opened."""
    admin.test("upload").click()
    dialog = admin.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def chosen(admin: Admin, data: bytes, key: str = "upload-key") -> None:
    """A package and a key in the dialog."""
    admin.test("upload-file").set_input_files(zip_file(data))
    admin.test("upload-key").fill(key)


def zip_file(data: bytes, name: str = "plugin.zip") -> FilePayload:
    return {"name": name, "mimeType": "application/zip", "buffer": data}


def line_of(admin: Admin) -> CDPSession:
    """The page's connection, to be slowed down."""
    return admin.page.context.new_cdp_session(admin.page)


def slowed(line: CDPSession, bytes_per_second: int) -> None:
    """Let uploads take their time; -1: go as fast as they can."""
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    line.send("Network.emulateNetworkConditions", conditions)


def percent(admin: Admin) -> int:
    return int(admin.test("upload-progress").locator("progress").evaluate("bar => bar.value"))


def test_a_package_is_uploaded_by_keyboard_alone(visit: Visit, server: Server) -> None:
    name = "com.example.typed"
    data = package(name=name, displayName="键盘插件")
    admin = visit("admin", "/plugins")
    admin.catch_choosers()
    keyboard = admin.page.keyboard
    admin.test("upload").focus()
    keyboard.press("Enter")
    # Opening it takes the focus to where one begins.
    expect(admin.test("upload-file")).to_be_focused()
    with admin.page.expect_file_chooser() as choosing:
        keyboard.press("Space")
    choosing.value.set_files(zip_file(data, "键盘.zip"))
    expect(admin.page.get_by_role("dialog")).to_contain_text(f"已选择 键盘.zip（{len(data)} B）")
    keyboard.press("Tab")
    assert admin.page.evaluate(FOCUSED) == "upload-key"
    keyboard.type("key_of-1")
    keyboard.press("Enter")

    expect(admin.test("upload-done")).to_contain_text("键盘插件 已上传。")
    assert server.client.download(name).content == data
    # The key is the one that was typed.
    further = package(name=name, version="1.0.1", displayName="键盘插件")
    assert server.client.upload(further, key="upload-key").status_code == 403
    assert server.client.upload(further, key="key_of-1").status_code == 200
    expect(admin.test(f"plugin-{name}")).to_be_visible()
    admin.test("upload-done").get_by_role("link", name=f"查看插件 {name}").click()
    expect(admin.page).to_have_url(re.compile(rf"/plugins/{re.escape(name)}$"))
    expect(admin.page.locator("h1")).to_have_text("键盘插件")
    expect(admin.page.get_by_role("dialog")).to_have_count(0)


def test_a_package_is_uploaded_by_drag_and_drop(visit: Visit, server: Server) -> None:
    name = "com.example.dropped"
    data = package(name=name)
    admin = visit("admin", "/plugins")
    dialog = upload_dialog(admin)
    transfer = admin.page.evaluate_handle(
        """content => {
          const transfer = new DataTransfer()
          const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0))
          transfer.items.add(new File([bytes], 'dropped.zip', {type: 'application/zip'}))
          return transfer
        }""",
        base64.b64encode(data).decode(),
    )
    target = admin.page.locator(".drop")
    # False: the browser is kept from opening the file itself.
    drag = """(target, [type, dataTransfer]) =>
      target.dispatchEvent(new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true}))"""
    assert target.evaluate(drag, ["dragover", transfer]) is False
    expect(target).to_have_class(re.compile(r"\bover\b"))
    assert target.evaluate(drag, ["drop", transfer]) is False
    expect(target).not_to_have_class(re.compile(r"\bover\b"))
    expect(dialog).to_contain_text(f"已选择 dropped.zip（{len(data)} B）")
    assert known(server, name) == 404
    admin.test("upload-key").fill("upload-key")
    admin.test("upload-send").click()
    expect(admin.test("upload-done")).to_contain_text(name)
    assert server.client.download(name).content == data


def test_nothing_is_sent_without_a_file_and_a_key_that_can_be_one(visit: Visit) -> None:
    admin = visit("admin", "/plugins")
    dialog = upload_dialog(admin)
    sent: list[str] = []
    admin.page.on("request", lambda request: sent.append(request.url))
    admin.test("upload-send").click()
    expect(dialog).to_contain_text("请选择一个插件包")
    expect(dialog).to_contain_text("请输入 1–256 个字母、数字、_ 或 -")
    chosen(admin, package(name="com.example.unsent"), key="no key!")
    expect(dialog).not_to_contain_text("请选择一个插件包")
    expect(admin.test("upload-key")).to_have_attribute("aria-invalid", "true")
    admin.test("upload-send").click()
    expect(dialog).to_contain_text("请输入 1–256 个字母、数字、_ 或 -")
    assert not [url for url in sent if url.endswith(UPLOAD)]


def test_what_the_server_would_refuse_is_said_before_it_is_sent(visit: Visit, server: Server) -> None:
    admin = visit("admin", "/plugins")
    upload_dialog(admin)
    sent: list[str] = []
    admin.page.on("request", lambda request: sent.append(request.url))
    expect(admin.test("upload-limit")).to_have_text("最大 100 MiB")
    for file, words in (
        (zip_file(b"text", "notes.txt"), "notes.txt 不是 .zip 文件"),
        (zip_file(b""), "plugin.zip 是空文件"),
    ):
        admin.test("upload-file").set_input_files(file)
        expect(admin.test("upload-fault")).to_have_text(words)
    admin.page.get_by_role("dialog").get_by_role("button", name="关闭", exact=True).click()

    # The limit is the server's, at the moment: 2 KiB.
    root = server.client.log_in()
    config = root.get("/api/v1/admin/system/config").json()["data"]["upload_settings"]["max_file_size"]
    answer = root.call("PUT", "/api/v1/admin/system/config", json={"upload_settings": {"max_file_size": 2048}})
    assert answer.status_code == 200, answer.text
    try:
        admin.page.route("**/api/v1/limits", lambda route: route.continue_())
        upload_dialog(admin)
        expect(admin.test("upload-limit")).to_have_text("最大 2.0 KiB")
        chosen(admin, b"PK" + b"\0" * 3070)
        expect(admin.test("upload-fault")).to_have_text("文件为 3.0 KiB，超过上限 2.0 KiB，不会发送。")
        admin.test("upload-send").click()
        expect(admin.test("upload-file")).to_have_attribute("aria-invalid", "true")
        assert not [url for url in sent if url.endswith(UPLOAD)]
    finally:
        root.call("PUT", "/api/v1/admin/system/config", json={"upload_settings": {"max_file_size": config}})


def test_a_key_is_made_shown_copied_and_used(visit: Visit, server: Server) -> None:
    name = "com.example.generated"
    admin = visit("admin", "/plugins", permissions=["clipboard-read", "clipboard-write"])
    upload_dialog(admin)
    admin.test("upload-file").set_input_files(zip_file(package(name=name)))
    admin.test("make-key").click()
    key = admin.test("upload-key").input_value()
    assert re.fullmatch("[A-Za-z0-9]{32}", key)
    expect(admin.test("upload-key")).to_have_attribute("type", "text")
    admin.test("show-key").click()
    expect(admin.test("upload-key")).to_have_attribute("type", "password")
    admin.test("copy-key").click()
    expect(admin.page.locator(".el-message--success")).to_have_text("已复制")
    assert admin.page.evaluate("navigator.clipboard.readText()") == key
    stored = admin.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert key not in stored + admin.page.url
    admin.test("upload-send").click()
    expect(admin.test("upload-done")).to_be_visible()
    assert server.client.upload(package(name=name, version="1.0.1"), key=key).status_code == 200


def test_the_progress_of_an_upload_is_seen(visit: Visit, server: Server) -> None:
    name = "com.example.large"
    admin = visit("admin", "/plugins")
    dialog = upload_dialog(admin)
    chosen(admin, large_package(6 * MIB, name=name))
    line = line_of(admin)
    # So slowly that it lasts as long as the test looks at it.
    slowed(line, MIB // 4)
    admin.test("upload-send").click()
    progress = admin.test("upload-progress")
    expect(progress).to_contain_text("正在上传")
    expect(progress).to_contain_text(re.compile(r"[1-9]\d? % · .*B / 6\.0 MiB · [1-9][\d.]* [KM]iB/s"))
    seen = percent(admin)
    assert 0 < seen < 100
    assert eventually(lambda: seen < percent(admin) < 100)
    # It is not closed by mistake meanwhile.
    admin.page.keyboard.press("Escape")
    expect(admin.test("upload-file")).to_be_disabled()
    expect(dialog).to_be_visible()
    slowed(line, -1)
    expect(admin.test("upload-done")).to_be_visible()
    assert known(server, name) == 200


def test_an_upload_that_is_cancelled_leaves_nothing_and_can_be_sent_again(visit: Visit, server: Server) -> None:
    name = "com.example.cancelled"
    admin = visit("admin", "/plugins")
    dialog = upload_dialog(admin)
    before = set(server.files())
    chosen(admin, large_package(4 * MIB, name=name))
    line = line_of(admin)
    slowed(line, MIB // 2)
    admin.test("upload-send").click()
    assert eventually(lambda: percent(admin) > 5)
    assert eventually(lambda: set(server.files()) > before)
    admin.test("upload-cancel").click()
    expect(dialog).to_contain_text("上传已取消")
    expect(admin.test("upload-progress")).to_have_count(0)
    assert eventually(lambda: set(server.files()) == before)
    assert known(server, name) == 404

    slowed(line, -1)
    admin.test("upload-send").click()
    expect(admin.test("upload-done")).to_be_visible()
    expect(dialog).not_to_contain_text("上传已取消")
    assert known(server, name) == 200


def test_a_package_that_is_refused_shows_every_problem_in_the_server_s_words(visit: Visit, server: Server) -> None:
    bad = Zip(
        [
            Item(b"plugin.json", manifest(name="com.example.bad", version="no version"), 8),
            Item(b"../evil.dll", b"x"),
            Item(b"CON.txt", b"x"),
        ]
    ).build()
    refusal = server.client.upload(bad).json()
    problems = refusal["details"]
    assert {"path-escapes", "name-reserved", "field-version"} <= {problem["rule"] for problem in problems}
    admin = visit("admin", "/plugins")
    upload_dialog(admin)
    chosen(admin, bad)
    with admin.page.expect_response(f"**{UPLOAD}") as refused:
        admin.test("upload-send").click()
    report = admin.test("upload-report")
    expect(report).to_contain_text(refusal["message"])
    expect(report).to_contain_text(f"检查报告：{len(problems)} 个问题")
    expect(report).to_contain_text(f"请求编号 {refused.value.headers['x-request-id']}")
    expect(report.locator("tbody tr")).to_have_count(len(problems))
    for row, problem in zip(report.locator("tbody tr").all(), problems, strict=True):
        expected = [problem["message"], problem["entry"] or problem["field"], problem["rule"]]
        assert [cell.inner_text().strip() for cell in row.locator("td").all()] == expected

    # What was repaired is chosen, and the report is of the past.
    admin.test("upload-file").set_input_files(zip_file(package(name="com.example.bad")))
    expect(report).to_have_count(0)
    admin.test("upload-send").click()
    expect(admin.test("upload-done")).to_be_visible()


def test_a_wrong_key_is_refused_with_the_server_s_message_and_request_id(visit: Visit, server: Server) -> None:
    name = "com.example.locked"
    published(server, name)
    further = package(name=name, version="2.0.0")
    message = server.client.upload(further, key="wrong").json()["message"]
    admin = visit("admin", "/plugins")
    upload_dialog(admin)
    chosen(admin, further, key="wrong")
    with admin.page.expect_response(f"**{UPLOAD}") as refused:
        admin.test("upload-send").click()
    assert refused.value.status == 403
    report = admin.test("upload-report")
    expect(report).to_contain_text(message)
    expect(report).to_contain_text(f"请求编号 {refused.value.headers['x-request-id']}")
    assert server.client.download(name, "2.0.0").status_code == 404

    admin.test("upload-key").fill("upload-key")
    admin.test("upload-send").click()
    expect(admin.test("upload-done")).to_be_visible()
    assert server.client.download(name, "2.0.0").content == further


# One plugin


def opened(visit: Visit, name: str, username: str = "admin", **options: object) -> Admin:
    """A plugin's page."""
    admin = visit(username, f"/plugins/{name}", **options)
    expect(admin.page.locator("main tbody tr").first).to_be_visible()
    return admin


def tags(admin: Admin) -> list[str]:
    """The words beside the plugin's name."""
    return admin.page.locator("main .bar").first.locator(".el-tag").all_inner_texts()


def test_a_plugin_is_shown_with_its_versions(visit: Visit, server: Server) -> None:
    name = "com.example.shown"
    first = published(server, name, displayName="演示插件", changelog="第一个版本")
    needs = {"com.other.plugin": "^2.0.0", "com.third.plugin": "*"}
    second = large_package(
        3000, name=name, version="1.10.0", displayName="演示插件", dependencies=needs, engines={"MicroDock": ">=3.1.0"}
    )
    answered(server.client.upload(second))
    admin = opened(visit, name, permissions=["clipboard-read", "clipboard-write"])
    expect(admin.page.locator("h1")).to_have_text("演示插件")
    assert tags(admin) == ["已发布", "已启用"]
    for text in (name, "开发者姓名", "MIT", "3.1.0"):
        expect(admin.page.locator("dl.facts").first).to_contain_text(text)
    home = admin.page.get_by_role("link", name="https://example.com/myplugin")
    expect(home).to_have_attribute("href", "https://example.com/myplugin")
    expect(home).to_have_attribute("rel", "noopener noreferrer")

    versions = admin.page.locator('[data-test^="version-"]')
    # The highest first, by precedence and not by letters.
    assert [row.get_attribute("data-test") for row in versions.all()] == ["version-1.10.0", "version-1.0.0"]
    newest, oldest = admin.test("version-1.10.0"), admin.test("version-1.0.0")
    expect(newest).to_contain_text(f"{len(second) / 1024:.1f} KiB")
    expect(oldest).to_contain_text(f"{len(first)} B")
    for row, data in ((newest, second), (oldest, first)):
        expect(row.locator("code")).to_have_attribute("title", sha256(data))
        expect(row.locator("code")).to_have_text(f"{sha256(data)[:8]}…")
    for text in ("com.other.plugin ^2.0.0", "com.third.plugin *", "MicroDock >=3.1.0"):
        expect(newest).to_contain_text(text)
    expect(oldest).to_contain_text("MicroDock >=2.0.0")
    expect(oldest.get_by_text("第一个版本")).to_be_hidden()
    oldest.locator("summary").click()
    expect(oldest.get_by_text("第一个版本")).to_be_visible()

    admin.page.get_by_role("button", name="复制 1.0.0 的 SHA-256").click()
    expect(admin.page.locator(".el-message--success")).to_have_text("已复制")
    assert admin.page.evaluate("navigator.clipboard.readText()") == sha256(first)


def test_downloads_by_version_are_drawn_and_stand_in_a_table(visit: Visit, server: Server) -> None:
    name = "com.example.drawn"
    published(server, name)
    published(server, name, version="1.1.0")
    for version in ("1.0.0", "1.0.0", "1.0.0", "1.1.0"):
        assert server.client.download(name, version).status_code == 200
    admin = opened(visit, name)
    chart = admin.page.locator("figure")
    canvas = chart.get_by_role("img", name="各版本下载量")
    expect(canvas).to_be_visible()
    assert eventually(lambda: is_painted(canvas))
    expect(chart.locator("table")).to_be_hidden()
    chart.locator("summary").focus()
    admin.page.keyboard.press("Enter")
    expect(chart.locator("table")).to_be_visible()
    shown = [row.locator("td").all_inner_texts() for row in chart.locator("tbody tr").all()]
    assert shown == [["1.0.0", "3"], ["1.1.0", "1"]]
    expect(admin.test("version-1.0.0").locator("td.number").last).to_have_text("3")


def test_a_plugin_is_disabled_once_it_is_confirmed_and_enabled_again(visit: Visit, server: Server) -> None:
    name = "com.example.switched"
    published(server, name, displayName="开关")
    admin = opened(visit, name)
    box = admin.page.locator(".el-message-box")

    admin.test("disable").click()
    expect(box).to_contain_text("禁用 开关？")
    box.get_by_role("button", name="取消").click()
    expect(box).to_have_count(0)
    assert server.client.download(name).status_code == 200
    assert tags(admin) == ["已发布", "已启用"]

    admin.test("disable").click()
    admin.confirm()
    expect(admin.page.locator(".el-message--success")).to_have_text("已完成")
    expect(admin.test("enable")).to_be_visible()
    assert tags(admin) == ["已发布", "已禁用"]
    assert server.client.download(name).status_code == 403

    admin.page.reload()
    admin.test("enable").click()
    expect(box).to_contain_text("启用 开关？")
    assert server.client.download(name).status_code == 403
    admin.confirm()
    expect(admin.test("disable")).to_be_visible()
    assert tags(admin) == ["已发布", "已启用"]
    assert server.client.download(name).status_code == 200


def test_a_plugin_is_deprecated(visit: Visit, server: Server) -> None:
    name = "com.example.old"
    published(server, name)
    admin = opened(visit, name)
    admin.test("deprecate").click()
    admin.test("deprecation-reason").fill("不再维护")
    assert server.client.detail(name)["plugin"]["is_deprecated"] is False
    admin.test("deprecation-save").click()
    expect(admin.test("deprecation")).to_contain_text("不再维护")
    assert tags(admin) == ["已发布", "已启用", "已弃用"]
    assert server.client.detail(name)["plugin"]["is_deprecated"] is True


def test_one_version_is_deprecated(visit: Visit, server: Server) -> None:
    name = "com.example.partly"
    published(server, name)
    published(server, name, version="2.0.0")
    admin = opened(visit, name)
    newest, oldest = admin.test("version-2.0.0"), admin.test("version-1.0.0")
    newest.get_by_role("button", name="弃用 2.0.0").click()
    expect(admin.page.locator(".el-message-box")).to_contain_text(f"将 {name} 2.0.0 标为已弃用")
    admin.confirm()
    expect(newest).to_contain_text("已弃用")
    expect(newest.get_by_role("button", name="弃用 2.0.0")).to_have_count(0)
    expect(oldest).not_to_contain_text("已弃用")
    assert tags(admin) == ["已发布", "已启用"]
    found = {row["version"]: row["is_deprecated"] for row in server.client.detail(name)["versions"]}
    assert found == {"2.0.0": True, "1.0.0": False}
    # As the question says: hosts are offered it all the same.
    assert server.client.detail(name)["plugin"]["current_version"] == "2.0.0"
    expect(admin.page.locator("dl.facts .mono").nth(1)).to_have_text("2.0.0")


def test_a_plugin_is_suspended_for_a_reason_and_restored(visit: Visit, server: Server) -> None:
    name = "com.example.halted"
    published(server, name)
    admin = opened(visit, name)
    box = admin.page.locator(".el-message-box")
    admin.test("suspend").click()
    box.get_by_role("textbox").fill("  ")
    admin.confirm()
    expect(box).to_contain_text("请填写")
    assert server.client.download(name).status_code == 200
    box.get_by_role("textbox").fill("含有恶意代码")
    admin.confirm()
    expect(admin.test("restore")).to_be_visible()
    expect(admin.test("suspend")).to_have_count(0)
    assert tags(admin)[0] == "已下架"
    assert server.client.download(name).status_code == 404
    assert server.client.get(f"{PLUGINS}/{name}").status_code == 404

    admin.test("restore").click()
    box.get_by_role("textbox").fill("误报")
    admin.confirm()
    expect(admin.test("suspend")).to_be_visible()
    assert tags(admin)[0] == "已发布"
    assert server.client.download(name).status_code == 200
    path = f"/api/v1/admin/audit?target_type=plugin&target_id={name}"
    entries = answered(as_user(server, "admin").get(path))["entries"]
    found = [(entry["action"], entry["details"].get("reason")) for entry in entries]
    assert found[:2] == [("plugin.restored", "误报"), ("plugin.suspended", "含有恶意代码")]


def test_a_plugin_is_deleted_by_typing_its_name(visit: Visit, server: Server) -> None:
    name = "com.example.doomed"
    published(server, name)
    admin = opened(visit, name)
    box = admin.page.locator(".el-message-box")
    admin.test("delete").click()
    expect(box).to_contain_text(f"删除 {name}")
    for wrong in ("", "com.example.doom", f"{name} "):
        box.get_by_role("textbox").fill(wrong)
        admin.confirm()
        expect(box).to_contain_text(f"请输入 {name}")
    box.get_by_role("button", name="取消").click()
    expect(box).to_have_count(0)
    assert known(server, name) == 200

    admin.test("delete").click()
    box.get_by_role("textbox").fill(name)
    admin.confirm()
    expect(admin.page).to_have_url(re.compile("/admin/plugins$"))
    expect(admin.page.locator(".el-message--success")).to_have_text("已删除")
    assert known(server, name) == 404
    assert server.client.download(name).status_code == 404
    expect(rows(admin).first).to_be_visible()
    expect(admin.test(f"plugin-{name}")).to_have_count(0)


def test_a_version_is_downloaded_with_the_same_bytes(visit: Visit, server: Server) -> None:
    name = "com.example.fetched"
    first = published(server, name)
    published(server, name, version="1.0.1")
    admin = opened(visit, name)
    with admin.page.expect_download() as saving:
        admin.page.get_by_role("button", name="下载 1.0.0").click()
    assert Path(saving.value.path()).read_bytes() == first
    file_names = {row["version"]: row["file_name"] for row in server.client.detail(name)["versions"]}
    assert saving.value.suggested_filename == file_names["1.0.0"]


def test_a_version_that_nobody_may_have_yet_is_downloaded_by_a_reviewer(visit: Visit, server: Server) -> None:
    name = "com.example.hidden"
    data = submitted(as_user(server, "developer"), name)
    assert server.client.download(name).status_code == 404
    reviewer = opened(visit, name, "reviewer")
    with reviewer.page.expect_download() as saving:
        reviewer.page.get_by_role("button", name="下载 1.0.0").click()
    assert len(Path(saving.value.path()).read_bytes()) == data["stats"]["size"]
    # What a reviewer may not do is not offered.
    for act in ("disable", "deprecate", "delete"):
        expect(reviewer.test(act)).to_have_count(0)


def test_an_act_that_is_refused_says_why_and_stays_readable(visit: Visit, server: Server) -> None:
    name = "com.example.gone"
    published(server, name)
    admin = opened(visit, name)
    root = as_user(server, "admin")
    answered(root.post("/api/plugins/delete", {"name": name}))
    message = root.post("/api/plugins/disable", {"name": name}).json()["message"]
    admin.test("disable").click()
    with admin.page.expect_response("**/api/plugins/disable") as refused:
        admin.confirm()
    word = admin.page.locator(".el-message--error")
    expect(word).to_contain_text(message)
    expect(word).to_contain_text(f"请求编号 {refused.value.headers['x-request-id']}")
    expect(admin.test("disable")).to_be_enabled()


def test_a_plugin_that_is_not_there_says_so(visit: Visit, server: Server) -> None:
    admin = visit("admin", "/plugins/com.example.never")
    message = server.client.get(f"{PLUGINS}/com.example.never").json()["message"]
    expect(admin.test("error")).to_contain_text(message)
    expect(admin.test("error")).to_contain_text("请求编号")


# Many of them


@pytest.fixture
def crowded(browser: Browser, start_server: Any) -> Iterator[Admin]:
    """The page on a server that has 10,000 plugins."""
    server: Server = start_server()
    published(server, "com.example.template")
    fill(server.data / "microdock.db", MANY, "com.example.template")
    # Rows that the server did not write are not in its search index.
    with server.application() as app, app.app_context():
        search.rebuild()
    seen: list[str] = []
    admin = tab(browser, server, seen)
    admin.enter(session(server, "admin"), "/plugins")
    yield admin
    admin.page.context.close()
    assert seen == []


def test_of_ten_thousand_plugins_a_page_is_shown_and_one_is_found(crowded: Admin) -> None:
    asked: list[str] = []
    crowded.page.on("request", lambda request: asked.append(request.url))
    expect(rows(crowded)).to_have_count(20)
    expect(crowded.page.locator(".pager")).to_contain_text("共 10,000 条")
    crowded.page.locator(".el-pager .number", has_text="500").click()
    expect(crowded.page).to_have_url(re.compile(r"page=500$"))
    expect(rows(crowded)).to_have_count(20)
    crowded.test("search").press_sequentially("助手 7777", delay=20)
    expect(rows(crowded)).to_have_count(1)
    expect(rows(crowded)).to_contain_text("助手 7777")
    expect(crowded.page.locator(".pager")).to_have_text("共 1 条")
    rows(crowded).get_by_role("link").click()
    expect(crowded.page.locator("h1")).to_contain_text("助手 7777")
    # Never the whole list.
    assert not [url for url in asked if "/api/plugins/list" in url]
