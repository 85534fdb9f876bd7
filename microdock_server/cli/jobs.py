"""Commands for what runs beside requests: `flask jobs …`, `flask reviews …`, `flask audit …`, `flask search …`."""

from __future__ import annotations

import os
import sys

import click
from flask import Flask, current_app

from ..api.core.state import close_databases
from ..clock import iso
from ..context import context
from ..database.unit_of_work import unit_of_work
from ..errors import AutoReviewNotFound
from ..jobs.worker import GRACE, Worker
from ..services import audit, jobs
from ..services.catalog import search
from ..services.reviews import automatic
from ..serving.process_exit import end
from ..storage.data_dir_lock import InUse, lock_shared
from ..vocabulary import JobState
from .commands import Commands, show_table

jobs_group = Commands("jobs", help="Background jobs: run, list and retry them.")
reviews_group = Commands("reviews", help="Automatic reviews: apply today's rules to stored facts.")
audit_group = Commands("audit", help="The audit log: verify that it was not changed.")
search_group = Commands("search", help="The search index: rebuild it.")


@jobs_group.command("work", needs_tables=False, example="flask jobs work")
@click.option("--with-parent", is_flag=True, help="Exit when the parent process ends.")
@click.option(
    "--grace",
    type=click.IntRange(0, 3600),
    default=int(GRACE),
    show_default=True,
    help="Seconds that a job may take to finish after TERM.",
)
def work(with_parent: bool, grace: int) -> None:
    """Run jobs until TERM or INT is received."""
    # Not the proxy: other threads of the worker use it too.
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        # Held until this process ends.
        lock_shared(context().settings.data_dir)
    except InUse as reason:
        raise click.ClickException(str(reason)) from reason
    Worker(app, grace=grace).work(with_parent=with_parent)
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        # The process is this command's alone.
        end(0, lambda: close_databases(app))


@jobs_group.command("list", example="flask jobs list --state failed")
@click.option("--state", type=click.Choice([state.value for state in JobState]), help="Only jobs in this state.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="The maximum number of jobs."
)
def list_jobs(state: str | None, limit: int) -> None:
    """List jobs with their last errors, newest first."""
    with unit_of_work(writing=False):
        rows = [
            (job.id, job.state, job.attempts, iso(job.created_at), job.kind, job.error)
            for job in jobs.newest(JobState(state) if state else None, limit)
        ]
    show_table(("ID", "STATE", "ATTEMPTS", "CREATED", "KIND", "ERROR"), rows)


@jobs_group.command("retry", example="flask jobs retry 01a22537-fe70-7238-9b00-188f2e5f0cd2")
@click.argument("job_id")
def retry(job_id: str) -> None:
    """Queue a failed job again, with all attempts."""
    with unit_of_work():
        jobs.retry(job_id, audit.COMMAND_LINE)
    click.echo(f"queued {job_id}")


@reviews_group.command(
    "replay",
    example="flask reviews replay 01a22537-fe70-7238-9b00-188f2e5f0cd2",
    exits={1: "or the verdict is another one today"},
)
@click.argument("auto_review_id")
def replay(auto_review_id: str) -> None:
    """Apply today's rules to a review's stored facts."""
    try:
        with unit_of_work(writing=False):
            found = automatic.replay(auto_review_id)
    except AutoReviewNotFound as refusal:
        raise click.ClickException(f"there is no completed automatic review {auto_review_id!r}") from refusal
    if found.agrees:
        click.echo("agrees: today's rules say what was stored")
        return
    for name in sorted(found.stored.keys() | found.again.keys()):
        if found.stored.get(name) != found.again.get(name):
            click.echo(f"differs  {name}: stored {found.stored.get(name)!r}, again {found.again.get(name)!r}")
    sys.exit(1)


@audit_group.command("verify", example="flask audit verify", exits={1: "or an entry does not match the chain"})
def verify() -> None:
    """Verify the hash chain; print its head. Keep the head in another place, to notice a shortened log."""
    with unit_of_work(writing=False):
        found = audit.verify()
    click.echo(f"{found.entries} entries, head {found.head}")
    if found.broken_at is not None:
        click.echo(f"broken at entry {found.broken_at}: {found.reason}")
        sys.exit(1)


@search_group.command("rebuild", example="flask search rebuild")
def rebuild() -> None:
    """Rebuild the search index."""
    with unit_of_work(writing=False):
        if search.is_of_later_version():
            raise click.ClickException(
                "the index is that of a later version of this program: make it anew with that one"
            )
    click.echo(f"{search.rebuild()} plugins indexed")
