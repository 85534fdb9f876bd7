"""The marketplace's acts for runner.py: submitting with pictures, approving, granting an appeal, deleting, blocking and
approving that.

Run as `python -m tests.crash.marketplace SCENARIO PLAN PREPARED WORK`; prints what runner.py does.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from microdock_server import create_app
from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import (
    Appeal,
    AuditEntry,
    AutoReview,
    Block,
    Job,
    Notification,
    Plugin,
    PluginImage,
    PluginTombstone,
    PluginVersion,
    Review,
    Setting,
)
from microdock_server.services import audit
from microdock_server.vocabulary import BLOCK_LIST, Role

from .. import market
from ..conftest import release
from ..support import Api, add_user, package, settings_for, signed_in
from .runner import NAME, Runner, Scenario, State, in_child

Known = dict[str, str]
PACKAGE = package()
PICTURES = [market.png(), market.png(32, 48)]
LATER = "com.example.later"
# Where a notice says what came of it.
RESULTS = ("new_status", "review_result", "decision", "change")
PEOPLE = {
    **{"developer": Role.DEVELOPER, "reviewer": Role.REVIEWER, "second": Role.REVIEWER},
    **{"root": Role.ADMIN, "second-root": Role.ADMIN},
}
BLOCKS = f"{market.V1}/admin/blocks"


@dataclass(frozen=True)
class Told:
    """An answer whose success is 200, as the runner wants it."""

    status_code: int
    body: Any

    def get_json(self, silent: bool = False) -> Any:
        return self.body


def told(answer: Any, success: int = 200) -> Told:
    return Told(200 if answer.status_code == success else answer.status_code, answer.get_json(silent=True))


def create(api: Api) -> Any:
    icon, *screenshots = PICTURES
    form = {
        "plugin_file": market.file(PACKAGE, "p.zip"),
        "icon": market.file(icon, "icon.png"),
        "screenshots": [market.file(picture, "s.png") for picture in screenshots],
    }
    return market.create(api, form)


def submit(api: Api, known: Known) -> Told:
    return told(create(Api(api.app, known["developer"])), 201)


def approve(api: Api, known: Known) -> Told:
    path = f"{market.V1}/admin/reviews/{known['review']}/submit"
    return told(Api(api.app, known["reviewer"]).post(path, {"result": "approved", "notes": "ok"}))


def grant(api: Api, known: Known) -> Told:
    action = {"type": "update_plugin_status", "plugin_id": NAME, "new_status": "approved"}
    body = {"decision": "approved", "response": "ok", "actions": [action]}
    return told(Api(api.app, known["second"]).post(f"{market.V1}/admin/appeals/{known['appeal']}/process", body))


def on_release(method: str, rest: str, body: dict[str, Any], who: str = "root") -> Callable[[Api, Known], Told]:
    """An act on the release of the published version, by somebody who is not its owner."""

    def act(api: Api, known: Known) -> Told:
        path = f"{market.PLUGINS}/{NAME}/{rest}" if who == "root" else f"{market.V1}/admin/plugins/{NAME}/{rest}"
        return told(Api(api.app, known[who])._call(method, path, json=body))

    return act


def delete(api: Api, known: Known) -> Told:
    return told(Api(api.app, known["developer"]).delete(f"{market.PLUGINS}/{NAME}"))


def block(api: Api, known: Known) -> Told:
    reason = {"zh": "泄露用户数据", "en": "It sends user data away"}
    body = {"plugin": NAME, "versions": "*", "severity": "remove", "reason": reason}
    return told(Api(api.app, known["root"]).post(BLOCKS, body), 201)


def approve_block(api: Api, known: Known) -> Told:
    return told(Api(api.app, known["second-root"]).post(f"{BLOCKS}/{known['block']}/approve", {}))


@dataclass(frozen=True)
class Act:
    """`stage` says how far the plugin got before; `again` is the status of the same act once it happened."""

    act: Callable[[Api, Known], Told]
    stage: str
    again: int


ACTS = {
    "submit": Act(submit, "", 409),
    "approve": Act(approve, "started", 409),
    "grant": Act(grant, "appealed", 409),
    # What is there already is no change.
    "yank": Act(on_release("POST", "versions/1.0.0/yank", {"reason": "bad"}), "published", 200),
    "recommend": Act(on_release("PUT", "recommended", {"version": "1.0.0", "reason": "good"}), "published", 200),
    "deprecate": Act(on_release("PUT", "deprecation", {"deprecated": True, "reason": "old"}), "published", 200),
    "roll_out": Act(on_release("PUT", "versions/1.0.0/release", {"rollout": 40}), "cooling", 200),
    "release_now": Act(on_release("POST", "versions/1.0.0/release-now", {"reason": "seen"}, "second"), "cooling", 200),
    "delete": Act(delete, "published", 404),
    "block": Act(block, "published", 200),
    "approve_block": Act(approve_block, "blocked", 200),
}
# The acts on releases, by what the audit log calls them.
RECORDED = {
    "version.yanked": "yanked",
    "plugin.recommended": "recommended",
    "plugin.deprecated": "deprecated",
    "version.release_changed": "settings",
    "version.released": "released",
}


def prepare(app: Flask, stage: str) -> None:
    """The people, and the plugin as far as it got."""
    callers = {name: add_user(app, name, role) for name, role in PEOPLE.items()}
    if not stage:
        return
    if stage == "cooling":
        settings = {"release_settings": {"cooldown_hours": 48}}
        market.data(signed_in(app).put(f"{market.V1}/admin/system/config", settings))
    assert create(callers["developer"]).status_code == 201
    review = market.review_of(callers["reviewer"], NAME)
    market.data(callers["reviewer"].post(f"{market.V1}/admin/reviews/{review['id']}/start"))
    if stage in ("published", "blocked", "cooling"):
        market.decide(callers["reviewer"], NAME)
        if stage == "blocked":
            assert block(callers["root"], {"root": str(callers["root"].token)}).status_code == 200
    elif stage == "appealed":
        market.decide(callers["reviewer"], NAME, "rejected")
        market.appealed(callers["developer"], NAME)


def known_of(app: Flask) -> Known:
    """Tokens, and the ids that the acts are about."""
    found = {name: str(signed_in(app, name).token) for name in PEOPLE}
    with app.app_context(), unit_of_work(writing=False):
        for name, model in (("review", Review), ("appeal", Appeal), ("block", Block)):
            found[name] = db.session.scalar(select(model.id)) or ""
    return found


class MarketRunner(Runner):
    """The state is every row that such an act writes, not only what clients are shown."""

    def __init__(self, name: str, prepared: Path, work: Path) -> None:
        self._wanted = ACTS[name]
        super().__init__(Scenario(lambda _api: None, self._wanted.again), prepared, work)
        known = in_child(lambda report: report(known_of(self._app)))[0][0]
        self._scenario = Scenario(partial(self._wanted.act, known=known), self._wanted.again)

    def _warmed_up(self, prepared: Path, data: Path) -> Flask:
        shutil.copytree(prepared, data)
        app = create_app(settings_for(data, LOG_FILE=str(data.with_name("logs") / "warm.log")))
        prepare(app, self._wanted.stage)
        known = known_of(app)
        assert self._wanted.act(Api(app), known).status_code == 200
        _rows(app)
        release(app)
        return app

    def _prepare(self, api: Api) -> None:
        prepare(api.app, self._wanted.stage)

    def _state(self) -> State:
        return _rows(self._app)

    def _corrupt(self, state: State) -> list[str]:
        """Rows whose files cannot be fetched whole, what disagrees with itself, a broken audit chain."""
        return [*self._unfetchable(), *_contradictions(state), *self._broken_chain()]

    def _unfetchable(self) -> list[str]:
        root = signed_in(self._app)
        with self._app.app_context(), unit_of_work(writing=False):
            paths = [
                (f"{row.plugin_name}/versions/{row.version}/download", row.file_hash)
                for row in db.session.scalars(select(PluginVersion))
                # It is refused, not lost.
                if not row.is_blocked
            ]
            paths += [
                (f"{row.plugin_name}/images/{row.id}", row.file_hash) for row in db.session.scalars(select(PluginImage))
            ]
        problems = []
        for path, digest in paths:
            got = root.get(f"{market.PLUGINS}/{path}")
            if (got.status_code, hashlib.sha256(got.data).hexdigest()) != (200, digest):
                problems.append(f"{path} cannot be fetched: {got.status_code}")
        return problems

    def _broken_chain(self) -> list[str]:
        with self._app.app_context(), unit_of_work(writing=False):
            verified = audit.verify()
        return [] if verified.broken_at is None else [f"the audit chain: {verified.reason} at {verified.broken_at}"]


def _rows(app: Flask) -> State:
    """All that the acts write, without ids and times; the plugin that only tests the next request is left out."""
    now = utcnow()
    with app.app_context(), unit_of_work(writing=False):
        images = [[row.kind, row.file_hash] for row in db.session.scalars(select(PluginImage))]
        return {
            "plugins": [
                [row.name, row.status, row.current_version, row.published_at is not None]
                for row in db.session.scalars(select(Plugin).where(Plugin.name != LATER))
            ],
            "versions": [
                [row.version, row.status, row.file_hash, row.published_at is not None]
                for row in db.session.scalars(select(PluginVersion).where(PluginVersion.plugin_name != LATER))
            ],
            "releases": [
                *(
                    ["yanked"] * row.is_yanked
                    + ["settings"] * (row.rollout < 100)
                    + ["cooling"] * (row.available_at is not None and row.available_at > now)
                    for row in db.session.scalars(select(PluginVersion).where(PluginVersion.plugin_name != LATER))
                ),
                *(
                    ["recommended"] * (row.recommended_version is not None) + ["deprecated"] * row.is_deprecated
                    for row in db.session.scalars(select(Plugin).where(Plugin.name != LATER))
                ),
            ],
            "images": sorted(images),
            "reviews": [
                [row.version, row.status, row.reasons, row.decided_by is not None]
                for row in db.session.scalars(select(Review))
            ],
            "appeals": [[row.status, row.decided_by is not None] for row in db.session.scalars(select(Appeal))],
            "notices": [
                [row.event, next((row.data[name] for name in RESULTS if name in row.data), None)]
                for row in db.session.scalars(select(Notification).order_by(Notification.id))
            ],
            "audit": [row.action for row in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))],
            "jobs": [[row.kind, row.state] for row in db.session.scalars(select(Job))],
            "auto_reviews": [row.status for row in db.session.scalars(select(AutoReview))],
            "blocks": [
                [row.severity, row.status, row.approved_by is not None] for row in db.session.scalars(select(Block))
            ],
            "blocked": [
                row.is_blocked
                for row in db.session.scalars(select(PluginVersion).where(PluginVersion.plugin_name != LATER))
            ],
            "public": [
                [one["severity"] for one in json.loads(row.value)["blocks"]]
                for row in db.session.scalars(select(Setting).where(Setting.key == BLOCK_LIST))
            ],
            "tombstones": [row.name_key for row in db.session.scalars(select(PluginTombstone))],
        }


def _contradictions(state: State) -> list[str]:
    """Does what the rows say of one decision agree?"""
    problems = []
    for _, status, _, is_dated in state["plugins"]:
        versions = [version_status for _, version_status, _, _ in state["versions"]]
        if status not in versions:
            problems.append(f"the plugin is {status}, its versions are {versions}")
        if is_dated != (status == "published"):
            problems.append(f"the plugin is {status}, but published at: {is_dated}")
        reviews = [review_status for _, review_status, _, _ in state["reviews"]]
        if not reviews:
            problems.append("no review")
        is_approved = "approved" in reviews
        if is_approved != (["plugin_review_completed", "approved"] in state["notices"]) or is_approved != (
            "review.approved" in state["audit"]
        ):
            problems.append(f"reviews {reviews}, notices {state['notices']}, audit {state['audit']}")
        is_granted = ["approved", True] in state["appeals"]
        if is_granted != (["appeal_processed", "approved"] in state["notices"]) or is_granted != (
            "appeal.approved" in state["audit"]
        ):
            problems.append(f"appeals {state['appeals']}, notices {state['notices']}, audit {state['audit']}")
        if (status == "published") != (is_approved or is_granted):
            problems.append(f"the plugin is {status}, reviews {reviews}, appeals {state['appeals']}")
        problems += _of_releases(state)
        if len(state["images"]) != len(PICTURES):
            problems.append(f"{len(state['images'])} pictures")
    problems += _torn_blocks(state)
    if not state["plugins"]:
        left = {name: state[name] for name in ("versions", "images", "reviews", "appeals") if state[name]}
        problems += [f"no plugin, but {left}"] if left else []
    return problems


def _torn_blocks(state: State) -> list[str]:
    """Do a block, what it refuses, the public list, the audit log and the owner's notices agree?"""
    statuses = [status for _, status, _ in state["blocks"]]
    acts = [action for action in state["audit"] if action.startswith("block.")]
    told = [event for event, _ in state["notices"] if event == "plugin_blocked"]
    expected = {
        (): ([], 0),
        ("pending",): (["block.created"], 1),
        ("active",): (["block.created", "block.approved"], 2),
    }[tuple(statuses)]
    listed = {"pending": ["disable"], "active": ["remove"]}
    public = [severities for severities in state["public"] if severities]
    agree = (
        (acts, len(told)) == expected
        and any(state["blocked"]) == bool(statuses)
        and public == [listed[status] for status in statuses]
    )
    return [] if agree else [f"blocks {state['blocks']}, {state['blocked']}, {state['public']}, {acts}, {told}"]


def _of_releases(state: State) -> list[str]:
    """Do rows, audit log and notices agree on each act on the release?"""
    rows = [word for words in state["releases"] for word in words]
    was_cooling = "system.config_changed" in state["audit"]
    is_published = any(status == "published" for _, status, _, _ in state["versions"])
    problems = []
    for action, change in RECORDED.items():
        is_recorded = action in state["audit"]
        is_told = ["plugin_release_changed", change] in state["notices"]
        is_released = was_cooling and is_published and "cooling" not in rows
        is_there = is_released if change == "released" else change in rows
        if not is_recorded == is_told == is_there:
            problems.append(f"{change}: recorded {is_recorded}, told {is_told}, there {is_there}")
        if state["audit"].count(action) > 1:
            problems.append(f"{action} is recorded twice")
    return problems


def main() -> None:
    name, plan, prepared, work = sys.argv[1:]
    for found in MarketRunner(name, Path(prepared), Path(work)).run(plan):
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
