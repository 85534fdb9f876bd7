"""Tasks of every day, done on a desk and on a phone: how many clicks and how much scrolling they need at most.

What they cost is written to the file that TRIAL_FIGURES names, if it names one: clicks, fields, pixels scrolled, and
how far below the top of its page the decision is.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from ..live import Server, eventually
from .conftest import Visit
from .page import Admin
from .people import PLUGINS, as_user
from .trial import APPEALED, FOCUS, PUBLISHED, SUSPENDED, SUSPENDED_BY, Facts
from .trial_steps import Cost, Step, Task, click, fill, menu, walk
from .trial_texts import package_of

pytestmark = pytest.mark.live

V1 = "/api/v1"
WIDTHS = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 360, "height": 740}}
BATCH = 5
SEEN = rf"{SUSPENDED_BY}[\s\S]*[Ss]uspended"
NOTED = "Read and tried. The helper's network access is explained in the documents."
NEW = "com.example.trial.brandnew"


def tasks(place: int) -> dict[str, Task]:
    """By name; each is done once at each width, about another plugin.

    How far may be scrolled holds in DejaVu Sans too, the widest font that a machine without others has: on a phone some
    texts take a line more than in Noto Sans, where approving needs 100 pixels, a batch 685, and the rest none.
    """
    boxes = (click("checkbox", r"^Select (?!all)", place=7 + number) for number in range(BATCH))
    return {
        "upload": Task(
            "admin",
            (
                *menu("^Plugins"),
                click("button", "^Upload a plugin"),
                Step("file", "button", "", of="dialog"),
                click("button", "^Make a key", of="dialog"),
                click("button", "^Upload$", of="dialog", decides=True),
            ),
            (5, 6),
            (0, 0),
        ),
        "approve with notes": Task(
            "reviewer",
            (
                *menu("^Reviews"),
                click("link", f"^Focus {place}"),
                click("button", "^Start the review", maybe=True),
                fill("^Notes", NOTED),
                click("button", "^Approve", decides=True),
                click("button", "^Approve", of="dialog"),
            ),
            (5, 6),
            (0, 220),
        ),
        "batch": Task(
            "admin",
            (
                *menu("^Reviews"),
                *boxes,
                click("button", "^Approve", decides=True),
                click("button", "^Approve", of="dialog"),
            ),
            (8, 9),
            (460, 810),
        ),
        "suspend": Task(
            "admin",
            (
                *menu("^Plugins"),
                fill("^Search", f"published-{place}"),
                click("link", f"[Pp]ublished.{place}"),
                click("button", "^Suspend", decides=True),
                Step("fill", "textbox", "", text=NOTED, of="dialog"),
                click("button", "^Suspend", of="dialog"),
            ),
            (4, 5),
            (0, 0),
        ),
        "answer an appeal": Task(
            "admin",
            (
                *menu("^Appeals"),
                click("link", "^Answer", of=f"Appealed {place}"),
                fill("^Response", NOTED),
                click("button", "^Grant", decides=True),
                click("button", "^Grant", of="dialog"),
            ),
            (4, 5),
            (0, 0),
        ),
        "who did it": Task(
            "admin",
            (
                *menu("^Audit log"),
                fill("^Name", SUSPENDED),
                click("radio", "^Last 7 days"),
                Step("see", "button", "(?=.*search=)(?=.*since=)", of=SEEN, decides=True),
            ),
            (2, 3),
            (0, 0),
        ),
        "what was done": Task(
            "admin",
            (
                *menu("^Audit log"),
                click("radio", "^Last 7 days"),
                click("button", "^More filters", maybe=True),
                fill("^Action", "suspended"),
                click("option", "^Plugin suspended"),
                fill("^Actor", SUSPENDED_BY),
                click("option", f"^{SUSPENDED_BY}"),
                Step("see", "button", "(?=.*since=)(?=.*action=)(?=.*actor)", of=SEEN, decides=True),
            ),
            (4, 6),
            (0, 60),
        ),
    }


def _uploaded(server: Server, place: int, _: Admin, __: Facts) -> None:
    answer = server.client.get(f"{PLUGINS}/{NEW}{place}")
    assert answer.status_code == 200, answer.text


def _approved(server: Server, place: int, _: Admin, facts: Facts) -> None:
    review = _data(as_user(server, "reviewer").get(f"{V1}/admin/reviews/{facts.reviews[FOCUS[place]]}"))
    assert (review["status"], review["notes"]) == ("approved", NOTED)


def _all_approved(_: Server, __: int, admin: Admin, ___: Facts) -> None:
    told = admin.page.get_by_role("dialog").locator("visible=true").filter(has_text=f"{BATCH} done, 0 failed")
    assert told.count() == 1


def _suspended(server: Server, place: int, _: Admin, __: Facts) -> None:
    assert _data(as_user(server, "admin").get(f"{PLUGINS}/{PUBLISHED[place]}"))["status"] == "suspended"


def _answered(server: Server, place: int, _: Admin, __: Facts) -> None:
    assert _data(as_user(server, "admin").get(f"{PLUGINS}/{APPEALED[place]}"))["status"] == "published"


def _named(_: Server, __: int, admin: Admin, ___: Facts) -> None:
    row = admin.page.locator("main tr, main li, main article").filter(has_text=SUSPENDED_BY)
    assert row.filter(has_text=re.compile("suspended", re.I)).locator("visible=true").count() > 0


DONE: dict[str, Callable[[Server, int, Admin, Facts], None]] = {
    "upload": _uploaded,
    "approve with notes": _approved,
    "batch": _all_approved,
    "suspend": _suspended,
    "answer an appeal": _answered,
    "who did it": _named,
    "what was done": _named,
}


def _is_done(name: str, *about: Any) -> bool:
    """The page's last request may still be on its way."""
    try:
        DONE[name](*about)
    except AssertionError:
        return False
    return True


def _data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.fixture(scope="module")
def server(trial: tuple[Server, Facts]) -> Server:
    """The trial's."""
    return trial[0]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", DONE)
def test_a_task_needs_few_clicks(
    visit: Visit, server: Server, trial: tuple[Server, Facts], name: str, width: str
) -> None:
    place = [*WIDTHS].index(width)
    task = tasks(place)[name]
    admin = visit(task.username, "/", viewport=WIDTHS[width], locale="en")
    admin.settled()
    content = package_of(f"{NEW}{place}", "1.0.0", "Brand new")
    cost = walk(admin, task, {"name": "brandnew.zip", "mimeType": "application/zip", "buffer": content})
    assert eventually(lambda: _is_done(name, server, place, admin, trial[1]))
    _write(name, width, cost)
    assert cost.clicks <= task.most_clicks[place]
    assert cost.scrolled <= task.most_scrolled[place]


def _write(name: str, width: str, cost: Cost) -> None:
    if not (where := os.environ.get("TRIAL_FIGURES")):
        return
    path = Path(where)
    figures = json.loads(path.read_text()) if path.is_file() else {}
    figures.setdefault(name, {})[width] = asdict(cost)
    path.write_text(json.dumps(figures, indent=2) + "\n")
