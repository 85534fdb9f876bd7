"""A single administrator decides on their own submissions with a reason, one by one and several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from microdock_server.vocabulary import Role

from ..live import Client, Server
from .conftest import Visit
from .page import PASSWORD, Admin
from .people import PLUGINS, as_user, submitted

pytestmark = pytest.mark.live

V1 = "/api/v1"
KINDS: dict[str, dict[str, Any]] = {
    "wide-light": {},
    "wide-dark": {"color_scheme": "dark"},
    "narrow-light": {"viewport": {"width": 390, "height": 844}},
    "narrow-dark": {"viewport": {"width": 390, "height": 844}, "locale": "en", "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def root(server: Server) -> Client:
    """Calls of the only one who reviews."""
    server.add_user("developer", PASSWORD, Role.DEVELOPER)
    return as_user(server, "admin")


@pytest.fixture(autouse=True)
def _empty_queue(root: Client) -> Iterator[None]:
    """Nothing waits when a test begins."""
    yield
    ids = [row["id"] for row in queue(root)]
    if ids:
        body = {"review_ids": ids, "action": "reject", "notes": "over", "override": True, "reason": "over"}
        assert root.post(f"{V1}/admin/reviews/batch", body).json()["data"]["failed"] == 0


def queue(root: Client) -> list[dict[str, Any]]:
    return list(root.get(f"{V1}/admin/reviews/queue?limit=100").json()["data"]["reviews"])


def review_of(root: Client, name: str) -> str:
    return str(next(row["id"] for row in queue(root) if row["plugin"]["plugin_name"] == name))


def reasons(root: Client, name: str) -> list[Any]:
    """The reasons of overrides, as the audit log has them, by decision about the plugin."""
    entries = root.get(f"{V1}/admin/audit?action=review.approved&limit=100").json()["data"]["entries"]
    return [entry["details"].get("override_reason") for entry in entries if entry["details"]["plugin"] == name]


def status_of(root: Client, name: str) -> str:
    return str(root.get(f"{PLUGINS}/{name}").json()["data"]["status"])


def box(admin: Admin) -> Locator:
    """The question for a reason; the one before it may still be fading."""
    return admin.page.locator(".el-message-box").filter(has=admin.page.locator("textarea:visible"))


def still(admin: Admin) -> None:
    """Wait until nothing fades."""
    admin.page.evaluate("Promise.allSettled(document.getAnimations().map((running) => running.finished))")


def in_view(place: Locator) -> bool:
    """Is all of it in the window, without scrolling?"""
    return bool(
        place.evaluate(
            """(element) => {
              const {left, right, top, bottom} = element.getBoundingClientRect()
              return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight
            }"""
        )
    )


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_alone_decides_on_their_own_with_a_reason(
    visit: Visit, root: Client, picture: Callable[[Admin, str], None], kind: str
) -> None:
    name = f"com.example.alone-{kind}"
    submitted(root, name, displayName="独自")
    admin = visit("admin", f"/reviews/{review_of(root, name)}", **KINDS[kind])
    admin.test("start").click()
    admin.test("decide-approved").click()
    admin.confirm()
    expect(box(admin)).to_be_visible()
    expect(box(admin).locator("textarea")).to_be_focused()
    still(admin)
    picture(admin, f"override-{kind}")
    assert admin.violations() == []
    assert in_view(box(admin))
    # Without a reason nothing is sent.
    yes = box(admin).locator(".el-button--primary")
    yes.click()
    expect(box(admin).locator(".el-message-box__errormsg")).not_to_be_empty()
    picture(admin, f"override-empty-{kind}")
    assert status_of(root, name) == "in_review"
    box(admin).locator("textarea").fill("只有我一个人")
    yes.click()
    expect(admin.page).to_have_url(f"{admin.base}/admin/reviews")
    assert (status_of(root, name), reasons(root, name)) == ("published", ["只有我一个人"])


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_alone_decides_on_their_own_among_several(
    visit: Visit, server: Server, root: Client, picture: Callable[[Admin, str], None], kind: str
) -> None:
    own, others = f"com.example.own-{kind}", f"com.example.others-{kind}"
    submitted(root, own, displayName="我的插件")
    submitted(as_user(server, "developer"), others, displayName="别人的插件")
    admin = visit("admin", "/reviews", **KINDS[kind])
    admin.test("select-all").click()
    admin.test("batch-approved").click()
    admin.test("batch-confirm").click()
    expect(admin.test("batch-ok")).to_have_count(1)
    expect(admin.test("batch-failed")).to_have_count(1)
    still(admin)
    picture(admin, f"batch-refused-{kind}")
    assert admin.violations() == []
    assert (status_of(root, own), status_of(root, others)) == ("pending", "published")

    # Left without a reason, all stays as it is.
    admin.test("batch-override").click()
    box(admin).locator(".el-button:not(.el-button--primary)").click()
    expect(box(admin)).to_have_count(0)
    expect(admin.test("batch-failed")).to_have_count(1)
    admin.test("batch-override").click()
    still(admin)
    picture(admin, f"batch-override-{kind}")
    assert admin.violations() == []
    assert in_view(box(admin))
    box(admin).locator("textarea").fill("只有我一个人")
    box(admin).locator(".el-button--primary").click()
    expect(admin.test("batch-ok")).to_have_count(2)
    expect(admin.test("batch-failed")).to_have_count(0)
    expect(admin.test("batch-override")).to_have_count(0)
    still(admin)
    picture(admin, f"batch-done-{kind}")
    assert (status_of(root, own), reasons(root, own)) == ("published", ["只有我一个人"])
    assert reasons(root, others) == [None]
    admin.test("batch-close").click()
    expect(admin.page.locator("main tbody tr")).to_have_count(0)


def test_no_override_is_offered_where_somebody_else_can_decide(visit: Visit, server: Server, root: Client) -> None:
    submitted(root, "com.example.watched")
    server.add_user("colleague", PASSWORD, Role.REVIEWER)
    [colleague] = root.get(f"{V1}/admin/users?search=colleague").json()["data"]["users"]
    try:
        admin = visit("admin", "/reviews")
        admin.test("select-all").click()
        admin.test("batch-approved").click()
        admin.test("batch-confirm").click()
        expect(admin.test("batch-failed")).to_contain_text("不能审核自己的插件")
        expect(admin.test("batch-override")).to_have_count(0)
    finally:
        answer = root.call("PUT", f"{V1}/admin/users/{colleague['id']}", json={"is_active": False})
        assert answer.status_code == 200, answer.text
