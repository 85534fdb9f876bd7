"""A small marketplace in which everything is that pages may show, and beside it everything that they must not.

What nobody may read holds `SECRET`; what the gallery shows never does.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from sqlalchemy import update

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import AutoReview, Block, Developer, RatingRevision, Review, User

from ..market import (
    PLUGINS,
    V1,
    People,
    account_id,
    add_version,
    appealed,
    category,
    created,
    data,
    decide,
    file,
    png,
    published,
    published_version,
    rated,
    run_jobs,
    suspended,
)
from ..support import package

# In no word of a language, and found by a search as one word.
SECRET: Final = "zzqxsecret"
USER_KEY: Final = f"{SECRET}userkey"
CLOCK: Final = "com.example.clock"
OLD, BLOCKED, KEYED, DISABLED, GONE = (
    f"com.example.{name}" for name in ("old", "blocked", "keyed", "disabled", "gone")
)
PENDING, DRAFT, REJECTED, CHANGES, SUSPENDED, REVIEWED, DROPPED = (
    f"com.example.{SECRET}{name}"
    for name in ("pending", "draft", "rejected", "changes", "suspended", "reviewed", "dropped")
)
# Everybody saw it, and may know that it was.
DELETED: Final = "com.example.deleted"
# Names that nobody may find, and which answer as names do that nobody ever had.
HIDDEN: Final = (PENDING, DRAFT, REJECTED, CHANGES, SUSPENDED, REVIEWED, GONE, DROPPED)
# Some more than a page of results has.
MORE: Final = 22
STORY: Final = """\
# A clock

One `clock` that **shows** the _time_, ~~late~~ on time. [Its home](https://clock.example/home)
and <https://clock.example/>.

![A picture elsewhere](https://pictures.example/clock.png)

1. wind it up
2. read it

- hands
  - long
  - short

> Time is what clocks show.

| hand | turns |
|:-----|------:|
| long | 24    |

```csharp
var now = DateTime.Now;
```

***

## Where it ends

Nowhere.
"""


@dataclass(frozen=True)
class Facts:
    """Ids that a test cannot know: of the category that is empty, of both developers, of somebody who is none."""

    category: str
    empty_category: str
    developer: str
    user: str


def fill(app: Flask, who: People) -> Facts:
    """Fill an empty server."""
    kinds = category(who.admin, "时间与日程 Time", description="Clocks and calendars")
    below = category(who.admin, "时钟 Clocks", parent_id=kinds["id"])
    empty = category(who.admin, "空 Nothing yet")
    _clock(app, who, below["id"])
    _others(who, kinds["id"])
    _hidden(app, who)
    run_jobs(app)
    _mark(app)
    return Facts(kinds["id"], empty["id"], account_id(who.developer), account_id(who.user))


def with_files(files: dict[str, bytes], **changes: Any) -> bytes:
    """A package that has these files as well."""
    buffer = io.BytesIO(package(**changes))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _clock(app: Flask, who: People, category_id: str) -> None:
    """One with all that can be shown, beside versions and ratings that cannot."""
    profile = {"display_name": "林晓 Lin Xiao", "bio": "Writes clocks. 写时钟。", "website": "https://lin.example/"}
    data(who.developer.put(f"{V1}/developers/{account_id(who.developer)}", profile))
    published(who.developer, who.reviewer, name="com.example.base", displayName="Base 基础", dependencies=None)
    form = {
        "description": "A clock for the desktop 桌面时钟",
        "long_description": STORY,
        "category_id": category_id,
        "metadata": {
            "tags": ["clock", "时间", "time zones"],
            "homepage": "https://clock.example/",
            "repository": "https://code.example/clock",
            "license": "MIT",
        },
        "icon": file(png(128, 128), "icon.png"),
        "screenshots": [file(png(640, 400), "1.png"), file(png(400, 640, (9, 99, 9)), "2.png")],
    }
    about: dict[str, Any] = {
        "name": CLOCK,
        "displayName": "World Clock 世界时钟",
        "dependencies": {"com.example.base": ">=1.0.0", "com.other.plugin": ">=1.0.0", OLD: "*", GONE: "*"},
        "engines": {"MicroDock": ">=2.0.0 <4.0.0"},
        "permissions": ["storage:local", "http:external"],
    }
    published(who.developer, who.reviewer, form, **about)
    for version in ("1.1.0", "1.2.0", "2.0.0-beta.1+build.5"):
        published_version(who.developer, who.reviewer, CLOCK, version, **about)
    page = f"{PLUGINS}/{CLOCK}"
    data(who.developer.post(f"{page}/versions/1.2.0/yank", {"reason": "Crashes on start 启动即崩溃"}))
    data(who.developer.put(f"{page}/recommended", {"version": "1.0.0", "reason": "Known to be calm"}))
    for version, result in (("2.9.0", "rejected"), ("3.0.0", "pending"), ("2.8.0", "needs_changes")):
        text = f"{SECRET}changelog"
        said = {**about, "displayName": f"{SECRET} clock", "description": f"{SECRET} version", "license": SECRET}
        data(add_version(who.developer, CLOCK, version, text, **said), 201)
        if result != "pending":
            decide(who.reviewer, CLOCK, result, version)
    found = rated(who.user, CLOCK, 4, title="Calm 安静", content="It shows the time.\n\nAnd nothing else.")
    data(who.developer.post(f"{page}/reviews/{found['id']}/reply", {"content": "Thank you 谢谢"}), 200)
    rated(who.other, CLOCK, 3, title="", content="")
    hidden = rated(who.reviewer, CLOCK, 1, title=f"{SECRET}title", content=f"{SECRET}content", pros=[f"{SECRET}pro"])
    data(who.other.post(f"{page}/reviews/{hidden['id']}/report", {"reason": f"{SECRET}report"}))
    data(who.reviewer.post(f"{V1}/admin/ratings/{hidden['id']}/hide", {"hidden": True, "reason": f"{SECRET}hidden"}))


def _others(who: People, category_id: str) -> None:
    for name in (OLD, BLOCKED):
        form = {"category_id": category_id, "long_description": ""}
        published(
            who.other, who.reviewer, form, name=name, displayName=f"About {name}", dependencies={CLOCK: ">=1.0.0"}
        )
    said = {"deprecated": True, "reason": "World Clock does it all 由世界时钟取代", "replacement": CLOCK}
    data(who.other.put(f"{PLUGINS}/{OLD}/deprecation", said))
    block = {"plugin": BLOCKED, "versions": "*", "severity": "disable", "reason": {"zh": "有漏洞", "en": "A hole"}}
    block["advisory_url"] = "https://advisories.example/1"
    data(who.admin.post(f"{V1}/admin/blocks", block), 201)
    key = f"{SECRET}uploadkey"
    for name in (KEYED, DISABLED, *(f"com.example.more{number:02}" for number in range(MORE))):
        content = package(name=name, displayName=f"{name.rpartition('.')[2].title()} 插件", dependencies=None)
        assert who.nobody.upload(content, key).status_code == 200
    assert who.nobody.back_up(user_key=USER_KEY, description=f"{SECRET}backup").status_code == 200
    assert who.admin.post("/api/plugins/disable", {"name": DISABLED}).status_code == 200


def _hidden(app: Flask, who: People) -> None:
    def words(name: str) -> dict[str, Any]:
        said = {"displayName": f"{SECRET} {name}", "description": f"{SECRET} described", "author": f"{SECRET}author"}
        return {"name": name, "dependencies": {CLOCK: "*"}, "changelog": f"{SECRET} changed", "license": SECRET, **said}

    form = {"long_description": f"{SECRET} story", "metadata": {"tags": [SECRET, "clock"]}}
    created(who.developer, {**form, "draft": "true"}, **words(DRAFT))
    created(who.developer, dict(form), **words(PENDING))
    for name, result in ((REJECTED, "rejected"), (CHANGES, "needs_changes")):
        decide(who.reviewer, created(who.developer, dict(form), **words(name))["id"], result)
    started = created(who.developer, dict(form), **words(REVIEWED))
    review = next(
        row
        for row in data(who.reviewer.get(f"{V1}/admin/reviews/queue?limit=100"))["reviews"]
        if row["plugin"]["id"] == started["id"]
    )
    data(who.reviewer.post(f"{V1}/admin/reviews/{review['id']}/start"))
    for name in (SUSPENDED, GONE):
        # The name of one is no secret: a plugin that everybody sees needs it.
        gone = published(who.developer, who.reviewer, dict(form), **words(name))
        suspended(who.admin, gone["id"], f"{SECRET}suspension")
        appealed(who.developer, gone["id"], "suspension", reason=f"{SECRET}appeal")
    # Whoever deletes one before anybody saw it, leaves nothing; of the other, its name may be told.
    dropped = created(who.developer, dict(form), **words(DROPPED))
    deleted = published(who.developer, who.reviewer, dict(form), **words(DELETED) | {"displayName": "Of old"})
    for plugin in (dropped, deleted):
        data(who.admin.delete(f"{PLUGINS}/{plugin['id']}"))


def _mark(app: Flask) -> None:
    """What requests of the tests leave empty, or what is another's word: notes, keys, addresses."""
    with app.app_context(), unit_of_work():
        db.session.execute(update(User).values(email=User.username + f"@{SECRET}.example", password_hash=SECRET))
        db.session.execute(update(Review).values(notes=f"{SECRET}notes", assignment_notes=f"{SECRET}assigned"))
        db.session.execute(update(Review).values(recommendations=[SECRET]))
        db.session.execute(update(AutoReview).values(error=f"{SECRET}error"))
        db.session.execute(update(Block).values(revoke_reason=f"{SECRET}revoked"))
        values = {"verification_notes": f"{SECRET}verification", "verification_documents": [{"url": SECRET}]}
        db.session.execute(update(Developer).values(**values))
        db.session.execute(update(RatingRevision).values(title=SECRET, content=SECRET))
