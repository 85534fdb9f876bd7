"""Only owners read the automatic findings and review events of their own versions."""

from __future__ import annotations

from typing import Any

from flask import Flask

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs.worker import run_job
from microdock_server.models import AutoReview

from ...jobs.helpers import job
from ...market import PLUGINS, V1, People, data, published, refused, rejected, review_of


def paths(plugin_id: str, version: str = "1.0.0") -> list[str]:
    return [f"{PLUGINS}/{plugin_id}/versions/{version}/{what}" for what in ("auto-review", "timeline")]


def test_an_owner_reads_the_findings_with_their_evidence(
    app: Flask, who: People, waiting_plugin: dict[str, Any]
) -> None:
    findings, _ = paths(waiting_plugin["id"])
    waiting = data(who.developer.get(findings))
    assert (waiting["status"], waiting["overall_score"], waiting["issues"]) == ("pending", None, [])
    assert run_job(app, job(app).id, "one")
    found = data(who.developer.get(findings))
    assert (found["status"], found["version"]) == ("completed", "1.0.0")
    assert found["issues"] and all({"message", "evidence", "severity"} <= set(issue) for issue in found["issues"])
    review = review_of(who.reviewer, waiting_plugin["id"])
    assert data(who.reviewer.get(f"{V1}/admin/reviews/{review['id']}"))["auto_review"]["issues"] == found["issues"]


def test_why_a_job_failed_is_not_told_to_the_owner(app: Flask, who: People, waiting_plugin: dict[str, Any]) -> None:
    with app.app_context(), unit_of_work():
        row = db.session.query(AutoReview).one()
        row.status, row.error = "failed", "secret/path"
    findings, _ = paths(waiting_plugin["id"])
    assert (data(who.developer.get(findings))["status"], data(who.developer.get(findings))["error"]) == ("failed", None)
    assert data(who.reviewer.get(findings))["error"] == "secret/path"


def test_an_owner_reads_the_steps_without_what_reviewers_tell_each_other(
    who: People, waiting_plugin: dict[str, Any]
) -> None:
    _, steps = paths(waiting_plugin["id"])
    assert [(step["event"], step["notes"]) for step in data(who.developer.get(steps))] == [("submitted", "")]
    other = rejected(who.developer, who.reviewer, name="com.example.other")
    found = data(who.developer.get(paths(other["id"])[1]))
    assert [step["event"] for step in found][-1] == "rejected"
    assert found[-1]["notes"]
    assert {"submitted", "started", "rejected"} <= {step["event"] for step in found}
    assert [step["at"] for step in found] == sorted(step["at"] for step in found)
    assert all(set(step) == {"at", "event", "notes"} for step in found)


def test_a_report_is_no_step_that_an_owner_sees(who: People, published_plugin: dict[str, Any]) -> None:
    _, steps = paths(published_plugin["id"])
    before = data(who.developer.get(steps))
    data(who.user.post(f"{PLUGINS}/{published_plugin['id']}/report", {"reason": "抄袭"}))
    assert data(who.developer.get(steps)) == before


def test_nobody_else_reads_either(who: People, waiting_plugin: dict[str, Any]) -> None:
    hidden, public = waiting_plugin, published(who.developer, who.reviewer, name="com.example.public")
    for path in paths(hidden["id"]):
        for api in (who.user, who.other):
            refused(api.get(path), 404, "NotFoundError")
        refused(who.nobody.get(path), 401, "AuthenticationError")
    for path in paths(public["id"]):
        for api in (who.user, who.other):
            refused(api.get(path), 403, "PermissionError")
        assert who.developer.get(path).status_code == 200
    for path in paths(hidden["id"], "9.9.9"):
        refused(who.developer.get(path), 404, "NotFoundError")
