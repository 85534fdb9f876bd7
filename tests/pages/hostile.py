"""Texts that try to be more than text, put where the server keeps what strangers wrote, past every check of input."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask
from sqlalchemy import select, update

from microdock_server.bundle.dotnet.assembly_facts import AssemblyFacts
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import (
    Block,
    Category,
    Developer,
    Plugin,
    PluginVersion,
    Rating,
    User,
    VersionInventory,
)
from microdock_server.services import catalog

from .market import CLOCK, OLD

# Every one begins with a word that is found in what is shown, so that a test knows that it was there.
WORD: Final = "xyzzy"
# Controls and noncharacters, which HTML forbids even escaped.
NO_CHARACTERS: Final = (
    *range(1, 9),
    11,
    *range(14, 32),
    *range(127, 160),
    0xFDD0,
    0xFDEF,
    0xFFFE,
    0xFFFF,
    0x1FFFE,
    0x10FFFF,
)
PAYLOADS: Final = {
    "element": f'{WORD}"><script>alert(1)</script>',
    "attribute": f"{WORD}' onmouseover='alert(1)\" onfocus=\"alert(1) autofocus x=",
    "picture": f"{WORD}<img src=x onerror=alert(1)><svg/onload=alert(1)>",
    "ending": f"{WORD}</script></title></style></textarea><script>alert(1)</script>",
    "comment": f"{WORD}--><!--<style>*{{display:none}}</style>]]>",
    "address": f"javascript:alert('{WORD}')",
    "data": f"data:text/html,<script>alert('{WORD}')</script>",
    "template": f"{WORD}{{{{1234*5678}}}}{{% if true %}}{{{{config}}}}{{% endif %}}${{1234*5678}}{{0.__class__}}%(x)s",
    "bidi": f"{WORD}\u202etxet\u2066\u2067",
    "controls": f"{WORD}{''.join(map(chr, NO_CHARACTERS))}",
    "entity": f"{WORD}&lt;b&gt;&#x3c;script&#x3e;\u2028</p></bdi></a></li></main>",
}


def plant(app: Flask, payload: str) -> None:
    """Put it into every text that pages show."""
    with app.app_context(), unit_of_work():
        # What was rendered is true no more.
        catalog.next_revision()
        _in_plugins(payload)
        _in_people(payload)
        _in_inventories(payload)


def _in_plugins(payload: str) -> None:
    shown = ("display_name", "description", "author", "license", "homepage", "main_dll", "entry_class")
    texts: dict[str, Any] = dict.fromkeys(shown, payload)
    own = {"long_description": _markdown(payload), "repository": payload, "tags": [payload], "overrides": {}}
    said = {"deprecation_reason": payload, "recommended_reason": payload}
    db.session.execute(update(Plugin).values(**texts, **own, **said))
    db.session.execute(update(Plugin).where(Plugin.name == OLD).values(replacement=payload[:100]))
    lists: dict[str, Any] = {"engines": {payload: payload}, "permissions": [payload[:100]], "replaces": [payload[:100]]}
    lists["dependencies"] = {payload[:100]: payload, "com.example.base": ">=1.0.0"}
    values = {"changelog": _markdown(payload), "yank_reason": payload, **lists}
    db.session.execute(update(PluginVersion).values(**texts, **values))
    # What it says of itself is what its page shows; of no other can an old client be told its range.
    reason = {"zh": payload, "en": payload}
    db.session.execute(update(Block).values(reason=reason, advisory_url=payload))


def _in_people(payload: str) -> None:
    for category in db.session.scalars(select(Category)):
        category.name, category.description, category.icon = payload[:100], payload, payload[:100]
    values = dict.fromkeys(("display_name", "company", "website", "bio"), payload)
    db.session.execute(update(Developer).values(**values))
    for place, user in enumerate(db.session.scalars(select(User))):
        user.username = f"{payload[:60]}{place}"
    rating: dict[str, Any] = dict.fromkeys(("title", "content"), payload)
    db.session.execute(update(Rating).values(**rating, pros=[payload], cons=[payload]))
    db.session.execute(update(Rating).where(Rating.reply.is_not(None)).values(reply=payload))


def _in_inventories(payload: str) -> None:
    """What a package holds: one version's, so that it is a change."""
    for row in db.session.scalars(select(VersionInventory).where(VersionInventory.plugin_name == CLOCK)):
        if row.version != "1.1.0" or row.entries is None:
            continue
        content = dict(row.content)
        content["manifest"] = {**dict.fromkeys(content["manifest"], payload), payload: payload}
        content["permissions"] = [payload]
        content["files"] = [{**file, "name": payload} for file in content["files"]]
        uses, imports = [{"capability": payload, "evidence": payload}], [{"module": payload, "function": payload}]
        content["assembly"] = AssemblyFacts("ok", payload, payload, payload, (payload,)).as_json()
        content["assembly"] |= {"uses": uses, "imports": imports}
        row.content = content
        row.entries = [[payload, *rest] for _, *rest in row.entries]


def _markdown(payload: str) -> str:
    """The text as each of Markdown's elements may hold it."""
    lines = (
        payload,
        f"# {payload}",
        f"[{payload}]({payload})",
        f"[a](<{payload}> '{payload}')",
        f"![{payload}](https://x.example/{payload})",
        f"<{payload}>",
        f"`{payload}`",
        f"```{payload}\n{payload}\n```",
        f"| {payload} |\n|---|\n| {payload} |",
        f'[b]: {payload} "{payload}"\n\n[b]',
    )
    return "\n\n".join(lines)
