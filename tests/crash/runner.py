"""Does one act again and again, each time in a process of its own that meets a fault one operation later.

Run as `python -m tests.crash.runner SCENARIO PLAN PREPARED WORK`; prints what it found, a JSON object a line. After
each fault a second process opens the data that the first one left behind and looks at all of it. What it would find on
a disk that it has seen is known: most steps of an act change nothing on the disk. See disks.py for what counts as seen.
"""

from __future__ import annotations

import gc
import hashlib
import json
import logging
import os
import random
import shutil
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask

from microdock_server import create_app
from microdock_server.database.session import db
from microdock_server.services import files
from microdock_server.services.accounts import passwords
from microdock_server.services.files import ORPHAN_AGE

from ..conftest import release
from ..support import Api, package, settings_for, signed_in, stored_files
from . import disks
from .faulty import CHANGELESS, STRIKES, Faults, kill

NAME = "com.example.myplugin"
OTHER = "com.example.other"
FIRST, SECOND, FOREIGN = package(), package(version="1.1.0"), package(name=OTHER)
LATER, LATEST = package(name="com.example.later"), package(name="com.example.later", version="9.0.0")
MOST_STEPS = 400

State = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """`act` is what is interrupted; `again` is the status of the same act on data where it happened already."""

    act: Callable[[Api], Any]
    again: int


SCENARIOS = {
    "first upload": Scenario(lambda api: api.upload(FOREIGN, key="other-key"), again=409),
    "second upload": Scenario(lambda api: api.upload(SECOND), again=409),
    "plugin delete": Scenario(lambda api: api.post("/api/plugins/delete", {"name": NAME}), again=404),
    "backup upload": Scenario(lambda api: api.back_up(b"second backup"), again=200),
    "backup delete": Scenario(
        lambda api: api.post("/api/backups/delete", {"user_key": "user123abc", "id": 1}), again=404
    ),
    "download": Scenario(lambda api: api.post("/api/plugins/download", {"name": NAME}), again=200),
}


@dataclass(frozen=True)
class Fault:
    """What strikes, and when: once, or from then on."""

    strike: str
    when: str
    onwards: bool = False
    ignoring: tuple[str, ...] = ()
    at: int = 0

    def __str__(self) -> str:
        return f"{self.strike} {self.when} {self.at}{' and on' if self.onwards else ''}"


# A disk that is full still reads; and an open that failed has made no file.
FAILED = (*CHANGELESS, "open")
PLANS = {
    "kill": [Fault("kill", "before"), Fault("kill", "after", ignoring=CHANGELESS)],
    "full": [
        Fault("full", "before", ignoring=CHANGELESS),
        Fault("full", "after", ignoring=FAILED),
        Fault("full", "before", onwards=True, ignoring=CHANGELESS),
    ],
    "broken": [Fault("broken", "before"), Fault("broken", "after", ignoring=FAILED)],
}


class Runner:
    """One scenario on one data directory, which is made anew for every fault."""

    def __init__(self, scenario: Scenario, prepared: Path, work: Path) -> None:
        self._scenario, self._data, self._start = scenario, work / "data", work / "start"
        shutil.copytree(prepared, self._data)
        log_file = work / "logs" / "app.log"
        # Never asked anything in this process: what it serves in a child, it serves as freshly started.
        self._app = create_app(settings_for(self._data, LOG_FILE=str(log_file)))
        logging.disable()
        # Keys are checked in every upload; how slowly is not what is tested here.
        passwords._KEYS = SameSalt(time_cost=1, memory_cost=8, parallelism=1)
        files.uuid = FreshFolders(self._data)  # type: ignore[attr-defined, assignment]
        self._checked: dict[tuple[str, int | None, str | None], list[str]] = {}
        _lend_queries(self._warmed_up(prepared, work / "warm"), self._app)
        in_child(lambda _report: self._prepare(Api(self._app)))
        shutil.copytree(self._data, self._start)

    def run(self, plan: str) -> Iterator[dict[str, Any]]:
        """One finding a fault."""
        before = self._observed()
        [acted] = in_child(lambda report: report(self._act().status_code))[0]
        assert acted == 200, f"without a fault the answer is {acted}"
        after = self._observed()
        for fault in PLANS[plan]:
            for at in range(1, MOST_STEPS):
                found = self._one(replace(fault, at=at), before, after)
                yield found
                if not found["step"]:
                    break
            else:
                raise AssertionError("the act never ends")

    def _one(self, fault: Fault, before: State, after: State) -> dict[str, Any]:
        shutil.rmtree(self._data)
        shutil.copytree(self._start, self._data)
        told, ended = in_child(lambda report: self._interrupted(fault, report))
        step = next((line["step"] for line in told if "step" in line), "")
        answer = next((line for line in told if "status" in line), None)
        # Who lives tidies up behind itself; the dead, and those whose disk stays broken, are tidied up after.
        is_tidy = fault.strike != "kill" and not fault.onwards
        disk = disks.digest(self._data) if fault.strike == "kill" else disks.content(self._data)
        status = answer and answer["status"]
        problems = self._checks(disk, status, _left_by(step) if is_tidy else None, before, after)
        if answer is not None and status not in (200, None):
            problems += _misspoken(answer)
        if fault.strike != "kill" and ended:
            problems.append(f"the process ended with {ended}")
        found = {"fault": str(fault), "step": step, "status": status, "ended": ended, "disk": disk}
        return {**found, "problems": problems}

    def _checks(self, disk: str, status: int | None, tidy_after: str | None, before: State, after: State) -> list[str]:
        """What a process of its own finds wrong with the data as it is: looked at once a disk and what was promised."""
        seen = (disk, status, tidy_after)
        if seen not in self._checked:
            found = found_by("the check", lambda: self._problems(status, tidy_after, before, after))
            self._checked[seen] = found
        return list(self._checked[seen])

    def _warmed_up(self, prepared: Path, data: Path) -> Flask:
        """Another application, which was asked everything that will be asked."""
        shutil.copytree(prepared, data)
        app = create_app(settings_for(data, LOG_FILE=str(data.with_name("logs") / "warm.log")))
        root = signed_in(app)
        self._prepare(root)
        for scenario in SCENARIOS.values():
            scenario.act(root)
        root.get("/api/plugins/list")
        root.post("/api/plugins/detail", {"name": OTHER})
        root.get("/api/backups/list-all")
        release(app)
        return app

    def _prepare(self, api: Api) -> None:
        assert api.upload(FIRST).status_code == 200
        assert api.back_up(b"first backup").status_code == 200
        assert api.post("/api/plugins/download", {"name": NAME}).status_code == 200

    def _act(self) -> Any:
        return self._scenario.act(signed_in(self._app))

    def _interrupted(self, fault: Fault, report: Report) -> None:
        api = signed_in(self._app)

        def strike(step: str) -> None:
            report({"step": step})
            STRIKES[fault.strike](step)

        is_kill = fault.strike == "kill"
        faults = Faults(self._data, fault.at, fault.when, strike, onwards=fault.onwards, ignoring=fault.ignoring)
        faults.install()
        faults.armed = True
        try:
            answer = self._scenario.act(api)
            report({"status": answer.status_code, "body": answer.get_json(silent=True)})
        except OSError:
            # The file broke off while it was sent: all that a server can do is to break off as well.
            report({"status": None, "body": None})
        faults.armed = False
        if is_kill:
            # The last moment to die: the client has its answer.
            kill("")
        # The next request of the same process works.
        ready = api.get("/readyz")
        assert ready.status_code == 200, ready.get_data(as_text=True)
        later = api.upload(LATER, key="later-key")
        assert later.status_code == 200, later.get_data(as_text=True)

    def _observed(self) -> State:
        return dict(in_child(lambda report: report(self._state()))[0][0])

    def _state(self) -> State:
        """What clients can see, by hash; the plugin that only tests the next request is left out."""
        root = signed_in(self._app)
        plugins = {}
        for plugin in root.get("/api/plugins/list").get_json()["data"]:
            detail = root.post("/api/plugins/detail", {"name": plugin["name"]}).get_json()["data"]
            plugins[plugin["name"]] = [
                detail["plugin"]["current_version"],
                {row["version"]: [row["file_hash"], row["download_count"]] for row in detail["versions"]},
            ]
        plugins.pop("com.example.later", None)
        backups = root.get("/api/backups/list-all").get_json()["data"]["backups"]
        return {"plugins": plugins, "backups": [[row["id"], row["file_hash"]] for row in backups]}

    def _problems(self, status: int | None, tidy_after: str | None, before: State, after: State) -> list[str]:
        problems: list[str] = []
        state = self._state()
        if status == 200 and state != after:
            problems.append(f"acknowledged, but not there: {state}")
        elif state not in (before, after):
            problems.append(f"half done: {state}")
        problems += self._unsound("as it was left") + self._corrupt(state)
        if tidy_after is not None:
            problems += self._left_behind(tidy_after)
        problems += self._untidy()
        problems += self._unusable(state == after)
        return problems

    def _unsound(self, when: str) -> list[str]:
        """Files that are missing or changed."""
        with self._app.app_context():
            found = files.verify(self._app.extensions["microdock"].storage)
        return [] if found.is_sound else [f"{when}: missing {found.missing}, changed {found.changed}"]

    def _corrupt(self, state: State) -> list[str]:
        """Whatever clients are shown that they cannot download whole."""
        root = signed_in(self._app)
        asked = [
            ("/api/plugins/version/download", {"name": name, "version": version}, digest)
            for name, (_, versions) in state["plugins"].items()
            for version, (digest, _) in versions.items()
        ] + [
            ("/api/backups/download", {"user_key": "user123abc", "id": number}, digest)
            for number, digest in state["backups"]
        ]
        problems = []
        for path, body, digest in asked:
            got = root.post(path, body)
            if (got.status_code, hashlib.sha256(got.data).hexdigest()) != (200, digest):
                problems.append(f"{body} does not download: {got.status_code}")
        return problems

    def _left_behind(self, step: str) -> list[str]:
        """What a process that met a fault at such a `step` (see `_left_by`), and lived, did not tidy up."""
        with self._app.app_context():
            orphans = files.verify(self._app.extensions["microdock"].storage).orphaned
        if step == "unlink":
            # What cannot be removed stays, until the disk is well again.
            return []
        if step == "sql COMMIT":
            # It may have happened before it failed: nothing that a row could need is removed.
            orphans = []
        left = [*self._temporary(), *orphans]
        return [f"left behind: {left}"] if left else []

    def _temporary(self) -> list[str]:
        """Bodies and half written blobs."""
        return [path for path in stored_files(self._app) if "/temp/" in path or "/.partial-" in path]

    def _untidy(self) -> list[str]:
        """What the sweep of an hour later leaves behind."""
        old = time.time() - ORPHAN_AGE.total_seconds() - 60
        for path in stored_files(self._app):
            os.utime(path, (old, old))
        swept = self._app.test_cli_runner().invoke(args=["storage", "gc"])
        verified = self._app.test_cli_runner().invoke(args=["storage", "verify"])
        problems = []
        if swept.exit_code or verified.exit_code:
            problems.append(f"gc {swept.exit_code}, verify {verified.exit_code}: {swept.output}{verified.output}")
        if " 0 orphaned" not in verified.output or self._temporary():
            problems.append(f"untidy after gc: {verified.output} {self._temporary()}")
        return problems

    def _unusable(self, happened: bool) -> list[str]:
        """Does the same act do what it should, and another upload too?"""
        problems = []
        again = self._act().status_code
        if again != (self._scenario.again if happened else 200):
            problems.append(f"the same act again is answered with {again}")
        later = Api(self._app).upload(LATEST, key="later-key").status_code
        if later != 200:
            problems.append(f"another upload is answered with {later}")
        return problems + self._unsound("at last")


Report = Callable[[Any], None]


class SameSalt(PasswordHasher):
    """Hashes the same key to the same text, so that two disks on which the same happened are the same."""

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        """With no salt of chance."""
        return super().hash(password, salt=salt or bytes(self.salt_len))


class FreshFolders:
    """Names of blobs whose folder is not there yet: one that chance found there would spare the act its steps.

    Every child is given the same, so that two that were killed at the same moment for the disk leave the same disk.
    """

    def __init__(self, data: Path) -> None:
        self._data, self._random = data, random.Random(0)

    def uuid4(self) -> uuid.UUID:
        """A name like those that the program takes."""
        while True:
            name = uuid.UUID(int=self._random.getrandbits(128), version=4)
            if not any(self._data.glob(f"*/{name.hex[:2]}")):
                return name


def _lend_queries(lender: Flask, borrower: Flask) -> None:
    """Let two applications share their compiled queries: most of a fresh process' time goes into compiling them."""
    with lender.app_context():
        engine: Any = db.engine
    with borrower.app_context():
        own: Any = db.engine
    own.dialect, own._compiled_cache = engine.dialect, engine._compiled_cache


def _left_by(step: str) -> str:
    """All that matters of a step for what may be left behind."""
    if step.startswith("unlink"):
        return "unlink"
    return step if step == "sql COMMIT" else ""


def _misspoken(answer: dict[str, Any]) -> list[str]:
    """A refusal must be the disk's, in the host's envelope, without a word of what is inside."""
    body, status = answer["body"], answer["status"]
    if status not in (500, 503, 507):
        return [f"refused with {status}: {body}"]
    if not isinstance(body, dict) or body.get("success") is not False or body.get("status") != status:
        return [f"not the envelope: {body}"]
    text = json.dumps(body)
    leaks = [word for word in ("sqlite", "Errno", "Traceback", "/data", "I/O", "UPDATE") if word in text]
    return [f"tells {leaks}: {text}"] if leaks else []


def in_child(work: Callable[[Report], None]) -> tuple[list[Any], int]:
    """What `work` reported in a process of its own, and how that ended."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    # What there is stays: looking for garbage in it would copy its pages into every child.
    gc.collect()
    gc.freeze()
    pid = os.fork()
    if pid == 0:
        gc.disable()
        os.close(reader)
        _work_and_leave(work, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as lines:
        told = [json.loads(line) for line in lines]
    return told, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def found_by(what: str, problems: Callable[[], list[str]]) -> list[str]:
    """The problems that are found in a process of its own; where it does not get there, that is one."""
    told, ended = in_child(lambda report: report(problems()))
    return list(told[0]) if told else [f"{what} ended with {ended}"]


def _work_and_leave(work: Callable[[Report], None], writer: int) -> None:
    code = 70
    try:
        work(lambda told: _write_all(writer, json.dumps(told).encode() + b"\n"))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _write_all(writer: int, data: bytes) -> None:
    while data:
        data = data[os.write(writer, data) :]


def main() -> None:
    name, plan, prepared, work = sys.argv[1:]
    for found in Runner(SCENARIOS[name], Path(prepared), Path(work)).run(plan):
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
