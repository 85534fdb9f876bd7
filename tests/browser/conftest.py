"""A browser (Debian's Chromium), a real server, and users of the admin page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from microdock_server import create_app
from microdock_server.api.system.admin_page import BUILT

from ..conftest import release
from ..live import Server, prepared_server
from ..pages.conftest import filled  # noqa: F401  (a fixture)
from ..peers import postgresql
from ..support import settings_for
from .page import Admin, watch
from .people import session
from .trial import Facts, fill

WIDE = {"width": 1280, "height": 900}
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"

# What an address bar suggests is two pages for every window, in a process of their own, though nobody sees the bar:
# without them a window takes half the processor time. Chromium heeds the last such list: Playwright's stands in it.
NOT_LOADED = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
LEFT_OUT_BY_PLAYWRIGHT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
# Tests run as root in containers, where Chromium's own sandbox cannot start.
ARGUMENTS = ("--no-sandbox", f"--disable-features={','.join(LEFT_OUT_BY_PLAYWRIGHT + NOT_LOADED)}")

Visit = Callable[..., Admin]
# A page as it is: told apart by a name, at every width and in every language.
Look = Callable[[Admin, str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser, or a page to show it, these tests are left out, and say why; not where everything must run."""
    missing = [
        what
        for what, is_there in (
            ("chromium is not installed", shutil.which("chromium") is not None),
            ("the admin page is not built (scripts/build-page)", (BUILT / "index.html").is_file()),
        )
        if not is_there
    ]
    if not missing or os.environ.get("CI"):
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="; ".join(missing)))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield opened
        opened.close()


def tab(browser: Browser, server: Server, seen: list[str], **options: object) -> Admin:
    """A tab of a browser context of its own, in which nothing is open yet; what must not be goes to `seen`."""
    # Without motion: what is shown while something moves is asked of by the tests that want it.
    settings = {
        "viewport": WIDE,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "reduced_motion": "reduce",
        **options,
    }
    context = browser.new_context(base_url=f"{server.base}/admin/", **settings)  # type: ignore[arg-type]
    page = context.new_page()
    watch(page, server.base, seen)
    return Admin(page, server.base, seen)


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """A function that opens the page in a browser context of its own, logged in as `username` (None: as nobody).

    The login is the server's, and is put where the page would have put it; tests/browser/test_session.py types. `begin`
    is called with the tab before anything is loaded.

    When the test ends, none of them may have met an error in its console, or asked another host for anything.
    """
    opened: list[Admin] = []
    seen: list[str] = []

    def open_page(
        username: str | None = "admin",
        path: str = "/",
        begin: Callable[[Page], object] = lambda _: None,
        **options: object,
    ) -> Admin:
        admin = tab(browser, server, seen, **options)
        opened.append(admin)
        begin(admin.page)
        if username is not None:
            admin.enter(session(server, username), path)
        else:
            admin.go(path)
        return admin

    yield open_page
    for admin in opened:
        admin.page.context.close()
    assert seen == []


@pytest.fixture(scope="module")
def tabs(server: Server) -> Iterator[dict[str, Admin]]:
    """The tabs that the tests of a module share, by what they are told apart by; `server` outlives them."""
    opened: dict[str, Admin] = {}
    yield opened
    for admin in opened.values():
        admin.page.context.close()


@pytest.fixture(scope="session")
def trial_data(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Facts]:
    """A data directory with the trial's marketplace, and ids of what is in it."""
    directory = tmp_path_factory.mktemp("trial") / "data"
    shutil.copytree(prepared_data, directory)
    app = create_app(settings_for(directory))
    facts = fill(app)
    release(app)
    postgresql.changes_no_more(directory)
    return directory, facts


@pytest.fixture(scope="module")
def trial(trial_data: tuple[Path, Facts], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Facts]]:
    """A server with the trial's marketplace, which the tests of a module share."""
    server = prepared_server(trial_data[0], tmp_path_factory.mktemp("live") / "data")
    try:
        yield server.start(), trial_data[1]
    finally:
        server.kill()
        postgresql.forget(server.data)


@pytest.fixture
def picture() -> Callable[[Admin, str], None]:
    """A function that keeps a screenshot, in a folder that is not tracked."""

    def take(admin: Admin, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        admin.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    return take


@pytest.fixture
def look() -> Look:
    """A function that keeps a screenshot of the whole page in both languages, wide and as on a phone.

    Nothing may be cut off or found by axe, in either language. What was typed into the page stays in it.
    """

    def take(admin: Admin, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for width in (390, WIDE["width"]):
            admin.page.set_viewport_size({"width": width, "height": WIDE["height"]})
            for _ in ("the other language", "the one it was in"):
                admin.test("language").click()
                admin.settled()
                admin.still()
                language = admin.page.locator("html").get_attribute("lang")
                admin.page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{language}.png", full_page=True)
                assert admin.overflow() <= 0, (width, language)
        assert admin.violations() == []

    return take
