"""The page of one review: what stays in view, what users will see, and keys instead of clicks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from ..bundle.packages import real_dll
from ..live import Client, Server
from ..market import png, run_jobs
from .conftest import Visit
from .page import Admin
from .people import PEOPLE, PLUGINS, add_people, as_user, decided, submitted
from .test_reviews import sent, zipped

pytestmark = pytest.mark.live

V1 = "/api/v1"
LONG = "com.example.long"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
HOSTILE = (
    "# 标题\n\n**粗体** <script>window.hurt = 1</script> <img src=x onerror='window.hurt = 2'>\n\n"
    "[坏](javascript:window.hurt=3) [好](https://good.example/) ![图](https://pictures.example/a.png)\n\n"
    '<a href="#" onclick="window.hurt = 4">原始 HTML</a>\n\n'
)

Calls = dict[str, Client]


@pytest.fixture(scope="module")
def calls(server: Server) -> Calls:
    """Calls of everybody, by username."""
    add_people(server)
    return {name: as_user(server, name) for name in ("admin", *PEOPLE)}


@pytest.fixture(scope="module")
def long(server: Server, calls: Calls) -> str:
    """The path of a review with much to read: findings, a long diff, texts and pictures; `reviewer` has started it."""
    dll = real_dll()
    files = {f"docs/old-{place}.txt": str(place) for place in range(150)}
    sent(calls["developer"], PLUGINS, "1.0.0", zipped(files, name=LONG, displayName="长"))
    decided(calls["colleague"], LONG)
    files = {f"docs/new-{place}.txt": str(place) for place in range(150)}
    changes: dict[str, Any] = {
        "permissions": [f"example:right{place}" for place in range(30)],
        "dependencies": {f"com.nowhere.plugin{place}": "^1.0.0" for place in range(30)},
        "changelog": HOSTILE + "\n".join(f"- 第 {place} 项" for place in range(40)),
        "entryClass": "Python.Runtime.PythonEngine",
    }
    content = zipped(files, dll=dll, name=LONG, version="1.1.0", displayName="很长的插件", **changes)
    sent(calls["developer"], f"{PLUGINS}/{LONG}/versions", "1.1.0", content)
    text = HOSTILE + "\n\n".join(f"段落 {place}。" for place in range(40))
    values = {"long_description": text, "metadata": {"tags": ["时钟", "<b>粗</b>"]}}
    assert calls["developer"].call("PUT", f"{PLUGINS}/{LONG}", json=values).status_code == 200
    pictures = [("icon", ("i.png", png())), *(("screenshots", (f"{n}.png", png(640, 400))) for n in range(2))]
    assert calls["developer"].call("PUT", f"{PLUGINS}/{LONG}", files=pictures).status_code == 200
    with server.application() as app:
        assert run_jobs(app) >= 1
    path = review_path(calls, LONG)
    assert calls["reviewer"].post(f"{V1}/admin{path}/start").status_code == 200
    return path


def review_path(calls: Calls, name: str) -> str:
    """Where the open review of a plugin is, on the page and below the API's /admin."""
    rows = calls["admin"].get(f"{V1}/admin/reviews/queue?limit=100").json()["data"]["reviews"]
    return next(f"/reviews/{row['id']}" for row in rows if row["plugin"]["plugin_name"] == name)


def opened(visit: Visit, path: str, **options: Any) -> Admin:
    """A review, as `reviewer` has it open."""
    admin = visit("reviewer", path, **options)
    expect(admin.test("review")).to_be_visible()
    admin.settled()
    return admin


def is_reached(button: Locator) -> bool:
    """Is all of it in the window, and what a click on it would meet?"""
    return bool(
        button.evaluate(
            """(button) => {
              const {left, top, right, bottom} = button.getBoundingClientRect()
              const met = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
              const isInside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight
              return isInside && button.contains(met)
            }"""
        )
    )


def scroll(page: Page, to: str) -> None:
    page.evaluate(f"window.scrollTo(0, {to})")


def covered(page: Page) -> list[str]:
    """What gets the focus and lies below one of the bars, wholly or in part, though the window has room for it."""
    return list(
        page.evaluate(
            """() => {
              const stops = 'a[href], button:not(:disabled), input:not(:disabled), textarea, summary, [tabindex="0"]'
              const found = []
              for (const stop of document.querySelector('[data-test="review"]').querySelectorAll(stops)) {
                if (stop.getClientRects().length === 0) continue
                stop.focus()
                const box = stop.getBoundingClientRect()
                const bottom = document.querySelector('.tabs').getBoundingClientRect().bottom
                const top = document.querySelector('[data-test="decision-bar"]').getBoundingClientRect().top
                if (box.height > top - bottom) continue
                if (box.top < bottom - 1 || box.bottom > top + 1) {
                  found.push(`${stop.outerHTML.slice(0, 60)} ${box.top}-${box.bottom}, between ${bottom} and ${top}`)
                }
              }
              return found
            }"""
        )
    )


# What stays in view


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_decision_is_in_view_wherever_one_reads(
    visit: Visit, long: str, size: dict[str, int], picture: Callable[[Admin, str], None]
) -> None:
    admin = opened(visit, long, viewport=size)
    verdicts = [admin.test(f"decide-{name}") for name in ("approved", "needs_changes", "rejected")]
    assert admin.page.evaluate("window.scrollY") == 0
    assert admin.page.evaluate("document.documentElement.scrollHeight") > 3 * size["height"]
    picture(admin, f"review-page-{size['width']}")
    for place in ("0", "document.documentElement.scrollHeight / 2", "document.documentElement.scrollHeight"):
        scroll(admin.page, place)
        assert [is_reached(button) for button in verdicts] == [True] * 3, place
        assert is_reached(admin.test("section-overview")) or size == PHONE, place
    assert covered(admin.page) == []
    assert admin.overflow() <= 0
    assert admin.violations() == []


def test_facts_and_the_decision_stand_beside_the_evidence_where_there_is_room(visit: Visit, long: str) -> None:
    admin = opened(visit, long, viewport=DESKTOP)
    listing, notes = admin.test("listing"), admin.test("notes")
    scroll(admin.page, "document.documentElement.scrollHeight / 2")
    assert is_reached(notes)
    assert box(notes)["x"] > box(listing)["x"] + box(listing)["width"]
    admin.page.set_viewport_size({"width": 1100, "height": 900})
    assert box(notes)["x"] < box(listing)["x"] + box(listing)["width"]


def box(part: Locator) -> dict[str, float]:
    found = part.bounding_box()
    assert found is not None
    return {"x": found["x"], "y": found["y"], "width": found["width"], "height": found["height"]}


def test_each_section_has_a_link_and_an_address(visit: Visit, long: str) -> None:
    admin = opened(visit, long, viewport=DESKTOP)
    admin.test("section-changes").click()
    expect(admin.page).to_have_url(re.compile(r"#changes$"))
    expect(admin.test("section-changes")).to_have_attribute("aria-current", "location")
    below = box(admin.test("sections"))
    place = box(admin.test("diff"))["y"] - (below["y"] + below["height"])
    assert 0 <= place <= 40
    # Reading on changes what is marked, not the address; the decision beside it stays where it is.
    admin.page.evaluate("document.querySelector('[data-test=listing-changelog]').scrollIntoView({block: 'center'})")
    expect(admin.test("section-listing")).to_have_attribute("aria-current", "location")
    expect(admin.page).to_have_url(re.compile(r"#changes$"))
    # With the keyboard, and by the number of the section.
    admin.test("section-checks").focus()
    admin.page.keyboard.press("Enter")
    expect(admin.page).to_have_url(re.compile(r"#checks$"))
    admin.page.keyboard.press("2")
    expect(admin.page).to_have_url(re.compile(r"#listing$"))
    admin.page.go_back()
    expect(admin.page).to_have_url(re.compile(r"#checks$"))
    # An address leads there at once, though nothing was loaded when the browser looked.
    admin.page.reload()
    expect(admin.test("section-checks")).to_have_attribute("aria-current", "location")
    expect(admin.test("auto-review")).to_be_in_viewport()
    assert admin.page.evaluate("window.scrollY") > 0


def test_approving_with_notes_takes_three_clicks_and_no_scrolling(visit: Visit, calls: Calls) -> None:
    for name in ("com.example.clicks", "com.example.clicks-next"):
        submitted(calls["developer"], name, displayName=name)
    path = review_path(calls, "com.example.clicks")
    assert calls["reviewer"].post(f"{V1}/admin{path}/start").status_code == 200
    admin = opened(visit, path, viewport=DESKTOP)
    admin.page.evaluate(
        """() => {
          window.clicks = 0
          window.scrolls = 0
          addEventListener('click', (event) => { window.clicks += event.isTrusted ? 1 : 0 }, true)
          addEventListener('scroll', () => { window.scrolls += 1 }, true)
        }"""
    )
    admin.test("notes").click()
    admin.page.keyboard.type("fine")
    admin.test("decide-approved").click()
    assert admin.page.evaluate("[window.clicks, window.scrolls]") == [2, 0]
    admin.confirm()
    # The next one is there without a click.
    expect(admin.page).not_to_have_url(re.compile(path))
    expect(admin.test("review")).to_be_visible()
    assert admin.page.evaluate("window.clicks") == 3
    found = calls["admin"].get(f"{V1}/admin{path}").json()["data"]
    assert (found["status"], found["notes"]) == ("approved", "fine")
    # From one that is decided it is one click.
    admin.go(path)
    admin.test("next-review").click()
    expect(admin.page).not_to_have_url(re.compile(path))
    expect(admin.test("review")).to_be_visible()


# What users will see


def test_what_users_will_see_is_shown_as_the_gallery_shows_it(
    visit: Visit, long: str, picture: Callable[[Admin, str], None]
) -> None:
    admin = opened(visit, f"{long}#listing", viewport=DESKTOP)
    listing = admin.test("listing")
    expect(listing).to_contain_text("很长的插件")
    expect(admin.test("listing-tags")).to_contain_text("<b>粗</b>")
    expect(listing.locator("img.icon")).to_have_js_property("naturalWidth", 64)
    shots = admin.test("listing-screenshots").locator("img")
    expect(shots).to_have_count(2)
    expect(shots.first).to_have_js_property("naturalWidth", 640)
    for text in (admin.test("listing-description"), admin.test("listing-changelog")):
        expect(text.get_by_role("heading", name="标题")).to_be_visible()
        expect(text.locator("strong", has_text="粗体")).to_be_visible()
        # What is not Markdown stands there as it was written.
        expect(text).to_contain_text("<script>window.hurt = 1</script>")
        expect(text.locator("img, script, [onclick]")).to_have_count(0)
        expect(text.get_by_role("link", name="坏")).to_have_count(0)
        expect(text.get_by_role("link", name="图")).to_have_attribute("href", "https://pictures.example/a.png")
    picture(admin, "review-listing")
    admin.page.get_by_role("button", name="放大截图 1").click()
    expect(admin.page.get_by_role("dialog").locator("img")).to_be_visible()
    admin.page.keyboard.press("Escape")
    assert admin.page.evaluate("window.hurt === undefined")


# Keys


def test_keys_choose_and_nothing_is_sent_without_a_confirmation(visit: Visit, calls: Calls) -> None:
    name = "com.example.keys"
    submitted(calls["developer"], name, displayName="Keys")
    path = review_path(calls, name)
    admin = opened(visit, path)
    keyboard, box = admin.page.keyboard, admin.page.locator(".el-message-box")
    # Before it is started there is nothing to choose.
    keyboard.press("a")
    keyboard.press("s")
    expect(admin.test("decision")).to_be_visible()
    expect(box).to_have_count(0)

    # What is wrong has to be said first: the key leads there, and what is typed is text.
    keyboard.press("r")
    expect(admin.test("notes")).to_be_focused()
    expect(admin.page.locator(".el-message", has_text="请在备注或建议中说明原因")).to_be_visible()
    keyboard.type("a bad carpet?")
    expect(admin.test("notes")).to_have_value("a bad carpet?")
    expect(box).to_have_count(0)
    expect(admin.page.get_by_role("dialog")).to_have_count(0)

    admin.page.locator("h1").focus()
    for key, words in (("c", "要求修改 Keys"), ("r", "拒绝 Keys"), ("a", "通过 Keys")):
        keyboard.press(f"Control+Shift+{key}")
        expect(box).to_have_count(0)
        keyboard.press(key)
        expect(box).to_contain_text(words)
        # A dialog has the keys to itself.
        keyboard.press("2")
        keyboard.press("Escape")
        expect(box).to_be_hidden()
        admin.page.locator("h1").focus()
    assert "#" not in admin.page.url
    assert calls["admin"].get(f"{V1}/admin{path}").json()["data"]["status"] == "in_review"
    keyboard.press("a")
    admin.confirm()
    expect(admin.page).not_to_have_url(re.compile(path))
    assert calls["admin"].get(f"{V1}/admin{path}").json()["data"]["status"] == "approved"


def test_a_sheet_lists_the_keys_and_they_can_be_switched_off(
    visit: Visit, long: str, picture: Callable[[Admin, str], None]
) -> None:
    admin = opened(visit, long)
    sheet = admin.page.get_by_role("dialog", name="键盘快捷键")
    admin.page.keyboard.press("?")
    expect(sheet).to_contain_text("下一个审核任务")
    expect(sheet.locator("kbd")).to_have_text(["j", "n", "k", "p", "1 – 8", "s", "a", "c", "r", "?"])
    admin.still()
    assert admin.violations() == []
    picture(admin, "review-keys")
    admin.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    admin.test("language").click()
    admin.test("shortcuts").click()
    english = admin.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(english).to_contain_text("Next review")
    admin.test("shortcuts-on").click()
    admin.page.keyboard.press("Escape")
    expect(english).to_be_hidden()
    admin.page.locator("h1").focus()
    admin.page.keyboard.press("?")
    admin.page.keyboard.press("3")
    admin.test("section-listing").click()
    expect(admin.page).to_have_url(re.compile(r"#listing$"))
    expect(english).to_be_hidden()


def test_keys_go_through_the_queue_and_its_rows_are_links(visit: Visit, calls: Calls) -> None:
    for place in range(3):
        submitted(calls["developer"], f"com.example.through-{place}", displayName=f"Through {place}")
    rows = calls["reviewer"].get(f"{V1}/admin/reviews/queue?limit=100").json()["data"]["reviews"]
    own = [row for row in rows if (row["assigned_reviewer"] or {"username": "reviewer"})["username"] == "reviewer"]
    admin = visit("reviewer", "/reviews")
    links = admin.page.locator("tbody").get_by_role("link")
    expect(links).to_have_count(len(rows))
    admin.page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    admin.page.keyboard.press("j")
    admin.page.keyboard.press("j")
    admin.page.keyboard.press("k")
    expect(links.nth(1)).to_be_focused()
    # A real link, which opens in a tab of its own as well.
    with admin.page.context.expect_page() as tab:
        links.nth(1).click(modifiers=["ControlOrMeta"])
    assert tab.value.url.endswith(str(links.nth(1).get_attribute("href")))
    tab.value.close()
    links.nth(0).focus()
    admin.page.keyboard.press("Enter")
    expect(admin.page.locator("h1")).to_contain_text(str(rows[0]["plugin"]["name"]))

    # And from one review to the next and back.
    admin.go(f"/reviews/{own[0]['id']}")
    for key, place in (("j", 1), ("n", 2), ("k", 1), ("p", 0)):
        expect(admin.test("review")).to_be_visible()
        admin.page.keyboard.press(key)
        expect(admin.page).to_have_url(re.compile(f"/reviews/{own[place]['id']}$"))
    expect(admin.test("review")).to_be_visible()
    admin.page.keyboard.press("k")
    expect(admin.page.locator(".el-message", has_text="前面没有待您审核的任务")).to_be_visible()
