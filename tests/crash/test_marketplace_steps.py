"""Killed at whatever step of a marketplace act: all of it is there, or nothing, and no row is without its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from .marketplace import ACTS
from .test_every_step import findings

# The faults strike in SQLite's own files.
pytestmark = pytest.mark.sqlite

# Steps that each act is known to take: were they missed, the kills would prove nothing.
RELEASE = ["sql INSERT INTO notifications", "sql INSERT INTO audit_log", "sql COMMIT"]
TAKEN = {
    "submit": ["fsync", "link temp", "sql INSERT INTO plugins", "sql INSERT INTO reviews", "sql COMMIT"],
    "approve": ["sql UPDATE reviews SET", "sql INSERT INTO notifications", "sql INSERT INTO audit_log", "sql COMMIT"],
    "grant": ["sql UPDATE appeals SET", "sql INSERT INTO notifications", "sql INSERT INTO audit_log", "sql COMMIT"],
    "yank": ["sql UPDATE plugin_versions SET", *RELEASE],
    "recommend": ["sql UPDATE plugins SET", *RELEASE],
    "deprecate": ["sql UPDATE plugins SET", *RELEASE],
    "roll_out": ["sql UPDATE plugin_versions SET", *RELEASE],
    "release_now": ["sql UPDATE plugin_versions SET", *RELEASE],
    "delete": ["sql DELETE FROM plugins", "sql COMMIT", "unlink uploads"],
    "block": [
        *("sql INSERT INTO blocks", "sql UPDATE plugin_versions SET", "sql UPDATE plugins SET"),
        *("sql INSERT INTO settings", "sql INSERT INTO notifications", "sql INSERT INTO audit_log", "sql COMMIT"),
    ],
    "approve_block": [
        *("sql UPDATE blocks SET", "sql UPDATE settings SET", "sql UPDATE catalog SET"),
        *("sql INSERT INTO notifications", "sql INSERT INTO audit_log", "sql COMMIT"),
    ],
}


@pytest.mark.parametrize("act", ACTS)
def test_a_killed_marketplace_act_happened_or_did_not(act: str, prepared_data: Path, tmp_path: Path) -> None:
    found = findings("tests.crash.marketplace", act, "kill", str(prepared_data), str(tmp_path))
    assert all(finding["ended"] == -9 for finding in found)
    assert set(TAKEN[act]) <= {finding["step"] for finding in found}
    # One that was killed has told nobody of a success; the one that met no fault was killed after telling.
    assert all((finding["status"] == 200) == (finding["step"] == "") for finding in found if finding["status"])
    # Who was killed at first and who was killed at last left different disks, and each was looked at.
    assert found[0]["disk"] != found[-1]["disk"]
