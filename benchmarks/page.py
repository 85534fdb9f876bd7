"""How soon the admin page is there, in Chromium on this machine, its cache empty."""

from __future__ import annotations

import shutil
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from microdock_server.api.system.admin_page import BUILT

from .results import (
    Goal,
    NotMeasured,
    Row,
    Samples,
    Section,
    judged,
    number,
    spread_of,
    value_row,
    worst_row,
)
from .servers import Server
from .stage import DEFAULT_LEVEL, LARGE, Stage

# What a first load may cost: gzipped JavaScript, as the build promises, too.
LOGIN_SCRIPT: Final = Goal(200, at_most=True, unit=" KiB")
PAGE_SCRIPT: Final = Goal(350, at_most=True, unit=" KiB")
SHIFT: Final = Goal(0.1, at_most=True, unit="")
# Painted before the script runs; asked for before anything happens.
_OBSERVE: Final = """
window.largest = 0; window.shifts = 0;
const each = (type, hear) => new PerformanceObserver((list) => list.getEntries().forEach(hear))
  .observe({ type, buffered: true });
each('largest-contentful-paint', (entry) => { window.largest = entry.startTime });
each('layout-shift', (entry) => { if (!entry.hadRecentInput) window.shifts += entry.value });
"""
_READ: Final = """() => ({
  first: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  largest: window.largest,
  shifts: window.shifts,
  script: performance.getEntriesByType('resource').filter((entry) => entry.name.split('?')[0].endsWith('.js'))
    .reduce((sum, entry) => sum + entry.encodedBodySize, 0) / 1024,
})"""
_PARTS: Final = ("first", "largest", "shifts", "script")

Measured = dict[str, Samples]


def measure(stage: Stage) -> Section:
    """Each page in a browser context of its own, every round."""
    chromium = shutil.which("chromium")
    if chromium is None or not (BUILT / "index.html").is_file():
        raise NotMeasured("needs chromium and a built page (scripts/build-page)")
    section = Section(f"The admin page in Chromium, {LARGE:,} plugins")
    server = stage.catalogue(LARGE, DEFAULT_LEVEL)
    pages: dict[str, tuple[str, str, Goal]] = {
        "login": ("/admin/login", "#username", LOGIN_SCRIPT),
        "dashboard": ("/admin/", "canvas", PAGE_SCRIPT),
        "plugins": ("/admin/plugins", "tbody tr", PAGE_SCRIPT),
    }
    found: dict[str, Measured] = {name: {part: Samples() for part in _PARTS} for name in pages}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(stage.plan.rounds):
            for name, (path, there, _goal) in pages.items():
                seen = _visit(browser, server, path, there, logged_in=name != "login")
                for part, value in seen.items():
                    found[name][part].values.append(value)
        browser.close()
    for name, (_path, _there, goal) in pages.items():
        _rows(section, name, found[name], goal)
    section.notes.append("- on loopback, nothing in the browser's cache; times count from the navigation's beginning")
    return section


def _rows(section: Section, name: str, found: Measured, script: Goal) -> None:
    for part, what in (("first", "first contentful paint"), ("largest", "largest contentful paint")):
        section.rows.append(_painted(f"{name}: {what}", found[part]))
    section.rows.append(worst_row(f"{name}: layout shift, summed", found["shifts"].values, SHIFT, log=DEFAULT_LEVEL))
    section.rows.append(value_row(f"{name}: JavaScript, gzipped", found["script"].values, script, log=DEFAULT_LEVEL))


def _painted(what: str, samples: Samples) -> Row:
    values = samples.values
    measured, spread, verdict = f"{number(samples.median)} ms", spread_of(values, " ms"), judged(None, 0, values)
    return Row(what, DEFAULT_LEVEL, measured, spread=spread, verdict=verdict, rounds={"measured": values})


def _visit(browser: Browser, server: Server, path: str, there: str, *, logged_in: bool) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en")
    base = f"http://127.0.0.1:{server.port}"
    try:
        page = context.new_page()
        if logged_in:
            _log_in(page, base)
            kept: str = page.evaluate("sessionStorage.getItem('microdock.session')")
            page.close()
            context.clear_cookies()
            context.add_init_script(f"sessionStorage.setItem('microdock.session', {kept!r})")
            page = context.new_page()
        page.context.add_init_script(_OBSERVE)
        page.goto(base + path)
        page.wait_for_selector(there)
        page.wait_for_load_state("networkidle")
        read: dict[str, Any] = page.evaluate(_READ)
    finally:
        context.close()
    return {part: float(read[part]) for part in _PARTS}


def _log_in(page: Page, base: str) -> None:
    page.goto(f"{base}/admin/login")
    page.fill("#username", "admin")
    page.fill("#password", "admin")
    page.click('[data-test="login"]')
    page.wait_for_selector('[data-test="logout"]')
