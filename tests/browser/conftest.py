"""A browser (Debian's Chromium), a real server, and people who use the admin page on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from microdock_server.api.system.admin_page import BUILT

from ..live import Server
from .page import PASSWORD, Admin, watch

WIDE = {"width": 1280, "height": 900}
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"

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
        # Tests run as root in containers, where Chromium's own sandbox cannot start.
        opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """A function that opens the page in a browser context of its own, logged in as `username` (None: as nobody).

    When the test ends, none of them may have met an error in its console, or asked another host for anything.
    """
    contexts: list[BrowserContext] = []
    seen: list[str] = []

    def open_page(username: str | None = "admin", path: str = "/", **options: object) -> Admin:
        settings = {"viewport": WIDE, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        context = browser.new_context(base_url=f"{server.base}/admin/", **settings)  # type: ignore[arg-type]
        contexts.append(context)
        page: Page = context.new_page()
        watch(page, server.base, seen)
        admin = Admin(page, server.base, seen)
        if username is not None:
            admin.log_in(username, "admin" if username == "admin" else PASSWORD, path)
        else:
            admin.go(path)
        return admin

    yield open_page
    for context in contexts:
        context.close()
    assert seen == []


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
