"""Lists of long names: what can be done stays in sight on a desktop, and on a phone every row is a card."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from ..live import Server
from .conftest import Visit
from .page import PASSWORD, Admin
from .people import PLUGINS, add_people, as_user, decided, further, submitted

pytestmark = pytest.mark.live

V1 = "/api/v1"
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 360, "height": 780}, "locale": "en"}
# Without a space there is no place to break at.
LONG = "N" * 200
NAME = "com.example." + "n" * 88
HEBREW = "שלום עולם (1)"


@pytest.fixture(scope="module")
def filled(server: Server) -> str:
    """A server whose names are all as long as they may be; the id of a review that waits."""
    add_people(server)
    root, developer, reviewer = (as_user(server, name) for name in ("admin", "developer", "reviewer"))
    submitted(developer, NAME, displayName=LONG, author=LONG)
    decided(reviewer, NAME)
    further(developer, NAME, "1.1.0-" + "a" * 40, displayName=LONG)
    submitted(developer, "com.example.hebrew", displayName=HEBREW)
    rating = said(as_user(server, "user").post(f"{PLUGINS}/{NAME}/reviews", {"rating": 2, "title": LONG[:100]}), 201)
    said(root.post(f"{V1}/admin/ratings/{rating['id']}/hide", {"hidden": True, "reason": LONG}))
    above = said(root.post(f"{V1}/admin/categories", {"name": "N" * 50}), 201)
    said(root.post(f"{V1}/admin/categories", {"name": "M" * 50, "parent_id": above["id"]}), 201)
    body = {"username": "u" * 50, "email": f"{'e' * 60}@example.com", "password": PASSWORD, "display_name": "D" * 50}
    said(server.client.post(f"{V1}/developers/register", {**body, "company": "C" * 100}), 201)
    said(server.client.back_up(b"bytes" * 500))
    rows = said(reviewer.get(f"{V1}/admin/reviews/queue"))["reviews"]
    return str(rows[0]["id"])


def said(answer: Any, status: int = 200) -> Any:
    """The data of a success."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


LISTS = {
    "plugins": "/plugins",
    "versions": f"/plugins/{NAME}",
    "reviews": "/reviews",
    "developers": "/developers",
    "users": "/users",
    "backups": "/backups",
    "audit": "/audit",
    "appeals": "/appeals",
    "ratings": "/ratings",
    "blocks": "/blocks",
    "categories": "/categories",
    "dashboard": "/",
    "tasks": "/system?tab=maintenance",
}
# Those with rows in which something can be done.
ACTS = ("versions", "reviews", "developers", "users", "backups")
TABLES = ("plugins", *ACTS)
# Those whose cards have a label beside every fact; what waits for review says its facts in a few short lines.
LABELLED = tuple(name for name in TABLES if name != "reviews")
# What reaches beyond the window, of what is meant to be seen.
BEYOND = """() => [...document.querySelectorAll('main *')]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest('thead, .hidden-text'))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => `${one.tagName} ${one.className} ${one.textContent}`.slice(0, 120))"""


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.usefixtures("filled")
def test_on_a_desktop_nothing_is_pushed_off_the_screen(
    visit: Visit, picture: Callable[[Admin, str], None], name: str
) -> None:
    admin = visit("admin", LISTS[name], **DESKTOP)
    admin.settled()
    admin.still()
    picture(admin, f"long-{name}-1440")
    assert admin.overflow() <= 0
    assert admin.page.evaluate(BEYOND) == []
    if name == "versions":
        # Its headings and buttons are longer in English.
        admin.test("language").click()
        admin.settled()
        assert admin.page.evaluate(BEYOND) == []
    if name in ACTS:
        buttons = admin.page.locator("tbody td.acts button").all()
        assert buttons
        for button in buttons:
            box = button.bounding_box()
            assert box is not None
            assert box["x"] >= 0 and box["x"] + box["width"] <= 1440


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.usefixtures("filled")
def test_on_a_phone_nothing_overflows(visit: Visit, picture: Callable[[Admin, str], None], name: str) -> None:
    admin = visit("admin", LISTS[name], **PHONE)
    admin.settled()
    admin.still()
    picture(admin, f"long-{name}-360")
    assert admin.overflow() <= 0
    assert admin.page.evaluate(BEYOND) == []
    if name in (*TABLES, "audit"):
        assert admin.violations() == []


@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.usefixtures("filled")
def test_on_a_phone_every_fact_stands_beside_its_label(visit: Visit, name: str) -> None:
    admin = visit("admin", LISTS[name], **PHONE)
    admin.settled()
    table = admin.page.get_by_role("table").first
    headings = table.get_by_role("columnheader").all_text_contents()
    cells = table.get_by_role("row").nth(1).locator("td:not(.acts):not(.check)").all()
    assert len(cells) >= 3
    for cell in cells:
        label = cell.evaluate("(cell) => getComputedStyle(cell, '::before').content.split(' / ')[0]").strip('"')
        assert label in [heading.strip() for heading in headings]
        expect(cell).to_be_visible()
        box = cell.locator(".value").first.bounding_box()
        assert box is not None and box["x"] + box["width"] <= 360


@pytest.mark.usefixtures("filled")
def test_on_a_phone_a_review_says_its_facts_without_labels(visit: Visit) -> None:
    admin = visit("admin", LISTS["reviews"], **PHONE)
    admin.settled()
    table = admin.page.get_by_role("table").first
    headings = table.get_by_role("columnheader").count()
    rows = table.get_by_role("row").all()[1:]
    assert len(rows) == 2
    for row in rows:
        # Who listens hears the heading of each.
        assert row.locator("th, td").count() == headings
        facts = [" ".join(text.split()) for text in row.locator(".brief").all_inner_texts() if text.strip()]
        assert len(facts) >= 5
        # Without labels the same word twice would say two things: what has only a state says of what.
        assert len(set(facts)) == len(facts), facts
        assert "Automatic review Pending" in facts
        # The name leaves room for its box.
        name, box = row.get_by_role("link").bounding_box(), row.locator(".el-checkbox__inner").bounding_box()
        assert name is not None and box is not None
        assert name["x"] + name["width"] <= box["x"]


@pytest.mark.usefixtures("filled")
def test_on_a_phone_every_entry_of_the_audit_log_is_a_sentence_below_its_time(visit: Visit) -> None:
    admin = visit("admin", LISTS["audit"], **PHONE)
    admin.settled()
    entries = admin.test("entries").locator("> li").all()
    assert len(entries) >= 5
    for entry in entries:
        time, sentence = entry.locator("time").first, entry.locator('[data-test="sentence"]')
        expect(time).to_be_visible()
        expect(sentence).to_have_text(re.compile(r"\w+ \w+"))
        above, below = time.bounding_box(), sentence.bounding_box()
        assert above is not None and below is not None
        assert above["y"] + above["height"] <= below["y"]
        assert below["x"] + below["width"] <= 360


@pytest.mark.usefixtures("filled")
def test_a_cut_name_is_whole_on_hover_and_on_focus(visit: Visit) -> None:
    admin = visit("admin", "/plugins", **DESKTOP)
    whole = admin.page.locator(".whole-name")
    name = admin.test(f"plugin-{NAME}").get_by_role("link").first
    name.hover()
    expect(whole).to_have_text(LONG)
    admin.page.mouse.move(0, 0)
    expect(whole).to_have_count(0)
    name.focus()
    expect(whole).to_have_text(LONG)
    # What is no link takes the focus too, but only where it is cut.
    admin.page.keyboard.press("Tab")
    expect(whole).to_have_text(NAME)
    expect(admin.test("plugin-com.example.hebrew").locator("[tabindex]")).to_have_count(0)


@pytest.mark.usefixtures("filled")
def test_rows_are_links(visit: Visit) -> None:
    admin = visit("admin", "/plugins", **DESKTOP)
    row = admin.test("plugin-com.example.hebrew")
    link = row.get_by_role("link").first
    expect(link).to_have_attribute("href", "/admin/plugins/com.example.hebrew")
    with admin.page.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    expect(opened.value).to_have_url(f"{admin.base}/admin/plugins/com.example.hebrew")
    opened.value.close()
    # Beside the link a plain click follows it, and one with a key held does not.
    beside = row.locator("td.number").first
    beside.click(modifiers=["ControlOrMeta"])
    expect(admin.page).to_have_url(f"{admin.base}/admin/plugins")
    beside.click()
    expect(admin.page).to_have_url(f"{admin.base}/admin/plugins/com.example.hebrew")


@pytest.mark.usefixtures("filled")
def test_a_column_that_repeats_its_filter_is_left_out(visit: Visit) -> None:
    admin = visit("admin", "/reviews", **DESKTOP)
    heading = admin.page.get_by_role("columnheader", name="状态", exact=True)
    expect(heading).to_be_visible()
    admin.go("/reviews?status=pending")
    expect(admin.page.locator("main tbody tr").first).to_be_visible()
    expect(heading).to_have_count(0)


@pytest.mark.parametrize(
    "name", ["plugins", "reviews", "developers", "users", "backups", "appeals", "ratings", "blocks"]
)
@pytest.mark.usefixtures("filled")
def test_every_filter_stands_under_its_label(visit: Visit, name: str) -> None:
    admin = visit("admin", LISTS[name], **DESKTOP)
    admin.settled()
    fields = admin.page.locator("main form[role=search] input:not([type=checkbox])")
    assert fields.count() >= 1
    for field in fields.all():
        labels = field.evaluate(
            "(field) => [...field.labels].filter((label) => label.checkVisibility()).map((label) => label.innerText)"
        )
        assert "".join(labels).strip()
