"""Concurrent actions on the same review, rating, appeal or name: one succeeds, others get an error, counts are
exact.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import pytest
import requests
from flask import Flask

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import User
from microdock_server.services import audit
from microdock_server.vocabulary import Role

from ..live import Client, Server, at_once, statuses
from ..support import package, signed_in

pytestmark = pytest.mark.live

V1 = "/api/v1"
PLUGINS = f"{V1}/marketplace/plugins"
REVIEWS = f"{V1}/admin/reviews"
RATERS = 30

Call = Callable[[], requests.Response]
_NUMBERS = count(1)


@dataclass(frozen=True)
class Cast:
    """Who takes part; made once, because a server's users are expensive to make."""

    admin: Client
    developer: Client
    other: Client
    first: Client
    second: Client
    raters: list[Client]


def add_users(app: Flask, roles: dict[str, Role]) -> dict[str, str]:
    """Users, and a token for each that was made without a password."""
    with app.app_context(), unit_of_work():
        for name, role in roles.items():
            db.session.add(User(username=name, username_key=name, password_hash="!", role=role))
    return {name: str(signed_in(app, name).token) for name in (*roles, "admin")}


@pytest.fixture(scope="module")
def cast(server: Server) -> Cast:
    raters = [f"rater{number}" for number in range(RATERS)]
    roles = {"dev": Role.DEVELOPER, "dev2": Role.DEVELOPER, "rev1": Role.REVIEWER, "rev2": Role.REVIEWER}
    with server.application() as app:
        tokens = add_users(app, {**roles, **dict.fromkeys(raters, Role.USER)})
    callers = {name: server.client.with_token(token) for name, token in tokens.items()}
    for caller in callers.values():
        assert caller.get(f"{V1}/auth/me").status_code == 200
    people = (callers[name] for name in ("admin", "dev", "dev2", "rev1", "rev2"))
    return Cast(*people, raters=[callers[name] for name in raters])


@pytest.fixture(autouse=True)
def sound(server: Server, cast: Cast) -> Any:
    """After every test the audit chain holds, no blob is missing and none is left over."""
    yield
    with server.application() as app, app.app_context(), unit_of_work(writing=False):
        verified = audit.verify()
    assert (verified.broken_at, verified.reason) == (None, "")
    found = server.verify()
    assert found.is_sound
    assert found.orphaned == []
    assert len(server.files()) == found.checked


def data(answer: requests.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def new_name() -> str:
    return f"com.example.n{next(_NUMBERS)}"


def create(who: Client, name: str, **changes: Any) -> requests.Response:
    files = {"plugin_file": ("p.zip", io.BytesIO(package(name=name, **changes)))}
    return who.post(PLUGINS, data={"version": changes.get("version", "1.0.0")}, files=files)


def add_version(who: Client, plugin_id: str, name: str, version: str) -> requests.Response:
    files = {"plugin_file": ("p.zip", io.BytesIO(package(name=name, version=version)))}
    return who.post(f"{PLUGINS}/{plugin_id}/versions", data={"version": version}, files=files)


def created(cast: Cast) -> tuple[str, str]:
    """The id and the name of a plugin that waits for its review."""
    name = new_name()
    return str(data(create(cast.developer, name), 201)["id"]), name


def review_of(cast: Cast, plugin_id: str) -> str:
    queue = data(cast.first.get(f"{REVIEWS}/queue?limit=100"))["reviews"]
    [found] = [row["id"] for row in queue if row["plugin"]["id"] == plugin_id]
    return str(found)


def started(cast: Cast, by: Client) -> tuple[str, str]:
    """The id of a plugin and of its review, which `by` has begun."""
    plugin_id, _ = created(cast)
    review_id = review_of(cast, plugin_id)
    data(by.post(f"{REVIEWS}/{review_id}/start"))
    return plugin_id, review_id


def decided(cast: Cast, result: str) -> tuple[str, str]:
    """The id and the name of a plugin that the first reviewer decided on."""
    plugin_id, name = created(cast)
    review_id = review_of(cast, plugin_id)
    data(cast.first.post(f"{REVIEWS}/{review_id}/start"))
    data(cast.first.post(f"{REVIEWS}/{review_id}/submit", {"result": result}))
    return plugin_id, name


def verdict(who: Client, review_id: str, result: str) -> Call:
    return partial(who.post, f"{REVIEWS}/{review_id}/submit", {"result": result})


def status_of(cast: Cast, plugin_id: str) -> str:
    return str(data(cast.developer.get(f"{PLUGINS}/{plugin_id}"))["status"])


def audited(cast: Cast, action: str, target_id: str) -> int:
    path = f"{V1}/admin/audit?action={action}&target_id={target_id}"
    return int(data(cast.admin.get(path))["pagination"]["total"])


def told(cast: Cast, event: str, plugin_id: str) -> int:
    rows = data(cast.developer.get(f"{V1}/notifications?limit=100"))["notifications"]
    return sum(1 for row in rows if row["event"] == event and row["data"]["plugin_id"] == plugin_id)


def successes(answers: Sequence[requests.Response]) -> list[requests.Response]:
    return [answer for answer in answers if answer.status_code in (200, 201)]


# Reviews


def test_of_two_reviewers_who_start_a_review_at_once_one_has_it(cast: Cast) -> None:
    for _ in range(3):
        plugin_id, _ = created(cast)
        review_id = review_of(cast, plugin_id)
        begin = [partial(who.post, f"{REVIEWS}/{review_id}/start") for who in (cast.first, cast.second) * 4]
        answers = at_once(begin)
        counts = statuses(answers)
        # The loser is told that another has it, the winner that they have begun.
        assert counts == {200: 1, 403: 4, 409: 3}
        [winner] = successes(answers)
        assert data(winner)["assigned_reviewer"]["username"] in ("rev1", "rev2")
        assert audited(cast, "review.started", review_id) == 1
        done = data(cast.admin.post(f"{REVIEWS}/batch", {"review_ids": [review_id], "action": "reject"}))
        assert done["succeeded"] == 1


def test_of_ten_decisions_at_once_one_holds(cast: Cast) -> None:
    plugin_id, review_id = started(cast, cast.first)
    results = ["approved", "rejected", "needs_changes"] * 4
    answers = at_once([verdict(cast.first, review_id, result) for result in results[:10]])
    assert statuses(answers) == {200: 1, 409: 9}
    [winner] = successes(answers)
    result = data(winner)["status"]
    assert status_of(cast, plugin_id) == {"approved": "published"}.get(result, result)
    assert audited(cast, "review.", review_id) == 2
    assert told(cast, "plugin_review_completed", plugin_id) == 1


def test_approving_and_rejecting_at_once_does_one_of_both(cast: Cast) -> None:
    for _ in range(4):
        plugin_id, review_id = started(cast, cast.first)
        calls = [verdict(cast.first, review_id, "approved"), verdict(cast.admin, review_id, "rejected")]
        answers = at_once(calls)
        assert statuses(answers) == {200: 1, 409: 1}
        expected = ("published", 200) if answers[0].status_code == 200 else ("rejected", 404)
        seen = Client(cast.admin.base).get(f"{PLUGINS}/{plugin_id}").status_code
        assert (status_of(cast, plugin_id), seen) == expected


def test_two_batches_with_the_same_reviews_share_them(cast: Cast) -> None:
    plugins = [created(cast)[0] for _ in range(6)]
    ids = [review_of(cast, plugin_id) for plugin_id in plugins]
    bodies = [
        (cast.first, {"review_ids": ids, "action": "approve"}),
        (cast.second, {"review_ids": list(reversed(ids)), "action": "reject"}),
    ]
    answers = at_once([partial(who.post, f"{REVIEWS}/batch", body) for who, body in bodies])
    found = [data(answer) for answer in answers]
    assert sum(batch["succeeded"] for batch in found) == 6
    codes = {item["error"]["code"] for batch in found for item in batch["results"] if item["error"]}
    assert codes <= {403, 409}
    approved = {item["review_id"] for item in found[0]["results"] if item["success"]}
    for plugin_id, review_id in zip(plugins, ids, strict=True):
        assert status_of(cast, plugin_id) == ("published" if review_id in approved else "rejected")


def test_a_reviewer_never_claims_more_than_the_limit(cast: Cast) -> None:
    config = f"{V1}/admin/system/config"
    data(cast.admin.call("PUT", config, json={"review_settings": {"max_open_reviews": 3}}))
    ids = [review_of(cast, created(cast)[0]) for _ in range(8)]
    try:
        answers = at_once([partial(cast.second.post, f"{REVIEWS}/{review_id}/start") for review_id in ids])
        assert statuses(answers) == {200: 3, 409: 5}
    finally:
        data(cast.admin.call("PUT", config, json={"review_settings": {"max_open_reviews": 1000}}))
        data(cast.admin.post(f"{REVIEWS}/batch", {"review_ids": ids, "action": "reject"}))


def test_submitting_again_ten_times_at_once_makes_one_review(cast: Cast) -> None:
    plugin_id, _ = decided(cast, "rejected")
    answers = at_once([partial(cast.developer.post, f"{PLUGINS}/{plugin_id}/submit")] * 10)
    assert statuses(answers) == {200: 1, 409: 9}
    review_of(cast, plugin_id)


# Ratings


def test_a_user_who_rates_twenty_times_at_once_rated_once(cast: Cast) -> None:
    plugin_id, _ = decided(cast, "approved")
    path = f"{PLUGINS}/{plugin_id}/reviews"
    answers = at_once([partial(cast.raters[0].post, path, {"rating": number % 5 + 1}) for number in range(20)])
    assert statuses(answers) == {201: 1, 409: 19}
    stars = data(successes(answers)[0], 201)["rating"]
    found = data(cast.developer.get(path))
    assert [row["rating"] for row in found["reviews"]] == [stars]
    assert (found["summary"]["average"], found["summary"]["total"]) == (stars, 1)


def test_thirty_users_who_rate_at_once_are_counted_exactly(cast: Cast) -> None:
    plugin_id, _ = decided(cast, "approved")
    path = f"{PLUGINS}/{plugin_id}/reviews"
    stars = [number % 5 + 1 for number in range(RATERS - 1)] + [5]
    answers = at_once(
        [partial(who.post, path, {"rating": given}) for who, given in zip(cast.raters, stars, strict=True)]
    )
    assert statuses(answers) == {201: RATERS}
    assert_average(cast, plugin_id, stars)

    # All of them change their minds at once, while two are hidden and shown again and again.
    rows = [data(answer, 201) for answer in answers]
    edits = [
        partial(who.call, "PUT", f"{path}/{row['id']}", json={"rating": 6 - given})
        for who, row, given in zip(cast.raters, rows, stars, strict=True)
    ]
    flips = [
        partial(who.post, f"{V1}/admin/ratings/{rows[place]['id']}/hide", {"hidden": hidden})
        for who in (cast.first, cast.second)
        for place in (0, 1)
        for hidden in (True, False, True)
    ]
    assert statuses(at_once([*edits, *flips])) == {200: RATERS + len(flips)}
    for row in rows[:2]:
        data(cast.first.post(f"{V1}/admin/ratings/{row['id']}/hide", {"hidden": False}))
    assert_average(cast, plugin_id, [6 - given for given in stars])


def assert_average(cast: Cast, plugin_id: str, stars: Sequence[int]) -> None:
    for _ in range(4):
        summary = data(cast.developer.get(f"{PLUGINS}/{plugin_id}/reviews"))["summary"]
        assert (summary["total"], summary["average"]) == (len(stars), round(sum(stars) / len(stars), 2))
        assert summary["distribution"] == {str(n): list(stars).count(n) for n in range(5, 0, -1)}


def test_hiding_at_once_counts_once_and_so_does_showing(cast: Cast) -> None:
    plugin_id, _ = decided(cast, "approved")
    path = f"{PLUGINS}/{plugin_id}/reviews"
    bad = data(cast.raters[0].post(path, {"rating": 1}), 201)
    data(cast.raters[1].post(path, {"rating": 4}), 201)
    for hidden, expected in ((True, [4]), (False, [1, 4])):
        flip = partial(cast.first.post, f"{V1}/admin/ratings/{bad['id']}/hide", {"hidden": hidden})
        assert statuses(at_once([flip] * 10)) == {200: 10}
        assert_average(cast, plugin_id, expected)


def test_a_rating_reported_at_once_counts_every_user_once(cast: Cast) -> None:
    plugin_id, _ = decided(cast, "approved")
    path = f"{PLUGINS}/{plugin_id}/reviews"
    bad = data(cast.raters[0].post(path, {"rating": 1}), 201)
    calls = [partial(who.post, f"{path}/{bad['id']}/report", {"reason": "x"}) for who in cast.raters[1:9] * 2]
    assert statuses(at_once(calls)) == {200: 16}
    rows = data(cast.first.get(f"{V1}/admin/ratings?reported=true&limit=100"))["ratings"]
    assert [(row["report_count"], len(row["reports"])) for row in rows if row["id"] == bad["id"]] == [(8, 8)]


# Appeals


def appeal(cast: Cast, plugin_id: str) -> requests.Response:
    return cast.developer.post(f"{V1}/developers/appeals", {"plugin_id": plugin_id, "reason": "why"})


def hearing(cast: Cast, who: Client, appeal_id: str, plugin_id: str, decision: str = "approved") -> Call:
    action = {"type": "update_plugin_status", "plugin_id": plugin_id, "new_status": "approved"}
    body = {"decision": decision, "response": "ok", "actions": [action] if decision == "approved" else []}
    return partial(who.post, f"{V1}/admin/appeals/{appeal_id}/process", body)


def test_an_appeal_made_ten_times_at_once_is_made_once(cast: Cast) -> None:
    plugin_id, _ = decided(cast, "rejected")
    assert statuses(at_once([partial(appeal, cast, plugin_id)] * 10)) == {201: 1, 409: 9}


def test_an_appeal_granted_and_refused_at_once_is_heard_once(cast: Cast) -> None:
    for _ in range(3):
        plugin_id, _ = decided(cast, "rejected")
        appeal_id = data(appeal(cast, plugin_id), 201)["id"]
        decisions = ["approved", "approved", "rejected", "approved", "rejected", "approved"]
        people = [cast.second, cast.admin] * 3
        calls = [
            hearing(cast, who, appeal_id, plugin_id, decision) for who, decision in zip(people, decisions, strict=True)
        ]
        answers = at_once(calls)
        assert statuses(answers) == {200: 1, 409: 5}
        decision = data(successes(answers)[0])["status"]
        assert status_of(cast, plugin_id) == ("published" if decision == "approved" else "rejected")
        assert audited(cast, "appeal.", appeal_id) == 1
        assert told(cast, "plugin_status_changed", plugin_id) == (3 if decision == "approved" else 2)


def test_an_appeal_against_what_is_being_sent_again_goes_one_way(cast: Cast) -> None:
    for _ in range(4):
        plugin_id, _ = decided(cast, "rejected")
        appeal_id = data(appeal(cast, plugin_id), 201)["id"]
        answers = at_once(
            [
                hearing(cast, cast.second, appeal_id, plugin_id),
                partial(cast.developer.post, f"{PLUGINS}/{plugin_id}/submit"),
            ]
        )
        assert statuses(answers) == {200: 1, 409: 1}
        published = answers[0].status_code == 200
        assert status_of(cast, plugin_id) == ("published" if published else "pending")
        [version] = data(cast.developer.get(f"{PLUGINS}/{plugin_id}/versions"))
        assert version["status"] == ("published" if published else "pending")


def test_appealing_while_sending_again_never_appeals_against_nothing(cast: Cast) -> None:
    for _ in range(4):
        plugin_id, _ = decided(cast, "rejected")
        answers = at_once(
            [partial(appeal, cast, plugin_id), partial(cast.developer.post, f"{PLUGINS}/{plugin_id}/submit")]
        )
        assert (answers[0].status_code in (201, 409), answers[1].status_code) == (True, 200)
        assert status_of(cast, plugin_id) == "pending"


def test_suspending_and_restoring_at_once_takes_turns(cast: Cast) -> None:
    plugin_id, _ = decided(cast, "approved")
    path = f"{V1}/admin/plugins/{plugin_id}/status"
    answers = at_once([partial(cast.admin.post, path, {"status": "suspended", "reason": "x"})] * 8)
    assert statuses(answers) == {200: 1, 409: 7}
    answers = at_once([partial(cast.admin.post, path, {"status": "published", "reason": "x"})] * 8)
    assert statuses(answers) == {200: 1, 409: 7}


# Uploads


def test_a_new_version_submitted_ten_times_at_once_is_taken_once(cast: Cast) -> None:
    plugin_id, name = decided(cast, "approved")
    answers = at_once([partial(add_version, cast.developer, plugin_id, name, "1.1.0")] * 10)
    assert statuses(answers) == {201: 1, 409: 9}
    assert {answer.json()["error"]["slug"] for answer in answers if answer.status_code == 409} == {"version_exists"}
    review_of(cast, plugin_id)


def test_of_ten_who_submit_the_same_name_at_once_one_has_it(cast: Cast) -> None:
    name = new_name()
    spelled = [name, name.upper()]
    answers = at_once(
        [partial(create, (cast.developer, cast.other)[place % 2], spelled[place % 4 // 2]) for place in range(10)]
    )
    assert statuses(answers) == {201: 1, 409: 9}
    assert {answer.json()["error"]["slug"] for answer in answers if answer.status_code == 409} == {"plugin_exists"}
    review_of(cast, data(successes(answers)[0], 201)["id"])


def test_a_name_submitted_and_uploaded_by_key_at_once_has_one_owner_or_none(cast: Cast) -> None:
    for _ in range(3):
        name = new_name()
        keyed = Client(cast.admin.base)
        answers = at_once([partial(create, cast.developer, name), partial(keyed.upload, package(name=name))])
        codes = [answer.status_code for answer in answers]
        # The key's upload of a name that has no key is 403 or, its version being there already, 409.
        assert codes in ([201, 403], [201, 409], [409, 200])
        plugin = data(cast.admin.get(f"{PLUGINS}/{name}"))
        assert (plugin["developer"] is None, plugin["status"]) == (
            (True, "published") if codes == [409, 200] else (False, "pending")
        )


def test_deleting_while_it_is_decided_leaves_nothing_or_refuses(cast: Cast) -> None:
    for _ in range(3):
        plugin_id, review_id = started(cast, cast.first)
        answers = at_once(
            [
                verdict(cast.first, review_id, "approved"),
                partial(cast.developer.call, "DELETE", f"{PLUGINS}/{plugin_id}"),
            ]
        )
        assert answers[1].status_code == 200
        assert answers[0].status_code in (200, 404)
        assert cast.admin.get(f"{PLUGINS}/{plugin_id}").status_code == 404
        assert cast.admin.get(f"{REVIEWS}/{review_id}").status_code == 404
