"""Actions of users on the admin page, each as one call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "correct horse battery"
# Chromium says so of every answer that is a refusal; whether it should have come is for the test to say.
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


def watch(page: Page, base: str, seen: list[str]) -> None:
    """Write down errors in the console, and requests that leave the server."""

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not REFUSED.match(message.text):
            seen.append(f"{message.type}: {message.text}")

    def request(sent: Request) -> None:
        if not sent.url.startswith((base, base.replace("http", "ws"), "blob:", "data:")):
            seen.append(f"asked {sent.url}")

    page.on("console", console)
    page.on("pageerror", lambda error: seen.append(f"uncaught: {error}"))
    page.on("request", request)


def is_painted(canvas: Locator) -> bool:
    """Is anything drawn on the canvas?

    Read from a copy that is made for being read: of a second reading of the page's own, Chromium warns in the console.
    """
    return bool(
        canvas.evaluate(
            """(canvas) => {
              const {width, height} = canvas
              if (width === 0 || height === 0) return false
              const copy = Object.assign(document.createElement('canvas'), {width, height})
              const context = copy.getContext('2d', {willReadFrequently: true})
              context.drawImage(canvas, 0, 0)
              return context.getImageData(0, 0, width, height).data.some(Boolean)
            }"""
        )
    )


@dataclass(frozen=True)
class Admin:
    """The page, as one person has it open."""

    page: Page
    base: str
    seen: list[str]

    def go(self, path: str) -> None:
        """Open an address below /admin."""
        self.page.goto(f"{self.base}/admin{path}")

    def log_in(self, username: str, password: str, path: str = "/") -> None:
        """Log in, and wait for the page that was asked for."""
        self.go(path)
        self.page.locator("#username").fill(username)
        self.page.locator("#password").fill(password)
        self.test("login").click()
        expect(self.test("logout")).to_be_visible()

    def enter(self, session: dict[str, Any], path: str = "/") -> None:
        """Open an address as one who has logged in already: with the cookies of a login."""
        secret = {"name": "microdock_refresh", "value": session["refresh_token"], "path": "/api/v1/auth"}
        mark = {"name": "microdock_login", "value": "1", "path": "/"}
        every = {"domain": urlsplit(self.base).hostname, "sameSite": "Strict"}
        cookies: Any = [{**secret, **every, "httpOnly": True}, {**mark, **every}]
        self.page.context.add_cookies(cookies)
        self.go(path)
        expect(self.test("logout")).to_be_visible()

    def test(self, name: str) -> Locator:
        """What carries this mark."""
        return self.page.locator(f'[data-test="{name}"]')

    def menu(self, name: str) -> None:
        """Go to a page by the menu."""
        self.test(f"menu-{name}").click()
        self.settled()

    def settled(self) -> None:
        """Wait until nothing loads any more."""
        self.page.wait_for_load_state("networkidle")
        expect(self.page.locator('[aria-busy="true"]')).to_have_count(0)

    def still(self) -> None:
        """Wait until nothing moves or fades any more: half-faded colours are no finding."""
        self.page.evaluate(
            """() => Promise.allSettled(
              document
                .getAnimations()
                .filter((running) => running.effect.getComputedTiming().endTime !== Infinity)
                .map((running) => running.finished)
            )"""
        )

    def catch_choosers(self) -> None:
        """Have file choosers handed to the test from now on.

        Expecting one alone switches that on too late: Playwright does not wait until the page's process knows, a key
        overtakes it, and Chromium opens a chooser of its own, which ends at once. The question comes after it.
        """
        self.page.on("filechooser", lambda _: None)
        self.page.evaluate("null")

    def confirm(self) -> None:
        """Say yes to the question that is asked."""
        self.page.locator(".el-message-box__btns .says-yes").last.click()

    def violations(self) -> list[str]:
        """What axe finds against WCAG 2.1 A and AA, of serious or critical impact."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = self.page.evaluate(
            "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})).violations"
        )
        return [
            f"{rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary']}"
            for rule in found
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
