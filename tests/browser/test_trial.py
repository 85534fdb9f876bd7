"""Every page with the trial's marketplace on it, at every width, in both languages and themes; slow, and gone.

Pictures are kept in the folder that TRIAL_PICTURES names, if it names one: of phone and desk in both languages and
themes, and of a tablet.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Response, expect

from ..live import Server
from .conftest import Visit, tab
from .page import Admin
from .people import as_user, session
from .trial import FOCUS, Facts
from .trial_looks import beyond, cut_off, misnamed, narrow, too_wide
from .trial_rows import PREFIX

pytestmark = pytest.mark.live

SOURCE = Path(__file__).parents[2] / "frontend" / "src"
# With a name of 200 characters without a space, and with one that is written from the right.
UNBROKEN, ARABIC = f"{PREFIX}.row-081", f"{PREFIX}.row-033"
# Its automatic review found something.
ODD = f"{PREFIX}.waiting-2"
DESK, TABLET, PHONE = 1440, 768, 360
HEIGHTS = {DESK: 900, TABLET: 1024, PHONE: 740}


@dataclass(frozen=True)
class Look:
    """A way to look at a page; axe looks at some."""

    width: int
    language: str
    theme: str
    has_axe: bool = False


# Between two that follow each other as little is changed as can be.
LOOKS = (
    Look(DESK, "zh-CN", "light", has_axe=True),
    Look(PHONE, "zh-CN", "light"),
    Look(PHONE, "en", "dark", has_axe=True),
    Look(TABLET, "en", "dark"),
    Look(DESK, "en", "dark"),
)
# Pictures are taken of these too.
FURTHER = (
    Look(DESK, "en", "light"),
    Look(PHONE, "en", "light"),
    Look(PHONE, "zh-CN", "dark"),
    Look(DESK, "zh-CN", "dark"),
)


def pages() -> list[str]:
    """The paths of all pages, from the list that the router has them from."""
    text = (SOURCE / "pages.ts").read_text(encoding="utf-8")
    found = [path for path in re.findall(r"path: '([^']*)'", text) if not path.startswith("/")]
    assert len(found) > 10, "the list of pages is written otherwise"
    return found


def examples(path: str, facts: Facts) -> list[str]:
    """Addresses of the page; what stands for a parameter is known here by the parameter's name and place."""
    known = {
        "plugins/:name": [f"plugins/{name}" for name in (FOCUS[0], UNBROKEN, ARABIC)],
        "reviews/:id": [f"reviews/{facts.reviews[name]}" for name in (FOCUS[0], ODD)],
        ":rest(.*)*": ["no/such/page"],
    }
    assert ":" not in path or path in known, f"tell what stands for {path}"
    return [f"/{address}" for address in known.get(path, [path])]


@pytest.fixture(scope="module")
def server(trial: tuple[Server, Facts]) -> Server:
    """The trial's."""
    return trial[0]


@pytest.fixture(scope="module")
def admin(browser: Browser, server: Server) -> Iterator[Admin]:
    """The administrator's tab, which tests that only look share."""
    opened = tab(browser, server, [])
    watch_answers(opened.page, opened.seen)
    opened.enter(session(server, "admin"), "/")
    yield opened
    opened.page.context.close()


def watch_answers(page: Page, seen: list[str]) -> None:
    """Write down answers that are refusals or failures, and requests without an answer."""

    def answered(answer: Response) -> None:
        if answer.status >= 400:
            seen.append(f"{answer.status} from {answer.url}")

    def failed(request: Request) -> None:
        # A page that is left asks no more.
        if request.failure != "net::ERR_ABORTED":
            seen.append(f"{request.failure} from {request.url}")

    page.on("response", answered)
    page.on("requestfailed", failed)


def take(admin: Admin, name: str) -> None:
    if folder := os.environ.get("TRIAL_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        # What was pointed at may have been scrolled to; what sticks is drawn where the window is.
        admin.page.evaluate("scrollTo(0, 0)")
        admin.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def looked_at(admin: Admin, name: str) -> list[str]:
    """What is wrong with the page that is open, in each way to look at it."""
    faults: list[str] = []
    told: set[str] = set()
    for look in LOOKS:
        show(admin, look)
        found = too_wide(admin) + cut_off(admin, told) + misnamed(admin)
        if look.width == DESK:
            found += beyond(admin) + narrow(admin)
        if look.has_axe:
            found += admin.violations()
        faults += [f"{name}, {look.width} px, {look.language}, {look.theme}: {fault}" for fault in found]
        take(admin, f"{name}-{look.width}-{look.language}-{look.theme}")
    for look in FURTHER if "TRIAL_PICTURES" in os.environ else ():
        show(admin, look)
        take(admin, f"{name}-{look.width}-{look.language}-{look.theme}")
    return faults


def show(admin: Admin, look: Look) -> None:
    """Change to that way to look at what is open."""
    page, root = admin.page, admin.page.locator("html")
    page.set_viewport_size({"width": look.width, "height": HEIGHTS[look.width]})
    if root.get_attribute("lang") != look.language:
        admin.test("language").click()
        expect(root).to_have_attribute("lang", look.language)
    if ("dark" in (root.get_attribute("class") or "")) != (look.theme == "dark"):
        admin.test("theme").click()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    admin.settled()
    admin.still()


@pytest.mark.parametrize("path", pages())
def test_a_page_stands_in_its_window(admin: Admin, trial: tuple[Server, Facts], path: str) -> None:
    admin.seen.clear()
    faults = []
    for number, address in enumerate(examples(path, trial[1])):
        admin.go(address)
        expect(admin.page.locator("main h1, main .el-result, main [role=alert]").first).to_be_visible()
        admin.settled()
        name = re.sub(r"[0-9a-f-]{36}", f"id{number}", address.strip("/")).replace("/", "_") or "dashboard"
        faults += looked_at(admin, name)
        tabs = admin.page.get_by_role("main").get_by_role("tab")
        for place in range(1, tabs.count()):
            tabs.nth(place).click()
            admin.settled()
            faults += looked_at(admin, f"{name}-tab{place}")
    assert faults + admin.seen == []


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.width}-{look.language}-{look.theme}")
def test_the_login_stands_in_its_window(visit: Visit, look: Look) -> None:
    size = {"width": look.width, "height": HEIGHTS[look.width]}
    admin = visit(None, "/login", viewport=size, locale=look.language, color_scheme=look.theme)
    expect(admin.test("login")).to_be_visible()
    admin.still()
    take(admin, f"login-{look.width}-{look.language}-{look.theme}")
    assert too_wide(admin) + cut_off(admin, set()) + beyond(admin) + admin.violations() == []


# A slow network

# From each click on: when the first mark of being busy came that was not there before, and when the first answer did.
WATCH = """() => {
  const marks = () => [...document.querySelectorAll('[role=progressbar]:not(main *), [aria-busy=true]')]
  const seen = (window.trial = {begin: null, moved: null, answered: null})
  let before = new Set()
  const look = () => {
    if (seen.moved === null && marks().some((mark) => !before.has(mark))) seen.moved = performance.now()
  }
  addEventListener('click', () => {
    before = new Set(marks())
    Object.assign(seen, {begin: performance.now(), moved: null, answered: null})
  }, true)
  new MutationObserver(look).observe(document, {attributes: true, childList: true, subtree: true})
  new PerformanceObserver((list) => {
    for (const {startTime, responseEnd} of list.getEntries()) {
      if (seen.begin !== null && startTime >= seen.begin && seen.answered === null) seen.answered = responseEnd
    }
  }).observe({type: 'resource'})
}"""
MOVING = "[role=progressbar]:not(main *), [aria-busy=true]"
ANSWERED = """() => new Promise((done) => {
  const look = () => (window.trial.answered === null ? requestAnimationFrame(look) : done({...window.trial}))
  look()
})"""
LATENCY = {"offline": False, "latency": 800, "downloadThroughput": -1, "uploadThroughput": -1}


def slow(admin: Admin) -> None:
    """From now on every answer takes 800 ms longer; clicks are watched."""
    admin.page.context.new_cdp_session(admin.page).send("Network.emulateNetworkConditions", LATENCY)
    admin.page.evaluate(WATCH)


def moves_first(admin: Admin, what: Locator, there: Locator) -> list[str]:
    """Click, and wait until what it leads to is there; faults, where nothing moved before the first answer."""
    name = what.inner_text().partition("\n")[0]
    what.click()
    seen = admin.page.evaluate(ANSWERED)
    expect(there).to_be_visible()
    admin.settled()
    expect(admin.page.locator(MOVING)).to_have_count(0)
    is_first = seen["moved"] is not None and seen["moved"] < seen["answered"]
    return [] if is_first else [f"{name}: nothing moves before the answer"]


def test_where_answers_are_slow_something_moves_first(visit: Visit) -> None:
    admin = visit("admin", "/", viewport={"width": DESK, "height": HEIGHTS[DESK]}, locale="en")
    admin.settled()
    slow(admin)
    page = admin.page

    def heading(words: str) -> Locator:
        return page.get_by_role("heading", name=words, level=1)

    faults: list[str] = []
    for words in ("Appeals", "Users", "System", "Audit log", "Plugins"):
        link = page.get_by_role("navigation").get_by_role("link", name=words)
        faults += moves_first(admin, link, heading(words))
    further = page.get_by_role("button", name=re.compile("next page", re.I))
    faults += moves_first(admin, further, page.locator(".is-active").filter(has_text="2"))
    reviews = page.get_by_role("navigation").get_by_role("link", name="Reviews")
    faults += moves_first(admin, reviews, heading("Reviews"))
    faults += moves_first(admin, page.get_by_role("link", name="Focus 0"), heading("Focus 0"))
    faults += moves_first(admin, page.get_by_role("button", name="Refresh"), heading("Focus 0"))
    assert faults == []


# A server that goes away, and comes back

GONE = re.compile("server|network|connect", re.I)


def gone(admin: Admin) -> Locator:
    """Where it is said that the server cannot be reached."""
    said = admin.page.locator("[role=alert], [role=status], .el-message").filter(has_text=GONE)
    return said.locator("visible=true").first


@pytest.fixture
def away(browser: Browser, server: Server) -> Iterator[Callable[[str], Admin]]:
    """A function that opens an address as a reviewer; whatever the console says of a server that is gone."""
    opened: list[Admin] = []

    def open_page(path: str) -> Admin:
        admin = tab(browser, server, [], viewport={"width": DESK, "height": HEIGHTS[DESK]}, locale="en")
        opened.append(admin)
        admin.enter(session(server, "reviewer"), path)
        admin.settled()
        admin.page.evaluate("window.isSame = true")
        return admin

    yield open_page
    for admin in opened:
        admin.page.context.close()
    # Whatever became of the test: other tests find the server running.
    server.kill()
    server.start()


def test_what_was_typed_stays_while_the_server_is_gone_and_is_sent_when_it_is_back(
    away: Callable[[str], Admin], server: Server, trial: tuple[Server, Facts]
) -> None:
    review = trial[1].reviews[FOCUS[1]]
    admin = away(f"/reviews/{review}")
    page, words = admin.page, "Typed before the server went away"
    start = page.get_by_role("button", name="Start the review")
    notes = page.get_by_label(re.compile("^Notes"))
    expect(start.or_(notes).first).to_be_visible()
    if start.is_visible():
        start.click()
    notes.fill(words)

    def approve() -> None:
        page.get_by_role("button", name=re.compile("^Approve")).locator("visible=true").first.click()
        page.get_by_role("dialog").get_by_role("button", name=re.compile("^Approve")).click()

    server.kill()
    approve()
    expect(gone(admin)).to_be_visible()
    expect(notes).to_have_value(words)
    # What tells that the server is gone covers nothing that is pressed.
    approve()
    expect(gone(admin)).to_be_visible()
    server.start()
    approve()
    expect(page).not_to_have_url(re.compile(review))
    assert page.evaluate("window.isSame")
    answer = as_user(server, "reviewer").get(f"/api/v1/admin/reviews/{review}").json()["data"]
    assert (answer["status"], answer["notes"]) == ("approved", words)


def test_a_page_that_is_asked_for_while_the_server_is_gone_opens_when_it_is_back(
    away: Callable[[str], Admin], server: Server
) -> None:
    admin = away("/reviews")
    server.kill()
    admin.test("menu-appeals").click()
    expect(gone(admin)).to_be_visible()
    server.start()
    admin.test("menu-appeals").click()
    retry = admin.page.get_by_role("main").get_by_role("button", name="Try again")
    heading = admin.page.get_by_role("heading", name="Appeals", level=1)
    expect(heading).to_be_visible()
    rows = admin.page.locator("main article, main tbody tr")
    expect(rows.or_(retry).first).to_be_visible()
    if retry.is_visible():
        retry.click()
    expect(rows.first).to_be_visible()
    assert admin.page.evaluate("window.isSame")
