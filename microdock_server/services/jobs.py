"""Background jobs: the table that is the truth about them.

A job is queued in the transaction that wants it. Whoever runs it takes a lease first; killed in the middle, the lease
runs out and another tries. Work that is done twice must be harmless: the last step writes result and state together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, Select, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from ..clock import SKEW, utcnow
from ..cluster import wakeup
from ..database.session import db
from ..database.unit_of_work import read_autocommit, unit_of_work
from ..errors import JobNotFailed, JobNotFound
from ..models import AutoReview, Job
from ..vocabulary import AutoReviewStatus, JobState
from . import audit
from .audit import Who
from .paging import page_of

LEASE: Final = timedelta(minutes=5)
MAX_ATTEMPTS: Final = 5
FIRST_DELAY: Final = timedelta(seconds=10)
LONGEST_DELAY: Final = FIRST_DELAY * 2 ** (MAX_ATTEMPTS - 1)


@dataclass(frozen=True, slots=True)
class Leased:
    """A job that is ours until the lease runs out."""

    id: str
    kind: str
    payload: dict[str, Any]
    attempt: int
    holder: str


def enqueue(kind: str, **payload: Any) -> Job:
    """Queue a job in this transaction; workers are woken once that is committed."""
    job = Job(kind=kind, payload=payload, available_at=utcnow())
    db.session.add(job)
    db.session.flush()
    wakeup.wake("jobs")
    return job


def lease(job_id: str, holder: str) -> Leased | None:
    """Take the job, in a unit of its own; None where it is done, not yet due, or somebody else's."""
    with unit_of_work():
        now = utcnow()
        statement = (
            update(Job)
            .where(Job.id == job_id, _is_due())
            .values(state=JobState.RUNNING, attempts=Job.attempts + 1, leased_by=holder, leased_until=now + LEASE)
            .returning(Job.id, Job.kind, Job.payload, Job.attempts)
        )
        row = db.session.execute(statement).one_or_none()
    return None if row is None else Leased(row.id, row.kind, row.payload, row.attempts, holder)


def extend(leased: Leased) -> bool:
    """Hold on to a job for longer; False where it is no longer ours."""
    with unit_of_work():
        return _update_leased(leased, leased_until=utcnow() + LEASE)


def finish(leased: Leased) -> bool:
    """The job is done, in the caller's transaction; False where it is no longer ours, and nothing may be written."""
    return _update_leased(leased, state=JobState.DONE, leased_until=None, finished_at=utcnow(), error="")


def fail(leased: Leased, reason: str) -> bool:
    """The attempt failed: try again later, or give up after the fifth. True where it was the last."""
    if leased.attempt >= MAX_ATTEMPTS:
        return _update_leased(leased, state=JobState.FAILED, leased_until=None, finished_at=utcnow(), error=reason)
    later = utcnow() + FIRST_DELAY * 2 ** (leased.attempt - 1)
    _update_leased(leased, state=JobState.QUEUED, leased_by=None, leased_until=None, available_at=later, error=reason)
    return False


def give_back(holder: str) -> int:
    """Let others run what this holder has in hand, as if it had never begun; how many jobs that were."""
    statement = (
        update(Job)
        .where(Job.state == JobState.RUNNING, Job.leased_by == holder)
        .values(
            state=JobState.QUEUED,
            attempts=Job.attempts - 1,
            leased_by=None,
            leased_until=None,
            available_at=utcnow(),
        )
        .returning(Job.id)
    )
    given_back = len(db.session.execute(statement).all())
    if given_back:
        wakeup.wake("jobs")
    return given_back


def retry(job_id: str, by: Who) -> Job:
    """Queue a job that was given up once more, with all its attempts; recorded in the audit log. The automatic review
    that it is about waits again.

    Raises JobNotFound, JobNotFailed.
    """
    job = db.session.get(Job, job_id)
    if job is None:
        raise JobNotFound()
    if job.state != JobState.FAILED:
        raise JobNotFailed(state=job.state)
    job.state, job.attempts, job.available_at, job.finished_at = JobState.QUEUED, 0, utcnow(), None
    job.leased_by = None
    review = db.session.get(AutoReview, str(job.payload.get("auto_review_id")))
    if review is not None:
        review.status, review.error, review.finished_at = AutoReviewStatus.PENDING, "", None
    plugin, version = subjects([job]).get(job.id, (None, None))
    audit.record(by, "job.retried", "job", job.id, kind=job.kind, plugin=plugin, version=version)
    wakeup.wake("jobs")
    return job


def newest(state: JobState | None, limit: int) -> Sequence[Job]:
    """Jobs (in this state), newest first."""
    return db.session.scalars(_newest_first(state).limit(limit)).all()


def page(state: JobState | None, page_number: int, limit: int) -> tuple[int, Sequence[Job]]:
    """The number of jobs (in this state), and one page of them, newest first."""
    return page_of(_newest_first(state), page_number, limit)


def _newest_first(state: JobState | None) -> Select[Job]:
    query = select(Job).order_by(Job.created_at.desc(), Job.id.desc())
    return query if state is None else query.where(Job.state == state)


def subjects(rows: Sequence[Job]) -> dict[str, tuple[str, str]]:
    """The plugin's name and the version that these jobs are about, by the job's id, in one query."""
    reviews = {row.id: str(row.payload["auto_review_id"]) for row in rows if "auto_review_id" in row.payload}
    query = select(AutoReview.id, AutoReview.plugin_name, AutoReview.version)
    found = db.session.execute(query.where(AutoReview.id.in_(reviews.values()))) if reviews else ()
    about = {row.id: (row.plugin_name, row.version) for row in found}
    return {job: about[review] for job, review in reviews.items() if review in about}


def next_due(engine: Engine) -> str | None:
    """The job that somebody should run now: of those queued, and those whose lease ran out, the one due for longest."""
    query = select(Job.id).where(_is_due()).order_by(Job.available_at, Job.created_at).limit(1)
    rows = read_autocommit(engine, query)
    return rows[0].id if rows else None


def counts() -> dict[str, int]:
    """How many jobs are in which state."""
    rows = db.session.execute(select(Job.state, func.count()).group_by(Job.state))
    return {state: int(count) for state, count in rows}


def unfinished() -> dict[tuple[str, str], int]:
    """How many jobs are queued, running or given up, by kind and state."""
    open_states = (JobState.QUEUED, JobState.RUNNING, JobState.FAILED)
    query = select(Job.kind, Job.state, func.count()).where(Job.state.in_(open_states)).group_by(Job.kind, Job.state)
    return {(kind, state): int(count) for kind, state, count in db.session.execute(query)}


def oldest_due() -> datetime | None:
    """Since when the job that has waited longest could have been run; None where none waits."""
    return db.session.execute(select(func.min(Job.available_at)).where(_is_due())).scalar_one()


def forget_finished(age: timedelta) -> int:
    """Delete jobs that were done longer than `age` ago; how many."""
    statement = delete(Job).where(Job.state == JobState.DONE, Job.finished_at < utcnow() - age).returning(Job.id)
    return len(db.session.execute(statement).all())


def _is_due() -> ColumnElement[bool]:
    """Its pause or its lease is over; one that ends later than it can last was noted before the clock was set back."""
    now = utcnow()
    waits = (Job.available_at > now) & (Job.available_at <= now + LONGEST_DELAY + SKEW)
    runs = (Job.leased_until >= now) & (Job.leased_until <= now + LEASE + SKEW)
    return or_((Job.state == JobState.QUEUED) & ~waits, (Job.state == JobState.RUNNING) & ~runs)


def _update_leased(leased: Leased, **values: Any) -> bool:
    statement = (
        update(Job)
        .where(
            Job.id == leased.id,
            Job.state == JobState.RUNNING,
            Job.leased_by == leased.holder,
            Job.attempts == leased.attempt,
        )
        .values(**values)
        .returning(Job.id)
    )
    return db.session.execute(statement).one_or_none() is not None
