"""Quotas: concurrent uploads never both take the last place, and sums are read from indexes."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import event, select, update

from microdock_server.api.core import packages
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Plugin, PluginVersion
from microdock_server.services import files
from microdock_server.services.accounts import passwords
from microdock_server.services.files import quotas

from ..market import PLUGINS, People, file, people, published
from ..rows import add_plugin
from ..support import add_user, package, stored_files

NAME = "com.example.myplugin"
KEY = "key-of-the-name"


@pytest.mark.sqlite
def test_what_an_account_keeps_is_summed_from_an_index(app: Flask) -> None:
    add_user(app, "owner")
    add_plugin(app, "one", owner="owner")
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "sum(plugin_versions" in statement:
            raw = connection.connection.cursor()
            plans.extend(row[-1] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    with app.app_context(), unit_of_work(writing=False):
        event.listen(db.engine, "before_cursor_execute", explain)
        try:
            quotas.used_by("owner")
        finally:
            event.remove(db.engine, "before_cursor_execute", explain)
    assert plans == [
        "SEARCH plugins USING INDEX ix_plugins_owner_id_status (owner_id=?)",
        "SEARCH plugin_versions USING COVERING INDEX ix_plugin_versions_plugin_name_file_size (plugin_name=?)",
    ]


PLACE = 20_000


def noise(name: str = NAME, version: str = "2.0.0") -> bytes:
    """A package of more than half of a place, and less than one."""
    return package(name=name, version=version, changelog=os.urandom(11_000).hex())


def noise_picture() -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.frombytes("RGB", (64, 64), os.urandom(64 * 64 * 3)).save(out, "PNG")
    return file(out.getvalue(), "1.png")


def new_plugin(who: People) -> Any:
    form = {"plugin_file": file(noise("com.example.other"), "p.zip"), "name": "n", "description": "d"}
    return who.developer.post(PLUGINS, data=form)


def new_version(who: People) -> Any:
    form = {"plugin_file": file(noise(), "p.zip"), "version": "2.0.0"}
    return who.developer.post(f"{PLUGINS}/{NAME}/versions", data=form)


WAYS: dict[str, Callable[[People], Any]] = {
    "backup": lambda who: who.nobody.back_up(os.urandom(12_000), user_key="another-key"),
    "first upload": lambda who: who.nobody.upload(noise("com.example.free"), key="another-key"),
    "upload by key": lambda who: who.nobody.upload(noise(), key=KEY),
    "new plugin": new_plugin,
    "new version": new_version,
    "icon": lambda who: who.developer.put(f"{PLUGINS}/{NAME}", data={"icon": noise_picture()}),
    "screenshots": lambda who: who.developer.put(f"{PLUGINS}/{NAME}", data={"screenshots": [noise_picture()]}),
}
QUOTAS = {"total": (507, "storage_quota"), "account": (409, "account_quota"), "from_address": (409, "address_quota")}
NOBODYS = {"backup", "first upload"}


@pytest.mark.parametrize(
    ("way", "quota"), [(way, quota) for way in WAYS for quota in QUOTAS if quota != "account" or way not in NOBODYS]
)
def test_the_last_place_that_somebody_took_meanwhile_is_not_taken_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch, way: str, quota: str
) -> None:
    who = people(app)
    place(app, monkeypatch, who, quota)
    answers: list[Any] = []
    monkeypatch.setattr(files, "new_key", interrupted(files.new_key, lambda: answers.append(taken_by_key(who))))
    before = stored_files(app)
    refused = WAYS[way](who)
    assert [answer.status_code for answer in answers] == [200]
    error = refused.get_json()["error"]
    assert (refused.status_code, error["slug"] if isinstance(error, dict) else error) == QUOTAS[quota]
    assert len(stored_files(app)) == len(before) + 1


def place(app: Flask, monkeypatch: pytest.MonkeyPatch, who: People, quota: str) -> None:
    """A published plugin of the developer's with a key, and room for one more thing beside it."""
    published(who.developer, who.reviewer)
    hashed = passwords.hash_key(KEY)
    with app.app_context(), unit_of_work():
        db.session.execute(update(Plugin).values(upload_key_hash=hashed))
        db.session.execute(update(PluginVersion).values(stored_from="127.0.0.1"))
        [used] = db.session.scalars(select(PluginVersion.file_size))
    found = quotas.Room(**{quota: used + PLACE}, address="127.0.0.1")
    monkeypatch.setattr(packages, "room", lambda: found)


def taken_by_key(who: People) -> Any:
    """The last place goes; in a thread, for in this one a unit is open."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(who.nobody.upload, noise(version="9.0.0"), key=KEY).result()


def interrupted(original: Callable[..., str], act: Callable[[], Any]) -> Callable[..., str]:
    """What is called where a file becomes a blob: after the first look at the room, before the database is locked."""
    waiting = [act]

    def call(*args: str) -> str:
        if waiting:
            waiting.pop()()
        return original(*args)

    return call
