"""The table of jobs, and running one: leases, retries, giving up, and holders that lost what they held."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, current_app
from sqlalchemy.exc import OperationalError

from microdock_server.cluster import wakeup
from microdock_server.cluster.wakeup import Topic
from microdock_server.config import ConfigurationError
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import Unit, unit_of_work
from microdock_server.errors import FileMissing
from microdock_server.jobs import worker
from microdock_server.jobs.reasons import reason_of
from microdock_server.jobs.worker import Kind, Worker, run_job
from microdock_server.models import Job, Setting
from microdock_server.services import jobs
from microdock_server.services.audit import COMMAND_LINE
from microdock_server.services.jobs import LEASE, MAX_ATTEMPTS, Leased
from microdock_server.vocabulary import AutoReviewStatus, JobState

from ..live import at_once, eventually
from ..support import settings_for
from .helpers import enqueue, job, review, submit


class Clock:
    def __init__(self) -> None:
        self.now = jobs.utcnow()

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jobs, "utcnow", clock)
    return clock


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A function that makes jobs called `test` do something; what was given up is in the list."""

    def make(run: Callable[[Leased], object]) -> list[str]:
        given_up: list[str] = []
        made = Kind(lambda leased, _context: run(leased) and None, lambda _leased, reason: given_up.append(reason))
        monkeypatch.setattr(worker, "KINDS", {"test": made})
        return given_up

    return make


def due() -> str | None:
    return jobs.next_due(current_app.extensions["microdock"].autocommit)


def leased(job_id: str, holder: str = "one") -> Leased:
    found = jobs.lease(job_id, holder)
    assert found is not None
    return found


def finish(held: Leased) -> bool:
    with unit_of_work():
        return jobs.finish(held)


class TestLease:
    def test_belongs_to_one_until_it_is_done(self, app: Flask, clock: Clock) -> None:
        job_id = enqueue(app, size=3)
        held = leased(job_id)
        assert (held.kind, held.payload, held.attempt) == ("test", {"size": 3}, 1)
        assert jobs.lease(job_id, "two") is None
        assert due() is None
        assert finish(held)
        clock.forward(LEASE * 2)
        assert jobs.lease(job_id, "two") is None
        assert job(app).state == JobState.DONE

    def test_of_many_who_try_at_once_one_gets_it(self, app: Flask) -> None:
        job_id = enqueue(app)

        def attempt(holder: str) -> Leased | None:
            with app.app_context():
                return jobs.lease(job_id, holder)

        got = at_once([lambda number=number: attempt(f"holder {number}") for number in range(8)])
        assert len([held for held in got if held]) == 1

    def test_runs_out_and_another_takes_over(self, app: Flask, clock: Clock) -> None:
        job_id = enqueue(app)
        first = leased(job_id)
        clock.forward(LEASE)
        assert jobs.lease(job_id, "two") is None
        clock.forward(timedelta(seconds=1))
        assert due() == job_id
        second = leased(job_id, "two")
        assert second.attempt == 2
        # Whoever lost it can neither hold on to it nor end it.
        assert not jobs.extend(first)
        assert not finish(first)
        assert job(app).state == JobState.RUNNING
        assert finish(second)

    def test_that_is_extended_does_not_run_out(self, app: Flask, clock: Clock) -> None:
        held = leased(enqueue(app))
        for _ in range(5):
            clock.forward(LEASE * 0.8)
            assert jobs.extend(held)
        assert due() is None

    def test_is_extended_while_a_long_job_runs(
        self, app: Flask, kind: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "HEARTBEAT_EVERY", 0.02)
        beats: list[str] = []
        monkeypatch.setattr(jobs, "extend", lambda held: bool(beats.append(held.id) or True))
        kind(lambda held: eventually(lambda: len(beats) > 2) and finish(held))
        job_id = enqueue(app)
        assert run_job(app, job_id, "one")
        assert job(app).state == JobState.DONE
        assert set(beats) == {job_id}

    def test_is_tried_again_to_extend_after_a_failure(
        self, app: Flask, kind: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "HEARTBEAT_EVERY", 0.02)
        beats: list[str] = []

        def failing(held: Leased) -> bool:
            beats.append(held.id)
            raise OSError("the disk is tired")

        monkeypatch.setattr(jobs, "extend", failing)
        kind(lambda held: eventually(lambda: len(beats) > 2) and finish(held))
        run_job(app, enqueue(app), "one")
        assert job(app).state == JobState.DONE

    def test_that_is_given_back_costs_no_attempt(self, app: Flask) -> None:
        job_id = enqueue(app)
        held = leased(job_id)
        with unit_of_work():
            assert jobs.give_back("two") == 0
            assert jobs.give_back("one") == 1
        assert due() == job_id
        assert not finish(held)
        assert leased(job_id, "two").attempt == 1


class TestFailing:
    def test_is_tried_again_later_and_later_and_given_up_after_five(
        self, app: Flask, clock: Clock, kind: Callable[..., list[str]]
    ) -> None:
        tries: list[int] = []

        def fail(held: Leased) -> None:
            tries.append(held.attempt)
            raise ValueError("no luck")

        given_up = kind(fail)
        job_id = enqueue(app)
        for pause in (10, 20, 40, 80):
            assert run_job(app, job_id, "one")
            assert job(app).state == JobState.QUEUED
            clock.forward(timedelta(seconds=pause - 1))
            assert not run_job(app, job_id, "one")
            clock.forward(timedelta(seconds=1))
            assert due() == job_id
        assert given_up == []
        assert run_job(app, job_id, "one")
        assert tries == [1, 2, 3, 4, 5]
        assert given_up == ["ValueError: no luck"]
        found = job(app)
        assert (found.state, found.error, found.attempts) == (JobState.FAILED, "ValueError: no luck", 5)
        clock.forward(timedelta(days=1))
        assert due() is None

    def test_does_nothing_to_a_job_that_was_lost(
        self, app: Flask, clock: Clock, kind: Callable[..., list[str]]
    ) -> None:
        job_id = enqueue(app)
        for _ in range(MAX_ATTEMPTS - 1):
            leased(job_id)
            clock.forward(LEASE * 2)

        def lose(_held: Leased) -> None:
            clock.forward(LEASE * 2)
            leased(job_id, "two")
            raise ValueError("too late")

        given_up = kind(lose)
        assert run_job(app, job_id, "one")
        found = job(app)
        assert (found.state, found.leased_by, found.error) == (JobState.RUNNING, "two", "")
        assert given_up == []

    def test_of_the_workers_every_time_is_given_up_without_another_try(
        self, app: Flask, clock: Clock, kind: Callable[..., list[str]]
    ) -> None:
        tries: list[int] = []
        given_up = kind(lambda held: tries.append(held.attempt))
        job_id = enqueue(app)
        for _ in range(MAX_ATTEMPTS):
            leased(job_id, "killed")
            clock.forward(LEASE * 2)
        assert run_job(app, job_id, "one")
        assert tries == []
        assert given_up == [job(app).error]
        assert "its worker was lost every time" in given_up[0]

    def test_and_giving_up_are_written_together(
        self, app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def give_up(_leased: Leased, _reason: str) -> None:
            db.session.add(Setting(key="given up", value="half"))
            raise ValueError("nor this")

        def run(*_: object) -> None:
            raise ValueError("no luck")

        monkeypatch.setattr(worker, "KINDS", {"test": Kind(run, give_up)})
        job_id = enqueue(app)
        for _ in range(MAX_ATTEMPTS - 1):
            run_job(app, job_id, "one")
            clock.forward(timedelta(hours=1))
        with suppress(ValueError):
            run_job(app, job_id, "one")
        assert job(app).state == JobState.RUNNING
        with unit_of_work(writing=False):
            assert db.session.get(Setting, "given up") is None

    def test_of_an_unknown_kind_is_said(self, app: Flask) -> None:
        run_job(app, enqueue(app, "of the future"), "one")
        assert job(app).error == "LookupError: no job is called 'of the future'"


class TestReason:
    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (ValueError("no /etc/passwd in 'file:///srv/data/x y'"), "ValueError: no [path] in '[path] y'"),
            (ValueError("eyJhbGciOi.eyJzdWIiOi.c2lnbmF0 is bad\nmore"), "ValueError: [token] is bad"),
            (FileNotFoundError(2, "No such file", "/srv/secret"), "FileNotFoundError: No such file"),
            (OperationalError("UPDATE users", {"password": "hunter2"}, Exception("x")), "OperationalError"),
            (ValueError(""), "ValueError"),
        ],
    )
    def test_names_no_path_no_token_and_no_row(self, error: Exception, reason: str) -> None:
        assert reason_of(error) == reason

    def test_is_short_and_in_the_words_of_the_house(self) -> None:
        assert len(reason_of(ValueError("x" * 1000))) == 200
        assert reason_of(FileMissing()).startswith("FileMissing: ")


class TestAutoReview:
    def test_is_done_with_its_job(self, app: Flask) -> None:
        review_id = submit(app)
        assert run_job(app, job(app).id, "one")
        found = review(app, review_id)
        assert found.status == AutoReviewStatus.COMPLETED
        assert found.verdict
        assert found.facts
        assert found.facts["scan"]["verdict"] == "not_run"
        assert job(app).state == JobState.DONE

    def test_whose_package_is_gone_is_given_up_where_it_is_looked_for(self, app: Flask, clock: Clock) -> None:
        review_id = submit(app)
        for path in app.extensions["microdock"].settings.upload_dir.rglob("*"):
            if path.is_file():
                path.unlink()
        for _ in range(MAX_ATTEMPTS):
            assert review(app, review_id).status != AutoReviewStatus.FAILED
            assert run_job(app, job(app).id, "one")
            clock.forward(timedelta(hours=1))
        found = review(app, review_id)
        assert (found.status, found.error) == (AutoReviewStatus.FAILED, job(app).error)
        assert found.error

    def test_by_a_holder_that_lost_its_lease_writes_nothing(
        self, app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        review_id = submit(app)
        job_id = job(app).id
        judge = worker.automatic.judge

        def slow(facts: dict[str, object]) -> dict[str, object]:
            clock.forward(LEASE * 2)
            leased(job_id, "two")
            return judge(facts)

        monkeypatch.setattr(worker.automatic, "judge", slow)
        run_job(app, job_id, "one")
        found = review(app, review_id)
        assert (found.status, found.verdict) == (AutoReviewStatus.RUNNING, None)
        assert job(app).leased_by == "two"


class Hints:
    """Wake-ups as a test has them: `wait` answers what was put there, and then tells the worker to end."""

    def __init__(self, *answers: frozenset[Topic] | None) -> None:
        self.answers = list(answers)
        self.sent: list[Topic] = []

    def send_after(self, unit: Unit, topic: Topic) -> None:
        unit.on_commit(lambda: self.sent.append(topic))

    def wait(self, seconds: float) -> frozenset[Topic] | None:
        assert seconds < 1, "a worker that is told to end must not wait for long"
        return self.answers.pop(0)

    def close(self) -> None:
        pass


@pytest.fixture
def hints(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Hints:
    made = Hints()
    monkeypatch.setattr(wakeup._Configured, "wakeups", made)
    context = app.extensions["microdock"]
    monkeypatch.setitem(app.extensions, "microdock", replace(context, wakeups=made))
    return made


class TestWakeUps:
    def test_are_sent_when_a_job_is_committed(self, app: Flask, hints: Hints) -> None:
        with suppress(KeyError), unit_of_work():
            jobs.enqueue("test")
            raise KeyError
        assert hints.sent == []
        enqueue(app)
        assert hints.sent == ["jobs"]

    def test_are_sent_for_what_is_given_back_and_what_is_retried(self, app: Flask, hints: Hints) -> None:
        held = leased(enqueue(app))
        hints.sent.clear()
        for expected in (["jobs"], ["jobs"]):
            with unit_of_work():
                jobs.give_back(held.holder)
            assert hints.sent == expected
        with unit_of_work():
            db.session.get_one(Job, held.id).state = JobState.FAILED
            jobs.retry(held.id, COMMAND_LINE)
        assert hints.sent == ["jobs", "jobs"]

    @pytest.mark.parametrize("answer", [frozenset({"jobs"}), frozenset({"tokens", "jobs"}), None])
    def test_that_are_about_jobs_or_may_be_end_a_wait(
        self, app: Flask, hints: Hints, answer: frozenset[Topic] | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "LOOK_EVERY", math.inf)
        hints.answers = [frozenset(), frozenset({"notifications"}), answer, None]
        Worker(app)._wait()
        assert hints.answers == [None]

    def test_without_any_a_wait_ends_in_time(self, app: Flask, hints: Hints, monkeypatch: pytest.MonkeyPatch) -> None:
        times = iter([100.0, 100.5, 101.9, 102.1])
        monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: next(times)))
        hints.answers = [frozenset()] * 3
        Worker(app)._wait()
        assert len(hints.answers) == 1

    def test_are_not_waited_for_when_told_to_end(self, app: Flask, hints: Hints) -> None:
        told = Worker(app)
        told._stop()
        told._wait()
        told._run_jobs()


class TestRunning:
    def test_jobs_are_run_in_the_order_in_which_they_became_due(
        self, app: Flask, hints: Hints, kind: Callable[[Callable[[Leased], object]], list[str]]
    ) -> None:
        ran: list[str] = []
        kind(lambda held: ran.append(held.id) or finish(held))
        waiting = [enqueue(app) for _ in range(3)]
        one = Worker(app)
        assert [one._run_next() for _ in range(4)] == [True, True, True, False]
        assert ran == waiting

    def test_an_error_of_the_table_ends_nothing(
        self, app: Flask, hints: Hints, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        one = Worker(app)
        answers: list[Callable[[], bool]] = [lambda: 1 // 0 == 0, lambda: True, lambda: one._stop() is None]
        monkeypatch.setattr(worker, "LOOK_EVERY", 0)

        def run_next() -> bool:
            return answers.pop(0)()

        monkeypatch.setattr(one, "_run_next", run_next)
        one._run_jobs()
        assert answers == []
        assert "it will be tried again" in caplog.text


def test_old_jobs_are_forgotten(app: Flask, clock: Clock) -> None:
    old, new, waiting = enqueue(app), enqueue(app), enqueue(app)
    finish(leased(old))
    clock.forward(timedelta(days=6))
    finish(leased(new))
    clock.forward(timedelta(days=2))
    with unit_of_work():
        assert jobs.forget_finished(timedelta(days=7)) == 1
    with unit_of_work(writing=False):
        assert jobs.counts() == {JobState.DONE: 1, JobState.QUEUED: 1}
    assert job(app, waiting).state == JobState.QUEUED


def test_a_holder_is_known_by_its_attempt_too(app: Flask) -> None:
    held = leased(enqueue(app))
    assert not finish(replace(held, attempt=2))


@pytest.mark.parametrize("url", ["localhost:3310", "tcp://localhost", "http://localhost:3310", "unix://relative"])
def test_a_scanner_that_cannot_be_is_refused_by_name(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="CLAMAV_URL"):
        settings_for(tmp_path, CLAMAV_URL=url)
    assert settings_for(tmp_path, CLAMAV_URL="tcp://localhost:3310").clamav_url == "tcp://localhost:3310"
