"""The review of plugins: two reviewers, an administrator and a developer, each in a browser of their own."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from ..bundle.packages import real_dll
from ..live import Client, Server
from ..market import run_jobs
from ..support import manifest
from .conftest import Visit
from .page import Admin
from .people import PEOPLE, PLUGINS, add_people, as_user, decided, further, submitted

pytestmark = pytest.mark.live

V1 = "/api/v1"
QUEUE = f"{V1}/admin/reviews/queue"
NOTHING_NEXT = "没有未分配或属于您的审核任务。"
ALL_DONE = "没有其他待您审核的任务了。"

Calls = dict[str, Client]


@pytest.fixture(scope="module")
def calls(server: Server) -> Calls:
    """Calls of everybody, by username."""
    add_people(server)
    return {name: as_user(server, name) for name in ("admin", *PEOPLE)}


@pytest.fixture(autouse=True)
def _empty_queue(calls: Calls) -> None:
    """Nothing waits, and nobody has anything unread, when a test begins."""
    rows = waiting(calls)
    if rows:
        body = {"review_ids": [row["id"] for row in rows], "action": "reject", "notes": "the next test begins"}
        # Of one's own plugin nobody decides, whoever they are.
        for name in ("admin", "colleague"):
            calls[name].post(f"{V1}/admin/reviews/batch", body)
    assert waiting(calls) == []
    for one in calls.values():
        assert one.post(f"{V1}/notifications/read", {"all": True}).status_code == 200


def waiting(calls: Calls) -> list[dict[str, Any]]:
    """The open reviews."""
    return list(calls["admin"].get(f"{QUEUE}?limit=100").json()["data"]["reviews"])


def review_of(calls: Calls, name: str) -> dict[str, Any]:
    """The open review of a plugin."""
    return next(row for row in waiting(calls) if row["plugin"]["plugin_name"] == name)


def review(calls: Calls, review_id: str) -> dict[str, Any]:
    """A review, as the server tells it."""
    return dict(calls["admin"].get(f"{V1}/admin/reviews/{review_id}").json()["data"])


def zipped(others: dict[str, str], dll: bytes = b"MZ not really an assembly", **changes: Any) -> bytes:
    """A package with other files beside the assembly."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plugin.json", json.dumps(manifest(**changes), ensure_ascii=False))
        archive.writestr("MyPlugin.dll", dll)
        for name, text in others.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def sent(developer: Client, path: str, version: str, content: bytes) -> None:
    """Submit a package."""
    file = ("plugin.zip", io.BytesIO(content))
    answer = developer.post(path, data={"version": version}, files={"plugin_file": file})
    assert answer.status_code == 201, answer.text


def unread(admin: Admin, count: int) -> None:
    """The bell says that so many are unread."""
    expect(admin.test("bell")).to_have_attribute("aria-label", f"通知，{count} 条未读")


def badge(admin: Admin) -> Locator:
    """How many reviews wait, as the menu says."""
    return admin.test("menu-reviews").locator(".el-badge__content")


def row(admin: Admin, name: str, version: str = "1.0.0") -> Locator:
    """A line of the queue."""
    return admin.test(f"review-{name}-{version}")


def open_review(admin: Admin, name: str, version: str = "1.0.0") -> None:
    """From the queue to a review."""
    row(admin, name, version).get_by_role("link").click()
    expect(admin.test("review")).to_be_visible()


def says(admin: Admin, text: str) -> None:
    """A message says so."""
    expect(admin.page.locator(".el-message", has_text=text)).to_be_visible()


def answer(admin: Admin, item: str, word: str) -> None:
    """Answer one question of the checklist."""
    admin.test(f"check-{item}").get_by_text(word, exact=True).click()


def decide(admin: Admin, verdict: str) -> None:
    admin.test(f"decide-{verdict}").click()
    admin.confirm()


def approve(admin: Admin) -> None:
    """Start the review that is shown, and approve."""
    admin.test("start").click()
    decide(admin, "approved")


def lines(admin: Admin, part: str, kind: str) -> list[str]:
    """What a part of the difference lists as added, changed or removed."""
    return admin.test(f"diff-{part}").locator(f"li.{kind} bdi").all_text_contents()


# From the queue to the marketplace


def test_a_plugin_goes_through_the_queue_until_everybody_sees_it(visit: Visit, server: Server, calls: Calls) -> None:
    name = "com.example.journey"
    submitted(calls["developer"], name, displayName="旅程")
    first = visit("reviewer")
    second = visit("colleague", "/reviews")
    developer = visit("developer")
    expect(badge(first)).to_have_text("1")
    expect(badge(second)).to_have_text("1")
    unread(developer, 0)
    developer.page.evaluate("window.wasHere = true")
    open_review(second, name)
    expect(second.test("reviewer")).to_have_text("未分配")
    expect(second.test("release-preview")).to_contain_text("成为当前版本，并立即提供给所有宿主。")

    # The first takes it.
    first.menu("reviews")
    expect(row(first, name)).to_contain_text("新插件")
    expect(row(first, name)).to_contain_text("未分配")
    first.test("next").click()
    expect(first.page.locator("h1")).to_contain_text("旅程")
    expect(first.test("decision")).to_have_count(0)
    first.test("start").click()
    expect(first.test("decision")).to_be_visible()
    expect(first.test("review-status")).to_have_text("审核中")
    expect(first.test("reviewer")).to_have_text("reviewer")
    opened = review_of(calls, name)
    assert (opened["status"], opened["assigned_reviewer"]["username"]) == ("in_review", "reviewer")
    unread(developer, 1)

    # The second, who still sees it as nobody's, does not.
    second.test("start").click()
    refusal = second.page.locator(".el-message--error")
    expect(refusal).to_contain_text("该审核任务已分配给其他审核员")
    expect(refusal).to_contain_text("请求编号")
    expect(second.test("review")).to_contain_text("此任务由 reviewer 处理。")
    expect(second.test("reviewer")).to_have_text("reviewer")
    expect(second.test("start")).to_have_count(0)
    expect(second.test("decision")).to_have_count(0)
    second.menu("reviews")
    expect(row(second, name)).to_contain_text("reviewer")
    second.test("next").click()
    says(second, NOTHING_NEXT)

    # What is wrong has to be said before anything but an approval.
    for verdict in ("needs_changes", "rejected"):
        expect(first.test(f"decide-{verdict}")).to_be_disabled()
    expect(first.test("decide-approved")).to_be_enabled()
    answer(first, "no_harmful_code", "是")
    answer(first, "permissions_needed", "否")
    answer(first, "documents_complete", "不适用")
    first.test("notes").fill("请补充文档")
    first.test("recommendations").fill("写 README\n\n  去掉多余权限  ")
    first.test("decide-needs_changes").click()
    box = first.page.locator(".el-message-box")
    expect(box).to_contain_text("要求修改 旅程 1.0.0")
    box.get_by_role("button", name="取消").click()
    assert review(calls, opened["id"])["status"] == "in_review"
    decide(first, "needs_changes")
    says(first, ALL_DONE)
    expect(first.page).to_have_url(re.compile(r"/admin/reviews$"))
    expect(row(first, name)).to_have_count(0)
    expect(badge(first)).to_have_count(0)

    done = review(calls, opened["id"])
    assert (done["status"], done["notes"]) == ("needs_changes", "请补充文档")
    assert done["recommendations"] == ["写 README", "去掉多余权限"]
    assert done["checklist"] == {
        "security": {
            "no_harmful_code": "pass",
            "permissions_needed": "fail",
            "sensitive_apis_explained": "not_checked",
        },
        "quality": {"does_what_it_says": "not_checked", "documents_complete": "not_applicable"},
        "compatibility": {"dependencies_right": "not_checked"},
    }

    # The developer hears of it as it happens (the status, and the decision), and sends it again.
    unread(developer, 3)
    developer.test("bell").click()
    notices = developer.page.locator(".notices li.unread")
    expect(notices.filter(has_text=f"您的插件 {name} 1.0.0 需要修改")).to_have_count(1)
    expect(notices.filter(has_text="已通过审核")).to_have_count(0)
    assert server.client.get(f"{PLUGINS}/{name}").status_code == 404
    again = calls["developer"].post(f"{PLUGINS}/{name}/submit", {})
    assert again.status_code == 200, again.text

    # The outcome can be read, and not be decided once more.
    second.go(f"/reviews/{opened['id']}")
    expect(second.test("outcome")).to_contain_text("去掉多余权限")
    expect(second.test("outcome")).to_contain_text("申请的权限都有必要 – 否")
    expect(second.test("start")).to_have_count(0)
    expect(second.test("decision")).to_have_count(0)

    # This time the second takes it, and finds it good.
    second.test("menu-reviews").click()
    open_review(second, name)
    assert review_of(calls, name)["id"] != opened["id"]
    approve(second)
    says(second, ALL_DONE)
    expect(second.page).to_have_url(re.compile(r"/admin/reviews$"))
    expect(notices.filter(has_text=f"您的插件 {name} 1.0.0 已通过审核")).to_have_count(1)
    unread(developer, calls["developer"].get(f"{V1}/notifications").json()["data"]["unread_count"])
    assert developer.page.evaluate("window.wasHere === true")
    public = server.client.get(f"{PLUGINS}/{name}")
    assert public.status_code == 200, public.text
    assert (public.json()["data"]["status"], public.json()["data"]["version"]) == ("published", "1.0.0")
    assert server.client.download(name).status_code == 200


def test_the_next_one_comes_up_by_itself(visit: Visit, calls: Calls) -> None:
    for place in ("first", "second", "third"):
        submitted(calls["developer"], f"com.example.row-{place}", displayName=f"Row {place}")
    order = [found["plugin"]["name"] for found in waiting(calls)]
    ids = [found["id"] for found in waiting(calls)]
    admin = visit("reviewer", "/reviews")
    heading = admin.page.locator("h1")
    expect(badge(admin)).to_have_text("3")
    admin.test("next").click()
    expect(heading).to_contain_text(order[0])
    # What is skipped stays where it is, and comes up once the others are done.
    admin.test("skip").click()
    expect(heading).to_contain_text(order[1])
    expect(admin.page).to_have_url(re.compile(f"/reviews/{ids[1]}$"))
    approve(admin)
    says(admin, f"{order[1]} 1.0.0：审核结论已提交")
    expect(heading).to_contain_text(order[0])
    expect(heading).to_be_focused()
    expect(badge(admin)).to_have_text("2")
    approve(admin)
    expect(heading).to_contain_text(order[2])
    expect(admin.page).to_have_url(re.compile(f"/reviews/{ids[2]}$"))
    assert admin.page.get_by_text(ALL_DONE).count() == 0
    approve(admin)
    says(admin, ALL_DONE)
    expect(admin.page).to_have_url(re.compile(r"/admin/reviews$"))
    expect(admin.page.locator("main")).to_contain_text("没有符合条件的审核任务")
    assert [review(calls, review_id)["status"] for review_id in ids] == ["approved"] * 3


def test_nobody_reviews_a_plugin_of_their_own(visit: Visit, calls: Calls) -> None:
    submitted(calls["admin"], "com.example.own", displayName="Own")
    admin = visit("admin", "/reviews")
    open_review(admin, "com.example.own")
    admin.test("start").click()
    says(admin, "不能审核自己的插件")
    assert review_of(calls, "com.example.own")["status"] == "pending"
    # It is not offered again.
    admin.menu("reviews")
    admin.test("next").click()
    says(admin, NOTHING_NEXT)


def test_a_decision_that_somebody_else_made_meanwhile_stands(visit: Visit, calls: Calls) -> None:
    name = "com.example.overtaken"
    submitted(calls["developer"], name, displayName="Overtaken")
    review_id = review_of(calls, name)["id"]
    admin = visit("reviewer", f"/reviews/{review_id}")
    admin.test("start").click()
    admin.test("notes").fill("nothing for us")
    body = {"result": "approved", "notes": "decided by the administrator"}
    assert calls["admin"].post(f"{V1}/admin/reviews/{review_id}/submit", body).status_code == 200
    decide(admin, "rejected")
    expect(admin.page.locator(".el-message--error")).to_contain_text("该审核已有结论")
    expect(admin.test("outcome")).to_contain_text("decided by the administrator")
    expect(admin.test("decision")).to_have_count(0)
    assert review(calls, review_id)["status"] == "approved"


# What a reviewer is shown


def test_what_a_version_changes_is_shown_beside_the_published_one(
    visit: Visit, calls: Calls, picture: Callable[[Admin, str], None]
) -> None:
    name = "com.example.changes"
    before = zipped(
        {"docs/old.txt": "old", "config.json": "{}", "data.txt": "one"},
        name=name,
        displayName="变更",
        permissions=["http:api", "storage:local"],
        dependencies={"com.other.plugin": ">=1.0.0"},
    )
    sent(calls["developer"], PLUGINS, "1.0.0", before)
    admin = visit("reviewer", f"/reviews/{review_of(calls, name)['id']}")
    expect(admin.test("diff")).to_contain_text("没有已发布的版本可比较")
    assert lines(admin, "permissions", "added") == ["http:api", "storage:local"]
    decided(calls["reviewer"], name)

    after = zipped(
        {"docs/new.txt": "new", "config.json": "{}", "data.txt": "two"},
        dll=real_dll(),
        name=name,
        version="1.1.0",
        displayName="变更",
        permissions=["http:api", "http:external"],
        dependencies={"com.other.plugin": ">=2.0.0", "com.nowhere.plugin": "^1.0.0"},
        entryClass="Python.Runtime.PythonEngine",
        changelog="新的权限 <b>不是粗体</b>",
    )
    sent(calls["developer"], f"{PLUGINS}/{name}/versions", "1.1.0", after)
    admin.menu("reviews")
    expect(row(admin, name, "1.1.0")).to_contain_text("新版本")
    open_review(admin, name, "1.1.0")
    expect(admin.test("diff")).to_contain_text("与已发布的 1.0.0 相比")
    assert lines(admin, "permissions", "added") == ["http:external"]
    assert lines(admin, "permissions", "removed") == ["storage:local"]
    assert lines(admin, "permissions", "changed") == []
    files = admin.test("file-changes").locator("li")
    for path, word in (
        ("docs/new.txt", "新增"),
        ("docs/old.txt", "移除"),
        ("MyPlugin.dll", "改动"),
        ("data.txt", "改动"),
    ):
        expect(files.filter(has_text=path)).to_contain_text(word)
    expect(files.filter(has_text="config.json")).to_have_count(0)
    assert "动态加载: System.Reflection.Assembly::LoadFrom" in lines(admin, "capabilities", "added")
    assert "/usr/lib/libSystem.dylib!dlopen" in lines(admin, "native_imports", "added")

    fields = admin.test("diff").locator("tbody tr")
    dependencies = fields.filter(has=admin.page.get_by_role("rowheader", name="依赖", exact=True))
    expect(dependencies.locator("td").nth(0)).to_have_text("com.other.plugin: >=1.0.0")
    expect(dependencies.locator("td").nth(1)).to_contain_text("com.other.plugin: >=2.0.0")
    expect(dependencies.locator("td").nth(1)).to_contain_text("com.nowhere.plugin: ^1.0.0")
    entry = fields.filter(has=admin.page.get_by_role("rowheader", name="入口类", exact=True))
    expect(entry.locator("td")).to_have_text(["MyPlugin.PluginEntry", "Python.Runtime.PythonEngine"])
    # What is the same in both is not listed.
    expect(fields.filter(has=admin.page.get_by_role("rowheader", name="许可证", exact=True))).to_have_count(0)

    facts = admin.test("manifest")
    expect(facts).to_contain_text("Python.Runtime.PythonEngine")
    expect(facts).to_contain_text("com.nowhere.plugin: ^1.0.0")
    expect(facts.get_by_role("link", name="https://example.com/myplugin")).to_have_attribute(
        "rel", "noopener noreferrer"
    )
    # What a developer writes is text, and nothing else.
    expect(admin.test("listing-changelog")).to_have_text("新的权限 <b>不是粗体</b>")
    with admin.page.expect_download() as download:
        admin.test("download").click()
    assert download.value.path().read_bytes() == after
    assert admin.violations() == []
    picture(admin, "review-changes")


def test_what_the_automatic_review_found_is_shown_with_its_evidence(visit: Visit, server: Server, calls: Calls) -> None:
    name = "com.example.findings"
    content = zipped(
        {},
        dll=real_dll(),
        name=name,
        displayName="发现",
        entryClass="Python.Runtime.PythonEngine",
        dependencies={"com.nowhere.plugin": "^1.0.0"},
    )
    sent(calls["developer"], PLUGINS, "1.0.0", content)
    admin = visit("reviewer", f"/reviews/{review_of(calls, name)['id']}")
    panel = admin.test("auto-review")
    expect(panel).to_contain_text("自动审核等待进行")
    expect(admin.test("findings")).to_have_count(0)

    with server.application() as app:
        assert run_jobs(app) >= 1
    # It comes when the reviewer asks for it.
    admin.page.get_by_role("button", name="刷新").click()
    found = review(calls, review_of(calls, name)["id"])["auto_review"]
    expect(admin.test("score")).to_have_text(f"{found['overall_score']} 分")
    assert 0 < found["overall_score"] < 100
    for area in ("security", "quality", "compatibility"):
        expect(admin.test(f"area-{area}")).to_contain_text(f"{found['checks'][area]['score']} 分")
    expect(admin.test("area-performance")).not_to_contain_text("分")
    expect(admin.test("area-security")).to_contain_text("警告")
    # Nothing is measured that would need the plugin to run.
    startup = admin.test("area-performance").locator("dt", has_text="启动时间").locator("+ dd")
    expect(startup).to_have_text("未测量")
    expect(admin.test("area-compatibility")).to_contain_text("com.nowhere.plugin ^1.0.0 (未知)")

    finding = admin.test("findings").locator("> li")
    assert finding.count() == len(found["issues"])
    loading = finding.filter(has_text="uses_dynamic_loading")
    expect(loading).to_contain_text("在运行时加载程序集（2 处）")
    expect(loading).to_contain_text("中")
    # Of little evidence all is open, of much only when it is asked for.
    expect(loading.get_by_text("System.Reflection.Assembly::LoadFrom")).to_be_visible()
    # What a finding is about is read without a click; evidence that its message says already is not said twice.
    missing = finding.filter(has_text="dependency_unknown")
    expect(missing.get_by_text("com.nowhere.plugin")).to_be_visible()
    expect(missing.locator("details")).to_have_count(0)
    native = finding.filter(has_text="native_imports")
    evidence = native.get_by_text("/usr/lib/libSystem.dylib!dlopen")
    expect(evidence).to_be_hidden()
    native.locator("summary").click()
    expect(evidence).to_be_visible()
    expect(panel).to_contain_text("在描述中说明为何需要本机函数")

    admin.menu("reviews")
    expect(row(admin, name)).to_contain_text(f"{found['overall_score']} 分")


# Several at once, and for others


def test_each_of_several_says_what_became_of_it(visit: Visit, calls: Calls) -> None:
    names = [f"com.example.batch-{place}" for place in range(3)]
    for place, name in enumerate(names):
        submitted(calls["developer"], name, displayName=f"Batch {place}")
    ids = [review_of(calls, name)["id"] for name in names]
    submitted(calls["developer"], "com.example.untouched", displayName="Untouched")
    admin = visit("reviewer", "/reviews")
    expect(admin.test("batch-bar")).to_have_count(0)
    for name in names:
        row(admin, name).locator(".el-checkbox").click()
    expect(admin.page.get_by_role("status").filter(has_text="已选")).to_have_text("已选 3 项")
    admin.test("batch-needs_changes").click()
    dialog = admin.page.get_by_role("dialog")
    expect(dialog.locator("li")).to_have_text([re.compile(f"Batch {place}") for place in range(3)])
    # Somebody is faster.
    decided(calls["colleague"], names[1])
    expect(admin.test("batch-confirm")).to_be_disabled()
    admin.test("batch-notes").fill("请修改")
    admin.test("batch-confirm").click()

    expect(admin.test("batch-result")).to_contain_text("2 项成功，1 项失败")
    expect(admin.test("batch-ok")).to_have_text([re.compile("Batch 0.*需修改"), re.compile("Batch 2.*需修改")])
    expect(admin.test("batch-failed")).to_have_text([re.compile("Batch 1.*失败.*该审核已有结论")])
    admin.test("batch-close").click()
    expect(admin.test("batch-result")).to_be_hidden()
    for name in names:
        expect(row(admin, name)).to_have_count(0)
    expect(row(admin, "com.example.untouched")).to_be_visible()
    expect(badge(admin)).to_have_text("1")
    expect(admin.test("batch-bar")).to_have_count(0)
    assert [review(calls, review_id)["status"] for review_id in ids] == ["needs_changes", "approved", "needs_changes"]
    assert [review(calls, review_id)["notes"] for review_id in ids] == ["请修改", "noted", "请修改"]


@pytest.mark.parametrize("size", [{"width": 1280, "height": 600}, {"width": 360, "height": 500}], ids=["wide", "phone"])
def test_what_is_done_with_the_selected_ones_stays_in_view(visit: Visit, calls: Calls, size: dict[str, int]) -> None:
    for place in range(6):
        submitted(calls["developer"], f"com.example.many-{place}-{size['width']}")
    admin = visit("reviewer", "/reviews", viewport=size)
    admin.page.locator("tbody .el-checkbox").last.click()
    # Whatever the keyboard leads to lies above it, on the way up and on the way down.
    covered = """() => {
      const stop = document.activeElement
      if (!stop.closest('tbody')) return `${stop.tagName} ${stop.className} is in no row`
      const {top, bottom} = (stop.closest('label') ?? stop).getBoundingClientRect()
      const bar = document.querySelector('[data-test="batch-bar"]').getBoundingClientRect().top
      return top < 0 || bottom > bar + 1 ? `${stop.tagName} from ${top} to ${bottom}, the bar at ${bar}` : null
    }"""
    for key in ["Shift+Tab"] * 10 + ["Tab"] * 11:
        admin.page.keyboard.press(key)
        assert admin.page.evaluate(covered) is None
    for to in ("0", "document.documentElement.scrollHeight"):
        admin.page.evaluate(f"window.scrollTo(0, {to})")
        expect(admin.test("batch-rejected")).to_be_in_viewport(ratio=1)
    assert admin.overflow() <= 0
    assert admin.violations() == []
    admin.test("batch-none").click()
    expect(admin.test("batch-bar")).to_have_count(0)


def test_the_whole_page_is_selected_and_what_is_gone_is_not(visit: Visit, calls: Calls) -> None:
    for place in range(2):
        submitted(calls["developer"], f"com.example.all-{place}")
    admin = visit("reviewer", "/reviews")
    admin.test("select-all").click()
    selected = admin.page.get_by_role("status").filter(has_text="已选")
    expect(selected).to_have_text("已选 2 项")
    decided(calls["colleague"], "com.example.all-0")
    admin.page.get_by_role("search").evaluate("form => form.requestSubmit()")
    expect(row(admin, "com.example.all-0")).to_have_count(0)
    expect(selected).to_have_text("已选 1 项")
    # That is all there is now: the next click takes it away.
    admin.test("select-all").click()
    expect(selected).to_have_text("已选 0 项")
    expect(admin.test("batch-bar")).to_have_count(0)
    admin.test("select-all").click()
    admin.test("batch-approved").click()
    admin.page.get_by_role("dialog").get_by_role("button", name="取消").click()
    assert review_of(calls, "com.example.all-1")["status"] == "pending"


def test_a_reviewer_hears_at_once_of_what_is_assigned(visit: Visit, calls: Calls) -> None:
    name = "com.example.assigned"
    submitted(calls["developer"], name, displayName="Assigned")
    reviewer = visit("reviewer", "/reviews")
    colleague = visit("colleague", "/reviews")
    admin = visit("admin", "/reviews")
    unread(reviewer, 0)
    # Reviewers take what is there; they do not give it to others.
    expect(row(reviewer, name)).to_be_visible()
    expect(reviewer.test("assign")).to_have_count(0)

    row(admin, name).locator('[data-test="assign"]').click()
    dialog = admin.page.get_by_role("dialog")
    expect(dialog).to_contain_text("分配 Assigned 1.0.0")
    expect(admin.test("assign-confirm")).to_be_disabled()
    admin.test("assign-reviewer").click()
    options = admin.page.get_by_role("option")
    expect(options.filter(has_text="developer")).to_have_count(0)
    admin.page.get_by_role("option", name="reviewer", exact=True).click()
    dialog.get_by_role("textbox", name="给审核员的说明").fill("请优先处理")
    admin.test("assign-confirm").click()
    says(admin, "已分配")
    expect(row(admin, name)).to_contain_text("reviewer")

    unread(reviewer, 1)
    reviewer.test("bell").click()
    expect(reviewer.page.locator(".notices li").first).to_contain_text(f"您有新的审核任务：{name} 1.0.0")
    reviewer.test("bell").click()
    unread(colleague, 0)
    reviewer.page.locator("main").get_by_text("我的审核", exact=True).click()
    expect(row(reviewer, name)).to_be_visible()
    open_review(reviewer, name)
    expect(reviewer.test("review")).to_contain_text("请优先处理")
    expect(reviewer.test("start")).to_be_enabled()

    open_review(colleague, name)
    expect(colleague.test("review")).to_contain_text("此任务由 reviewer 处理。")
    expect(colleague.test("start")).to_be_disabled()
    assert review_of(calls, name)["assigned_reviewer"]["username"] == "reviewer"


def test_the_queue_is_filtered_and_the_filter_kept_in_the_address(visit: Visit, calls: Calls) -> None:
    submitted(calls["developer"], "com.example.filter-new")
    submitted(calls["developer"], "com.example.filter-old")
    decided(calls["colleague"], "com.example.filter-old")
    further(calls["developer"], "com.example.filter-old", "2.0.0")
    admin = visit("reviewer", "/reviews?reason=new_version")
    expect(row(admin, "com.example.filter-old", "2.0.0")).to_be_visible()
    expect(row(admin, "com.example.filter-new")).to_have_count(0)
    admin.test("filter-status").click()
    admin.page.get_by_role("option", name="已通过", exact=True).click()
    expect(admin.page).to_have_url(re.compile("status=approved"))
    expect(row(admin, "com.example.filter-old", "2.0.0")).to_have_count(0)
    admin.go("/reviews?status=approved&reason=new")
    expect(row(admin, "com.example.filter-old")).to_be_visible()
    # What is decided cannot be selected.
    expect(row(admin, "com.example.filter-old").locator("input")).to_be_disabled()
    expect(row(admin, "com.example.filter-new")).to_have_count(0)
