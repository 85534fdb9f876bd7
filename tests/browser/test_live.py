"""Live notifications on the page: new ones arrive at once, missed ones once, and none after a logout."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

from microdock_server.vocabulary import Role

from ..live import Server
from ..sockets import SocketHarness, socket_harness
from .conftest import Visit
from .page import PASSWORD, Admin
from .people import PEOPLE, add_people, as_user

pytestmark = pytest.mark.live

NOTICES = "/api/v1/notifications"
TIMES = {"starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}
# Longer than the page ever waits before it connects again.
LONG_MS = 10 * 60_000
LOST = "实时连接已断开"
# What Chromium says of every attempt to connect while nobody listens, or that the server's end cut short.
NOT_REACHED = re.compile(
    r"error: WebSocket connection to 'ws://127\.0\.0\.1:\d+/ws' failed: .*ERR_CONNECTION_RE(FUSED|SET)"
)


@pytest.fixture(scope="module", autouse=True)
def _people(server: Server) -> None:
    add_people(server)


@pytest.fixture(autouse=True)
def _nothing_unread(server: Server) -> None:
    """Maintenance is announced to everybody, and stays unread from one test to the next."""
    for name in ("admin", *PEOPLE):
        answer = as_user(server, name).post(f"{NOTICES}/read", {"all": True})
        assert answer.status_code == 200, answer.text


@pytest.fixture
def harness(server: Server) -> Iterator[SocketHarness]:
    """The server's data, for telling one person something."""
    with socket_harness(server) as found:
        yield found


class Wire:
    """The WebSockets that a page opened, and what came over them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sockets: list[WebSocket] = []
        self.heard: list[dict[str, Any]] = []
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framereceived", lambda payload: self.heard.append(json.loads(payload)))

    def count(self, kind: str) -> int:
        """How many messages of a kind came."""
        return sum(message["type"] == kind for message in self.heard)

    def open(self) -> int:
        """How many of the sockets are open."""
        return sum(not socket.is_closed() for socket in self.sockets)

    def until(self, check: Callable[[], bool], within: float = 20.0) -> bool:
        """Does `check` come true in time? Events come only while Playwright waits."""
        deadline = time.monotonic() + within
        while not check() and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        return check()


def listening(visit: Visit, username: str = "user", **options: Any) -> tuple[Admin, Wire]:
    """Somebody on the page, who is known on the socket."""
    wires: list[Wire] = []
    admin = visit(username, begin=lambda page: wires.append(Wire(page)), **options)
    [wire] = wires
    assert wire.until(lambda: wire.count("auth_ok") == 1)
    # A page that is loaded anew forgets this.
    admin.page.evaluate("window.wasHere = true")
    return admin, wire


def was_not_reloaded(admin: Admin) -> bool:
    return bool(admin.page.evaluate("window.wasHere === true"))


def stays_away(admin: Admin, wire: Wire) -> bool:
    """Was one socket opened, and is there none that a timer of the page's would open? The clock is the page's own."""
    admin.page.clock.fast_forward(LONG_MS)
    # What the timers began is told before the answer to this.
    admin.page.evaluate("null")
    return len(wire.sockets) == 1


def announce(server: Server, text: str) -> None:
    """Tell everybody, by HTTP."""
    answer = as_user(server, "admin").post("/api/v1/admin/system/maintenance", {"message": text, **TIMES})
    assert answer.status_code == 200, answer.text


def unread(admin: Admin, count: int, timeout: float | None = None) -> None:
    """The bell says that so many are unread: to who sees it, and to who hears it."""
    expect(admin.test("bell")).to_have_attribute("aria-label", f"通知，{count} 条未读", timeout=timeout)
    badge = admin.test("bell").locator(".el-badge__content")
    if count:
        expect(badge).to_have_text(str(count))
    else:
        expect(badge).to_be_hidden()


def notices(admin: Admin) -> Locator:
    """What the open bell lists."""
    return admin.page.locator(".notices li")


def open_bell(admin: Admin) -> None:
    admin.test("bell").click()
    expect(admin.page.locator(".el-popover", has=admin.page.locator(".notices"))).to_be_visible()


def sockets(server: Server) -> float:
    """How many WebSockets the server says are open."""
    found = re.search(r"^microdock_websocket_connections (\S+)$", server.client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_maintenance_is_told_to_everybody_without_a_reload(visit: Visit, server: Server) -> None:
    admin, _ = listening(visit)
    other, _ = listening(visit, "developer", locale="en-US")
    unread(admin, 0)
    open_bell(admin)
    expect(notices(admin).filter(has_text="磁盘更换")).to_have_count(0)

    announce(server, "磁盘更换")
    unread(admin, 1)
    expect(notices(admin).first).to_contain_text("系统维护通知（2030-01-01 08:00 至 2030-01-01 09:00）：磁盘更换")
    expect(notices(admin).first).to_have_class(re.compile("unread"))
    assert was_not_reloaded(admin)
    # In the reader's own language.
    expect(other.test("bell")).to_have_attribute("aria-label", "Notifications, 1 unread")
    other.test("bell").click()
    expect(notices(other).first).to_contain_text("Maintenance from 2030-01-01 08:00 to 2030-01-01 09:00: 磁盘更换")

    announce(server, "第二次维护")
    unread(admin, 2)
    expect(notices(admin).nth(0)).to_contain_text("第二次维护")
    expect(notices(admin).nth(1)).to_contain_text("磁盘更换")


def test_what_is_for_one_person_reaches_that_one_alone(visit: Visit, server: Server, harness: SocketHarness) -> None:
    admin, wire = listening(visit)
    other, others = listening(visit, "developer")
    harness.tell("user", plugin_name="com.example.own", new_status="published")
    unread(admin, 1)
    # What is told to everybody afterwards comes after it: had the first been on its way, it would be here.
    announce(server, "对所有人")
    unread(other, 1)
    unread(admin, 2)
    assert others.count("notification") == 1
    open_bell(other)
    expect(notices(other).filter(has_text="com.example.own")).to_have_count(0)
    assert wire.count("notification") == 2


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_it_comes_back_after_the_server_and_tells_once_what_was_missed(
    visit: Visit, server: Server, ending: str
) -> None:
    admin, wire = listening(visit)
    open_bell(admin)
    state = admin.page.get_by_role("status").filter(has_text=LOST)
    expect(state).to_have_count(0)
    announce(server, f"before {ending}")
    unread(admin, 1)

    try:
        getattr(server, ending)()
        expect(state).to_be_visible()
        with socket_harness(server) as harness:
            harness.tell("user", plugin_name=f"meanwhile-{ending}", new_status="published")
            harness.tell("developer", plugin_name=f"others-{ending}", new_status="published")
        # Long enough for an attempt that finds nobody.
        assert wire.until(lambda: any(NOT_REACHED.match(line) for line in admin.seen))
        unread(admin, 1)
    finally:
        server.start()

    # It tries again after twice as long every time.
    unread(admin, 2, timeout=40_000)
    expect(state).to_have_count(0)
    announce(server, f"after {ending}")
    unread(admin, 3)
    for text in (f"before {ending}", f"meanwhile-{ending}", f"after {ending}"):
        expect(notices(admin).filter(has_text=text)).to_have_count(1)
    expect(notices(admin).filter(has_text=f"others-{ending}")).to_have_count(0)
    assert wire.count("notification") == 3
    assert wire.open() == 1
    assert was_not_reloaded(admin)

    # The server was away on purpose, and Chromium writes every attempt to reach it to the console.
    admin.seen[:] = [line for line in admin.seen if not NOT_REACHED.match(line)]


def test_all_are_marked_as_read_and_stay_so(visit: Visit, server: Server) -> None:
    admin, _ = listening(visit)
    for text in ("read one", "read two", "read three"):
        announce(server, text)
    unread(admin, 3)
    open_bell(admin)
    expect(admin.page.locator(".notices li.unread")).to_have_count(3)

    everything = admin.page.get_by_role("button", name="全部标为已读")
    everything.click()
    unread(admin, 0)
    expect(admin.page.locator(".notices li.unread")).to_have_count(0)
    expect(everything).to_be_hidden()
    assert as_user(server, "user").get(NOTICES).json()["data"]["unread_count"] == 0
    # Of everybody else nothing was read.
    assert as_user(server, "developer").get(NOTICES).json()["data"]["unread_count"] == 3

    admin.page.reload()
    expect(admin.test("logout")).to_be_visible()
    open_bell(admin)
    expect(notices(admin).filter(has_text="read three")).to_have_count(1)
    unread(admin, 0)
    expect(admin.page.locator(".notices li.unread")).to_have_count(0)
    announce(server, "read four")
    unread(admin, 1)


def test_what_was_read_elsewhere_is_not_told_anew(visit: Visit, server: Server, harness: SocketHarness) -> None:
    """More unread ones than the bell shows, and the newest of all read: what is loaded does not hold that one."""
    server.add_user("busy", PASSWORD, Role.USER)
    for number in range(25):
        harness.tell("busy", plugin_name=f"com.example.busy-{number}", new_status="published")
    newest = harness.latest()
    answer = as_user(server, "busy").post(f"{NOTICES}/read", {"ids": [newest]})
    assert answer.status_code == 200, answer.text
    shown = as_user(server, "busy").get(NOTICES).json()["data"]["unread_count"]

    admin, wire = listening(visit, "busy")
    unread(admin, shown)
    harness.tell("busy", plugin_name="com.example.busy-last", new_status="published")
    assert wire.until(lambda: wire.count("notification") > 0)
    open_bell(admin)
    expect(notices(admin).first).to_contain_text("com.example.busy-last")
    unread(admin, shown + 1)


def test_a_logout_closes_the_socket_and_tells_nothing_more(
    visit: Visit, server: Server, harness: SocketHarness
) -> None:
    before = sockets(server)
    admin, wire = listening(visit)
    admin.page.clock.install()
    harness.tell("user", plugin_name="com.example.secret", new_status="published")
    unread(admin, 1)
    assert wire.open() == 1
    assert wire.until(lambda: sockets(server) == before + 1)

    admin.test("logout").click()
    expect(admin.page).to_have_url(re.compile("/admin/login"))
    assert wire.until(lambda: wire.open() == 0)
    assert wire.until(lambda: sockets(server) == before)
    # It does not come back either, however long one waits.
    harness.tell("user", plugin_name="com.example.later", new_status="published")
    assert stays_away(admin, wire)
    assert wire.count("notification") == 1

    # Who logs in next in the same tab has a bell of their own.
    admin.page.locator("#username").fill("developer")
    admin.page.locator("#password").fill(PASSWORD)
    admin.test("login").click()
    expect(admin.test("logout")).to_be_visible()
    assert wire.until(lambda: wire.count("auth_ok") == 2)
    open_bell(admin)
    expect(notices(admin).filter(has_text="com.example.secret")).to_have_count(0)
    unread(admin, 0)
    harness.tell("developer", plugin_name="com.example.mine", new_status="published")
    unread(admin, 1)
    assert wire.open() == 1


def test_a_login_that_ends_closes_the_bell(visit: Visit, server: Server) -> None:
    server.add_user("leaver", PASSWORD, Role.REVIEWER)
    admin, wire = listening(visit, "leaver")
    admin.page.clock.install()
    root = as_user(server, "admin")
    [user] = root.get("/api/v1/admin/users?search=leaver").json()["data"]["users"]
    answer = root.call("PUT", f"/api/v1/admin/users/{user['id']}", json={"is_active": False})
    assert answer.status_code == 200, answer.text
    # The server looks every few seconds whom it still believes. Nobody touched the page.
    assert wire.until(lambda: wire.open() == 0, within=40)
    expect(admin.page).to_have_url(re.compile("/admin/login"))
    expect(admin.page.get_by_role("status")).to_contain_text("登录已过期")
    assert stays_away(admin, wire)
