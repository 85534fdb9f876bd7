"""What a host's program is told by a server, whatever language it is written in: the clients of docs/clients."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from .live import Server, free_port
from .support import package

CLOCK: Final = "com.example.clock"
NOTES: Final = "com.example.notes"
ALARM: Final = "com.example.alarm"
# Prints what the program prints for this server and folder. Raises RuntimeError where it fails.
Run = Callable[[str, Path], str]


def program_package(name: str, version: str, **manifest: Any) -> bytes:
    return package(name=name, version=version, **{"engines": {}, "dependencies": {}, **manifest})


def publish(server: Server) -> bytes:
    """Plugins with newer versions, and a block; returns the package that a host is to install."""
    newer = program_package(CLOCK, "1.1.0")
    for content in (
        program_package(CLOCK, "1.0.0"),
        newer,
        program_package(CLOCK, "2.0.0", engines={"MicroDock": ">=2.0"}),
        program_package(NOTES, "1.0.0", permissions=["storage:local"]),
        program_package(NOTES, "1.1.0", permissions=["storage:local", "network:fetch"]),
        program_package(ALARM, "1.0.0", dependencies={CLOCK: "^1.1.0"}),
    ):
        assert server.client.upload(content).status_code == 200
    block = {
        "plugin": "com.example.stealer",
        "versions": "*",
        "severity": "remove",
        "reason": {"zh": "窃取密码", "en": "It steals passwords"},
    }
    answer = server.client.log_in().post("/api/v1/admin/blocks", block)
    assert answer.status_code == 201, answer.text
    return newer


def question(folder: Path) -> None:
    """Write what the host has."""
    installed = [
        {"name": CLOCK, "version": "1.0.0"},
        {"name": NOTES, "version": "1.0.0"},
        {"name": "com.example.stealer", "version": "3.0.0"},
        {"name": "com.example.own", "version": "1.0.0"},
    ]
    asked = {"engines": {"MicroDock": "1.4.0"}, "installed": installed}
    (folder / "installed.json").write_text(json.dumps(asked), encoding="utf-8")


def tell(server: Server, newer: bytes, run: Run, folder: Path) -> None:
    """The whole story: asked, fetched, resumed, damaged, offline, and offline for too long."""
    question(folder)
    serial = json.loads(server.client.get("/api/plugins/blocks").text)["data"]["serial"]
    fetched = f"  downloaded {hashlib.sha256(newer).hexdigest()}"
    told = [
        f"{CLOCK} 1.0.0 update 1.1.0",
        "  needs_engine 2.0.0 needs MicroDock >=2.0; this host has 1.4.0",
        fetched,
        f"{NOTES} 1.0.0 update 1.1.0",
        "  permissions_widened 1.1.0 asks for more permissions: network:fetch",
        # One administrator alone: until a second one agrees the plugin is turned off, and not removed.
        "com.example.stealer 3.0.0 disable -",
        "  installed_blocked The installed 3.0.0 is blocked: It steals passwords",
        "  unknown_plugin The catalogue has no such plugin",
        "com.example.own 1.0.0 unknown -",
        "  unknown_plugin The catalogue has no such plugin",
    ]
    path = folder / f"{CLOCK}@1.1.0.zip"
    assert run(server.base, folder).splitlines() == [f"serial {serial} now", *told, "blocks 1"]
    assert path.read_bytes() == newer
    client_id = (folder / "client-id").read_text()
    resumes(server, run, folder, newer)
    # Nobody listens there.
    offline = [f"serial {serial} offline", *(line for line in told if line != fetched)]
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert run(nowhere, folder).splitlines() == [*offline, "blocks 1"]
    known = json.loads((folder / "blocks.json").read_text("utf-8"))
    (folder / "blocks.json").write_text(json.dumps({**known, "expires_at": "2026-01-01T00:00:00Z"}), encoding="utf-8")
    assert run(nowhere, folder).splitlines() == [*offline, "blocks unknown"]
    # Back again, it fetches the list anew although the serial is the same.
    assert run(server.base, folder).splitlines() == [f"serial {serial} now", *told, "blocks 1"]
    assert (folder / "client-id").read_text() == client_id


def resumes(server: Server, run: Run, folder: Path, newer: bytes) -> None:
    path, part = folder / f"{CLOCK}@1.1.0.zip", folder / f"{CLOCK}@1.1.0.zip.part"
    path.unlink()
    part.write_bytes(newer[:100])
    run(server.base, folder)
    assert path.read_bytes() == newer and not part.exists()
    path.unlink()
    # That the rest was appended shows where the beginning is another one: nothing of it is kept.
    part.write_bytes(b"?" * 100)
    try:
        run(server.base, folder)
    except RuntimeError as reason:
        assert "Damaged" in str(reason)
    else:
        raise AssertionError("it took a package for whole that is not")
    assert not path.exists() and not part.exists()
    # Longer than the package, or whole already.
    for there in (newer + b"?", newer):
        part.write_bytes(there)
        run(server.base, folder)
        assert path.read_bytes() == newer and not part.exists()
