"""The lanes have every test between them, and their sum says what happened."""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from . import lanes
from .corpus import sdk
from .corpus.sdk import Sdk
from .lanes import (
    ALL_POSTGRESQL,
    APART,
    BROWSER,
    CLUSTER,
    CORPUS,
    DISK,
    OF_PROCESSES,
    OF_THE_DOCUMENT,
    ROOT,
    SERVERS,
    UNIT,
    Lane,
    Run,
    chosen,
    counts,
    run,
    show,
)

ASKS_FOR_AN_APPLICATION = re.compile(r"\b(make_app|app|api|admin|root|start_server|server|prepared_data): ")
DEFAULT = {"quick": False, "all": False, "check": False}


def lane(name: str, code: str) -> Lane:
    """A lane whose tests are these lines of Python, in a file of their own."""
    return Lane(name, "a test", command=(sys.executable, "-c", code), counted=False)


@pytest.fixture(autouse=True)
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Reports of this test's own: those of the run that it is part of are in use."""
    monkeypatch.setattr(lanes, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr(lanes, "ROOT", tmp_path)
    lanes.REPORTS.mkdir()
    return lanes.REPORTS


class TestEveryTestIsInALane:
    def test_what_two_lanes_leave_out_others_have(self) -> None:
        theirs = [
            path for one in (BROWSER, CLUSTER, CORPUS, DISK) for path in one.arguments if path.startswith("tests/")
        ]
        assert sorted(theirs) == sorted(APART)
        for one in (UNIT, SERVERS):
            assert [word for word in one.arguments if word.startswith("--ignore")] == [f"--ignore={p}" for p in APART]

    def test_two_lanes_differ_in_one_mark_alone(self) -> None:
        assert UNIT.arguments[:2] == ("-m", "not live")
        assert SERVERS.arguments[:2] == ("-m", "live")

    @pytest.mark.parametrize("one", [*lanes.LANES, *lanes.PARTS.values(), lanes.QUICKLY], ids=lambda one: one.name)
    def test_what_a_lane_names_is_there(self, one: Lane) -> None:
        named = [word.removeprefix("--ignore=") for word in one.arguments]
        for path in [word for word in named if word.startswith("tests/")]:
            assert (ROOT / path).exists(), path

    def test_on_postgresql_only_what_asks_no_database_or_is_about_processes_is_left_out(self) -> None:
        left_out = {word.removeprefix("--ignore=") for word in ALL_POSTGRESQL.arguments if word.startswith("--ignore")}
        for path in left_out - {"tests/browser", "tests/corpus", "tests/many", *OF_THE_DOCUMENT, *OF_PROCESSES}:
            found = ROOT / path
            for file in found.rglob("test_*.py") if found.is_dir() else [found]:
                assert not ASKS_FOR_AN_APPLICATION.search(file.read_text(encoding="utf-8")), file

    @pytest.mark.parametrize("ci", ["true", ""])
    def test_all_runs_the_whole_of_each_lane_and_nothing_else_does(
        self, monkeypatch: pytest.MonkeyPatch, ci: str
    ) -> None:
        monkeypatch.setenv("CI", ci)
        monkeypatch.setattr(lanes, "programs", lambda: ROOT)
        for everything in (False, True):
            found = {one.name: one for one in chosen(argparse.Namespace(**{**DEFAULT, "all": everything}))}
            for part in lanes.PARTS.values():
                assert (found[part.name] in lanes.LANES) is everything
                assert (found[part.name] is part) is not everything

    def test_ci_runs_all(self) -> None:
        script = (Path(__file__).parent.parent / ".ci/run").read_text(encoding="utf-8")
        assert script.splitlines()[-1] == "exec scripts/test --all --check"

    def test_ci_leaves_nothing_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")
        monkeypatch.setattr(sdk, "find", lambda: Sdk(ROOT, ROOT))
        monkeypatch.setattr(lanes, "programs", lambda: None)
        names = [one.name for one in chosen(argparse.Namespace(**{**DEFAULT, "all": True, "check": True}))]
        assert sorted(names) == sorted(["check", *(one.name for one in lanes.LANES)])

    def test_elsewhere_what_is_left_out_is_said(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv("CI", raising=False)
        monkeypatch.setattr(lanes, "programs", lambda: None)
        monkeypatch.setattr(sdk, "find", lambda: None)
        names = {one.name for one in chosen(argparse.Namespace(**DEFAULT))}
        assert names == {one.name for one in lanes.LANES} - {"postgresql", "page", "corpus"}
        said = capsys.readouterr().out
        assert "PostgreSQL" in said and "Node.js" in said and "scripts/corpus" in said


JUNIT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure/></testcase><testcase name="c"><error/></testcase>
<testcase name="d"><skipped/></testcase><testcase name="e"/></testsuite></testsuites>"""


class TestTheSum:
    def test_a_report_is_counted_by_test(self, tmp_path: Path) -> None:
        (tmp_path / "report.xml").write_text(JUNIT, encoding="utf-8")
        assert counts(tmp_path / "report.xml") == {"passed": 2, "failed": 2, "skipped": 1}

    @pytest.mark.parametrize("text", ["", "<testsuites><testsuite>"])
    def test_half_a_report_counts_nothing(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "report.xml").write_text(text, encoding="utf-8")
        assert counts(tmp_path / "report.xml") == {}

    def test_all_is_well_when_every_lane_is(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert show(run([lane("one", ""), lane("two", "")], tmp_path, tmp_path))
        assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 0 failed"

    def test_a_lane_that_breaks_off_counts_as_a_failure_and_its_end_is_shown(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert not show(run([lane("one", ""), lane("two", "raise SystemExit('why it ended')")], tmp_path, tmp_path))
        said = capsys.readouterr().out.splitlines()
        assert "why it ended" in said
        assert said[-1] == "0 passed, 1 failed"

    def test_the_processor_s_time_of_what_a_lane_starts_is_counted(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        work = "import time\nwhile time.process_time() < 1.1: pass"
        code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"
        [ended] = run([lane("works", code)], tmp_path, tmp_path)
        assert ended.processor_seconds >= 1.1
        show([ended])
        title, row = (line.split() for line in capsys.readouterr().out.splitlines()[-3:-1])
        assert int(row[title.index("CPU")].partition(":")[2]) >= 1

    def test_a_lane_of_tests_that_ran_none_has_failed(self, tmp_path: Path) -> None:
        nothing = Lane("nothing", "", command=(sys.executable, "-c", ""))
        [ended] = run([nothing], tmp_path, tmp_path)
        assert (ended.process.returncode, ended.is_good, ended.counts["failed"]) == (0, False, 1)

    def test_pytest_s_own_counts_are_found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "test_three.py"
        file.write_text(
            "import pytest\ndef test_a(): pass\ndef test_b(): assert 0\ndef test_c(): pytest.skip('no')\n",
            encoding="utf-8",
        )
        [ended] = run([Lane("three", "", (str(file),))], tmp_path, tmp_path)
        assert ended.counts == {"passed": 1, "failed": 1, "skipped": 1}
        assert not ended.is_good


def test_a_lane_that_is_ended_stops_what_it_started(tmp_path: Path) -> None:
    code = "import subprocess, sys; subprocess.Popen(['sleep', '600']); print('begun', flush=True); sys.stdin = None\n"
    one = Run(lane("long", f"{code}import time\ntime.sleep(600)"), tmp_path)
    deadline = time.monotonic() + 60
    while b"begun" not in one.log.read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    group = one.process.pid
    one.end()
    assert one.process.returncode == -signal.SIGINT
    found = subprocess.run(["pgrep", "-g", str(group), "-f", "sleep 600"], capture_output=True, text=True, check=False)
    left = [pid for pid in found.stdout.split() if Path("/proc", pid, "stat").read_text().split()[2] != "Z"]
    for pid in left:
        os.kill(int(pid), signal.SIGKILL)
    assert left == []
