"""Every screen with data on it, wide and light in Chinese, narrow and dark in English; empty, and where it failed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from ..live import Server
from .conftest import Visit, tab
from .page import PASSWORD, Admin
from .people import PLUGINS, add_people, as_user, decided, further, session, submitted, uploaded

pytestmark = pytest.mark.live

V1 = "/api/v1"
Show = Callable[..., Admin]
WAITING = "com.example.waiting"
APPEALED = "com.example.appealed"
KINDS: dict[str, dict[str, Any]] = {
    "wide-zh": {},
    "narrow-en": {"viewport": {"width": 360, "height": 780}, "locale": "en", "color_scheme": "dark"},
}
# By name: the address, and what must be there before it is looked at.
SCREENS = {
    "dashboard": ("/", "main .dash"),
    "plugins": ("/plugins", '[data-test="plugin-com.example.plugin-0"]'),
    "plugin": ("/plugins/com.example.plugin-0", "main h1"),
    "reviews": ("/reviews", f'[data-test="review-{WAITING}-1.0.0"]'),
    "review": ("/reviews/{review}", '[data-test="review"]'),
    "appeals": ("/appeals", f'[data-test="appeal-{APPEALED}"]'),
    "ratings": ("/ratings", '[data-test^="rating-"]'),
    "blocks": ("/blocks", '[data-test="block-com.example.plugin-1"]'),
    "host": ("/host?plugin=com.example.plugin-0&version=1.0.0", '[data-test="host-form"]'),
    "developers": ("/developers", '[data-test="developer-ada"]'),
    "users": ("/users", '[data-test="user-colleague"]'),
    "categories": ("/categories", '[data-test="category-构建"]'),
    "backups": ("/backups", '[data-test^="backup-"]'),
    "system": ("/system", '[data-test="config"]'),
    "audit": ("/audit", '[data-test^="entry-"]'),
}
LONG = "一个很长很长的名字" * 10
UNBROKEN = "https://example.com/" + "very-long-address/" * 12


@pytest.fixture(scope="module")
def review(server: Server) -> str:
    """Something of everything; the id of the review that waits."""
    add_people(server)
    root, developer, reviewer = (as_user(server, name) for name in ("admin", "developer", "reviewer"))
    [first, *_] = uploaded(server, 3)
    submitted(developer, WAITING, displayName=LONG[:100], description=UNBROKEN, changelog=f"{LONG}\n{UNBROKEN}")
    submitted(developer, APPEALED)
    decided(reviewer, APPEALED, "rejected")
    answered(
        developer.post(
            f"{V1}/developers/appeals",
            {
                "plugin_id": APPEALED,
                "type": "review_decision",
                "reason": LONG,
                "evidence": [{"type": "document", "url": UNBROKEN, "description": LONG}],
            },
        ),
        201,
    )
    published(server)
    for name, stars in (("user", 1), ("colleague", 5)):
        body = {"rating": stars, "title": LONG, "content": UNBROKEN, "pros": [LONG], "cons": [LONG]}
        rating = answered(as_user(server, name).post(f"{PLUGINS}/{first}/reviews", body), 201)
    answered(developer.post(f"{PLUGINS}/{first}/reviews/{rating['id']}/report", {"reason": UNBROKEN}))
    answered(root.post(f"{V1}/admin/ratings/{rating['id']}/hide", {"hidden": True, "reason": LONG}))
    above = answered(root.post(f"{V1}/admin/categories", {"name": "工具", "description": UNBROKEN}), 201)
    answered(root.post(f"{V1}/admin/categories", {"name": "构建", "parent_id": above["id"]}), 201)
    answered(server.client.back_up(b"bytes" * 500))
    registered(server)
    everybody = [row["id"] for row in answered(root.get(f"{V1}/admin/users?limit=100"))["users"]]
    prefixes = [{"prefix": "com.microdock", "owner_ids": everybody}, {"prefix": "com." + "kept" * 24, "owner_ids": []}]
    answered(root.call("PUT", f"{V1}/admin/system/config", json={"reserved_prefixes": prefixes}))
    notice = {"message": UNBROKEN, "starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}
    answered(root.post(f"{V1}/admin/system/maintenance", notice))
    reason = {"zh": LONG, "en": UNBROKEN}
    block = {"plugin": "com.example.plugin-1", "versions": ">=1.0.0", "sha256": ["a" * 64], "advisory_url": UNBROKEN}
    answered(root.post(f"{V1}/admin/blocks", {**block, "severity": "remove", "reason": reason}), 201)
    rows = answered(reviewer.get(f"{V1}/admin/reviews/queue"))["reviews"]
    return str(next(row["id"] for row in rows if row["plugin"]["plugin_name"] == WAITING))


@pytest.fixture
def show(browser: Browser, server: Server, review: str, tabs: dict[str, Admin]) -> Iterator[Show]:
    """A function that opens an address as the administrator, in one tab for each kind: for tests that only look.

    When the test ends, the tab may not have met an error in its console, or asked another host for anything.
    """
    assert review

    def open_page(path: str, kind: str = "wide-zh") -> Admin:
        if kind in tabs:
            # What the test before pointed at is pointed at no more.
            tabs[kind].page.mouse.move(0, 0)
            tabs[kind].go(path)
            expect(tabs[kind].test("logout")).to_be_visible()
        else:
            tabs[kind] = tab(browser, server, [], **KINDS[kind])
            tabs[kind].enter(session(server, "admin"), path)
        return tabs[kind]

    yield open_page
    said = {kind: list(admin.seen) for kind, admin in tabs.items() if admin.seen}
    for admin in tabs.values():
        admin.seen.clear()
        admin.page.unroute_all()
    assert said == {}


def answered(answer: Any, status: int = 200) -> Any:
    """The data of a success."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def published(server: Server) -> None:
    """A plugin of a developer's with a published version and one that waits."""
    developer = as_user(server, "developer")
    submitted(developer, "com.example.two")
    decided(as_user(server, "reviewer"), "com.example.two")
    further(developer, "com.example.two", "1.1.0", changelog=UNBROKEN)


def registered(server: Server) -> None:
    """A developer with everything a profile can have."""
    body = {
        "username": "ada",
        "email": "ada@example.com",
        "password": PASSWORD,
        "display_name": LONG[:50],
        "company": LONG[:100],
        "website": UNBROKEN,
        "verification_documents": [{"type": "identity", "file_url": UNBROKEN}],
    }
    answered(server.client.post(f"{V1}/developers/register", body), 201)


# As they are


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_for_everybody_and_fits(
    show: Show, review: str, picture: Callable[[Admin, str], None], screen: str, kind: str
) -> None:
    path, mark = SCREENS[screen]
    admin = show(path.format(review=review), kind)
    expect(admin.page.locator(mark).first).to_be_visible()
    admin.settled()
    admin.still()
    picture(admin, f"{screen}-{kind}")
    assert admin.overflow() <= 0
    assert admin.violations() == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_login_is_for_everybody_and_fits(visit: Visit, picture: Callable[[Admin, str], None], kind: str) -> None:
    admin = visit(None, "/login", **KINDS[kind])
    expect(admin.test("login")).to_be_visible()
    admin.still()
    picture(admin, f"login-{kind}")
    assert admin.overflow() <= 0
    assert admin.violations() == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["maintenance", "health"])
def test_the_tabs_of_the_system_are_for_everybody_and_fit(
    show: Show, picture: Callable[[Admin, str], None], part: str, kind: str
) -> None:
    admin = show("/system", kind)
    admin.page.locator(f"#tab-{part}").click()
    expect(admin.test(part)).to_be_visible()
    admin.settled()
    admin.still()
    picture(admin, f"system-{part}-{kind}")
    assert admin.overflow() <= 0
    assert admin.violations() == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "path", "button"),
    [
        ("upload", "/plugins", "upload"),
        ("verification", "/developers?search=ada", "verify"),
        ("category", "/categories", "category-new"),
        ("block", "/blocks", "block-new"),
        ("release", "/plugins/com.example.two", "manage"),
        ("deprecation", "/plugins/com.example.two", "deprecate"),
        ("rating-reason", "/ratings?hidden=false", "hide"),
        ("backup-delete", "/backups", "delete"),
        ("appeal", "/appeals", "appeal-decide"),
        ("notifications", "/users", "bell"),
    ],
)
def test_what_opens_on_a_click_is_for_everybody_and_fits(
    show: Show, picture: Callable[[Admin, str], None], name: str, path: str, button: str, kind: str
) -> None:
    admin = show(path, kind)
    admin.settled()
    admin.test(button).first.click()
    shown = {"appeal": '[data-test="appeal-form"]', "notifications": ".notices"}.get(name, '[role="dialog"]')
    expect(admin.page.locator(shown).locator("visible=true").first).to_be_attached()
    admin.still()
    picture(admin, f"{name}-{kind}")
    assert admin.overflow() <= 0
    assert admin.violations() == []


def test_where_it_is_narrow_the_menu_opens_and_closes(show: Show, picture: Callable[[Admin, str], None]) -> None:
    admin = show("/users", "narrow-en")
    admin.settled()
    expect(admin.test("menu-backups")).to_be_hidden()
    toggle = admin.page.get_by_role("button", name="Menu")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    admin.still()
    picture(admin, "menu-narrow-en")
    assert admin.violations() == []
    assert admin.overflow() <= 0
    admin.menu("backups")
    expect(admin.page.locator("h1")).to_have_text("Backups")
    expect(admin.test("menu-backups")).to_be_hidden()


@pytest.mark.parametrize("path", ["/backups", "/users"])
def test_a_question_covers_what_is_behind_it(show: Show, path: str) -> None:
    admin = show(path)
    admin.settled()
    ask = {"/backups": "delete", "/users": "user-colleague"}[path]
    button = admin.test(ask).first
    (button if path == "/backups" else button.get_by_role("button", name="禁用")).click()
    expect(admin.page.locator(".el-message-box")).to_be_visible()
    admin.still()
    cover = admin.page.locator(".el-overlay").filter(has=admin.page.locator(".el-message-box"))
    expect(cover).to_have_css("position", "fixed")
    expect(cover).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
    assert cover.bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 900}


# Empty


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/plugins?search=nosuchthing", "没有数据"),
        ("/users?search=nosuchthing", "没有数据"),
        ("/developers?search=nosuchthing", "没有数据"),
        ("/audit?action=nosuchthing", "没有数据"),
        ("/ratings?reported=true&hidden=false", "没有数据"),
        ("/reviews?status=needs_changes", ""),
        ("/appeals?status=approved", "没有申诉"),
        ("/blocks?plugin=com.example.nosuchthing", "没有封禁"),
    ],
)
def test_where_there_is_nothing_it_says_so(show: Show, path: str, says: str) -> None:
    admin = show(path)
    admin.settled()
    expect(admin.page.locator("main .el-empty")).to_be_visible()
    expect(admin.page.locator("main .el-empty")).to_contain_text(says or re.compile(r"\S"))
    expect(admin.page.locator("main tbody tr, main article")).to_have_count(0)
    assert admin.violations() == []


def test_a_page_behind_the_last_one_leads_back_to_what_there_is(show: Show) -> None:
    admin = show("/users?page=7")
    expect(admin.test("user-colleague")).to_be_visible()
    expect(admin.page).to_have_url(re.compile(r"/users$"))


def test_what_does_not_exist_says_so_in_the_server_s_words(show: Show, server: Server) -> None:
    for path, api in (
        ("/plugins/com.example.nosuchthing", f"{PLUGINS}/com.example.nosuchthing"),
        (
            "/reviews/00000000-0000-4000-8000-000000000000",
            f"{V1}/admin/reviews/00000000-0000-4000-8000-000000000000",
        ),
    ):
        refusal = as_user(server, "admin").get(api, headers={"Accept-Language": "zh-CN"})
        assert refusal.status_code == 404
        admin = show(path)
        expect(admin.test("error").first).to_contain_text(refusal.json()["message"])
        expect(admin.test("error").first).to_contain_text("请求编号")
        assert admin.violations() == []


# Failed

REQUEST_ID = "0123456789abcdef0123456789abcdef"
FAILURE = {
    "success": False,
    "code": 500,
    "message": "服务器内部错误",
    "data": None,
    "error": {"type": "InternalError", "slug": "internal", "details": []},
    "request_id": REQUEST_ID,
}


def failed(route: Route) -> None:
    route.fulfill(status=500, json=FAILURE, headers={"X-Request-ID": REQUEST_ID})


def forget(admin: Admin, words: str) -> None:
    """Take out of what the console said what Chromium says of the answer that the test made up."""
    told = [line for line in admin.seen if words in line]
    assert len(told) == 1, admin.seen
    admin.seen.remove(told[0])


@pytest.mark.parametrize(
    ("screen", "request_path"),
    [
        ("plugins", "**/marketplace/plugins?*"),
        ("plugin", "**/marketplace/plugins/com.example.plugin-0"),
        ("reviews", "**/admin/reviews/queue?*limit=20*"),
        ("review", "**/api/v1/admin/reviews/{review}"),
        ("appeals", "**/admin/appeals?*"),
        ("ratings", "**/admin/ratings?*"),
        ("blocks", "**/admin/blocks?*"),
        ("developers", "**/admin/developers?*"),
        ("users", "**/admin/users?*"),
        ("categories", "**/marketplace/categories"),
        ("backups", "**/api/backups/list-all?*"),
        ("system", "**/admin/system/config"),
        ("audit", "**/admin/audit?*"),
    ],
)
def test_what_failed_is_said_and_can_be_tried_again(
    show: Show, review: str, picture: Callable[[Admin, str], None], screen: str, request_path: str
) -> None:
    path, mark = SCREENS[screen]
    # Another screen first: what fails is the request of this one.
    admin = show("/no/such/page")
    admin.settled()
    admin.page.route(request_path.format(review=review), failed, times=1)
    admin.go(path.format(review=review))
    error = admin.page.locator("main [role=alert]")
    expect(error).to_contain_text("服务器内部错误")
    expect(error).to_contain_text(REQUEST_ID)
    if screen != "plugin":
        expect(admin.page.locator("main").locator(mark)).to_have_count(0)
    assert admin.violations() == []
    picture(admin, f"{screen}-failed")
    forget(admin, "status of 500")
    error.get_by_role("button", name="重试").click()
    expect(admin.page.locator(mark).first).to_be_visible()
    expect(error).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "request_path"),
    [
        ("stats", "**/admin/system/stats*"),
        ("resources", "**/admin/system/resources"),
        ("audit", "**/admin/audit?*"),
    ],
)
def test_a_card_of_the_dashboard_fails_for_itself(show: Show, name: str, request_path: str) -> None:
    admin = show("/no/such/page")
    admin.settled()
    admin.page.route(request_path, failed, times=1)
    admin.go("/")
    error = admin.page.locator("main [role=alert]")
    expect(error).to_contain_text("服务器内部错误")
    expect(error).to_contain_text(REQUEST_ID)
    expect(error).to_have_count(1)
    forget(admin, "status of 500")
    error.get_by_role("button", name="重试").click()
    expect(error).to_have_count(0)


@pytest.mark.usefixtures("review")
def test_a_server_that_does_not_answer_is_said_so(visit: Visit) -> None:
    admin = visit("admin", "/users")
    expect(admin.test("user-colleague")).to_be_visible()
    admin.page.route("**/admin/users?*", lambda route: route.abort(), times=1)
    admin.page.get_by_role("textbox", name="搜索").fill("rev")
    error = admin.page.locator("main [role=alert]")
    expect(error).to_contain_text("无法连接服务器")
    forget(admin, "net::ERR_FAILED")
    error.get_by_role("button", name="重试").click()
    expect(admin.test("user-reviewer")).to_be_visible()
    # What was searched for is still asked for.
    expect(admin.test("user-colleague")).to_have_count(0)


@pytest.mark.usefixtures("review")
def test_an_act_that_failed_says_so_with_the_id_of_its_request(visit: Visit, server: Server) -> None:
    admin = visit("admin", "/users?search=colleague")
    admin.page.route("**/api/v1/admin/users/*", failed, times=1)
    row = admin.test("user-colleague")
    row.get_by_role("button", name="禁用").click()
    admin.confirm()
    told = admin.page.locator(".el-message--error")
    expect(told).to_contain_text("服务器内部错误")
    expect(told).to_contain_text(REQUEST_ID)
    forget(admin, "status of 500")
    # It stays until it is closed.
    told.locator(".el-message__closeBtn").click()
    expect(told).to_have_count(0)
    expect(row).not_to_contain_text("已禁用")
    assert as_user(server, "colleague").get(f"{V1}/auth/me").status_code == 200
