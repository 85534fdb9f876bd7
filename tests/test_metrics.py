"""Metrics of several processes, some of which have just started."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from microdock_server.observability import metrics


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
