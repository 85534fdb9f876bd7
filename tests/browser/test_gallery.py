"""The gallery as a stranger meets it in Chromium: with and without JavaScript, wide and narrow, light and dark."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from ..live import Server, prepared_server
from ..pages.hostile import PAYLOADS, plant
from ..pages.market import BLOCKED, CLOCK, DISABLED, KEYED, OLD, Facts
from ..peers import postgresql
from ..peers.pieces import slowly
from .page import AXE, watch

# Every kind of page, and each in its states.
KINDS = (
    "/",
    "/plugins",
    "/plugins?q=clock",
    "/plugins?q=nothingatall",
    "/plugins?page=2",
    *(f"/plugins/{name}" for name in (CLOCK, OLD, BLOCKED, DISABLED, KEYED)),
    f"/plugins/{CLOCK}/1.2.0",
    f"/compare/{CLOCK}",
    f"/compare/{CLOCK}/1.0.0...1.1.0",
    "/help/publishing",
    "/help/rules",
    "/help/rules/encrypted",
    "/plugins/com.example.deleted",
    "/nothing",
)
# What the page's policy forbids is told to the page before anybody may listen: so from the beginning.
LISTEN = """
window.told = []
window.moved = []
window.shifted = []
addEventListener('securitypolicyviolation', (event) => told.push(`${event.violatedDirective} ${event.blockedURI}`))
new PerformanceObserver((list) => {
  // What has not come yet when its beginning is painted says how fast it comes: what moves later, `shifted`, is the
  // page's own.
  const [page] = performance.getEntriesByType('navigation')
  for (const entry of list.getEntries()) {
    const found = entry.sources.map((one) => [
      one.node?.outerHTML ?? 'a text', one.previousRect.toJSON(), one.currentRect.toJSON()
    ])
    moved.push(...found)
    if (!entry.hadRecentInput && entry.startTime >= page.domInteractive) shifted.push(...found)
  }
}).observe({type: 'layout-shift', buffered: true})
"""
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def gallery(filled: tuple[Path, Facts], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server with the marketplace."""
    server = prepared_server(filled[0], tmp_path_factory.mktemp("live") / "data")
    try:
        yield server.start()
    finally:
        server.kill()
        postgresql.forget(server.data)


@pytest.fixture
def open_page(browser: Browser, gallery: Server) -> Iterator[Open]:
    """A function that opens an address as a stranger; afterwards nobody may have asked another host or complained."""
    contexts: list[BrowserContext] = []
    pages: list[Page] = []
    seen: list[str] = []

    def opened(address: str, base: str = gallery.base, **options: Any) -> Page:
        settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **options}
        context = browser.new_context(base_url=base, accept_downloads=True, **settings)
        contexts.append(context)
        page = context.new_page()
        watch(page, base, seen)
        page.on("dialog", lambda dialog: seen.append(f"a dialog: {dialog.message}"))
        if settings.get("java_script_enabled", True):
            page.add_init_script(LISTEN)
        page.goto(address)
        pages.append(page)
        return page

    yield opened
    for page, context in zip(pages, contexts, strict=True):
        if "told" in page.evaluate("Object.keys(window).join()").split(","):
            seen += page.evaluate("told")
        context.close()
    assert seen == []


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 A and AA."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})).violations"
    )
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_stranger_finds_a_clock_and_checks_what_they_downloaded(open_page: Open, script: bool) -> None:
    page = open_page("/", java_script_enabled=script)
    box = page.get_by_role("searchbox")
    box.fill("clock")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/plugins\?.*q=clock"))
    page.get_by_role("link", name="World Clock").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("World Clock"))

    # What it may do, in words.
    main = page.locator("main")
    expect(main.get_by_text("http:external")).not_to_have_count(0)
    expect(main.get_by_text("Crashes on start").first).to_be_attached()

    hashes = re.findall(r"\b[0-9a-f]{64}\b", main.inner_text())
    assert hashes
    with page.expect_download() as started:
        main.locator("a.button[href*='/download']").first.click()
    content = Path(started.value.path()).read_bytes()
    assert hashlib.sha256(content).hexdigest() == hashes[0]

    # Two versions beside each other: by a link that the pages have.
    page.goto(f"/plugins/{CLOCK}/1.1.0")
    page.locator("main a[href*='/compare/']").first.click()
    expect(page).to_have_url(re.compile(r"/compare/"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_stranger_changes_the_language_and_keeps_it(open_page: Open, script: bool) -> None:
    page = open_page("/", java_script_enabled=script, locale="zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator("a[hreflang=en]").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="World Clock").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_no_page_scrolls_sideways_or_jumps(open_page: Open, filled: tuple[Path, Facts], width: int) -> None:
    page = open_page("/", viewport={"width": width, "height": 800})
    for address in kinds(filled[1], "zh", "en"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert overflow(page) <= 0, (address, width)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("shifted") == [], (address, width)


@pytest.mark.parametrize("width", [320, 1280])
def test_what_is_painted_stays_where_it_is_while_the_rest_comes(
    open_page: Open, gallery: Server, filled: tuple[Path, Facts], width: int
) -> None:
    moved = {}
    with slowly(gallery.base, 48) as base:
        page = open_page("/robots.txt", base=base, viewport={"width": width, "height": 800})
        for address in kinds(filled[1], "zh"):
            page.goto(address)
            page.wait_for_load_state("networkidle")
            if found := page.evaluate("moved"):
                moved[address] = found
    assert moved == {}


def kinds(facts: Facts, *languages: str) -> list[str]:
    """The address of every kind of page, in each of these languages."""
    addresses = (*KINDS, f"/categories/{facts.category}", f"/developers/{facts.developer}")
    return [
        f"{address}{'&' if '?' in address else '?'}lang={language}" for address in addresses for language in languages
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_for_everybody(open_page: Open, filled: tuple[Path, Facts], scheme: str) -> None:
    page = open_page("/", color_scheme=scheme)
    found = {}
    # Colours depend on no language.
    for address in kinds(filled[1], *(("zh", "en") if scheme == "light" else ("en",))):
        page.goto(address)
        if wrong := violations(page):
            found[address] = wrong
    assert found == {}


def test_keys_are_enough(open_page: Open) -> None:
    page = open_page(f"/plugins/{CLOCK}")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    expect(skip).to_be_visible()
    assert (skip.get_attribute("href") or "").startswith("#")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.goto("/")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            """() => {
              const style = getComputedStyle(document.activeElement)
              return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== 'none'
            }"""
        ), page.evaluate("document.activeElement.outerHTML")


def test_the_theme_is_the_systems_until_somebody_chooses(open_page: Open) -> None:
    page = open_page("/", color_scheme="dark")

    def ground() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = ground()
    page.locator("[data-switch-theme]").click()
    light = ground()
    assert light != dark
    kept = page.evaluate("({...localStorage})")
    assert "light" in kept.values()
    page.goto("/plugins")
    assert ground() == light
    page.locator("[data-switch-theme]").click()
    assert ground() == dark


def test_without_script_there_is_no_switch_and_nothing_is_missing(open_page: Open, gallery: Server) -> None:
    page = open_page("/", java_script_enabled=False, color_scheme="dark")
    expect(page.locator("[data-switch-theme]")).to_be_hidden()
    expect(page.get_by_role("link", name="World Clock").first).to_be_visible()
    for address in (f"/plugins/{CLOCK}", f"/plugins/{CLOCK}/1.1.0", f"/compare/{CLOCK}/1.0.0...1.1.0"):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_for_a_stranger_pages_ask_for_their_own_files_alone(open_page: Open) -> None:
    asked: list[str] = []
    page = open_page("/robots.txt")
    page.on("request", lambda request: asked.append(path_of(request)))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert [one for one in asked if not one.startswith("/gallery/") and "/images/" not in one] == ["/"]


def path_of(request: Request) -> str:
    return re.sub(r"^\w+://[^/]+", "", request.url)


def test_what_strangers_wrote_does_nothing(
    open_page: Open, filled: tuple[Path, Facts], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Texts that try to be script: none runs, none is stopped by the policy alone."""
    server = prepared_server(filled[0], tmp_path_factory.mktemp("hostile") / "data")
    try:
        server.start()
        page = open_page("/robots.txt", base=server.base)
        for kind in ("element", "ending", "address"):
            payload = PAYLOADS[kind]
            with server.application() as app:
                plant(app, payload)
            for address in (
                *("/", "/plugins", f"/plugins?q={quote(payload)}", f"/plugins/{CLOCK}", f"/plugins/{OLD}"),
                *(f"/plugins/{BLOCKED}", f"/plugins/{CLOCK}/1.1.0", f"/compare/{CLOCK}/1.0.0...1.1.0"),
            ):
                page.goto(address)
                assert page.evaluate("told") == [], (kind, address)
                assert payload[:5] in page.content(), (kind, address)
                for script in page.locator("script:not([src])").all():
                    json.loads(script.text_content() or "")
                assert (
                    page.locator("[onmouseover], [onerror], [onload], [onfocus], [autofocus], main script").count() == 0
                )
    finally:
        server.kill()
        postgresql.forget(server.data)
