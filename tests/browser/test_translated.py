"""A page of which the language is changed reads as one that was loaded in it: what the server worded as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from ..live import Server
from .conftest import tab
from .page import Admin
from .people import session
from .test_trial import ODD, examples, pages
from .trial import Facts

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def server(trial: tuple[Server, Facts]) -> Server:
    """The trial's."""
    return trial[0]


@pytest.fixture(scope="module")
def admin(browser: Browser, server: Server) -> Iterator[Admin]:
    """The administrator's tab."""
    opened = tab(browser, server, [])
    opened.enter(session(server, "admin"), "/")
    yield opened
    opened.page.context.close()


def words(admin: Admin) -> list[str]:
    """What stands on the page, line by line; numbers go on meanwhile."""
    admin.settled()
    admin.still()
    return re.sub(r"\d+", "0", admin.page.locator("main").inner_text()).splitlines()


def speak(admin: Admin) -> None:
    """Change the language."""
    root = admin.page.locator("html")
    before = root.get_attribute("lang") or ""
    admin.test("language").click()
    expect(root).not_to_have_attribute("lang", before)


@pytest.mark.parametrize("path", pages())
def test_a_page_reads_the_same_whenever_its_language_was_chosen(
    admin: Admin, trial: tuple[Server, Facts], path: str
) -> None:
    admin.go(examples(path, trial[1])[-1])
    expect(admin.page.locator("main h1, main .el-result, main [role=alert]").first).to_be_visible()
    before = words(admin)
    speak(admin)
    changed = words(admin)
    admin.page.reload()
    expect(admin.page.locator("main h1, main .el-result, main [role=alert]").first).to_be_visible()
    assert changed == words(admin)
    speak(admin)
    assert words(admin) == before


def test_findings_are_worded_in_the_language_that_is_chosen(admin: Admin, trial: tuple[Server, Facts]) -> None:
    admin.go(f"/reviews/{trial[1].reviews[ODD]}")
    findings = admin.test("findings").first
    expect(findings).to_be_visible()
    language = admin.page.locator("html").get_attribute("lang") or ""
    chinese, english = re.compile("[\u4e00-\u9fff]{3}"), re.compile("[A-Z][a-z]+ [a-z]+")
    found, other = (chinese, english) if language == "zh-CN" else (english, chinese)
    messages = findings.locator("bdi.grow")
    expect(messages.first).to_have_text(found)
    speak(admin)
    expect(messages.first).to_have_text(other)
    speak(admin)
    expect(messages.first).to_have_text(found)
