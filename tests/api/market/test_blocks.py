"""Blocks of installed plugins: who may say what, what needs a second person, and what it does."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from microdock_server.vocabulary import Role

from ...market import V1, People, audited, data, slug
from ...support import Api, add_user

BLOCKS = f"{V1}/admin/blocks"
PUBLIC = "/api/plugins/blocks"
NAME = "com.example.myplugin"
REASON = {"zh": "泄露用户数据", "en": "It sends user data away"}
HASH = "ab" * 32


@pytest.fixture
def second(app: Flask, who: People) -> Api:
    """Another administrator."""
    return add_user(app, "second-admin", Role.ADMIN)


def saying(**changes: Any) -> dict[str, Any]:
    """What an administrator says of a plugin's versions."""
    return {"plugin": NAME, "versions": "<2.0.0", "severity": "disable", "reason": REASON, **changes}


def block(api: Api, status: int = 201, **changes: Any) -> dict[str, Any]:
    """A new block."""
    found: dict[str, Any] = data(api.post(BLOCKS, saying(**changes)), status)
    return found


def approve(api: Api, block_id: str) -> Any:
    return api.post(f"{BLOCKS}/{block_id}/approve", {})


def revoke(api: Api, block_id: str, reason: str = "误判") -> Any:
    return api.post(f"{BLOCKS}/{block_id}/revoke", {"reason": reason})


def public(api: Api) -> list[dict[str, Any]]:
    """What hosts are told."""
    found: list[dict[str, Any]] = data(api.get(PUBLIC))["blocks"]
    return found


def acts(who: People, block_id: str) -> list[str]:
    """What the audit log says was done to a block, oldest first."""
    found = [entry for entry in audited(who.admin, "block.") if entry["target"] == {"type": "block", "id": block_id}]
    return [entry["action"] for entry in reversed(found)]


def test_a_block_says_what_it_was_told(who: People) -> None:
    made = block(who.admin, sha256=[HASH.upper()], advisory_url="https://example.com/advisory")
    assert {name: made[name] for name in ("plugin", "versions", "sha256", "severity", "status", "reason")} == {
        "plugin": NAME,
        "versions": "<2.0.0",
        "sha256": [HASH],
        "severity": "disable",
        "status": "active",
        "reason": REASON,
    }
    assert (made["advisory_url"], made["expires_at"]) == ("https://example.com/advisory", None)
    assert made["created_by"]["username"] == made["proposed_by"]["username"] == "admin"
    assert data(who.admin.get(f"{BLOCKS}/{made['id']}")) == made
    assert acts(who, made["id"]) == ["block.created"]


def test_two_people_remove(who: People, second: Api) -> None:
    made = block(who.admin, severity="remove")
    assert (made["status"], made["severity"], made["may_approve"]) == ("pending", "remove", False)
    assert [row["severity"] for row in public(who.nobody)] == ["disable"]
    assert slug(approve(who.admin, made["id"]), 403) == "own_block"
    done = data(approve(second, made["id"]))
    assert (done["status"], done["approved_by"]["username"]) == ("active", "second-admin")
    assert [row["severity"] for row in public(who.nobody)] == ["remove"]
    assert data(approve(second, made["id"])) == done == data(approve(who.admin, made["id"]))
    assert acts(who, made["id"]) == ["block.created", "block.approved"]
