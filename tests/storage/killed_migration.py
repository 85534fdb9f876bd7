"""`python -m tests.storage.killed_migration TARGET AT ENV`: `flask storage migrate`, killed after its AT-th step.

Steps are a copy that was saved, a row that was changed and an old blob that was deleted; each is printed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from microdock_server import create_app
from microdock_server.config import load_settings


def main() -> None:
    target, at, env = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    app = create_app(load_settings(env))
    count = 0

    def step(name: str) -> None:
        nonlocal count
        count += 1
        # Not where the runner of commands listens.
        print(name, file=sys.__stdout__, flush=True)
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def saving(original: Callable[..., Any]) -> Callable[..., Any]:
        def save(key: str, stream: Any) -> Any:
            stored = original(key, stream)
            step("save")
            return stored

        return save

    def deleting(original: Callable[..., Any]) -> Callable[..., Any]:
        def delete(key: str) -> None:
            # Old blobs go once the row is durable.
            step("row")
            original(key)
            step("delete")

        return delete

    for storage in app.extensions["microdock"].storage.by_name.values():
        storage.save, storage.delete = saving(storage.save), deleting(storage.delete)
    result = app.test_cli_runner().invoke(args=["storage", "migrate", "--to", target])
    print(result.output, file=sys.stderr)
    sys.exit(result.exit_code)


if __name__ == "__main__":
    main()
