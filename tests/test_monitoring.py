"""Metrics, alert rules and dashboard match each other; promtool checks them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from microdock_server import create_app
from microdock_server.clock import iso, utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.jobs.maintenance import Maintainer
from microdock_server.jobs.node_maintenance import sweep
from microdock_server.jobs.worker import run_job
from microdock_server.models import Job
from microdock_server.observability import metrics
from microdock_server.services.files import rehash
from microdock_server.vocabulary import LAST_BACKUP

from .conftest import WallClock, release
from .jobs.helpers import enqueue, job, submit
from .peers import missing
from .support import Api, settings_for

ROOT = Path(__file__).parent.parent
MONITORING = ROOT / "deploy" / "monitoring"
DOCUMENT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DASHBOARD: dict[str, Any] = json.loads((MONITORING / "grafana-dashboard.json").read_text(encoding="utf-8"))


# What Prometheus itself adds.
TARGET = {"job", "instance"}


def promtool(*arguments: str, given: str = "") -> str:
    """What promtool says; it must be content."""
    if shutil.which("promtool") is None:
        missing("promtool")
    command = ["promtool", *arguments]
    done = subprocess.run(command, input=given, cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def exposition(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The metrics of an application that has done a little of everything."""
    directory = tmp_path_factory.mktemp("monitoring") / "data"
    shutil.copytree(prepared_data, directory)
    app = create_app(settings_for(directory))
    work(app, Api(app))
    text = Api(app).get("/metrics").text
    release(app)
    return text


def work(app: Flask, api: Api) -> None:
    settings = app.extensions["microdock"].settings
    assert api.upload().status_code == 200
    assert api.back_up().status_code == 200
    assert api.upload(b"PK no package").status_code == 400
    assert api.upload(key="a-wrong-key").status_code == 403
    submit(app, "com.example.other")
    assert run_job(app, job(app).id, "tests")
    # One that fails and waits for another attempt.
    assert run_job(app, enqueue(app, "nonsense"), "tests")
    Maintainer(app, "tests").round()
    sweep(app, settings)
    with app.app_context(), unit_of_work():
        place = rehash.position()
        place.cycle_finished = iso(utcnow())
        rehash._store(place)
    told = {"finished_at": iso(utcnow() - timedelta(hours=3)), "size": 12345}
    (settings.data_dir / LAST_BACKUP).write_text(json.dumps(told))


def exposed(exposition: str) -> dict[str, set[str]]:
    """Every sample of ours, by name, with the names of its labels."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name.startswith("microdock_") and not sample.name.endswith("_created"):
                found.setdefault(sample.name, set()).update(sample.labels)
    return found


def families(exposition: str) -> dict[str, set[str]]:
    """Every metric of ours as the documents name it: a histogram once, without `le`."""
    found: dict[str, set[str]] = {}
    for name, labels in exposed(exposition).items():
        found.setdefault(re.sub(r"_(bucket|sum|count)$", "", name), set()).update(labels - {"le"})
    return found


def documented() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `(microdock_\w+)` \|([^|]*)\|", DOCUMENT, re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


def expressions() -> list[str]:
    """Every query of the dashboard and of the rules."""
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
    variables = [one["query"]["query"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]
    text = (MONITORING / "alerts.yml").read_text()
    rules = re.findall(r"expr: \|?\s*(.*?)\n        (?:for|labels):", text, re.DOTALL)
    assert len(rules) == text.count("alert:")
    return panels + variables + rules


class TestPromtool:
    def test_accepts_the_rules(self) -> None:
        assert "15 rules found" in promtool("check", "rules", "alerts.yml")

    def test_finds_that_they_fire_when_they_should_and_not_before(self) -> None:
        assert "SUCCESS" in promtool("test", "rules", "alerts.test.yml")

    def test_accepts_the_metrics(self, exposition: str) -> None:
        assert promtool("check", "metrics", given=exposition) == ""


def test_every_alert_is_tested() -> None:
    alerts = set(re.findall(r"alert: (\w+)", (MONITORING / "alerts.yml").read_text()))
    text = (MONITORING / "alerts.test.yml").read_text()
    tested = re.findall(r"alertname: (\w+)(?:, eval_time: \w+, exp_alerts: (\[\]))?", text)
    assert {name for name, nothing in tested if not nothing} == alerts
    assert {name for name, nothing in tested if nothing} == alerts


def test_dashboard_and_rules_name_what_the_server_tells(exposition: str) -> None:
    told = exposed(exposition)
    named = {name for query in expressions() for name in re.findall(r"\bmicrodock_\w+", query)}
    assert len(named) > 20
    assert named - told.keys() == set()


def test_dashboard_and_rules_select_by_labels_that_are_there(exposition: str) -> None:
    told = exposed(exposition)
    for query in expressions():
        for name, selector in re.findall(r"\b(microdock_\w+)\{([^}]*)\}", query):
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
            assert labels <= told[name] | TARGET, query


def test_every_metric_is_in_the_documents_and_nothing_else(exposition: str) -> None:
    assert documented() == families(exposition)


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


class TestState:
    def value(self, app: Flask, line: str) -> float | None:
        text = Api(app).get("/metrics").text
        found = re.search(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE)
        return None if found is None else float(found[1])

    def test_jobs_by_kind_and_state_and_how_long_the_oldest_waits(self, app: Flask, wall_clock: WallClock) -> None:
        assert self.value(app, "microdock_job_oldest_waiting_seconds") == 0
        enqueue(app, "nonsense")
        assert self.value(app, 'microdock_jobs{kind="nonsense",state="queued"}') == 1
        wall_clock.stop()
        age_everything(app, timedelta(minutes=10))
        assert self.value(app, "microdock_job_oldest_waiting_seconds") == pytest.approx(600, abs=1)

    def test_without_a_backup_its_age_is_not_told(self, app: Flask) -> None:
        assert self.value(app, "microdock_backup_known") == 0
        assert self.value(app, "microdock_backup_age_seconds") is None

    def test_a_backups_age(self, app: Flask, wall_clock: WallClock) -> None:
        wall_clock.stop()
        told = {"finished_at": iso(utcnow() - timedelta(hours=3)), "size": 12345}
        (app.extensions["microdock"].settings.data_dir / LAST_BACKUP).write_text(json.dumps(told))
        assert self.value(app, "microdock_backup_known") == 1
        assert self.value(app, "microdock_backup_size_bytes") == 12345
        assert self.value(app, "microdock_backup_age_seconds") == pytest.approx(3 * 3600, abs=1)

    @pytest.mark.parametrize(
        "text", ["", "{}", "[]", '{"finished_at": 3, "size": 1}', '{"finished_at": "soon", "size": 1}']
    )
    def test_a_note_about_the_backup_that_is_broken_is_none(self, app: Flask, text: str) -> None:
        (app.extensions["microdock"].settings.data_dir / LAST_BACKUP).write_text(text)
        assert self.value(app, "microdock_backup_known") == 0

    def test_with_the_database_away_the_rest_is_told(self, app: Flask) -> None:
        with app.app_context(), unit_of_work():
            db.session.connection().exec_driver_sql("ALTER TABLE jobs RENAME TO gone")
        assert self.value(app, "microdock_job_oldest_waiting_seconds") is None
        assert self.value(app, 'microdock_ready{check="storage"}') == 1

    @pytest.mark.parametrize(
        ("path", "surface"),
        [
            ("/api/plugins/list", "host"),
            ("/v1/marketplace/plugins", "market"),
            ("/api/v1/plugins/x/permissions", "installs"),
            ("/api/health", "system"),
            ("/nowhere", "system"),
            ("/admin/", "page"),
        ],
    )
    def test_requests_are_counted_by_surface(self, app: Flask, path: str, surface: str) -> None:
        before = self.count(app, surface)
        Api(app).get(path)
        # Reading the metrics is a request to the system.
        assert self.count(app, surface) == before + 1 + (surface == "system")

    def count(self, app: Flask, surface: str) -> float:
        text = Api(app).get("/metrics").text
        lines = [line for line in text.splitlines() if line.startswith("microdock_http_requests_total{")]
        return sum(float(line.rpartition(" ")[2]) for line in lines if f'surface="{surface}"' in line)


def test_gauges_of_a_dead_process_are_forgotten(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for pid in (gone.pid, os.getpid()):
        for kind in ("gauge_livesum", "counter"):
            (tmp_path / f"{kind}_{pid}.db").touch()
    metrics._forget_dead(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    # What it counted goes on to count.
    assert left == {f"gauge_livesum_{os.getpid()}.db", f"counter_{os.getpid()}.db", f"counter_{gone.pid}.db"}


def age_everything(app: Flask, age: timedelta) -> None:
    """Have every job wait since that long ago."""
    with app.app_context(), unit_of_work():
        db.session.execute(update(Job).values(available_at=utcnow() - age))
