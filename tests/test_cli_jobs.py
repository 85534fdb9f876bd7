"""The commands for jobs, automatic reviews, the audit log and the search index."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs.worker import run_job
from microdock_server.models import AutoReview, Job
from microdock_server.services import audit
from microdock_server.services.audit import COMMAND_LINE
from microdock_server.services.reviews import automatic
from microdock_server.vocabulary import AutoReviewStatus, JobState

from .jobs.helpers import enqueue, job, review, submit
from .rows import raw
from .test_cli import run


def change(app: Flask, statement: str) -> None:
    with app.app_context(), unit_of_work():
        db.session.execute(text(statement))


class TestJobs:
    def test_are_listed_with_their_state_and_error(self, app: Flask) -> None:
        first, second = enqueue(app, "first"), enqueue(app, "second")
        run_job(app, second, "one")
        headers, *lines = run(app, "jobs", "list").stdout.splitlines()
        assert headers.split() == ["ID", "STATE", "ATTEMPTS", "CREATED", "KIND", "ERROR"]
        assert len(lines) == 2
        assert any(line.startswith(f"{first}  queued  0         ") and line.endswith("  first") for line in lines)
        assert any("LookupError" in line for line in lines)
        assert run(app, "jobs", "list", "--state", "failed").stdout.splitlines() == [
            "ID  STATE  ATTEMPTS  CREATED  KIND  ERROR"
        ]
        assert len(run(app, "jobs", "list", "--limit", "1").stdout.splitlines()) == 2

    def test_that_were_given_up_run_again(self, app: Flask) -> None:
        review_id = submit(app)
        job_id = job(app).id
        with app.app_context(), unit_of_work():
            row = db.session.get_one(Job, job_id)
            row.state, row.attempts, row.error = JobState.FAILED, 5, "no luck"
            given_up = db.session.get_one(AutoReview, review_id)
            given_up.status, given_up.error = AutoReviewStatus.FAILED, "no luck"
        answer = run(app, "jobs", "retry", job_id)
        assert (answer.exit_code, answer.stdout) == (0, f"queued {job_id}\n")
        assert (job(app).state, job(app).attempts) == (JobState.QUEUED, 0)
        assert run_job(app, job_id, "one")
        assert (review(app, review_id).status, review(app, review_id).error) == (AutoReviewStatus.COMPLETED, "")
        assert job(app).error == ""

    def test_that_were_not_given_up_are_left_alone(self, app: Flask) -> None:
        job_id = enqueue(app)
        refused = run(app, "jobs", "retry", job_id)
        assert refused.exit_code == 1
        assert "The job is queued" in refused.output
        assert "The job does not exist" in run(app, "jobs", "retry", "none").output


class TestReplay:
    def test_agrees_with_what_was_stored(self, app: Flask) -> None:
        review_id = submit(app)
        refused = run(app, "reviews", "replay", review_id)
        assert refused.exit_code == 1
        assert "there is no completed automatic review" in refused.output
        run_job(app, job(app).id, "one")
        answer = run(app, "reviews", "replay", review_id)
        assert answer.exit_code == 0
        assert answer.stdout.startswith("agrees")

    def test_says_where_todays_rules_differ(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        review_id = submit(app)
        run_job(app, job(app).id, "one")
        judge: Callable[..., dict[str, object]] = automatic.judge
        monkeypatch.setattr(automatic, "judge", lambda facts: {**judge(facts), "overall_score": -1})
        answer = run(app, "reviews", "replay", review_id)
        assert answer.exit_code == 1
        assert "differs  overall_score: stored" in answer.output
        assert len(answer.stdout.splitlines()) == 1


class TestAudit:
    @pytest.fixture(autouse=True)
    def entries(self, app: Flask) -> None:
        with app.app_context(), unit_of_work():
            for number in range(3):
                audit.record(COMMAND_LINE, "test.act", "thing", str(number))

    def test_that_is_whole_is_counted_and_its_head_shown(self, app: Flask) -> None:
        answer = run(app, "audit", "verify")
        assert answer.exit_code == 0
        count, _, head = answer.stdout.strip().partition(" entries, head ")
        assert int(count) >= 3
        assert len(head) == 64

    def test_that_was_changed_is_broken_there(self, app: Flask) -> None:
        # The database itself refuses; whoever can write its file can take that away.
        with raw(app) as shell:
            shell.drop_trigger("audit_log_update", "audit_log")
        change(app, "UPDATE audit_log SET target_id = 'x' WHERE target_id = '1'")
        answer = run(app, "audit", "verify")
        assert answer.exit_code == 1
        assert "the entry was changed" in answer.output


def test_the_search_index_is_rebuilt(app: Flask) -> None:
    submit(app)
    change(app, "DELETE FROM plugin_search_hidden")
    answer = run(app, "search", "rebuild")
    assert (answer.exit_code, answer.stdout) == (0, "1 plugins indexed\n")
    with app.app_context(), unit_of_work(writing=False):
        assert db.session.scalar(text("SELECT count(*) FROM plugin_search_hidden")) == 1
