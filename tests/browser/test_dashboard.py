"""The dashboard: the server's numbers, as far as a role may see them, and cards that fail independently."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect
from sqlalchemy import select, update

from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.messages import text
from microdock_server.models import DownloadTotal, PluginVersion, Review

from ..live import Server, eventually
from .conftest import Visit
from .page import Admin, is_painted
from .people import PLUGINS, add_people, as_user, decided, further, submitted, uploaded

pytestmark = pytest.mark.live

SYSTEM = "/api/v1/admin/system"
QUEUE = "/api/v1/admin/reviews/queue"
# Downloads of ten days ago.
EARLIER = 1500


@pytest.fixture(scope="module", autouse=True)
def _market(server: Server) -> None:
    """Plugins of every kind, downloads of today and of ten days ago, a backup, decisions, and a queue."""
    add_people(server)
    made = uploaded(server, 3, "com.example.busy")
    for name, count in zip(made, (4, 2, 0), strict=True):
        for _ in range(count):
            assert server.client.download(name).status_code == 200
    developer, reviewer = as_user(server, "developer"), as_user(server, "reviewer")
    for name, result in (("turned", "rejected"), ("unfinished", "needs_changes"), ("good", "approved")):
        submitted(developer, f"com.example.{name}", displayName=f"插件 {name}")
        decided(reviewer, f"com.example.{name}", result)
    for name in ("first", "second"):
        submitted(developer, f"com.example.{name}", displayName=f"插件 {name}")
    further(developer, "com.example.good", "1.1.0", displayName="插件 good")
    assert server.client.back_up(b"b" * 3000).status_code == 200
    root = as_user(server, "admin")
    plugin = data(root.get(f"{PLUGINS}/{made[2]}"))
    data(root.post(f"/api/v1/admin/plugins/{plugin['id']}/status", {"status": "suspended", "reason": "r"}))
    data(root.post("/api/plugins/disable", {"name": made[1]}))
    now = utcnow()
    with server.application() as app, app.app_context(), unit_of_work():
        db.session.add(DownloadTotal(day=(now - timedelta(days=10)).date().isoformat(), count=EARLIER))
        for name, hours in (("first", 3), ("second", 1)):
            of_plugin = Review.plugin_name == f"com.example.{name}"
            db.session.execute(update(Review).where(of_plugin).values(submitted_at=now - timedelta(hours=hours)))


def data(answer: Any) -> Any:
    """The data of a success."""
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def told(server: Server, path: str) -> Any:
    """What the API says to the administrator."""
    return data(as_user(server, "admin").get(path))


def facts(card: Locator) -> dict[str, str]:
    """A card's list of facts."""
    expect(card.locator("dt").first).to_be_visible()
    words = [" ".join(text.split()) for text in card.locator("dt").all_inner_texts()]
    return dict(zip(words, [text.strip() for text in card.locator("dd").all_inner_texts()], strict=True))


def card(admin: Admin, title: str) -> Locator:
    return admin.page.get_by_role("region", name=title, exact=True)


def as_size(count: int) -> str:
    """As the page writes sizes."""
    value, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.0f} {units[0]}" if units[0] == "B" or value >= 100 else f"{value:.1f} {units[0]}"


def table_of(chart: Locator) -> dict[str, str]:
    """The numbers of a chart, by label."""
    chart.locator("summary").click()
    expect(chart.locator("table")).to_be_visible()
    return dict(row.locator("td").all_inner_texts() for row in chart.locator("tbody tr").all())


def label(day: date) -> str:
    return f"{day.month}月{day.day}日"


def test_downloads_are_shown_by_day_and_in_all(visit: Visit, server: Server) -> None:
    admin = visit()
    numbers = facts(admin.test("downloads"))
    stats = told(server, f"{SYSTEM}/stats?period=30d")["downloads"]
    assert stats["all_time"] == stats["total"] == EARLIER + 6
    assert numbers == {
        "时段内": f"{EARLIER + 6:,}",
        "本月": f"{stats['this_month']:,}",
        "累计": f"{EARLIER + 6:,}",
    }
    chart = admin.test("downloads").locator("figure")
    title = f"最近 30 天的每日下载量，共 {EARLIER + 6:,} 次"
    canvas = chart.get_by_role("img", name=title)
    expect(canvas).to_be_visible()
    assert eventually(lambda: is_painted(canvas))
    shown = table_of(chart)
    today = datetime.now(UTC).date()
    assert list(shown) == [label(today - timedelta(days=back)) for back in range(29, -1, -1)]
    expected = {label(date.fromisoformat(day)): f"{count:,}" for day, count in stats["by_day"].items()}
    assert set(expected.values()) == {f"{EARLIER:,}", "6"}
    assert {day: count for day, count in shown.items() if count != "0"} == expected

    top = card(admin, "下载最多")
    busiest = [(row["name"], str(row["downloads"])) for row in stats["top_plugins"]]
    assert ("插件 0", "4") in busiest
    rows = [tuple(row.locator(".bar > *").all_inner_texts()) for row in top.locator("li").all()]
    assert rows == busiest
    top.get_by_role("link", name="插件 0").click()
    expect(admin.page).to_have_url(re.compile(r"/plugins/com\.example\.busy-0$"))


def test_plugins_are_counted_by_status(visit: Visit, server: Server) -> None:
    admin = visit()
    shown = facts(admin.test("plugins-by-status"))
    stats = told(server, f"{SYSTEM}/stats")
    assert stats["plugins"] == {
        "total": 8,
        "published": 3,
        "pending_review": 2,
        "rejected": 1,
        "needs_changes": 1,
        "suspended": 1,
        "draft": 0,
    }
    assert shown == {
        "全部插件": "8",
        "等待或审核中": "2",
        "已发布": "3",
        "草稿": "0",
        "需修改": "1",
        "已拒绝": "1",
        "已下架": "1",
    }
    others = facts(admin.test("releases"))
    assert others["开发者"] == str(stats["developers"]["total"])
    assert others["时段内有发布"] == str(stats["developers"]["active"])
    assert others["本月新增"] == str(stats["developers"]["new_this_month"])
    # Every number leads to the plugins that it counts.
    admin.test("plugins-by-status").locator('a[href$="status=suspended"]').click()
    expect(admin.page).to_have_url(re.compile(r"/plugins\?status=suspended$"))
    expect(admin.page.locator("main tbody tr")).to_have_count(1)
    expect(admin.test("plugin-com.example.busy-2")).to_be_visible()


def test_reviews_are_counted(visit: Visit, server: Server) -> None:
    admin = visit()
    shown = facts(admin.test("review-numbers"))
    reviews = told(server, f"{SYSTEM}/stats")["reviews"]
    assert (reviews["pending"], reviews["completed"]) == (3, 3)
    assert shown["排队数量"] == "3"
    assert shown["时段内已决定"] == "3"
    assert shown["通过率"] == "33 %"
    oldest = admin.test("review-numbers").locator("time")
    expect(oldest).to_have_attribute("datetime", reviews["oldest_pending_at"])


def test_the_queue_says_how_many_wait_and_which_has_longest(visit: Visit, server: Server) -> None:
    root = as_user(server, "admin")
    # The youngest becomes the most urgent: the head of the queue is not what has waited longest.
    [youngest] = [row for row in told(server, QUEUE)["reviews"] if row["plugin"]["plugin_name"] == "com.example.good"]
    [reviewer] = told(server, "/api/v1/admin/users?search=reviewer")["users"]
    body = {"reviewer_id": reviewer["id"], "priority": "high"}
    data(root.post(f"/api/v1/admin/reviews/{youngest['id']}/assign", body))
    queue = told(server, QUEUE)
    stats, waiting = queue["stats"], queue["reviews"]
    assert waiting[0]["id"] == youngest["id"]
    [oldest] = [row for row in waiting if row["plugin"]["plugin_name"] == "com.example.first"]

    admin = visit()
    expect(admin.test("queue-length")).to_have_text("3")
    expect(card(admin, "待审核")).to_contain_text(
        f"高 {stats['high_priority']} · 中 {stats['medium_priority']} · 低 {stats['low_priority']}"
    )
    assert stats["high_priority"] == 1
    listed = card(admin, "待审核").locator("li a").all_inner_texts()
    assert [text.strip() for text in listed] == [
        f"{row['plugin']['name']} {row['plugin']['version']}" for row in waiting
    ]
    expect(admin.test("queue-oldest")).to_have_text("插件 first 1.0.0")
    expect(admin.page.locator('dd:has([data-test="queue-oldest"]) time')).to_have_text("3小时前")
    admin.test("queue-oldest").click()
    expect(admin.page).to_have_url(re.compile(f"/reviews/{oldest['id']}$"))


def test_storage_and_jobs_are_the_server_s(visit: Visit, server: Server) -> None:
    # Disk and memory change by the second: they are compared with the very answer that the page got.
    admin = visit(None, "/login")
    with admin.page.expect_response(f"**{SYSTEM}/resources") as answer:
        admin.log_in("admin", "admin")
    resources = data_of(answer.value)
    with server.application() as app, app.app_context(), unit_of_work(writing=False):
        packages = sum(db.session.scalars(select(PluginVersion.file_size)))
    assert (resources["storage"]["packages"], resources["storage"]["backups"]) == (packages, 3000)
    shown = facts(admin.test("resources"))
    disk = resources["disk"]
    assert shown["磁盘"] == f"已用 {as_size(disk['used'])}，剩余 {as_size(disk['free'])}"
    meter = admin.test("resources").locator("meter")
    assert meter.evaluate("meter => meter.value") == disk["percent"]
    assert shown["插件包"] == as_size(packages)
    assert shown["图片"] == "0 B"
    assert shown["备份"] == "2.9 KiB"
    assert shown["可用内存"] == as_size(resources["memory"]["available"])
    assert float(shown["负载（1 分钟）"]) == resources["cpu"]["load_1m"]
    for state, words in (("queued", "等待中的任务"), ("running", "进行中的任务"), ("failed", "失败任务")):
        assert shown[words] == str(resources["jobs"].get(state, 0))


def data_of(answer: Any) -> Any:
    """The data of an answer that the page got."""
    return answer.json()["data"]


def test_recent_acts_are_the_newest_of_the_audit_log(visit: Visit, server: Server) -> None:
    data(as_user(server, "admin").post("/api/plugins/enable", {"name": "com.example.busy-1"}))
    admin = visit()
    acts = admin.test("recent-acts").locator("li")
    expect(acts).to_have_count(8)
    entries = told(server, "/api/v1/admin/audit?limit=8")["entries"]
    assert (entries[0]["action"], entries[0]["target"]["id"]) == ("plugin.enabled", "com.example.busy-1")
    for act, entry in zip(acts.all(), entries, strict=True):
        said = text(f"admin.audit.said.{entry['action']}", "zh")
        expect(act).to_contain_text(entry["actor"]["username"])
        assert sentence(act).startswith(said.split("{target}")[0].format(actor=entry["actor"]["username"]).strip())
        if "{target}" in said:
            expect(act).to_contain_text(entry["target"]["name"] or entry["target"]["id"])
        expect(act.locator("time")).to_have_attribute("datetime", entry["at"])
    acts.first.locator('[data-test="target"]').click()
    expect(admin.page).to_have_url(re.compile(r"/plugins/com\.example\.busy-1$"))


def sentence(act: Locator) -> str:
    """An entry's text, with single spaces."""
    return " ".join(act.inner_text().split())


def test_what_waits_is_counted_and_each_number_leads_to_its_list(visit: Visit, server: Server) -> None:
    admin = visit()
    waiting = told(server, "/api/v1/admin/waiting")
    assert set(waiting) > {"appeals", "failed_jobs"}
    for name, number in waiting.items():
        tile = admin.test(f"waits-{name}")
        expect(tile.locator("strong")).to_have_text(f"{number:,}")
        # Nought is shown quietly.
        assert ("none" in (tile.get_attribute("class") or "").split()) == (number == 0)
    assert waiting["unverified_developers"] > 0
    admin.test("waits-unverified_developers").click()
    expect(admin.page).to_have_url(re.compile(r"/developers\?verification=pending$"))
    expect(admin.page.locator("main tbody tr")).to_have_count(waiting["unverified_developers"])
    admin.page.go_back()
    admin.test("waits-failed_jobs").click()
    expect(admin.page.locator("main")).to_contain_text("没有失败的任务")

    reviewer = visit("reviewer")
    expect(reviewer.test("waiting").locator("a")).to_have_count(3)


# The left and right edges of the cards, row by row from above.
ROWS = """(main) => {
  const rows = new Map()
  for (const card of main.querySelectorAll('section.card')) {
    const {left, right, top} = card.getBoundingClientRect()
    rows.set(Math.round(top), [...(rows.get(Math.round(top)) ?? []), [left, right]])
  }
  return [...rows.entries()].sort(([a], [b]) => a - b).map(([, row]) => row.sort(([a], [b]) => a - b))
}"""


@pytest.mark.parametrize("username", ["admin", "reviewer"])
@pytest.mark.parametrize("width", [1440, 1024, 768, 360])
def test_cards_fill_every_row(visit: Visit, username: str, width: int) -> None:
    admin = visit(username, viewport={"width": width, "height": 900})
    admin.settled()
    rows = admin.page.locator("main").evaluate(ROWS)
    assert sum(map(len, rows)) == (10 if username == "admin" else 2)
    left, right = rows[0][0][0], rows[0][-1][1]
    for row in rows:
        # From one edge to the other, with nothing but the gaps between.
        assert abs(row[0][0] - left) <= 1 and abs(row[-1][1] - right) <= 1, (width, rows)
        assert all(0 < after[0] - before[1] <= 17 for before, after in pairwise(row)), (width, row)
    assert admin.overflow() <= 0


def test_an_average_of_nothing_says_so_and_a_short_one_is_not_nought(visit: Visit, server: Server) -> None:
    def reviews(average: float | None) -> dict[str, str]:
        def answer(route: Route) -> None:
            body = route.fetch().json()
            body["data"]["reviews"] |= {"average_time": average, "completed": 0 if average is None else 3}
            route.fulfill(json=body)

        admin = visit("admin", begin=lambda page: page.route(f"**{SYSTEM}/stats*", answer))
        return facts(admin.test("review-numbers"))

    assert reviews(None)["平均用时"] == "时段内没有决定"
    assert reviews(0.0001)["平均用时"] == "不到 1 分钟"
    assert reviews(0.5)["平均用时"] == "12小时"


def widest_bar(canvas: Locator) -> float:
    """The widest run of the chart's first colour in the middle of the drawing, in CSS pixels."""
    return float(
        canvas.evaluate(
            """(canvas) => {
              const {width, height, clientWidth} = canvas
              const copy = Object.assign(document.createElement('canvas'), {width, height})
              const context = copy.getContext('2d', {willReadFrequently: true})
              context.drawImage(canvas, 0, 0)
              const row = context.getImageData(0, Math.round(height / 2), width, 1).data
              const probe = canvas.parentElement.appendChild(document.createElement('i'))
              probe.style.color = 'var(--el-color-primary)'
              const [red, green, blue] = getComputedStyle(probe).color.match(/[0-9]+/g).map(Number)
              probe.remove()
              let [widest, run] = [0, 0]
              for (let at = 0; at < row.length; at += 4) {
                const isIt = Math.abs(row[at] - red) + Math.abs(row[at + 1] - green) + Math.abs(row[at + 2] - blue) < 12
                run = isIt && row[at + 3] > 200 ? run + 1 : 0
                widest = Math.max(widest, run)
              }
              return widest * clientWidth / width
            }"""
        )
    )


def test_one_value_is_no_giant_bar_in_both_themes(visit: Visit) -> None:
    admin = visit("admin", "/plugins/com.example.busy-0")
    canvas = admin.page.locator("figure canvas")
    for _ in range(2):
        assert eventually(lambda: 10 < widest_bar(canvas) <= 49)
        admin.test("theme").click()
    # Without any downloads there is no drawing, but words.
    admin.go("/plugins/com.example.good")
    expect(admin.test("no-values")).to_be_visible()
    expect(canvas).to_be_hidden()


def test_another_period_stands_in_the_address_and_is_asked_for(visit: Visit, server: Server) -> None:
    admin = visit()
    in_period = admin.test("downloads").locator("dd").first
    month, week = (told(server, f"{SYSTEM}/stats?period={period}")["downloads"] for period in ("30d", "7d"))
    assert month["total"] == week["total"] + EARLIER
    expect(in_period).to_have_text(f"{month['total']:,}")
    chosen = admin.test("period").locator("input:checked")
    expect(chosen).to_have_value("30d")

    with admin.page.expect_request(f"**{SYSTEM}/stats*") as asked:
        admin.test("period").get_by_text("7 天", exact=True).click()
    assert asked.value.url.endswith("/stats?period=7d")
    expect(admin.page).to_have_url(re.compile(r"/admin/\?period=7d$"))
    expect(in_period).to_have_text(str(week["total"]))
    expect(admin.test("downloads")).to_contain_text("显示最近 7 天")
    shown = table_of(admin.test("downloads").locator("figure"))
    assert len(shown) == 7
    assert sum(int(count) for count in shown.values()) == week["total"]

    admin.page.reload()
    expect(chosen).to_have_value("7d")
    expect(in_period).to_have_text(str(week["total"]))
    with admin.page.expect_request(f"**{SYSTEM}/stats*") as asked:
        admin.test("period").get_by_text("全部", exact=True).click()
    assert asked.value.url.endswith("/stats?period=all")
    expect(in_period).to_have_text(f"{month['all_time']:,}")
    # By keyboard.
    with admin.page.expect_request(f"**{SYSTEM}/stats*") as asked:
        chosen.focus()
        admin.page.keyboard.press("ArrowLeft")
    assert asked.value.url.endswith("/stats?period=365d")


def test_a_reviewer_sees_the_queue_and_no_statistics(visit: Visit) -> None:
    asked: list[str] = []
    reviewer = visit("reviewer", begin=lambda page: page.on("request", lambda request: asked.append(request.url)))
    expect(reviewer.test("queue-length")).to_have_text("3")
    reviewer.settled()
    for name in ("downloads", "plugins-by-status", "review-numbers", "resources", "recent-acts", "period"):
        expect(reviewer.test(name)).to_have_count(0)
    # What waits, and the queue.
    expect(reviewer.page.locator("main section")).to_have_count(2)
    # What a role may not see is not asked for either.
    assert not [url for url in asked if SYSTEM in url or "/audit" in url]
    assert [url for url in asked if QUEUE in url]


FAILURE = {"success": False, "code": 500, "message": "服务器内部错误", "error": {"slug": "internal", "details": []}}


@pytest.mark.parametrize(
    ("path", "title", "others"),
    [
        (f"{SYSTEM}/stats", "统计", ("queue-length", "resources", "recent-acts")),
        (f"{SYSTEM}/resources", "存储与任务", ("queue-length", "downloads", "recent-acts")),
        (QUEUE, "待审核", ("resources", "downloads", "recent-acts")),
        ("/api/v1/admin/audit", "最近操作", ("queue-length", "downloads", "resources")),
    ],
)
def test_a_card_that_fails_leaves_the_others_and_can_be_tried_again(
    visit: Visit, path: str, title: str, others: tuple[str, ...]
) -> None:
    admin = visit("admin", "/plugins")

    def fail(route: Route) -> None:
        route.fulfill(status=500, json=FAILURE, headers={"X-Request-ID": "0123456789abcdef"})

    admin.page.route(re.compile(re.escape(path)), fail)
    admin.menu("dashboard")
    failed = card(admin, title)
    expect(failed.get_by_role("alert")).to_contain_text("服务器内部错误")
    expect(failed.get_by_role("alert")).to_contain_text("请求编号 0123456789abcdef")
    for name in others:
        expect(admin.test(name)).to_be_visible()
    expect(admin.page.locator("main").get_by_role("alert")).to_have_count(1)

    admin.page.unroute_all()
    failed.get_by_role("button", name="重试").click()
    expect(admin.page.locator("main").get_by_role("alert")).to_have_count(0)
    for name in ("queue-length", "downloads", "resources", "recent-acts"):
        expect(admin.test(name)).to_be_visible()
    # Chromium writes every 5xx into its console: these were wanted, and nothing else was said.
    wanted = [line for line in admin.seen if "the server responded with a status of 500" in line]
    assert wanted
    for line in wanted:
        admin.seen.remove(line)
