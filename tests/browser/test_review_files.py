"""What reviewers read and write besides the facts: changed files line by line, and replies that they keep."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from ..bundle.packages import plugin_dll, real_dll
from ..live import Client, Server
from ..support import manifest
from .conftest import Look, Visit
from .page import Admin
from .people import PLUGINS, add_people, as_user, decided, submitted
from .test_releases import look_at

pytestmark = pytest.mark.live

V1 = "/api/v1"
QUEUE = f"{V1}/admin/reviews/queue?limit=100"
REPLIES = f"{V1}/admin/review-replies"


@pytest.fixture(scope="module", autouse=True)
def _people(server: Server) -> None:
    add_people(server)


def packed(name: str, version: str, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plugin.json", json.dumps(manifest(name=name, version=version, displayName="文件"), indent=2))
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def sent(developer: Client, path: str, version: str, content: bytes) -> None:
    file = ("plugin.zip", io.BytesIO(content))
    answer = developer.post(path, data={"version": version}, files={"plugin_file": file})
    assert answer.status_code == 201, answer.text


def review_of(server: Server, name: str) -> str:
    rows = as_user(server, "admin").get(QUEUE).json()["data"]["reviews"]
    return next(str(row["id"]) for row in rows if row["plugin"]["plugin_name"] == name)


def changed(server: Server, name: str, before: dict[str, bytes], after: dict[str, bytes]) -> str:
    """The path of the review of a second version."""
    developer = as_user(server, "developer")
    sent(developer, PLUGINS, "1.0.0", packed(name, "1.0.0", before))
    decided(as_user(server, "reviewer"), name)
    sent(developer, f"{PLUGINS}/{name}/versions", "2.0.0", packed(name, "2.0.0", after))
    return f"/reviews/{review_of(server, name)}"


def begun(server: Server, name: str, **changes: Any) -> str:
    """The path of a review that the reviewer has started."""
    submitted(as_user(server, "developer"), name, **changes)
    number = review_of(server, name)
    answer = as_user(server, "reviewer").post(f"{V1}/admin/reviews/{number}/start")
    assert answer.status_code == 200, answer.text
    return f"/reviews/{number}"


def file_of(admin: Admin, path: str) -> Locator:
    return admin.test(f"file-{path}")


def opened(admin: Admin, path: str) -> Locator:
    """A file's facts and lines, opened by the keyboard."""
    found = file_of(admin, path)
    found.locator("summary").press("Enter")
    return found


def test_changed_files_open_to_their_lines_and_facts(visit: Visit, server: Server, look: Look) -> None:
    lines = [f"line {number}\n" for number in range(40)]
    long = "x" * 600
    before = {
        "MyPlugin.dll": plugin_dll(),
        "a/notes.txt": "".join(lines).encode(),
        "gone.bin": bytes(3000),
        "ends.txt": b"one\ntwo\n",
    }
    after = {
        "MyPlugin.dll": real_dll(),
        "a/notes.txt": "".join([*lines[:20], f"{long}\n", "if (isAdmin\u202e) // \u2028run()\n", *lines[21:]]).encode(),
        "ends.txt": b"one\r\ntwo\r\n",
        "新/a very long name of a file that goes on and on and on and on and on and on.txt": b"new\n",
    }
    admin = visit("reviewer", changed(server, "com.example.lines", before, after))
    admin.settled()
    expect(admin.test("file-counts")).to_have_text("新增 1 个，移除 1 个，改动 4 个")
    notes = file_of(admin, "a/notes.txt")
    expect(notes.locator("summary")).to_contain_text("2 个字符不可见，或会改变其他字符的显示顺序")
    opened(admin, "a/notes.txt")
    table = notes.locator('[data-test="file-diff"] table')
    expect(table.locator("tr.removed")).to_have_count(1)
    expect(table.locator("tr.removed td")).to_contain_text(["21", "", "−", "line 20"])
    expect(table.locator("tr.added")).to_have_count(2)
    # What hides is spelled out, and named on hovering.
    unseen = table.locator("tr.added .unseen")
    expect(unseen).to_have_text(["U+202E", "U+2028"])
    expect(unseen.first).to_have_attribute("title", "RIGHT-TO-LEFT OVERRIDE")
    # Three lines around, and no more.
    expect(table.locator("tr.same")).to_have_count(6)

    library = opened(admin, "MyPlugin.dll").locator('[data-test="file-facts"]')
    row = library.locator("tr", has=admin.page.get_by_role("rowheader", name="程序集", exact=True))
    expect(row.locator("td").nth(0)).to_contain_text("Clock ")
    expect(row.locator("td").nth(1)).to_contain_text("Python.Runtime ")
    expect(file_of(admin, "MyPlugin.dll").locator('[data-test="file-references"]')).to_contain_text("netstandard")
    expect(file_of(admin, "MyPlugin.dll").locator('[data-test="file-diff"]')).to_have_count(0)

    expect(opened(admin, "ends.txt").locator('[data-test="file-diff"]')).to_contain_text("只有编码或换行不同")
    expect(opened(admin, "gone.bin").locator('[data-test="file-facts"]')).to_contain_text("不存在")
    admin.settled()
    look(admin, "review-files")


def test_a_first_version_can_be_read_whole(visit: Visit, server: Server) -> None:
    name = "com.example.firstfiles"
    content = packed(name, "1.0.0", {"MyPlugin.dll": b"MZ no", "run.ps1": b"one\n<b>two</b>\n"})
    sent(as_user(server, "developer"), PLUGINS, "1.0.0", content)
    admin = visit("reviewer", f"/reviews/{review_of(server, name)}")
    rows = opened(admin, "run.ps1").locator('[data-test="file-diff"] tr.added .text')
    expect(rows).to_have_text(["one", "<b>two</b>"])


def test_many_files_are_shown_by_the_page(visit: Visit, server: Server) -> None:
    name = "com.example.manyfiles"
    files = {f"{number:03}.txt": b"x" for number in range(70)}
    sent(as_user(server, "developer"), PLUGINS, "1.0.0", packed(name, "1.0.0", {"MyPlugin.dll": b"MZ no", **files}))
    admin = visit("reviewer", f"/reviews/{review_of(server, name)}")
    rows = admin.test("file-changes").locator("li")
    expect(rows).to_have_count(50)
    admin.test("more-files").click()
    expect(rows).to_have_count(72)
    expect(admin.test("more-files")).to_have_count(0)


def field(admin: Admin, test: str) -> Locator:
    return admin.page.locator(f'textarea[data-test="{test}"]')


def test_a_reply_is_kept_found_and_put_in_at_the_cursor(visit: Visit, server: Server) -> None:
    name = "com.example.replies"
    admin = visit("reviewer", begun(server, name, displayName="常用"))
    notes = field(admin, "notes")
    notes.fill("请说明 {plugin} {version} 为什么需要网络权限。")
    # Kept from what is written.
    admin.test("replies").click()
    expect(admin.test("replies-search")).to_be_focused()
    admin.test("reply-keep").click()
    expect(field(admin, "reply-text")).to_have_value("请说明 {plugin} {version} 为什么需要网络权限。")
    admin.test("reply-title").fill("网络权限")
    admin.test("reply-save").click()
    expect(admin.test("reply-网络权限")).to_contain_text("请说明 常用 1.0.0 为什么需要网络权限。")
    admin.test("reply-keep").click()
    admin.test("reply-title").fill("别的")
    field(admin, "reply-text").fill("别的内容")
    admin.test("reply-save").click()
    expect(admin.test("replies-dialog").locator("li")).to_have_count(2)
    look_at(admin, "review-replies")
    admin.page.keyboard.press("Escape")
    expect(admin.test("replies-dialog")).to_be_hidden()

    # Found by typing, put in by Enter where the cursor was.
    notes.fill("前后")
    notes.evaluate("(area) => area.setSelectionRange(1, 1)")
    admin.test("replies").click()
    admin.test("replies-search").fill("网络")
    expect(admin.test("replies-dialog").locator("li")).to_have_count(1)
    admin.page.keyboard.press("Enter")
    expect(notes).to_have_value("前\n请说明 常用 1.0.0 为什么需要网络权限。\n后")
    expect(notes).to_be_focused()

    # What would not fit is not cut.
    notes.fill("长" * 9_990)
    admin.test("replies").click()
    admin.test("reply-别的").locator('[data-test="reply-insert"]').click()
    expect(notes).not_to_have_value("长" * 9_990)
    notes.fill("长" * 9_999)
    admin.test("replies").click()
    admin.test("reply-别的").locator('[data-test="reply-insert"]').click()
    expect(admin.test("replies-dialog").get_by_role("alert")).to_contain_text("超过字数上限")
    expect(notes).to_have_value("长" * 9_999)

    admin.test("reply-别的").locator('[data-test="reply-delete"]').click()
    admin.confirm()
    expect(admin.test("reply-别的")).to_have_count(0)
    kept = as_user(server, "reviewer").get(REPLIES).json()["data"]
    assert [reply["title"] for reply in kept] == ["网络权限"]


def test_what_is_shared_is_there_for_others_also_in_an_answer_to_an_appeal(visit: Visit, server: Server) -> None:
    name = "com.example.sharedreply"
    body = {"title": "共用的", "text": "{plugin} 可以重新提交。", "is_shared": True}
    assert as_user(server, "reviewer").post(REPLIES, body).status_code == 201
    developer = as_user(server, "developer")
    plugin = submitted(developer, name, displayName="申诉的")
    decided(as_user(server, "reviewer"), name, "rejected")
    appeal = {"plugin_id": plugin["id"], "type": "review_decision", "reason": "不对"}
    assert developer.post(f"{V1}/developers/appeals", appeal).status_code == 201

    admin = visit("colleague", "/appeals")
    admin.test(f"appeal-{name}").locator('[data-test="appeal-decide"]').click()
    admin.test("appeal-dialog").locator('[data-test="replies"]').click()
    shared = admin.test("reply-共用的")
    expect(shared).to_contain_text("reviewer 共用给所有审核员")
    # Of another's, only the use.
    expect(shared.locator("button")).to_have_count(1)
    shared.locator('[data-test="reply-insert"]').click()
    expect(field(admin, "appeal-response")).to_have_value("申诉的 可以重新提交。")
