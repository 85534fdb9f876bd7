"""Logs: every line once, whichever process rotates the file, and no secrets."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from flask import Flask

from microdock_server.observability import logs
from microdock_server.observability.log_rotation import SharedRotatingHandler

from .live import ROOT
from .support import Api, signed_in

# So many that the files are rotated dozens of times: that is when a line might be lost.
LINES, PROCESSES = 2_000, 4
# Imports once, for that takes longer than to write; each writer opens the files by itself.
WRITERS = """
import logging, os, sys
from pathlib import Path
from microdock_server import logs
from tests.support import settings_for

def write(writer, lines):
    logs.ROTATE_BYTES, logs.ROTATE_KEEP = 20_000, 2_000
    logs.configure(settings_for(Path(sys.argv[1]), LOG_LEVEL="INFO"))
    # The console is not what is tested.
    logging.getLogger().handlers = [h for h in logging.getLogger().handlers if "stdout" not in str(h)]
    log = logging.getLogger("writer")
    for number in range(lines):
        log.info("line %s:%d", writer, number)

def fork(writer):
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        write(writer, int(sys.argv[3]))
        code = 0
    finally:
        os._exit(code)

writers = [fork(number) for number in range(int(sys.argv[2]))]
print([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in writers])
"""


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Logging as it was before the test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers, root.level = handlers, level


def all_lines(directory: Path, name: str) -> list[str]:
    return [line for path in directory.glob(f"{name}*") for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of logs that several processes have written, and rotated, at once."""
    data = tmp_path_factory.mktemp("written") / "data"
    command = [sys.executable, "-c", WRITERS, str(data), str(PROCESSES), str(LINES)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=data.parent, env=env, capture_output=True, text=True, check=False, timeout=240)
    assert (done.returncode, done.stdout) == (0, f"{[0] * PROCESSES}\n"), done.stderr
    return data / "logs"


def test_several_processes_that_rotate_at_once_lose_no_line(written: Path) -> None:
    assert len(list(written.glob("app.log*"))) > 20
    wanted = {f"{writer}:{number}" for writer in range(PROCESSES) for number in range(LINES)}
    for name in ("app.log", "app.json"):
        found = [re.search(r"line ([0-9]+:[0-9]+)", line) for line in all_lines(written, name)]
        # Each once, and none torn or run together with another.
        assert all(found)
        assert len(found) == len(wanted)
        assert {match[1] for match in found if match} == wanted
    for line in all_lines(written, "app.json"):
        assert orjson.loads(line)["name"] == "writer"


def test_lines_of_one_process_stay_in_order(written: Path) -> None:
    files = sorted(written.glob("app.json.*"), key=lambda path: -int(path.suffix[1:]))
    seen: dict[str, int] = {}
    for path in [*files, written / "app.json"]:
        for line in path.read_bytes().splitlines():
            writer, number = orjson.loads(line)["message"].removeprefix("line ").split(":")
            assert int(number) == seen.get(writer, -1) + 1
            seen[writer] = int(number)
    assert set(seen.values()) == {LINES - 1}


class TestRotation:
    def handler(self, tmp_path: Path, keep: int) -> SharedRotatingHandler:
        return SharedRotatingHandler(str(tmp_path / "app.log"), max_bytes=100, keep=keep)

    def write(self, handler: SharedRotatingHandler, *texts: str) -> None:
        for text in texts:
            handler.handle(logging.LogRecord("name", logging.INFO, __file__, 1, text, (), None))

    def test_keeps_as_many_files_as_it_should(self, tmp_path: Path) -> None:
        handler = self.handler(tmp_path, keep=2)
        self.write(handler, *(f"{number} {'x' * 100}" for number in range(6)))
        handler.close()
        found = {path.name: path.read_text()[0] for path in tmp_path.glob("app.log*")}
        assert found == {"app.log": "5", "app.log.1": "4", "app.log.2": "3"}

    def test_goes_on_in_the_new_file_after_another_rotated(self, tmp_path: Path) -> None:
        one, other = self.handler(tmp_path, keep=3), self.handler(tmp_path, keep=3)
        self.write(one, "a" * 100)
        self.write(other, "b")
        self.write(one, "c")
        one.close()
        other.close()
        assert (tmp_path / "app.log").read_text() == "b\nc\n"
        assert (tmp_path / "app.log.1").read_text() == "a" * 100 + "\n"

    def test_once_closed_it_writes_nothing_and_complains_of_nothing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        handler = self.handler(tmp_path, keep=1)
        self.write(handler, "a line")
        handler.close()
        self.write(handler, "late")
        assert (tmp_path / "app.log").read_text() == "a line\n"
        assert capsys.readouterr().err == ""

    def test_a_line_that_cannot_be_encoded_is_written_all_the_same(self, tmp_path: Path) -> None:
        handler = self.handler(tmp_path, keep=1)
        self.write(handler, "lone \ud800 surrogate", "插件")
        handler.close()
        assert (tmp_path / "app.log").read_text(encoding="utf-8") == "lone \\ud800 surrogate\n插件\n"


class TestLines:
    @pytest.fixture
    def app(self, make_app: object) -> Flask:
        return make_app(LOG_LEVEL="INFO")  # type: ignore[operator, no-any-return]

    def parsed(self, app: Flask) -> list[dict[str, object]]:
        path = app.extensions["microdock"].settings.log_dir / "app.json"
        return [orjson.loads(line) for line in path.read_bytes().splitlines()]

    def test_for_machines_carry_the_id_of_their_request(self, app: Flask) -> None:
        Api(app).get("/healthz", headers={"X-Request-ID": "my-request-1"})
        given = Api(app).get("/nowhere").headers["X-Request-ID"]
        lines = {str(line["request_id"]): line for line in self.parsed(app)}
        assert "GET /healthz" in str(lines["my-request-1"]["message"])
        assert "GET /nowhere" in str(lines[given]["message"])
        for line in lines.values():
            assert {"asctime", "name", "levelname", "module", "lineno", "message", "request_id"} <= line.keys()

    def test_cannot_be_forged(self, app: Flask) -> None:
        Api(app).get("/x%0a2026-01-01 forged%0d%0aline", headers={"X-Request-ID": "id\tx"})
        text = (app.extensions["microdock"].settings.log_dir / "app.log").read_text(encoding="utf-8")
        assert not any(line.startswith(("2026-01-01 forged", "line")) for line in text.splitlines())
        assert len(self.parsed(app)) == len(text.splitlines())

    def test_hold_no_secret(self, app: Flask) -> None:
        caller = signed_in(app)
        assert caller.token is not None
        caller.get(f"/api/plugins/list?token={caller.token}&search=secret-query")
        caller.get(f"/api/{caller.token}")
        caller.post("/api/auth/login", {"username": "admin", "password": "secret-password"})
        caller.back_up(user_key="secret-user-key")
        caller.post("/api/backups/list", {"user_key": "secret-user-key"})
        caller.upload(key="secret-plugin-key")
        logging.getLogger("anything").error("a token: %s", caller.token)
        directory = app.extensions["microdock"].settings.log_dir
        written = "".join(path.read_text(encoding="utf-8") for path in directory.iterdir() if path.is_file())
        assert "a token: [token]" in written
        assert "secret" not in written
        assert caller.token not in written

    def test_errors_have_a_file_of_their_own(self, app: Flask) -> None:
        log = logging.getLogger("anything")
        log.warning("only a warning")
        log.error("a real error")
        text = (app.extensions["microdock"].settings.log_dir / "error.log").read_text(encoding="utf-8")
        assert "a real error" in text
        assert "only a warning" not in text

    def test_outside_of_requests_have_no_id(self, app: Flask) -> None:
        token = logs.request_id.set("-")
        logging.getLogger("anything").info("nobody asked")
        logs.request_id.reset(token)
        assert self.parsed(app)[-1]["request_id"] == "-"
