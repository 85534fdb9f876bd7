"""Does one act again and again, each time in a process of its own that meets a fault one operation later.

Run as `python -m tests.crash.runner SCENARIO PLAN PREPARED WORK`; prints what it found, a JSON object a line. After each
fault a second process opens the data that the first one left behind and looks at all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask

from microdock_server import create_app
from microdock_server.services import files
from microdock_server.services.files import ORPHAN_AGE

from ..support import Api, package, settings_for, signed_in, stored_files
from .faulty import STRIKES, Faults, kill

NAME = "com.example.myplugin"
OTHER = "com.example.other"
FIRST, SECOND, FOREIGN, LATER = (
    package(),
    package(version="1.1.0"),
    package(name=OTHER),
    package(name="com.example.later"),
)
MOST_STEPS = 400

State = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """`act` is what is interrupted; `again` is the status of the same act on data where it happened already."""

    act: Callable[[Api], Any]
    again: int


SCENARIOS = {
    "first upload": Scenario(lambda api: api.upload(FOREIGN, key="other"), again=409),
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
    """What strikes, and when: once, or from then on. `everything` counts operations that change nothing as well."""

    strike: str
    when: str
    onwards: bool = False
    everything: bool = False
    at: int = 0

    def __str__(self) -> str:
        return f"{self.strike} {self.when} {self.at}{' and on' if self.onwards else ''}"


PLANS = {
    "kill": [Fault("kill", "before", everything=True), Fault("kill", "after")],
    "full": [Fault("full", "before"), Fault("full", "after"), Fault("full", "before", onwards=True)],
    "broken": [
        Fault("broken", "before", everything=True),
        Fault("broken", "after"),
        Fault("broken", "before", onwards=True),
    ],
}


class Runner:
    """One scenario on one data directory, which is made anew for every fault."""

    def __init__(self, scenario: Scenario, prepared: Path, work: Path) -> None:
        self._scenario, self._data, self._start = scenario, work / "data", work / "start"
        shutil.copytree(prepared, self._data)
        log_file = work / "logs" / "app.log"
        # Never asked anything in this process: what it serves in a child, it serves as freshly started.
        self._app = create_app(settings_for(self._data, LOG_FILE=str(log_file), LOG_LEVEL="CRITICAL"))
        _in_child(self._prepare)
        shutil.copytree(self._data, self._start)

    def run(self, plan: str) -> Iterator[dict[str, Any]]:
        """One finding a fault."""
        before = self._observed()
        [acted] = _in_child(lambda report: report(self._act().status_code))[0]
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
        told, ended = _in_child(lambda report: self._interrupted(fault, report))
        steps = [line["step"] for line in told if "step" in line]
        answer = next((line for line in told if "status" in line), None)
        # What is left on the disk by one who lives must have been tidied up; the dead are tidied up after.
        is_dead = ended == -9
        checked, checker_ended = _in_child(
            lambda report: report(self._problems(fault, answer, is_dead, before, after))
        )
        problems = checked[0] if checked else [f"the check ended with {checker_ended}"]
        return {
            "fault": str(fault),
            "step": steps[0] if steps else "",
            "status": answer and answer["status"],
            "ended": ended,
            "problems": problems,
        }

    def _prepare(self, _report: Report) -> None:
        api = Api(self._app)
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
        faults = Faults(
            self._data, fault.at, fault.when, strike, onwards=fault.onwards, everything=fault.everything
        )
        faults.install()
        faults.armed = True
        answer = self._scenario.act(api)
        faults.armed = False
        report({"status": answer.status_code, "body": answer.get_json(silent=True)})
        if is_kill:
            # The last moment to die: the client has its answer.
            kill("")
        # The next request of the same process works.
        assert api.get("/readyz").status_code == 200
        later = api.upload(LATER, key="later")
        assert later.status_code == 200, later.get_data(as_text=True)

    def _observed(self) -> State:
        return dict(_in_child(lambda report: report(self._state()))[0][0])

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

    def _problems(
        self, fault: Fault, answer: dict[str, Any] | None, is_dead: bool, before: State, after: State
    ) -> list[str]:
        problems: list[str] = []
        state = self._state()
        done = answer is not None and answer["status"] == 200
        if done and state != after:
            problems.append(f"acknowledged, but not there: {state}")
        elif state not in (before, after):
            problems.append(f"half done: {state}")
        if answer is not None and not done:
            problems += _misspoken(answer)
        problems += self._unsound("as it was left")
        if not is_dead and not fault.onwards and (left := self._temporary()):
            problems.append(f"left behind: {left}")
        problems += self._untidy()
        problems += self._unusable(state == after)
        return problems

    def _unsound(self, when: str) -> list[str]:
        """Files that are missing or changed, asked of the verification and of downloads."""
        with self._app.app_context():
            found = files.verify(self._app.extensions["microdock"].storage)
        problems = [f"{when}: missing {found.missing}, changed {found.changed}"] if not found.is_sound else []
        root, state = signed_in(self._app), self._state()
        for name, (_, versions) in state["plugins"].items():
            for version, (digest, _) in versions.items():
                got = root.post("/api/plugins/version/download", {"name": name, "version": version})
                if (got.status_code, hashlib.sha256(got.data).hexdigest()) != (200, digest):
                    problems.append(f"{when}: {name} {version} does not download")
        for number, digest in state["backups"]:
            got = root.post("/api/backups/download", {"user_key": "user123abc", "id": number})
            if (got.status_code, hashlib.sha256(got.data).hexdigest()) != (200, digest):
                problems.append(f"{when}: backup {number} does not download")
        return problems

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
        return problems + self._unsound("after gc")

    def _unusable(self, happened: bool) -> list[str]:
        """Does the same act do what it should, and another upload too?"""
        problems = []
        again = self._act().status_code
        if again != (self._scenario.again if happened else 200):
            problems.append(f"the same act again is answered with {again}")
        later = Api(self._app).upload(package(name="com.example.later", version="9.0.0"), key="later")
        if later.status_code != 200:
            problems.append(f"another upload is answered with {later.status_code}")
        return problems + self._unsound("at last")


Report = Callable[[Any], None]


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


def _in_child(work: Callable[[Report], None]) -> tuple[list[Any], int]:
    """What `work` reported in a process of its own, and how that ended."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _work_and_leave(work, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as lines:
        told = [json.loads(line) for line in lines]
    return told, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


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
