"""Every click is seen to be taken; a server that goes away is said, and what was typed stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from ..live import Server
from .conftest import Visit
from .page import PASSWORD, Admin
from .people import add_people

pytestmark = pytest.mark.live

# What Chromium says while nobody listens, or a proxy says so.
NOT_REACHED = re.compile(r".*ERR_CONNECTION_RE(FUSED|SET)|.*status of 50[234]|.*(net::ERR_FAILED|ERR_TIMED_OUT)")


@pytest.fixture(scope="module", autouse=True)
def _people(server: Server) -> None:
    add_people(server)


@pytest.fixture
def away(visit: Visit) -> Iterator[Callable[..., Admin]]:
    """`visit`, for tests that take the server away on purpose: Chromium writes every attempt to its console."""
    opened: list[Admin] = []

    def open_page(*args: object, **options: object) -> Admin:
        opened.append(visit(*args, **options))
        return opened[-1]

    yield open_page
    for admin in opened:
        admin.seen[:] = [line for line in admin.seen if not NOT_REACHED.match(line)]


class Held:
    """Requests to an address that wait until they are let go."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address, self.waiting = page, address, list[Route]()
        page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        self.waiting.append(route)

    def came(self) -> None:
        """Wait for the first: events come only while Playwright waits."""
        while not self.waiting:
            self.page.wait_for_timeout(20)

    def let_go(self) -> None:
        for route in self.waiting:
            route.continue_()
        self.page.unroute(self.address)

    def fail(self) -> None:
        """Break them off, and those that are tried again: what is loaded beforehand is asked for once more."""
        self.page.unroute(self.address)
        self.page.route(self.address, lambda route: route.abort())
        for route in self.waiting:
            route.abort()


def bar(admin: Admin) -> Locator:
    return admin.page.get_by_role("progressbar")


def test_a_bar_is_there_while_an_answer_is_waited_for(visit: Visit) -> None:
    admin = visit("admin", "/users")
    admin.settled()
    expect(bar(admin)).to_have_count(0)
    held = Held(admin.page, "**/api/v1/admin/developers*")
    admin.test("menu-developers").click()
    held.came()
    expect(bar(admin)).to_have_attribute("aria-label", "正在加载")
    expect(admin.page.locator('main [aria-busy="true"]')).to_have_count(1)
    held.let_go()
    expect(bar(admin)).to_have_count(0)
    expect(admin.page.locator('[aria-busy="true"]')).to_have_count(0)


def test_a_bar_is_there_while_the_code_of_a_page_is_loaded(visit: Visit) -> None:
    admin = visit("admin", "/users")
    admin.settled()
    held = Held(admin.page, "**/assets/AuditView*.js")
    admin.test("menu-audit").click()
    held.came()
    expect(bar(admin)).to_be_visible()
    expect(admin.page).to_have_url(re.compile("/users$"))
    held.let_go()
    expect(admin.page).to_have_url(re.compile("/audit$"))
    expect(bar(admin)).to_have_count(0)


def test_a_bar_is_there_while_another_language_is_loaded(visit: Visit) -> None:
    admin = visit("admin", "/account", locale="en")
    admin.settled()
    held = Held(admin.page, "**/assets/*zh*.js")
    admin.page.get_by_role("button", name="中文").click()
    held.came()
    expect(bar(admin)).to_be_visible()
    held.let_go()
    expect(admin.page.locator("main h1")).to_have_text("我的账号")
    expect(bar(admin)).to_have_count(0)


def motions(admin: Admin) -> list[float]:
    """How long each transition and animation takes that now runs, in milliseconds; infinite where it never ends."""
    found = admin.page.evaluate("document.getAnimations().map((one) => String(one.effect.getComputedTiming().endTime))")
    return [float(one.lower()) for one in found]


@pytest.mark.parametrize("wanted", ["no-preference", "reduce"])
def test_nothing_moves_for_who_wants_no_motion(visit: Visit, wanted: str) -> None:
    admin = visit("admin", "/categories", reduced_motion=wanted)
    seen: list[float] = []
    held = Held(admin.page, "**/api/v1/admin/developers*")
    for name in ("category-new", "menu-developers"):
        if name == "menu-developers":
            admin.page.keyboard.press("Escape")
            expect(admin.page.get_by_role("dialog")).to_have_count(0)
        admin.test(name).click()
        seen += motions(admin)
    expect(bar(admin)).to_be_visible()
    seen += motions(admin)
    assert (max(seen, default=0.0) > 100) == (wanted == "no-preference")
    held.let_go()


def test_a_button_that_sends_is_busy_and_sends_once(visit: Visit) -> None:
    admin = visit("admin", "/categories")
    admin.test("category-new").click()
    admin.test("category-name").fill("一次")
    held = Held(admin.page, "**/api/v1/admin/categories")
    admin.test("category-save").dblclick()
    expect(admin.test("category-save")).to_have_class(re.compile("is-loading"))
    admin.test("category-name").press("Enter")
    # While it is on its way nobody knows whether it was done: the dialog waits.
    admin.page.keyboard.press("Escape")
    expect(bar(admin)).to_be_visible()
    expect(admin.test("category-dialog")).to_be_visible()
    assert len([route for route in held.waiting if route.request.method == "POST"]) == 1
    held.let_go()
    expect(admin.test("category-一次")).to_have_count(1)
    expect(admin.test("category-dialog")).to_have_count(0)
    expect(admin.test("category-new")).to_be_focused()


@pytest.mark.parametrize("is_there", [True, False], ids=["comes", "fails"])
def test_a_link_is_followed_though_the_filter_before_it_is_asked_for_meanwhile(away: Visit, is_there: bool) -> None:
    admin = away("admin", "/users")
    admin.settled()
    code = "**/assets/AuditView*.js"
    held = Held(admin.page, code)
    with admin.page.expect_response("**/api/v1/admin/users?*search=dev*"):
        admin.page.get_by_role("search").get_by_role("textbox").fill("dev")
        admin.test("menu-audit").click()
    held.came()
    if is_there:
        held.let_go()
        expect(admin.page).to_have_url(re.compile("/audit$"))
        expect(admin.page.locator("main h1")).to_have_text("审计日志")
    else:
        # Where it leads nowhere, the address is the list's again.
        held.waiting[0].abort()
        admin.test("page-stay").click()
        expect(admin.page).to_have_url(re.compile(r"/users\?search=dev$"))
        expect(admin.test("user-developer")).to_be_visible()


def test_an_answer_that_comes_when_the_page_was_left_does_no_harm(visit: Visit) -> None:
    admin = visit("admin", "/users")
    admin.menu("categories")
    admin.test("category-new").click()
    admin.test("category-name").fill("迟到")
    held = Held(admin.page, "**/api/v1/admin/categories")
    admin.test("category-save").click()
    expect(bar(admin)).to_be_visible()
    admin.page.go_back()
    admin.confirm()
    expect(admin.page).to_have_url(re.compile("/users$"))
    expect(admin.test("category-dialog")).to_have_count(0)
    held.let_go()
    expect(admin.page.locator(".el-message--success")).to_have_text("已保存")
    expect(bar(admin)).to_have_count(0)


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_a_server_that_goes_away_is_said_and_what_was_typed_goes_on_from_there(
    away: Visit, server: Server, ending: str
) -> None:
    admin = away("admin", "/categories")
    admin.test("category-new").click()
    admin.test("category-name").fill(f"留下 {ending}")
    lost = admin.test("connection-lost")
    try:
        getattr(server, ending)()
        admin.test("category-save").click()
        expect(lost.get_by_role("alert")).to_have_text("无法连接服务器，您输入的内容会保留在这里。")
        expect(admin.test("category-dialog")).to_contain_text("无法连接服务器")
        expect(admin.test("category-name")).to_have_value(f"留下 {ending}")
        expect(admin.test("category-save")).to_be_enabled()
        # It asks again by itself, and again.
        for _ in range(2):
            with admin.page.expect_request("**/healthz"):
                pass
        admin.test("connection-try").click()
        expect(lost).to_be_visible()
    finally:
        server.start()
    expect(lost).to_have_count(0, timeout=60_000)
    expect(admin.page.locator(".el-message--success").last).to_have_text("服务器已恢复连接")
    admin.test("category-save").click()
    expect(admin.test(f"category-留下 {ending}")).to_be_visible()


@pytest.mark.parametrize("address", ["login", "logout"])
def test_a_login_neither_begins_nor_ends_without_a_server(away: Visit, address: str) -> None:
    """What was typed is there yet, and who is logged in is told so."""
    admin = away(None if address == "login" else "reviewer", "/login" if address == "login" else "/account")
    admin.page.route(f"**/api/v1/auth/{address}", lambda route: route.abort())
    if address == "login":
        admin.page.locator("#username").fill("reviewer")
        admin.page.locator("#password").fill(PASSWORD)
    admin.test(address).click()
    expect(admin.test("connection-lost")).to_be_visible()
    admin.page.unroute(f"**/api/v1/auth/{address}")
    if address == "login":
        expect(admin.page.locator("#password")).to_have_value(PASSWORD)
        admin.test("login").click()
        expect(admin.test("logout")).to_be_visible()
        return
    expect(admin.page.locator(".who")).to_have_text("reviewer")
    admin.test("logout").click()
    expect(admin.page).to_have_url(re.compile("/admin/login"))
    assert {cookie["name"] for cookie in admin.page.context.cookies()} == set()


def test_a_list_that_met_no_server_loads_by_itself_once_there_is_one(away: Visit) -> None:
    admin = away("admin", "/users")
    admin.settled()
    admin.page.route("**/api/v1/admin/developers*", lambda route: route.abort())
    admin.page.route("**/healthz", lambda route: route.abort())
    admin.test("menu-developers").click()
    expect(admin.test("connection-lost")).to_be_visible()
    expect(admin.page.locator("main").get_by_role("alert")).to_contain_text("无法连接服务器")
    admin.page.unroute("**/api/v1/admin/developers*")
    admin.page.unroute("**/healthz")
    # It asks again by itself.
    expect(admin.test("connection-lost")).to_have_count(0)
    expect(admin.page.locator("main").get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (502, "<html><title>502 Bad Gateway</title></html>", "text/html"),
        (504, "<html><title>504 Gateway Time-out</title></html>", "text/html"),
        (503, '{"success":false,"code":503,"message":"x","error":{"slug":"unavailable"}}', "application/json"),
    ],
)
def test_what_a_proxy_says_in_the_servers_stead_is_no_answer(away: Visit, status: int, body: str, kind: str) -> None:
    admin = away("admin", "/users")
    admin.settled()
    for address in ("**/api/v1/admin/developers*", "**/healthz"):
        admin.page.route(address, lambda route: route.fulfill(status=status, body=body, content_type=kind))
    admin.test("menu-developers").click()
    expect(admin.test("connection-lost")).to_be_visible()


def test_a_page_whose_code_is_gone_is_no_dead_click(away: Visit) -> None:
    admin = away("admin", "/categories")
    admin.test("category-new").click()
    admin.test("category-name").fill("新版本")
    # What is kept as a draft is not asked about.
    admin.page.keyboard.press("Escape")
    expect(admin.test("category-dialog")).to_have_count(0)
    admin.page.route("**/assets/AuditView*.js", lambda route: route.fulfill(status=404, body=""))
    admin.test("menu-audit").click()
    outdated = admin.test("page-outdated")
    expect(outdated.get_by_role("alert")).to_contain_text("此页面未能加载")
    expect(bar(admin)).to_have_count(0)
    admin.test("page-stay").click()
    expect(outdated).to_have_count(0)
    admin.test("menu-audit").click()
    admin.page.unroute("**/assets/AuditView*.js")
    admin.test("page-reload").click()
    expect(admin.page).to_have_url(re.compile("/audit$"))
    expect(admin.page.locator("main h1")).to_be_visible()
    # The draft is there still.
    admin.menu("categories")
    admin.test("category-new").click()
    expect(admin.test("category-name")).to_have_value("新版本")


def test_a_page_that_does_not_come_from_a_server_that_is_away_says_that(away: Visit) -> None:
    admin = away("admin", "/users")
    admin.settled()
    admin.page.route("**/assets/AuditView*.js", lambda route: route.abort())
    admin.page.route("**/healthz", lambda route: route.abort())
    admin.test("menu-audit").click()
    expect(admin.test("connection-lost")).to_be_visible()
    admin.page.unroute("**/assets/AuditView*.js")
    admin.page.unroute("**/healthz")
    admin.test("connection-try").click()
    admin.test("page-reload").click()
    expect(admin.page).to_have_url(re.compile("/audit$"))
