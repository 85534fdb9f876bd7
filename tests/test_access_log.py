"""Lines about requests: each once, in order with all others, looking as theirs do; held for a moment under load."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from microdock_server.observability import access_log, logs

from .live import Server, eventually
from .support import settings_for

ANSWERED = access_log.Answered(1_780_000_000.25, "an-id", "GET", "/api/plugins/list", "200", 0.00123)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path) -> Iterator[Path]:
    """Where this test's lines are written; logging is as it was before, afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.configure(settings_for(tmp_path, LOG_LEVEL="INFO"))
    yield tmp_path / "logs"
    for handler in root.handlers:
        handler.close()
    access_log.use([])
    root.handlers, root.level = handlers, level


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process answers others meanwhile, and nobody writes what is collected."""
    monkeypatch.setattr(access_log, "_busy", {1, 2})
    monkeypatch.setattr(access_log, "HOLD_SECONDS", 3600)


def answer(path: str = "/healthz") -> None:
    access_log.record("an-id", "GET", path, "200", 0.001)


def messages(directory: Path) -> list[str]:
    return [str(orjson.loads(line)["message"]) for line in (directory / "app.json").read_bytes().splitlines()]


def test_they_look_as_other_lines_do() -> None:
    handlers = [one for one in logging.getLogger().handlers if isinstance(one, access_log.LineHandler) and one.form]
    assert len(handlers) == 3
    for handler in handlers:
        record = logging.LogRecord(access_log.LOGGER, logging.INFO, "access_log.py", 0, ANSWERED.message, (), None)
        record.created, record.msecs, record.request_id = ANSWERED.at, 250.0, ANSWERED.request_id
        assert handler.form is not None
        made = handler.form(ANSWERED, access_log.Clock().text(ANSWERED.at), ANSWERED.message)
        if made.startswith("{"):
            assert orjson.loads(made) == orjson.loads(handler.format(record))
        assert made == f"{handler.format(record)}\n"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/a\nb\x1b[0m", r"/a\nb\x1b[0m"),
        ("/é".encode().decode("latin-1"), r"/\xe9"),
        ("/back\\slash", r"/back\\slash"),
        ("/" + "x" * 600, "/" + "x" * 499),
        ("/eyJhbGciOi.eyJzdWI.c2ln", "/[token]"),
    ],
)
def test_a_path_cannot_forge_a_line_or_hold_a_token(path: str, shown: str) -> None:
    assert ANSWERED._replace(path=path).message == f"请求: GET {shown} 响应: 200 (耗时: 0.0012s)"


def test_a_method_cannot_forge_a_line() -> None:
    assert "\n" not in ANSWERED._replace(method="GET\nforged").message


def test_that_of_a_request_alone_is_written_before_its_answer(directory: Path) -> None:
    answer()
    assert ["/healthz" in message for message in messages(directory)] == [True]


def test_several_are_written_together_and_before_the_next_other_line(directory: Path, busy: None) -> None:
    for number in range(5):
        answer(f"/{number}")
    assert messages(directory) == []
    logging.getLogger("anything").warning("a warning")
    assert [message.split()[2] for message in messages(directory)[:5]] == [f"/{number}" for number in range(5)]
    assert messages(directory)[5:] == ["a warning"]


def test_they_are_written_though_nobody_asks_any_more(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "_busy", {1, 2})
    for number in range(1, 4):
        answer()
        assert eventually(lambda number=number: len(messages(directory)) == number)  # type: ignore[misc]


def test_no_more_than_so_many_are_held(directory: Path, busy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "MOST", 3)
    for _ in range(7):
        answer()
    assert len(messages(directory)) == 6


def test_a_killed_process_loses_no_other_line(directory: Path, busy: None) -> None:
    pid = os.fork()
    if not pid:
        access_log._busy.update((1, 2))
        answer("/before")
        logging.getLogger("anything").error("an error")
        answer("/after")
        os._exit(0)
    os.waitpid(pid, 0)
    assert [message.split()[-1] for message in messages(directory)] == ["0.0010s)", "error"]


def test_a_forked_process_does_not_write_its_parents_lines_again(directory: Path, busy: None) -> None:
    answer("/parent")
    pid = os.fork()
    if not pid:
        logging.getLogger("anything").info("child")
        os._exit(0)
    os.waitpid(pid, 0)
    access_log.flush()
    assert [message.split()[-1] for message in messages(directory)] == ["child", "0.0010s)"]


def test_what_is_too_long_for_a_pipe_is_written_in_pieces_of_whole_lines() -> None:
    lines = [f"{number} {'行' * 300}\n" for number in range(20)]
    pieces = list(access_log._pieces(lines))
    assert "".join(pieces) == "".join(lines)
    assert all(piece.endswith("\n") and len(piece.encode()) <= access_log.PIPE_BYTES for piece in pieces)
    assert len(pieces) < len(lines)


def test_threads_lose_no_line(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "HOLD_SECONDS", 0.001)

    def ask(thread: int) -> None:
        access_log.begun()
        for number in range(500):
            answer(f"/{thread}/{number}")
        access_log.ended()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    access_log.flush()
    found = [message.split()[2] for message in messages(directory)]
    assert sorted(found) == sorted(f"/{thread}/{number}" for thread in range(8) for number in range(500))
    for thread in range(8):
        own = [path for path in found if path.startswith(f"/{thread}/")]
        assert own == [f"/{thread}/{number}" for number in range(500)]


def test_a_server_that_is_stopped_has_written_all(start_server: Callable[..., Server]) -> None:
    server = start_server(LOG_LEVEL="INFO")

    def ask(_: int) -> str:
        return str(server.client.get("/healthz").headers["X-Request-ID"])

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(ask, range(200)))
    server.stop()
    lines = (server.data / "logs" / "app.json").read_bytes().splitlines()
    found = [line["request_id"] for line in map(orjson.loads, lines) if "GET /healthz" in line["message"]]
    assert set(ids) <= set(found)
    assert len(found) == len(set(found))
