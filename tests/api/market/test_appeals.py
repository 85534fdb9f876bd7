"""Appeals: against which decisions, by whom, decided by whom, and the effects of a granted one."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Plugin
from microdock_server.services import reviews
from microdock_server.services.reviews import appeals
from microdock_server.vocabulary import Role

from ...market import (
    PLUGINS,
    V1,
    People,
    account_id,
    add_version,
    appeal,
    appealed,
    audited,
    created,
    data,
    decide,
    details,
    notices,
    published,
    rejected,
    restored,
    review_of,
    shown,
    slug,
    suspended,
)
from ...support import Api, add_user

OWN = f"{V1}/developers/appeals"
ALL = f"{V1}/admin/appeals"
NAME = "com.example.myplugin"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decisions are made a second apart: times are kept in whole seconds."""
    ticks = count(1)
    for module in (reviews, appeals):
        monkeypatch.setattr(module, "utcnow", lambda: utcnow() + timedelta(seconds=next(ticks)))


@pytest.fixture
def second(app: Flask, who: People) -> Api:
    """Another reviewer."""
    return add_user(app, "second", Role.REVIEWER)


@pytest.fixture
def second_admin(app: Flask, who: People) -> Api:
    return add_user(app, "second-admin", Role.ADMIN)


def process(api: Api, appeal_id: str, decision: str = "approved", **fields: Any) -> Any:
    return api.post(f"{ALL}/{appeal_id}/process", {"decision": decision, "response": "申诉处理结果说明", **fields})


def publishing(plugin_id: str, status: str = "approved") -> dict[str, Any]:
    return {"actions": [{"type": "update_plugin_status", "plugin_id": plugin_id, "new_status": status}]}


def listed(api: Api, path: str = OWN, query: str = "") -> list[str]:
    return [row["id"] for row in data(api.get(f"{path}?{query}"))]


def version_status(who: People, plugin_id: str, version: str) -> str:
    return str(data(who.developer.get(f"{PLUGINS}/{plugin_id}/versions/{version}"))["status"])


# Appealing


def test_an_appeal_says_what_was_sent_and_waits(who: People, rejected_plugin: dict[str, Any]) -> None:
    evidence = {"type": "document", "url": "https://cdn.example.com/evidence.pdf", "description": "证据说明"}
    found = appealed(who.developer, rejected_plugin["id"], description="详细\n说明", evidence=[evidence])
    assert (found["status"], found["type"], found["reason"]) == ("pending", "review_decision", "申诉原因")
    assert (found["description"], found["evidence"]) == ("详细\n说明", [evidence])
    assert found["plugin_id"] == found["plugin"]["id"] == rejected_plugin["id"]
    for api, path in ((who.developer, OWN), (who.reviewer, ALL)):
        assert [one["plugin_id"] for one in data(api.get(path))] == [rejected_plugin["id"]]
    assert found["appellant"]["username"] == "developer"
    assert found["decision_id"] == rejected_plugin["review"]["id"]
    assert (found["response"], found["actions"], found["decided_by"], found["decided_at"]) == ("", [], None, None)
    # The plugin itself is where it was.
    assert shown(who.developer, rejected_plugin["id"])["status"] == "rejected"


@pytest.mark.usefixtures("rejected_plugin")
def test_description_and_evidence_are_optional_and_the_name_will_do(who: People) -> None:
    found = data(who.developer.post(OWN, {"plugin_id": NAME, "reason": "申诉原因"}), 201)
    assert (found["type"], found["description"], found["evidence"]) == ("review_decision", "", [])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"type": "complaint"}, "type"),
        ({"evidence": [{"type": "document", "url": "javascript:alert(1)"}]}, "evidence.0.url"),
        ({"evidence": "none"}, "evidence"),
        ({"status": "approved"}, "status"),
    ],
)
def test_an_appeal_that_cannot_be_understood_is_refused(
    who: People, rejected_plugin: dict[str, Any], fields: dict[str, Any], field: str
) -> None:
    assert list(details(appeal(who.developer, rejected_plugin["id"], **fields))) == [field]
    assert listed(who.developer) == []


def test_only_the_owner_appeals(who: People, rejected_plugin: dict[str, Any]) -> None:
    # To others it does not even exist; to those who see it, it is not theirs.
    assert appeal(who.other, rejected_plugin["id"]).status_code == 404
    assert appeal(who.admin, rejected_plugin["id"]).status_code == 403
    assert appeal(who.user, rejected_plugin["id"]).status_code == 403
    assert appeal(who.nobody, rejected_plugin["id"]).status_code == 401
    live = published(who.developer, who.reviewer, name="com.example.live")
    assert appeal(who.other, live["id"]).status_code == 403


@pytest.mark.parametrize("kind", ["review_decision", "suspension"])
def test_where_nothing_was_decided_there_is_nothing_to_appeal(
    who: People, waiting_plugin: dict[str, Any], kind: str
) -> None:
    assert slug(appeal(who.developer, waiting_plugin["id"], kind)) == "nothing_to_appeal"
    decide(who.reviewer, waiting_plugin["id"], "needs_changes")
    assert slug(appeal(who.developer, waiting_plugin["id"], kind)) == "nothing_to_appeal"
    live = published(who.developer, who.reviewer, name="com.example.live")
    assert slug(appeal(who.developer, live["id"], kind)) == "nothing_to_appeal"


def test_a_rejection_is_no_suspension_and_the_other_way_round(who: People, rejected_plugin: dict[str, Any]) -> None:
    assert slug(appeal(who.developer, rejected_plugin["id"], "suspension")) == "nothing_to_appeal"
    live = published(who.developer, who.reviewer, name="com.example.live")
    suspended(who.admin, live["id"])
    assert slug(appeal(who.developer, live["id"])) == "nothing_to_appeal"


def test_one_decision_has_one_open_appeal(who: People, rejected_plugin: dict[str, Any], second: Api) -> None:
    first = appealed(who.developer, rejected_plugin["id"])
    assert slug(appeal(who.developer, rejected_plugin["id"])) == "appeal_exists"
    data(process(second, first["id"], "rejected"))
    # Once it was heard, there may be another.
    assert appealed(who.developer, rejected_plugin["id"])["decision_id"] == first["decision_id"]


def test_another_rejection_is_another_decision(who: People, rejected_plugin: dict[str, Any]) -> None:
    first = appealed(who.developer, rejected_plugin["id"])
    data(who.developer.post(f"{PLUGINS}/{rejected_plugin['id']}/submit"))
    assert slug(appeal(who.developer, rejected_plugin["id"])) == "nothing_to_appeal"
    decide(who.reviewer, rejected_plugin["id"], "rejected")
    assert appealed(who.developer, rejected_plugin["id"])["decision_id"] != first["decision_id"]


# Lists


def test_developers_see_their_own_appeals_and_moderators_all(
    who: People, rejected_plugin: dict[str, Any], second: Api
) -> None:
    mine = appealed(who.developer, rejected_plugin["id"])
    foreign_plugin = rejected(who.other, who.reviewer, name="com.example.other")
    foreign = appealed(who.other, foreign_plugin["id"])
    assert listed(who.developer) == [mine["id"]]
    assert listed(who.other) == [foreign["id"]]
    assert set(listed(who.reviewer, ALL)) == {mine["id"], foreign["id"]}
    assert who.developer.get(ALL).status_code == 403
    data(process(second, mine["id"], "rejected"))
    assert listed(who.developer, query="status=pending") == []
    assert listed(who.developer, query="status=rejected") == [mine["id"]]
    assert listed(who.reviewer, ALL, "status=pending") == [foreign["id"]]
    assert listed(who.reviewer, ALL, f"plugin_id={foreign_plugin['id']}") == [foreign["id"]]
    assert listed(who.reviewer, ALL, "plugin_id=com.example.other&status=approved") == []
    # What they may not see does not exist.
    assert who.developer.get(f"{OWN}?plugin_id=com.example.other").status_code == 404
    assert list(details(who.developer.get(f"{OWN}?status=open"))) == ["status"]


def test_one_appeal_is_looked_at_whether_it_is_decided_or_not(
    who: People, rejected_plugin: dict[str, Any], second: Api
) -> None:
    mine = appealed(who.developer, rejected_plugin["id"])
    address = f"{ALL}/{mine['id']}"
    assert [data(second.get(address))] == data(second.get(ALL))
    # Whoever rejected the version does not decide, as the list says, too.
    assert data(second.get(address))["may_process"] is True
    assert data(who.reviewer.get(address))["may_process"] is False
    data(process(second, mine["id"], "rejected"))
    decided = data(second.get(address))
    assert (decided["status"], decided["decided_by"]["username"]) == ("rejected", "second")
    assert who.developer.get(address).status_code == 403


# Hearing


def test_whoever_decided_does_not_hear_the_appeal(who: People, rejected_plugin: dict[str, Any], second: Api) -> None:
    found = appealed(who.developer, rejected_plugin["id"])
    for decision in ("approved", "rejected"):
        assert slug(process(who.reviewer, found["id"], decision), 403) == "own_decision"
    for api in (who.user, who.developer, who.other):
        assert process(api, found["id"]).status_code == 403
    assert data(process(second, found["id"]))["decided_by"]["username"] == "second"


def test_not_even_an_administrator_hears_an_appeal_against_themselves(who: People) -> None:
    plugin = rejected(who.developer, who.admin)
    found = appealed(who.developer, plugin["id"])
    assert slug(process(who.admin, found["id"]), 403) == "own_decision"


def test_nobody_hears_their_own_appeal(who: People) -> None:
    plugin = created(who.admin)
    decide(who.reviewer, plugin["id"], "rejected")
    found = appealed(who.admin, plugin["id"])
    assert slug(process(who.admin, found["id"], **publishing(plugin["id"])), 403) == "own_plugin"


def test_an_appeal_is_heard_once(who: People, rejected_plugin: dict[str, Any], second: Api) -> None:
    found = appealed(who.developer, rejected_plugin["id"])
    data(process(second, found["id"], "rejected"))
    for decision in ("approved", "rejected"):
        assert slug(process(who.admin, found["id"], decision)) == "appeal_decided"
    assert process(second, "00000000-0000-4000-8000-000000000000").status_code == 404


def test_granted_with_an_action_publishes_that_version_at_once(
    who: People, rejected_plugin: dict[str, Any], second: Api
) -> None:
    found = appealed(who.developer, rejected_plugin["id"])
    heard = data(process(second, found["id"], **publishing(rejected_plugin["id"])))
    assert (heard["status"], heard["response"]) == ("approved", "申诉处理结果说明")
    assert heard["actions"] == publishing(rejected_plugin["id"])["actions"]
    everybodys = shown(who.nobody, rejected_plugin["id"])
    assert (everybodys["status"], everybodys["version"]) == ("published", "1.0.0")
    assert everybodys["published_at"] is not None
    [version] = data(who.nobody.get(f"{PLUGINS}/{rejected_plugin['id']}/versions"))
    assert (version["status"], version["published_at"] is not None) == ("published", True)
    assert who.nobody.post("/api/plugins/download", {"name": NAME}).status_code == 200
    assert data(second.get(f"{V1}/admin/reviews/queue"))["reviews"] == []
    # The rejection itself stays on record.
    assert data(second.get(f"{V1}/admin/reviews/{found['decision_id']}"))["status"] == "rejected"


def test_granted_without_actions_is_reviewed_again(who: People, rejected_plugin: dict[str, Any], second: Api) -> None:
    found = appealed(who.developer, rejected_plugin["id"])
    data(process(second, found["id"]))
    assert shown(who.developer, rejected_plugin["id"])["status"] == "pending"
    assert who.nobody.get(f"{PLUGINS}/{rejected_plugin['id']}").status_code == 404
    row = review_of(second, rejected_plugin["id"])
    assert (row["id"] != found["decision_id"], row["reasons"], row["assigned_reviewer"]) == (True, ["appeal"], None)
    decide(second, rejected_plugin["id"])
    assert shown(who.nobody, rejected_plugin["id"])["status"] == "published"


def test_refused_leaves_everything_as_it_was(who: People, rejected_plugin: dict[str, Any], second: Api) -> None:
    found = appealed(who.developer, rejected_plugin["id"])
    heard = data(process(second, found["id"], "rejected"))
    assert (heard["status"], heard["actions"]) == ("rejected", [])
    assert shown(who.developer, rejected_plugin["id"])["status"] == "rejected"
    assert data(second.get(f"{V1}/admin/reviews/queue"))["reviews"] == []


@pytest.mark.parametrize(
    ("decision", "actions", "field"),
    [
        ("pending", [], "decision"),
        ("granted", [], "decision"),
        ("approved", [{"new_status": "suspended"}], "actions.0.new_status"),
        ("approved", [{"new_status": "rejected"}], "actions.0.new_status"),
        ("approved", [{"type": "delete_plugin"}], "actions.0.type"),
        ("approved", [{"plugin_id": "com.example.another"}], "actions.0.plugin_id"),
        ("approved", [{}, {}], "actions.1.plugin_id"),
        ("rejected", [{}], "actions"),
    ],
)
def test_an_appeal_can_do_one_thing_only(
    who: People, rejected_plugin: dict[str, Any], second: Api, decision: str, actions: list[dict[str, Any]], field: str
) -> None:
    published(who.other, who.reviewer, name="com.example.another")
    found = appealed(who.developer, rejected_plugin["id"])
    whole = [{**publishing(rejected_plugin["id"])["actions"][0], **changes} for changes in actions]
    assert list(details(process(second, found["id"], decision, actions=whole))) == [field]
    assert shown(who.developer, rejected_plugin["id"])["status"] == "rejected"
    assert listed(who.developer, query="status=pending") == [found["id"]]


@pytest.mark.parametrize("status", ["approved", "published"])
def test_approved_means_published_in_an_action(
    who: People, rejected_plugin: dict[str, Any], second: Api, status: str
) -> None:
    found = appealed(who.developer, rejected_plugin["id"])
    data(process(second, found["id"], **publishing(NAME, status)))
    assert shown(who.nobody, rejected_plugin["id"])["status"] == "published"


@pytest.mark.parametrize("fields", [{}, publishing(NAME)])
def test_what_was_sent_again_meanwhile_is_not_decided_twice(
    who: People, rejected_plugin: dict[str, Any], second: Api, fields: dict[str, Any]
) -> None:
    found = appealed(who.developer, rejected_plugin["id"])
    data(who.developer.post(f"{PLUGINS}/{rejected_plugin['id']}/submit"))
    assert slug(process(second, found["id"], **fields)) == "transition_not_allowed"
    assert shown(who.developer, rejected_plugin["id"])["status"] == "pending"
    assert listed(who.developer, query="status=pending") == [found["id"]]
    data(process(second, found["id"], "rejected"))


@pytest.mark.parametrize("is_direct", [True, False])
def test_an_appeal_for_a_new_version_leaves_the_published_one(
    who: People, published_plugin: dict[str, Any], second: Api, is_direct: bool
) -> None:
    data(add_version(who.developer, published_plugin["id"], "2.0.0"), 201)
    decide(who.reviewer, published_plugin["id"], "rejected", version="2.0.0")
    found = appealed(who.developer, published_plugin["id"])
    data(process(second, found["id"], **(publishing(published_plugin["id"]) if is_direct else {})))
    everybodys = shown(who.nobody, published_plugin["id"])
    assert (everybodys["status"], everybodys["version"]) == ("published", "2.0.0" if is_direct else "1.0.0")
    assert version_status(who, published_plugin["id"], "2.0.0") == ("published" if is_direct else "pending")
    if not is_direct:
        decide(second, published_plugin["id"], version="2.0.0")
        assert shown(who.nobody, published_plugin["id"])["version"] == "2.0.0"


def test_an_appeal_for_one_version_while_another_waits_is_all_or_nothing(
    who: People, rejected_plugin: dict[str, Any], second: Api
) -> None:
    found = appealed(who.developer, rejected_plugin["id"])
    data(add_version(who.developer, rejected_plugin["id"], "1.1.0"), 201)
    assert slug(process(second, found["id"], **publishing(rejected_plugin["id"]))) == "transition_not_allowed"
    assert version_status(who, rejected_plugin["id"], "1.0.0") == "rejected"
    data(process(second, found["id"]))
    assert version_status(who, rejected_plugin["id"], "1.0.0") == "pending"
    assert shown(who.developer, rejected_plugin["id"])["status"] == "pending"
    decide(second, rejected_plugin["id"], version="1.0.0")
    assert shown(who.nobody, rejected_plugin["id"])["version"] == "1.0.0"


# Suspensions


@pytest.mark.parametrize("is_direct", [True, False])
def test_an_appeal_against_a_suspension_restores(
    who: People, published_plugin: dict[str, Any], second_admin: Api, is_direct: bool
) -> None:
    suspended(who.admin, published_plugin["id"])
    found = appealed(who.developer, published_plugin["id"], "suspension")
    assert found["type"] == "suspension"
    assert slug(appeal(who.developer, published_plugin["id"], "suspension")) == "appeal_exists"
    assert slug(process(who.admin, found["id"]), 403) == "own_decision"
    data(process(second_admin, found["id"], **(publishing(published_plugin["id"]) if is_direct else {})))
    assert shown(who.nobody, published_plugin["id"])["status"] == "published"
    assert data(who.reviewer.get(f"{V1}/admin/reviews/queue"))["reviews"] == []


def test_a_refused_appeal_leaves_the_plugin_suspended(
    who: People, published_plugin: dict[str, Any], second_admin: Api
) -> None:
    suspended(who.admin, published_plugin["id"])
    data(process(second_admin, appealed(who.developer, published_plugin["id"], "suspension")["id"], "rejected"))
    assert shown(who.developer, published_plugin["id"])["status"] == "suspended"
    assert appeal(who.developer, published_plugin["id"], "suspension").status_code == 201


def test_an_appeal_against_what_was_restored_meanwhile_cannot_be_granted(
    who: People, published_plugin: dict[str, Any], second_admin: Api
) -> None:
    suspended(who.admin, published_plugin["id"])
    found = appealed(who.developer, published_plugin["id"], "suspension")
    restored(who.admin, published_plugin["id"])
    assert slug(process(second_admin, found["id"])) == "transition_not_allowed"
    data(process(second_admin, found["id"], "rejected"))
    assert shown(who.nobody, published_plugin["id"])["status"] == "published"


def test_whoever_suspended_by_finding_a_report_true_does_not_hear_the_appeal(
    who: People, published_plugin: dict[str, Any]
) -> None:
    data(who.user.post(f"{PLUGINS}/{published_plugin['id']}/report", {"reason": "抄袭"}))
    decide(who.admin, published_plugin["id"], "rejected")
    found = appealed(who.developer, published_plugin["id"], "suspension")
    assert slug(process(who.admin, found["id"]), 403) == "own_decision"
    assert shown(who.developer, published_plugin["id"])["status"] == "suspended"


def test_a_second_suspension_is_another_decision(
    who: People, published_plugin: dict[str, Any], second_admin: Api
) -> None:
    suspended(who.admin, published_plugin["id"])
    first = appealed(who.developer, published_plugin["id"], "suspension")
    restored(who.admin, published_plugin["id"])
    suspended(second_admin, published_plugin["id"])
    # The appeal was against the first; the second has a judge of its own, who must not hear it.
    assert slug(process(second_admin, first["id"])) in ("transition_not_allowed", "own_decision")
    assert appeal(who.developer, published_plugin["id"], "suspension").status_code == 201


def suspended_unlogged(app: Flask, name: str = NAME) -> None:
    """A plugin as older data has it, or a database that was copied by hand: suspended, and nobody knows by whom."""
    with app.app_context(), unit_of_work():
        db.session.execute(update(Plugin).where(Plugin.name == name).values(status="suspended"))


def test_a_suspension_that_the_audit_log_does_not_know_of_is_appealed_against(
    app: Flask, who: People, published_plugin: dict[str, Any]
) -> None:
    suspended_unlogged(app)
    found = appealed(who.developer, published_plugin["id"], "suspension")
    assert slug(appeal(who.developer, published_plugin["id"], "suspension")) == "appeal_exists"
    data(process(who.admin, found["id"]))
    assert shown(who.nobody, published_plugin["id"])["status"] == "published"


def test_an_appeal_against_a_suspension_that_is_unknown_lifts_no_later_one(
    app: Flask, who: People, published_plugin: dict[str, Any], second_admin: Api
) -> None:
    suspended_unlogged(app)
    found = appealed(who.developer, published_plugin["id"], "suspension")
    restored(who.admin, published_plugin["id"])
    suspended(who.admin, published_plugin["id"])
    assert slug(process(second_admin, found["id"])) == "transition_not_allowed"


def test_an_owner_does_not_lift_a_suspension_that_the_audit_log_does_not_know_of(
    app: Flask, who: People, second_admin: Api
) -> None:
    plugin = published(who.admin, who.reviewer)
    suspended_unlogged(app)
    body = {"status": "published", "reason": "mine"}
    assert slug(who.admin.post(f"{V1}/admin/plugins/{plugin['id']}/status", body), 403) == "own_plugin"
    restored(second_admin, plugin["id"])
    assert shown(who.nobody, plugin["id"])["status"] == "published"


# What is told


def test_the_appellant_is_told_and_it_is_in_the_audit_log(
    who: People, rejected_plugin: dict[str, Any], second: Api
) -> None:
    found = appealed(who.developer, rejected_plugin["id"])
    data(process(second, found["id"], **publishing(rejected_plugin["id"])))
    events = [row for row in notices(who.developer) if row["event"] == "appeal_processed"]
    assert [(row["data"]["appeal_id"], row["data"]["decision"]) for row in events] == [(found["id"], "approved")]
    assert events[0]["data"]["response"] == "申诉处理结果说明"
    assert events[0]["message"]
    changed = notices(who.developer)[1]
    assert (changed["event"], changed["data"]["old_status"], changed["data"]["new_status"]) == (
        "plugin_status_changed",
        "rejected",
        "published",
    )
    [entry] = audited(who.admin, "appeal.approved")
    assert (entry["actor"]["id"], entry["target"]) == (account_id(second), {"type": "appeal", "id": found["id"]})
    assert entry["details"] == {"plugin": NAME, **publishing(rejected_plugin["id"])}


def test_a_hearing_that_is_refused_tells_nobody(who: People, rejected_plugin: dict[str, Any]) -> None:
    found = appealed(who.developer, rejected_plugin["id"])
    assert process(who.reviewer, found["id"]).status_code == 403
    assert "appeal_processed" not in {row["event"] for row in notices(who.developer)}
    assert audited(who.admin, "appeal.") == []


# Who may hear one, known before an answer is typed


def hearing(api: Api) -> tuple[bool, bool, str | None]:
    """Of the only appeal: may it be processed, overridden, and what is said against it."""
    [found] = data(api.get(ALL))
    return found["may_process"], found["may_override"], found["may_not_because"]


def test_the_only_administrator_hears_an_appeal_against_their_own_act_with_an_override(
    who: People, published_plugin: dict[str, Any]
) -> None:
    suspended(who.admin, published_plugin["id"])
    found = appealed(who.developer, published_plugin["id"], "suspension")
    may, may_override, why = hearing(who.admin)
    assert (may, may_override) == (False, True)
    refused_as = process(who.admin, found["id"])
    assert (refused_as.status_code, refused_as.get_json()["message"]) == (403, why)
    # A reviewer may not lift a suspension, and hears it before they write.
    assert hearing(who.reviewer)[:2] == (False, False)
    assert process(who.reviewer, found["id"]).get_json()["message"] == hearing(who.reviewer)[2]
    assert process(who.admin, found["id"], override=True).status_code == 422
    done = data(process(who.admin, found["id"], override=True, reason="只有我一人"))
    assert done["status"] == "approved"
    [entry] = audited(who.admin, "appeal.approved")
    assert (entry["details"]["override"], entry["details"]["override_reason"]) == (True, "只有我一人")
    [told] = [row for row in notices(who.developer) if row["event"] == "appeal_processed"]
    assert (told["data"]["override"], told["data"]["override_reason"]) == (True, "只有我一人")
    assert "越权决定，原因：只有我一人" in told["message"]
    assert told["message"].endswith("：申诉处理结果说明")
    assert shown(who.nobody, published_plugin["id"])["status"] == "published"


@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_whoever_may_not_lift_a_suspension_decides_nothing_about_it(
    who: People, published_plugin: dict[str, Any], decision: str
) -> None:
    """To refuse it, too, is to decide: the administrator who suspended may hear it with an override then."""
    suspended(who.admin, published_plugin["id"])
    found = appealed(who.developer, published_plugin["id"], "suspension")
    assert hearing(who.reviewer)[0] is False
    assert slug(process(who.reviewer, found["id"], decision), 403) == "forbidden"
    assert hearing(who.admin)[1] is True
    assert data(process(who.admin, found["id"], decision, override=True, reason="只有我"))["status"] == decision


def test_where_there_is_another_administrator_they_hear_it(
    who: People, published_plugin: dict[str, Any], second_admin: Api
) -> None:
    suspended(who.admin, published_plugin["id"])
    found = appealed(who.developer, published_plugin["id"], "suspension")
    assert hearing(who.admin)[:2] == (False, False)
    assert slug(process(who.admin, found["id"], override=True, reason="x")) == "override_refused"
    assert hearing(second_admin) == (True, False, None)
    data(process(second_admin, found["id"]))
    [told] = [row for row in notices(who.developer) if row["event"] == "appeal_processed"]
    assert "override" not in told["data"]
    assert hearing(second_admin)[:2] == (False, False)


def test_a_reviewer_who_rejected_learns_that_another_hears_it(
    who: People, rejected_plugin: dict[str, Any], second: Api
) -> None:
    appealed(who.developer, rejected_plugin["id"])
    may, may_override, why = hearing(who.reviewer)
    assert (may, may_override) == (False, False)
    assert why
    assert hearing(second) == (True, False, None)
    [mine] = data(who.developer.get(OWN))
    assert mine["may_process"] is False
