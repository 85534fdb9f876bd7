"""The gallery's header: filled by a script for who is logged in at the admin page, untouched for everybody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from ..live import Server
from .conftest import Visit
from .page import Admin
from .people import add_people, as_user, decided, submitted


@pytest.fixture(scope="module", autouse=True)
def data(server: Server) -> Iterator[None]:
    """A developer who has been told something: that their plugin was rejected."""
    add_people(server)
    submitted(as_user(server, "developer"), "com.example.rejected")
    decided(as_user(server, "reviewer"), "com.example.rejected", "rejected")
    yield


def opened(admin: Admin, path: str = "/?lang=en") -> list[str]:
    """The paths that the gallery's page asked the API for."""
    asked: list[str] = []
    # The admin page's own requests are over.
    admin.page.goto(f"{admin.base}/robots.txt")
    admin.page.on("request", lambda request: asked.append(request.url.removeprefix(admin.base)))
    admin.page.goto(admin.base + path)
    admin.page.wait_for_load_state("networkidle")
    return [one for one in asked if one.startswith("/api/") and "/images/" not in one]


def test_nobody_sees_nothing_and_asks_nothing(visit: Visit) -> None:
    admin = visit(None, "/login")
    assert opened(admin) == []
    expect(admin.page.locator("[data-visitor]")).to_be_hidden()


def test_a_developer_sees_their_name_the_bell_and_the_way(visit: Visit) -> None:
    admin = visit("developer")
    assert opened(admin) == ["/api/v1/auth/session"]
    expect(admin.page.locator("[data-visitor-name]")).to_have_text("developer")
    bell = admin.page.locator("[data-visitor-unread]")
    expect(bell).to_be_visible()
    assert bell.get_attribute("title") == f"Unread notifications: {bell.inner_text().strip()}"
    expect(admin.page.locator("[data-visitor-admin]")).to_have_attribute("href", "/admin/")
    expect(admin.page.locator("[data-visitor-admin]")).to_be_visible()
    assert admin.violations() == []
    admin.page.set_viewport_size({"width": 320, "height": 800})
    assert admin.overflow() <= 0


def test_who_has_no_page_there_gets_no_way(visit: Visit) -> None:
    admin = visit("user")
    opened(admin)
    expect(admin.page.locator("[data-visitor-name]")).to_have_text("user")
    expect(admin.page.locator("[data-visitor-admin]")).to_be_hidden()
    expect(admin.page.locator("[data-visitor-unread]")).to_be_hidden()


def test_a_login_that_is_over_is_not_shown_and_not_asked_for_again(visit: Visit, server: Server) -> None:
    admin = visit("developer")
    root = server.client.log_in()
    [user] = root.get("/api/v1/admin/users?search=developer").json()["data"]["users"]
    for is_active in (False, True):
        answer = root.call("PUT", f"/api/v1/admin/users/{user['id']}", json={"is_active": is_active})
        assert answer.status_code == 200, answer.text
    opened(admin)
    expect(admin.page.locator("[data-visitor]")).to_be_hidden()
    assert opened(admin) == []
