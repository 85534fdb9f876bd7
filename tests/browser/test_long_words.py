"""Words without a place to break at, in every script, wherever somebody may have typed them: no page gets too wide.

The server's answers are those of the trial's marketplace, in which every text of people becomes such a word on its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Route, expect

from ..live import Server
from .conftest import tab
from .page import Admin
from .people import session
from .test_trial import examples, pages
from .trial import Facts
from .trial_looks import too_wide

pytestmark = pytest.mark.live

PHONE: Final = {"viewport": {"width": 360, "height": 740}, "locale": "en"}
WORDS: Final = {
    "latin": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
    "chinese": "一个没有空格的非常长的名称" * 12,
    "arabic": "افاستسقيناكموها" * 10,
}
# Fields of answers with what people typed. Names of packages and accounts are their keys as well, and stay.
TYPED: Final = frozenset(
    {
        *(
            "name",
            "title",
            "content",
            "description",
            "author",
            "company",
            "message",
            "reason",
            "notes",
            "text",
            "license",
        ),
        *("display_name", "plugin_display_name", "replacement_display_name", "category_name", "version", "email"),
        *("verification_notes", "assignment_notes", "response", "recommended_reason", "deprecation_reason"),
        *("hidden_reason", "revoke_reason", "yank_reason", "error", "file_name", "evidence", "pros", "cons", "tags"),
    }
)


@pytest.fixture(scope="module")
def server(trial: tuple[Server, Facts]) -> Server:
    """The trial's."""
    return trial[0]


@pytest.fixture(params=WORDS)
def admin(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Admin]:
    """The administrator's tab on a phone, to which every text comes as one word."""
    opened = tab(browser, server, [], **PHONE)
    word = WORDS[request.param]

    def reply(route: Route) -> None:
        answer = route.fetch()
        if "json" not in answer.headers.get("content-type", ""):
            return route.fulfill(response=answer)
        return route.fulfill(response=answer, json=replaced(answer.json(), word))

    opened.page.route(re.compile("/api/(?!v1/auth)"), reply)
    opened.enter(session(server, "admin"), "/")
    yield opened
    opened.page.context.close()


def replaced(value: Any, word: str, field: str = "") -> Any:
    """The same with the word in place of every text of people; what was empty stays so."""
    if isinstance(value, dict):
        return {key: replaced(part, word, key) for key, part in value.items()}
    if isinstance(value, list):
        return [replaced(part, word, field) for part in value]
    return word if isinstance(value, str) and value and field in TYPED else value


def test_no_page_gets_wider_than_a_phone(admin: Admin, trial: tuple[Server, Facts]) -> None:
    faults: list[str] = []
    has_come = False
    for path in pages():
        for address in examples(path, trial[1])[:1]:
            admin.go(address)
            expect(admin.page.locator("main h1, main .el-result, main [role=alert]").first).to_be_visible()
            admin.settled()
            has_come = has_come or any(word in admin.page.locator("main").inner_text() for word in WORDS.values())
            faults += [f"{address}: {fault}" for fault in too_wide(admin)]
    assert faults == []
    assert has_come, "no answer was replaced"
