"""Does one act on files in a bucket again and again, each time killed one step later.

Run as `python -m tests.crash.bucket SCENARIO PREPARED WORK ENV PORT`; prints what it found, a JSON object a
line. Steps are requests to the bucket, parts that are read for it, and commits; each is met before and after.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from argon2 import PasswordHasher
from sqlalchemy.engine.default import DefaultDialect

from microdock_server import create_app
from microdock_server.services import files
from microdock_server.services.accounts import passwords
from microdock_server.storage import objects
from microdock_server.storage.objects import PART, _Body

from ..peers.s3 import S3Server
from ..support import Api, multipart, package, settings_for, signed_in, stored_rows
from .faulty import kill
from .runner import Report, found_by, in_child

NAME = "com.example.myplugin"
FIRST, SECOND = package(), package(version="1.1.0")
LARGE = bytes(2 * PART)
MOST_STEPS = 40


def _large_backup(api: Api) -> Any:
    form = multipart(
        ('Content-Disposition: form-data; name="user_key"', b"user123abc"),
        ('Content-Disposition: form-data; name="backup_type"', b"program"),
        ('Content-Disposition: form-data; name="file"; filename="b.zip"', LARGE),
    )
    return api.post("/api/backups/upload", **form)


SCENARIOS: dict[str, Callable[[Api], Any]] = {
    "upload": lambda api: api.upload(SECOND),
    "large backup": _large_backup,
    "delete": lambda api: api.post("/api/plugins/delete", {"name": NAME}),
}


class Steps:
    """Counts steps; the `at`-th, and none other, is the process' last moment: `before` or after it."""

    def __init__(self, at: int, before: bool, report: Report) -> None:
        self._at, self._before, self._report = at, before, report
        self._count = 0

    def install(self) -> None:
        """Wrap everything. There is no way back: the process is meant to end."""
        for name in ("put", "delete", "head"):
            setattr(obstore, name, self._watched(f"bucket {name}", getattr(obstore, name)))
        _Body._read = self._watched("read", _Body._read)  # type: ignore[method-assign]
        DefaultDialect.do_commit = self._watched("commit", DefaultDialect.do_commit)  # type: ignore[method-assign]

    def _watched(self, step: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self._count += 1
            mine = self._count == self._at
            if mine:
                self._report(step)
                if self._before:
                    kill(step)
            result = original(*arguments, **options)
            if mine:
                kill(step)
            return result

        return call


class Runner:
    """One scenario on one data directory and one bucket, which are made anew for every fault."""

    def __init__(self, act: Callable[[Api], Any], prepared: Path, work: Path, env: dict[str, str], peer: S3Server):
        self._act, self._data, self._start = act, work / "data", work / "start"
        self._peer, self._bucket = peer, env["STORAGE_URL"].split("/")[2]
        shutil.copytree(prepared, self._data)
        # Never asked anything in this process: the bucket's library does not survive a fork.
        self._app = create_app(settings_for(self._data, LOG_FILE=str(work / "logs" / "app.log"), **env))
        logging.disable()
        passwords._KEYS = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        # In fewer pieces: each is a step, and none of them is another than the one before.
        objects.CHUNK = PART // 2  # type: ignore[attr-defined]
        # What a process left behind is old at once.
        files.ORPHAN_AGE = timedelta(hours=-1)  # type: ignore[misc]
        in_child(lambda report: report(Api(self._app).upload(FIRST).status_code))
        shutil.copytree(self._data, self._start)
        self._kept = peer.contents(self._bucket)

    def run(self) -> Iterator[dict[str, Any]]:
        """One finding a fault; the last of each kind met none."""
        for before in (True, False):
            for at in range(1, MOST_STEPS):
                found = self._one(at, before)
                yield found
                if not found["step"]:
                    break
            else:
                raise AssertionError("the act never ends")

    def _one(self, at: int, before: bool) -> dict[str, Any]:
        shutil.rmtree(self._data)
        shutil.copytree(self._start, self._data)
        self._peer.restore(self._bucket, self._kept)
        told, ended = in_child(lambda report: self._interrupted(at, before, report))
        steps = [line for line in told if isinstance(line, str)]
        problems = found_by("the check", lambda: self._problems(200 in told))
        return {"step": steps[0] if steps else "", "ended": ended, "told": told, "problems": problems}

    def _interrupted(self, at: int, before: bool, report: Report) -> None:
        api = signed_in(self._app)
        Steps(at, before, report).install()
        report(self._act(api).status_code)
        kill("")

    def _problems(self, acknowledged: bool) -> list[str]:
        before = stored_rows(self._app)
        problems = []
        if not self._verified().is_sound:
            problems.append(f"rows without their files: {self._verified()}")
        again = self._act(signed_in(self._app)).status_code
        if acknowledged and again == 200 and self._act is not SCENARIOS["large backup"]:
            problems.append("acknowledged, but not there")
        if again not in (200, 404, 409):
            problems.append(f"the same act again is answered with {again}: {before}")
        swept = self._app.test_cli_runner().invoke(args=["storage", "gc"])
        found, held = self._verified(), self._peer.stored(self._bucket)
        if swept.exit_code or not found.is_sound or found.orphaned or held.unfinished:
            problems.append(f"untidy after gc: {swept.output} {found} {held}")
        if len(held.objects) != found.checked:
            problems.append(f"{found.checked} rows have {held.objects}")
        return problems

    def _verified(self) -> files.Verification:
        with self._app.app_context():
            return files.verify(self._app.extensions["microdock"].storage)


def main() -> None:
    name, prepared, work, env, port = sys.argv[1:]
    peer = S3Server.at(int(port))
    for found in Runner(SCENARIOS[name], Path(prepared), Path(work), json.loads(env), peer).run():
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
