"""What waits for somebody, in numbers; and background jobs that were given up."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from microdock_server.services import jobs
from microdock_server.services.reviews import automatic

from ...market import PLUGINS, V1, People, appealed, audited, data, failed_job, rated, rejected, run_jobs, slug
from ...support import Api

WAITING = f"{V1}/admin/waiting"
JOBS = f"{V1}/admin/system/jobs"
NOTHING = {"appeals": 0, "reported_plugins": 0, "reported_ratings": 0}
ADMIN_ONLY = {"pending_blocks", "unverified_developers", "failed_jobs"}


def waiting(api: Api) -> dict[str, int]:
    return dict(data(api.get(WAITING)))


def test_only_what_one_may_see_is_counted(who: People) -> None:
    assert waiting(who.reviewer) == NOTHING
    # Both developers have no badge yet.
    assert waiting(who.admin) == {**NOTHING, "pending_blocks": 0, "unverified_developers": 2, "failed_jobs": 0}
    assert waiting(who.admin).keys() - waiting(who.reviewer).keys() == ADMIN_ONLY


def test_each_number_is_the_length_of_its_list(app: Flask, who: People, published_plugin: dict[str, Any]) -> None:
    appealed(who.developer, rejected(who.developer, who.reviewer, name="com.example.refused")["id"])
    data(who.user.post(f"{PLUGINS}/{published_plugin['id']}/report", {"reason": "坏的"}))
    rating = rated(who.user, published_plugin["id"])
    data(who.other.post(f"{PLUGINS}/{published_plugin['id']}/reviews/{rating['id']}/report", {"reason": "广告"}))
    block = {"plugin": "com.example.bad", "versions": "*", "severity": "remove", "reason": {"zh": "坏", "en": "bad"}}
    data(who.admin.post(f"{V1}/admin/blocks", block), 201)
    failed_job(app)
    unverified = data(who.admin.get(f"{V1}/admin/developers?verification=pending"))
    assert waiting(who.admin) == {
        "appeals": 1,
        "reported_plugins": 1,
        "reported_ratings": 1,
        "pending_blocks": len(data(who.admin.get(f"{V1}/admin/blocks?status=pending"))["blocks"]),
        "unverified_developers": unverified["pagination"]["total"],
        "failed_jobs": 1,
    }
    assert len(data(who.admin.get(f"{V1}/admin/appeals?status=pending"))) == 1
    assert data(who.admin.get(f"{V1}/admin/reviews/queue?reason=reported"))["pagination"]["total"] == 1
    data(who.reviewer.post(f"{V1}/admin/ratings/{rating['id']}/hide", {"hidden": True, "reason": "广告"}))
    assert waiting(who.admin)["reported_ratings"] == 0


def test_a_job_that_was_given_up_is_listed_and_tried_again(app: Flask, who: People) -> None:
    job_id = failed_job(app)
    [row] = data(who.admin.get(f"{JOBS}?state=failed"))["jobs"]
    assert (row["id"], row["kind"], row["attempts"], row["error"]) == (job_id, "auto_review", 5, "OSError: no answer")
    assert (row["plugin_name"], row["version"]) == (None, None)
    again = data(who.admin.post(f"{JOBS}/{job_id}/retry"))
    assert (again["id"], again["state"], again["attempts"], again["finished_at"]) == (job_id, "queued", 0, None)
    assert data(who.admin.get(f"{JOBS}?state=failed"))["jobs"] == []
    assert waiting(who.admin)["failed_jobs"] == 0
    [entry] = audited(who.admin, "job.retried")
    assert (entry["actor"]["username"], entry["target"]["id"]) == ("admin", job_id)
    assert slug(who.admin.post(f"{JOBS}/{job_id}/retry")) == "job_not_failed"
    assert slug(who.admin.post(f"{JOBS}/unknown/retry"), 404) == "job_not_found"


def test_a_job_says_which_version_it_is_about(app: Flask, who: People, waiting_plugin: dict[str, Any]) -> None:
    run_jobs(app)
    [row] = data(who.admin.get(JOBS))["jobs"]
    assert (row["state"], row["plugin_name"], row["version"]) == ("done", waiting_plugin["plugin_name"], "1.0.0")


def test_the_automatic_review_of_a_job_that_is_tried_again_waits_again(
    app: Flask, who: People, waiting_plugin: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 1)
    with monkeypatch.context() as broken:
        broken.setattr(automatic, "gather", lambda *_, **__: 1 / 0)
        run_jobs(app)
    [row] = data(who.admin.get(f"{JOBS}?state=failed"))["jobs"]
    review = f"{V1}/admin/plugins/{waiting_plugin['id']}/auto-review"
    assert data(who.reviewer.get(f"{review}/result"))["status"] == "failed"
    data(who.admin.post(f"{JOBS}/{row['id']}/retry"))
    assert data(who.reviewer.get(f"{review}/result"))["status"] == "pending"
    # It is the one that somebody asks for meanwhile: nothing is looked at twice.
    data(who.reviewer.post(review))
    assert data(who.admin.get(JOBS))["pagination"]["total"] == 1
    run_jobs(app)
    assert data(who.reviewer.get(f"{review}/result"))["status"] == "completed"
