"""Real worker processes: jobs are completed, however workers or their parents are lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade

from microdock_server import create_app
from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import Job
from microdock_server.vocabulary import AutoReviewStatus, JobState

from ..conftest import release
from ..live import eventually
from ..support import settings_for
from .helpers import ROOT, Clamd, WorkerProcess, alive, job, review, submit

pytestmark = pytest.mark.live

SECONDS = 60.0
Starter = Callable[..., WorkerProcess]


@pytest.fixture
def data(app: Flask) -> Path:
    found: Path = app.extensions["microdock"].settings.data_dir
    return found


@pytest.fixture
def start(data: Path) -> Iterator[Starter]:
    """A function that starts a worker on the application's data."""
    started: list[WorkerProcess] = []

    def start(*arguments: str, **env: str) -> WorkerProcess:
        started.append(WorkerProcess(data, *arguments, **env))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def clamd() -> Iterator[Clamd]:
    with Clamd() as clamd:
        yield clamd


def is_completed(app: Flask, review_id: str) -> bool:
    return review(app, review_id).status == AutoReviewStatus.COMPLETED


def test_does_what_was_submitted_before_it_started_and_after(app: Flask, start: Starter) -> None:
    before = submit(app)
    worker = start()
    assert eventually(lambda: is_completed(app, before), SECONDS), worker.said()
    after = submit(app, "com.example.later")
    assert eventually(lambda: is_completed(app, after), 5), worker.said()
    assert worker.process.poll() is None


def test_that_is_killed_in_the_middle_leaves_its_job_to_another(app: Flask, start: Starter, clamd: Clamd) -> None:
    review_id = submit(app)
    first = start(CLAMAV_URL=clamd.url)
    assert clamd.asked.wait(SECONDS), first.said()
    first.kill()
    held = job(app)
    assert (held.state, held.attempts) == (JobState.RUNNING, 1)
    assert review(app, review_id).verdict is None
    clamd.is_answering = True
    second = start(CLAMAV_URL=clamd.url)
    # As long as the lease lasts, nobody else touches the job: another one is done meanwhile.
    assert eventually(partial(is_completed, app, submit(app, "com.example.later")), SECONDS), second.said()
    assert job(app, held.id).leased_by == held.leased_by
    with app.app_context(), unit_of_work():
        db.session.get_one(Job, held.id).leased_until = utcnow() - timedelta(seconds=2)
    assert eventually(lambda: is_completed(app, review_id), SECONDS), second.said()
    done = job(app, held.id)
    assert (done.state, done.attempts) == (JobState.DONE, 2)
    found = review(app, review_id)
    assert found.facts
    assert found.facts["scan"]["verdict"] == "clean"
    # And it stays the only verdict.
    finished = found.finished_at
    assert eventually(partial(is_completed, app, submit(app, "com.example.last")), SECONDS), second.said()
    assert review(app, review_id).finished_at == finished
    assert job(app, held.id).attempts == 2


def test_removes_what_earlier_versions_told_their_workers_by(start: Starter, data: Path) -> None:
    left = [data / f"jobs.db{ending}" for ending in ("", "-wal", "-shm")]
    for path in left:
        path.write_bytes(b"messages")
    worker = start()
    assert eventually(lambda: "is ready" in worker.said(), SECONDS), worker.said()
    assert not any(path.exists() for path in left)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_at_once_when_it_has_nothing_to_do(start: Starter, number: signal.Signals) -> None:
    worker = start("--grace", "3600")
    assert eventually(lambda: "is ready" in worker.said(), SECONDS), worker.said()
    worker.process.send_signal(number)
    assert worker.process.wait(SECONDS) == 0
    assert "0 jobs given back" in worker.said()


def test_finishes_its_job_when_told_to_end(app: Flask, start: Starter, clamd: Clamd) -> None:
    review_id = submit(app)
    worker = start(CLAMAV_URL=clamd.url)
    assert clamd.asked.wait(SECONDS), worker.said()
    worker.process.terminate()
    assert eventually(lambda: "is told to end" in worker.said(), SECONDS), worker.said()
    assert worker.process.poll() is None
    assert job(app).state == JobState.RUNNING
    # The scanner is gone: that is a finding, not a failure.
    clamd.__exit__()
    assert worker.process.wait(SECONDS) == 0
    assert is_completed(app, review_id)
    assert job(app).state == JobState.DONE


def test_gives_back_a_job_that_takes_too_long(app: Flask, start: Starter, clamd: Clamd) -> None:
    submit(app)
    worker = start("--grace", "2", CLAMAV_URL=clamd.url)
    assert clamd.asked.wait(SECONDS), worker.said()
    begun = time.monotonic()
    worker.process.terminate()
    assert worker.process.wait(SECONDS) == 0
    # As long as it was told, not as long as it would without; the scanner says nothing to the end.
    assert time.monotonic() - begun >= 2
    assert "may take 2 s more" in worker.said() and "1 jobs given back" in worker.said()
    found = job(app)
    assert (found.state, found.attempts, found.leased_by) == (JobState.QUEUED, 0, None)


def test_waits_for_the_database_to_be_migrated(tmp_path: Path) -> None:
    data = tmp_path / "empty"
    data.mkdir()
    worker = WorkerProcess(data)
    try:
        assert eventually(lambda: "waits until the database" in worker.said(), SECONDS), worker.said()
        assert worker.process.poll() is None
        assert "is ready" not in worker.said()
        app = create_app(settings_for(data))
        with app.app_context():
            upgrade()
        release(app)
        assert eventually(lambda: "is ready" in worker.said(), SECONDS), worker.said()
    finally:
        worker.kill()


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
def test_ends_with_its_parent(app: Flask, data: Path, clamd: Clamd, is_busy: bool) -> None:
    if is_busy:
        submit(app)
    console = data.with_name(f"{data.name}.worker.log")
    code = (
        "import subprocess, sys, time\n"
        "with open(sys.argv[1], 'ab') as console:\n"
        "    print(subprocess.Popen(sys.argv[2:], stdout=console, stderr=console).pid, flush=True)\n"
        "time.sleep(100)"
    )
    command = [sys.executable, "-c", code, str(console), *WorkerProcess.COMMAND, "--with-parent"]
    environment = WorkerProcess.environment(data, CLAMAV_URL=clamd.url)
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
    try:
        assert eventually(lambda: "is ready" in console.read_text(), SECONDS)
        assert not is_busy or clamd.asked.wait(SECONDS)
        assert alive([pid]) == [pid]
    finally:
        parent.kill()
        parent.wait()
    assert eventually(lambda: alive([pid]) == [], 5)
    if is_busy:
        assert (job(app).state, job(app).attempts) == (JobState.QUEUED, 0)
