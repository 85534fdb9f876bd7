"""Names in every script, and addresses that lead nowhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ..live import Server
from .conftest import Visit
from .people import add_people, as_user, submitted

pytestmark = pytest.mark.live

HEBREW = "שלום עולם (1)"
FAMILY = "👨‍👩‍👧‍👦"
LONG = "N" * 200


@pytest.fixture(scope="module")
def named(server: Server) -> None:
    """Plugins whose names are written in ways of their own."""
    add_people(server)
    developer = as_user(server, "developer")
    submitted(developer, "com.example.hebrew", displayName=HEBREW)
    submitted(developer, "com.example.family", displayName=f"{FAMILY} tools")
    submitted(developer, "com.example.long", displayName=LONG)


@pytest.mark.usefixtures("named")
def test_an_initial_is_what_a_reader_takes_for_one_character(visit: Visit) -> None:
    admin = visit("admin", "/plugins")
    for name, initial in (("hebrew", "ש"), ("family", FAMILY), ("long", "N")):
        expect(admin.test(f"plugin-com.example.{name}").locator(".picture")).to_have_text(initial)


@pytest.mark.usefixtures("named")
def test_a_name_from_right_to_left_changes_nothing_of_what_stands_beside_it(visit: Visit) -> None:
    admin = visit("admin", "/plugins")
    name = admin.test("plugin-com.example.hebrew").get_by_role("link").first
    expect(name).to_have_css("unicode-bidi", "isolate")
    expect(name).to_have_css("direction", "rtl")
    # It begins where other names begin.
    other = admin.test("plugin-com.example.long").get_by_role("link").first
    assert (name.bounding_box() or {})["x"] == (other.bounding_box() or {})["x"]
    # Within a sentence too: the version stays behind the name.
    admin.go("/reviews")
    choose = admin.test("review-com.example.hebrew-1.0.0").locator(".hidden-text")
    expect(choose).to_contain_text(f"\u2068{HEBREW}\u2069 1.0.0")


@pytest.mark.usefixtures("named")
def test_a_long_name_takes_three_lines_of_its_page_and_little_of_its_tab(visit: Visit) -> None:
    admin = visit("admin", "/plugins/com.example.long", viewport={"width": 360, "height": 780})
    heading = admin.page.locator("h1")
    expect(heading).to_have_text(LONG)
    lines = heading.evaluate("(h1) => h1.clientHeight / parseFloat(getComputedStyle(h1).lineHeight)")
    assert lines < 3.5
    expect(admin.page).to_have_title(f"{'N' * 39}… · 插件 · MicroDock")
    admin.go("/plugins")
    expect(admin.page).to_have_title("插件 · MicroDock")


@pytest.mark.usefixtures("named")
def test_the_icon_is_served(visit: Visit, server: Server) -> None:
    admin = visit()
    icon = admin.page.locator("link[rel=icon]").get_attribute("href")
    assert icon is not None
    for path in (icon, "/favicon.ico"):
        answer = server.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("image/svg+xml")
    # Under the page's own policy.
    shown = admin.page.evaluate(
        """async (path) => {
          const image = Object.assign(new Image(), {src: path})
          await image.decode()
          return image.naturalWidth
        }""",
        icon,
    )
    assert shown > 0


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.usefixtures("named")
def test_what_is_not_there_shows_ways_on(visit: Visit, locale: str) -> None:
    paths = ("/no/such/page", "/plugins/com.example.nothing", "/reviews/00000000-0000-4000-8000-000000000000")
    admin = visit("admin", "/", locale=locale)
    for path in paths:
        admin.go(path)
        expect(admin.test("ways-on")).to_be_visible()
        assert admin.overflow() <= 0
        assert admin.violations() == []
    admin.go(paths[0])
    expect(admin.page.locator("main")).to_contain_text("/admin/no/such/page")
    admin.test("missing-search").fill("family")
    admin.test("missing-search").press("Enter")
    expect(admin.test("plugin-com.example.family")).to_be_visible()
    admin.go(paths[1])
    admin.test("ways-on").get_by_role("link").first.click()
    expect(admin.page).to_have_url(f"{admin.base}/admin/")
