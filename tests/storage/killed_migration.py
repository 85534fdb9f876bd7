"""`python -m tests.storage.killed_migration TARGET ENV AT…`: `flask storage migrate`, killed after its AT-th step.

Steps are a copy that was saved, a row that was changed and an old blob that was deleted. Prints, a line each run, the
step it was killed after (or its exit code), and whether every row had its file then.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from flask import Flask

from microdock_server import create_app
from microdock_server.config import load_settings
from microdock_server.services import files

from ..crash.runner import Report, in_child


def main() -> None:
    target, env, moments = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
    # Never asked anything in this process: the bucket's library does not survive a fork.
    app = create_app(load_settings(env))
    for at in moments:
        told, ended = in_child(lambda report, at=int(at): _migrate(app, target, at, report))  # type: ignore[misc]
        [sound] = in_child(lambda report: report(_is_sound(app)))[0]
        assert ended in (0, -signal.SIGKILL)
        print(json.dumps([told[-1], sound]), flush=True)


def _migrate(app: Flask, target: str, at: int, report: Report) -> None:
    count = 0

    def step(name: str) -> None:
        nonlocal count
        count += 1
        report(name)
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

    for storage in app.extensions["microdock"].storage.by_name.values():
        storage.save, storage.delete = _saving(storage.save, step), _deleting(storage.delete, step)
    report(app.test_cli_runner().invoke(args=["storage", "migrate", "--to", target]).exit_code)


def _saving(original: Callable[..., Any], step: Callable[[str], None]) -> Callable[..., Any]:
    def save(key: str, stream: Any) -> Any:
        stored = original(key, stream)
        step("save")
        return stored

    return save


def _deleting(original: Callable[..., Any], step: Callable[[str], None]) -> Callable[..., Any]:
    def delete(key: str) -> None:
        # Old blobs go once the row is durable.
        step("row")
        original(key)
        step("delete")

    return delete


def _is_sound(app: Flask) -> bool:
    with app.app_context():
        return files.verify(app.extensions["microdock"].storage).is_sound


if __name__ == "__main__":
    main()
