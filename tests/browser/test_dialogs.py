"""Every dialog is named, says on its button what it does, takes the focus and gives it back where it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from microdock_server.vocabulary import Role

from ..live import Server
from ..market import png
from ..support import package
from .conftest import tab
from .page import PASSWORD, Admin
from .people import PLUGINS, add_people, as_user, decided, session, submitted

pytestmark = pytest.mark.live

V1 = "/api/v1"
# Another administrator, who does what the one at the page then judges.
SECOND = "second"
OPEN, LIMITED, DOWN, REJECTED, WAITING, FREE, COOLING = (
    f"com.example.{name}" for name in ("open", "limited", "down", "rejected", "waiting", "free", "cooling")
)


class Dialog(NamedTuple):
    path: str
    # What is clicked, one after the other; a selector with ` = ` is filled. The last one opens the dialog.
    steps: tuple[str, ...]
    title: str
    # What its button says; None where it is only looked at.
    yes: str | None
    is_red: bool = False
    # What is clicked each time before the last step.
    first: tuple[str, ...] = ()
    # What has the focus afterwards, where the last step's own element is gone.
    back: str = ""


def mark(name: str, within: str = "") -> str:
    return f'{within} [data-test="{name}"]'.strip()


def row(name: str, button: str) -> str:
    return mark(button, mark(name))


def appeal(name: str, *steps: str) -> tuple[str, ...]:
    return (row(f"appeal-{name}", "appeal-decide"), f"{mark('appeal-response')} = an answer", *steps)


PLUGIN, LIMIT, REVIEW = f"/plugins/{OPEN}", f"/plugins/{LIMITED}", "/reviews/{waiting}"
USER = mark("user-user")
MANAGE = row("version-1.0.0", "manage")
NOTES = f"{mark('notes')} = a note"

DIALOGS = {
    "category": Dialog("/categories", (mark("category-new"),), "New category", "Save"),
    "category, changed": Dialog("/categories", (row("category-Tools", "edit"),), "Edit category Tools", "Save"),
    "category, deleted": Dialog(
        "/categories", (row("category-Tools", "delete"),), "Delete category", "Delete category", is_red=True
    ),
    "draft, discarded": Dialog(
        "/categories",
        (
            mark("category-new"),
            f"{mark('category-name')} = typed",
            f"{mark('category-dialog')} .buttons button >> nth=0",
        ),
        "Discard draft",
        "Discard draft",
        is_red=True,
    ),
    "page, left": Dialog(
        "/system?tab=maintenance", (f"{mark('maintenance')} textarea = typed", mark("menu-audit")), *["Leave page"] * 2
    ),
    "backup, deleted": Dialog(
        "/backups", (mark("delete", "main tbody"),), "Delete backup", "Delete backup", is_red=True
    ),
    "maintenance": Dialog(
        "/system?tab=maintenance",
        (
            f"{mark('maintenance')} textarea = typed",
            f"{mark('maintenance')} input >> nth=0 = 2030-01-01T08:00",
            f"{mark('maintenance')} input >> nth=1 = 2030-01-01T09:00",
            mark("announce"),
        ),
        "Announce maintenance",
        "Announce maintenance",
    ),
    "user": Dialog("/users", (mark("create-user"),), "Create a user", "Create a user"),
    "user, disabled": Dialog(
        "/users", (f'{USER} button:has-text("Disable")',), "Disable user", "Disable user", is_red=True
    ),
    "user, enabled": Dialog(
        "/users", (f'{mark("user-gone")} button:has-text("Enable")',), "Enable user", "Enable user"
    ),
    "user, password": Dialog("/users", (row("user-user", "give-password"),), *["Give a new password"] * 2, is_red=True),
    "user, role": Dialog(
        "/users",
        ('.el-select-dropdown__item:visible:has-text("Reviewer")',),
        *["Change role"] * 2,
        first=(f"{USER} .el-select",),
        back=f"{USER} .el-select input",
    ),
    "developer, verified": Dialog("/developers", (row("developer-ada", "verify"),), "Verify Ada", "Verify developer"),
    "developer, refused": Dialog(
        "/developers", (row("developer-ada", "withdraw"),), "Refuse to verify Ada", "Refuse verification", is_red=True
    ),
    "rating, hidden": Dialog("/ratings", (mark("hide"),), "Hide rating", "Hide rating", is_red=True),
    "upload": Dialog("/plugins", (mark("upload"),), "Upload a plugin", "Upload"),
    "upload, typed": Dialog(
        "/plugins",
        (mark("upload"), f"{mark('upload-key')} = typed", f"{mark('upload-dialog')} .el-dialog__headerbtn"),
        "Not sent yet",
        "Close and discard",
        is_red=True,
    ),
    "plugin, disabled": Dialog(PLUGIN, (mark("disable"),), "Disable plugin", "Disable plugin", is_red=True),
    "plugin, enabled": Dialog(LIMIT, (mark("enable"),), "Enable plugin", "Enable plugin"),
    "plugin, suspended": Dialog(PLUGIN, (mark("suspend"),), "Suspend plugin", "Suspend plugin", is_red=True),
    "plugin, restored": Dialog(f"/plugins/{DOWN}", (mark("restore"),), "Restore plugin", "Restore plugin"),
    "plugin, deleted": Dialog(PLUGIN, (mark("delete"),), "Delete plugin", "Delete plugin", is_red=True),
    "plugin, deprecated": Dialog(PLUGIN, (mark("deprecate", "main .bar"),), "Deprecation of Open", "Deprecate"),
    "plugin, deprecated no more": Dialog(LIMIT, (mark("undeprecate"),), *["Undo the deprecation"] * 2),
    "plugin, bound no more": Dialog(LIMIT, (mark("lift"),), *["Offer higher versions again"] * 2),
    "screenshots": Dialog(f"/plugins/{WAITING}", ("main .shots button >> nth=0",), "Screenshots", None),
    "screenshots, judged": Dialog(REVIEW, (f"{mark('listing-screenshots')} button >> nth=0",), "Screenshots", None),
    "version, deprecated": Dialog(
        PLUGIN, (f'{mark("version-1.0.0")} button:has-text("Deprecate")',), *["Deprecate version"] * 2
    ),
    "release": Dialog(PLUGIN, (MANAGE,), "Release of Open 1.0.0", None),
    "version, yanked": Dialog(PLUGIN, (MANAGE, mark("yank")), "Yank version", "Yank version", is_red=True),
    "version, recommended": Dialog(PLUGIN, (MANAGE, mark("recommend")), *["Recommend version"] * 2),
    "version, yanked no more": Dialog(LIMIT, (row("version-2.0.0", "manage"), mark("unyank")), *["Undo the yank"] * 2),
    "version, released": Dialog(f"/plugins/{COOLING}", (MANAGE, mark("release-now")), *["Release now"] * 2),
    "block": Dialog("/blocks", (mark("block-new"),), "Block a plugin", "Block plugin", is_red=True),
    "block, changed": Dialog(
        "/blocks",
        (row("block-com.example.bad", "block-change"),),
        "Change the block of com.example.bad",
        "Save the change",
        is_red=True,
    ),
    "block, approved": Dialog(
        "/blocks", (row("block-com.example.bad", "block-approve"),), *["Approve block"] * 2, is_red=True
    ),
    "block, revoked": Dialog("/blocks", (row("block-com.example.bad", "block-revoke"),), *["Revoke block"] * 2),
    "appeal": Dialog("/appeals", (row(f"appeal-{REJECTED}", "appeal-decide"),), "Answer the appeal", None),
    "appeal, granted": Dialog("/appeals", appeal(REJECTED, mark("appeal-approve")), "Grant appeal", "Grant appeal"),
    "appeal, rejected": Dialog(
        "/appeals", appeal(REJECTED, mark("appeal-reject")), "Reject appeal", "Reject appeal", is_red=True
    ),
    "shortcuts": Dialog("/reviews", (mark("shortcuts"),), "Keyboard shortcuts", None),
    "assigned": Dialog("/reviews", (row(f"review-{FREE}-1.0.0", "assign"),), "Assign Free 1.0.0", "Assign"),
    "batch": Dialog(
        "/reviews",
        (f"{mark(f'review-{FREE}-1.0.0')} .el-checkbox", mark("batch-rejected")),
        "Several at once: Reject",
        "Reject selected",
        is_red=True,
    ),
    "approved": Dialog(REVIEW, (mark("decide-approved"),), "Approve version", "Approve version"),
    "sent back": Dialog(REVIEW, (NOTES, mark("decide-needs_changes")), *["Ask for changes"] * 2),
    "rejected": Dialog(REVIEW, (NOTES, mark("decide-rejected")), "Reject version", "Reject version", is_red=True),
    "replies": Dialog(REVIEW, (mark("replies"),), "Saved replies", None),
    "reply, deleted": Dialog(
        REVIEW, (mark("replies"), row("reply-Short", "reply-delete")), "Delete reply", "Delete reply", is_red=True
    ),
}


def answered(answer: Any, status: int = 200) -> Any:
    """The data of a success."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


@pytest.fixture(scope="module")
def waiting(server: Server) -> str:
    """Something for every dialog; the id of a review that the administrator has begun."""
    add_people(server)
    server.add_user(SECOND, PASSWORD, Role.ADMIN)
    server.add_user("gone", PASSWORD, Role.USER)
    root, second, developer = (as_user(server, name) for name in ("admin", SECOND, "developer"))
    rows = {row["username"]: row for row in answered(root.get(f"{V1}/admin/users?limit=100"))["users"]}
    url, revision = f"{V1}/admin/users/{rows['gone']['id']}", rows["gone"]["revision"]
    answered(root.call("PUT", url, json={"is_active": False}, headers={"If-Match": f'"{revision}"'}))
    body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD, "display_name": "Ada"}
    answered(server.client.post(f"{V1}/developers/register", body), 201)
    answered(root.post(f"{V1}/admin/categories", {"name": "Tools"}), 201)
    answered(server.client.back_up(b"bytes" * 500))
    for name in (OPEN, LIMITED):
        for version in ("1.0.0", "2.0.0"):
            published(server, name, version)
    plugin = f"{PLUGINS}/{LIMITED}"
    answered(root.post(f"{plugin}/versions/2.0.0/yank", {"reason": "it crashes"}))
    answered(root.call("PUT", f"{plugin}/recommended", json={"version": "1.0.0", "reason": "it works"}))
    answered(root.call("PUT", f"{plugin}/deprecation", json={"deprecated": True, "reason": "it is old"}))
    answered(root.post("/api/plugins/disable", {"name": LIMITED}))
    answered(as_user(server, "user").post(f"{PLUGINS}/{OPEN}/reviews", {"rating": 2}), 201)
    for name in (DOWN, REJECTED, WAITING, FREE):
        submitted(developer, name, displayName=name.rpartition(".")[2].title())
    decided(second, DOWN)
    answered(second.post(f"{V1}/admin/plugins/{DOWN}/status", {"status": "suspended", "reason": "it spies"}))
    decided(second, REJECTED, "rejected")
    body = {"plugin_id": REJECTED, "type": "review_decision", "reason": "it is fine"}
    answered(developer.post(f"{V1}/developers/appeals", body), 201)
    with_pictures = [("screenshots", ("1.png", png(640, 400)))]
    answered(developer.call("PUT", f"{PLUGINS}/{WAITING}", files=with_pictures))
    for hours in (48, 0):
        answered(root.call("PUT", f"{V1}/admin/system/config", json={"release_settings": {"cooldown_hours": hours}}))
        if hours:
            submitted(developer, COOLING)
            decided(second, COOLING)
    reason = {"zh": "有漏洞", "en": "A hole"}
    body = {"plugin": "com.example.bad", "versions": "*", "severity": "remove", "reason": reason}
    answered(second.post(f"{V1}/admin/blocks", body), 201)
    body = {"title": "Short", "text": "Fine.", "is_shared": False}
    answered(root.post(f"{V1}/admin/review-replies", body), 201)
    queue = answered(root.get(f"{V1}/admin/reviews/queue"))["reviews"]
    review = next(str(one["id"]) for one in queue if one["plugin"]["plugin_name"] == WAITING)
    answered(root.post(f"{V1}/admin/reviews/{review}/start"))
    return review


def published(server: Server, name: str, version: str) -> None:
    data = {"plugin_key": "upload-key"}
    content = package(name=name, version=version, displayName=name.rpartition(".")[2].title())
    answered(server.client.post("/api/plugins/upload", data=data, files={"file": ("plugin.zip", content)}))


@pytest.fixture
def admin(browser: Browser, server: Server, waiting: str, tabs: dict[str, Admin]) -> Iterator[Admin]:
    """The administrator's one tab; when a test ends, it may not have met an error."""
    assert waiting
    if "admin" not in tabs:
        tabs["admin"] = tab(browser, server, [], locale="en")
        tabs["admin"].enter(session(server, "admin"))
    opened = tabs["admin"]
    yield opened
    seen = list(opened.seen)
    opened.seen.clear()
    assert seen == []


@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_says_what_it_does_and_gives_the_focus_back(admin: Admin, waiting: str, name: str) -> None:
    dialog = DIALOGS[name]
    page = admin.page
    # Nothing of the test before is kept.
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
    admin.go(dialog.path.format(waiting=waiting))
    admin.settled()
    *before, last = dialog.steps
    for step in before:
        selector, is_filled, text = step.partition(" = ")
        if is_filled:
            page.locator(selector).fill(text)
        else:
            page.locator(selector).click()
    opener = page.locator(last)
    box = page.get_by_role("dialog", name=dialog.title, exact=True)
    for way in ("Escape", "Cancel"):
        for step in dialog.first:
            page.locator(step).click()
        opener.click()
        expect(box).to_be_visible()
        expect(box.locator(":focus")).to_have_count(1)
        if dialog.yes is not None:
            yes = box.get_by_role("button", name=dialog.yes, exact=True)
            expect(yes).to_be_visible()
            assert ("el-button--danger" in (yes.get_attribute("class") or "")) == dialog.is_red
            expect(box.locator("button.el-button--danger")).to_have_count(int(dialog.is_red))
        no = box.get_by_role("button", name="Cancel", exact=True)
        if way == "Escape" or no.count() == 0:
            page.keyboard.press("Escape")
        else:
            no.click()
        expect(box).to_have_count(0)
        expect(page.locator(dialog.back) if dialog.back else opener).to_be_focused()
