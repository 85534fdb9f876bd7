"""Metrics of several processes, some of which have just started; and what is counted about releases."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families

from microdock_server.observability import metrics
from microdock_server.vocabulary import AboutInstalled, HostAction, WhyNot

from .live import NAME
from .support import Api, package


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where processes count; one has counted two requests."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    name = "microdock_refused_for_space_total"
    file = MmapedDict(tmp_path / "counter_1.db")
    file.write_value(mmap_key(name.removesuffix("_total"), name, (), (), ""), 2.0, 0.0)
    file.close()
    return tmp_path


def counted() -> list[str]:
    text = metrics.exposition([])[0].decode()
    return [line for line in text.splitlines() if line.startswith("microdock_refused_for_space_total ")]


def test_what_a_process_counted_is_told(directory: Path) -> None:
    assert counted() == ["microdock_refused_for_space_total 2.0"]


def test_a_process_that_has_just_made_its_files_spoils_nothing(directory: Path) -> None:
    """They are empty until it has set their length: a scrape in that moment was a 500."""
    for name in ("counter_2.db", "histogram_2.db", "gauge_livesum_2.db"):
        (directory / name).touch()
    assert counted() == ["microdock_refused_for_space_total 2.0"]


def test_files_that_go_meanwhile_are_passed_over(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = directory / "gauge_livesum_3.db"
    found = list(directory.glob("*.db"))
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [gone, *found] if pattern == "*.db" else [])
    assert counted() == ["microdock_refused_for_space_total 2.0"]


LABELS = {
    "microdock_update_answers_total": {"action": {action.value for action in HostAction}},
    "microdock_update_reasons_total": {"code": {code.value for kind in (WhyNot, AboutInstalled) for code in kind}},
    "microdock_block_lists_total": {"answer": {"sent", "unchanged"}},
}


def samples(api: Api) -> Counter[tuple[str, str]]:
    """What was counted about releases, by metric and label."""
    found: Counter[tuple[str, str]] = Counter()
    for family in text_string_to_metric_families(api.get("/metrics").text):
        for sample in family.samples:
            if sample.name in (*LABELS, "microdock_update_checks_total"):
                found[sample.name.removeprefix("microdock_"), "".join(sample.labels.values())] = int(sample.value)
    return found


@pytest.fixture(scope="module")
def told_at_first() -> str:
    """What a process tells that has counted nothing yet."""
    command = [
        sys.executable,
        "-c",
        "from microdock_server.observability import metrics as m; print(m.exposition([])[0])",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", LABELS)
def test_every_label_is_told_before_anything_happens(told_at_first: str, name: str) -> None:
    """A rise from 0 shows, and a label that was never seen does not."""
    [(label, values)] = LABELS[name].items()
    assert sorted(re.findall(rf'{name}\{{{label}="(\w+)"\}} 0.0', told_at_first)) == sorted(values)


def test_a_check_counts_its_plugins_by_action_and_reason(api: Api) -> None:
    for version in ("1.0.0", "1.1.0", "2.0.0-a.1", "2.0.0-a.2"):
        assert api.upload(package(version=version, engines={}, dependencies={})).status_code == 200
    before = samples(api)
    installed = [{"name": NAME, "version": "1.0.0"}, {"name": "com.example.nowhere", "version": "1.0.0"}]
    assert api.post("/api/plugins/updates", {"engines": {}, "installed": installed}).status_code == 200
    # Both prereleases are passed over for the same reason, which is counted once for the plugin.
    assert samples(api) - before == {
        ("update_checks_total", ""): 1,
        ("update_answers_total", "update"): 1,
        ("update_answers_total", "unknown"): 1,
        ("update_reasons_total", "channel"): 1,
        ("update_reasons_total", "unknown_plugin"): 1,
    }


def test_a_refused_check_counts_nothing(api: Api) -> None:
    before = samples(api)
    assert api.post("/api/plugins/updates", {"engines": {}, "installed": [{"name": NAME}]}).status_code == 422
    assert samples(api) - before == {}


def test_lists_of_blocks_count_by_whether_they_were_sent(api: Api) -> None:
    before = samples(api)
    etag = api.get("/api/plugins/blocks").headers["ETag"]
    assert api.get("/api/plugins/blocks", headers={"If-None-Match": etag}).status_code == 304
    assert samples(api) - before == {("block_lists_total", "sent"): 1, ("block_lists_total", "unchanged"): 1}
