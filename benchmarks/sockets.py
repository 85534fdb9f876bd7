"""Two thousand WebSockets: what one weighs, how soon a notification is there, and what requests notice of it."""

from __future__ import annotations

import json
import resource
import selectors
import socket
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain, cycle

from sqlalchemy import create_engine, insert

from microdock_server.models import Notification, User
from microdock_server.models.columns import new_id
from microdock_server.vocabulary import Event

from .client import Request, ask, connect
from .processes import MIB, resident
from .results import (
    Goal,
    NotMeasured,
    Row,
    Samples,
    Section,
    judged,
    number,
    ratio_row,
    say,
    seconds,
    spread_of,
    value_row,
)
from .servers import Server
from .stage import DEFAULT_LEVEL, Stage, login

SOCKETS, LISTENERS, PER_WORKER = 2000, 500, 1200
FILES = 16_384
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
HEALTHZ = Request("/healthz")
PAUSE = 0.73
WEIGHT = Goal(256, at_most=True, unit=" KiB")
DELIVERY = Goal(2000, at_most=True, unit=" ms")
NOTICED = Goal(2, at_most=True)
TIMES_QUIET, NEAR_QUIET = 2, 0.05


def measure(stage: Stage) -> Section:
    section = Section(f"{SOCKETS:,} WebSockets")
    with raised_limit():
        limit = str(PER_WORKER)
        # With rate limits, because they weigh as well; every client comes from an address of its own.
        settings = {"RATELIMIT_ENABLED": "true", "TRUSTED_PROXIES": "1", "WS_MAX_PER_USER": limit}
        server = stage.files(DEFAULT_LEVEL, "sockets", WS_MAX_CONNECTIONS=limit, **settings)
        other = stage.files(DEFAULT_LEVEL, "no-sockets", WS_MAX_CONNECTIONS=limit)
        token = login(server)
        for one in (server, other):
            _healthz(one, stage.plan.seconds)
        before = [resident(pid) for pid in server.workers]
        crowd = Crowd(server, token)
        try:
            crowd.open(SOCKETS)
            grown = sum(resident(pid) for pid in server.workers) - sum(before)
            section.rows.append(_weight(grown, server))
            with crowd.reading():
                time.sleep(2)
                section.rows += _noticed(stage, server, other)
                section.rows += _deliveries(server, crowd, stage.plan.writes)
        finally:
            crowd.close()
    return section


@contextmanager
def raised_limit() -> Iterator[None]:
    """As many open files as the sockets need; the servers that are started inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in (-1, resource.RLIM_INFINITY) and hard < SOCKETS + 500:
        raise NotMeasured(f"only {hard} files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES if hard < 0 else min(hard, FILES)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Crowd:
    """Clients that listen. The first of them are the administrator's, and are told; the rest are other users', idle."""

    def __init__(self, server: Server, token: str) -> None:
        self._server, self._token = server, token
        self._sockets: list[socket.socket] = []
        self._done = threading.Event()
        self.heard: dict[int, list[float]] = {}

    def open(self, count: int) -> None:
        """Connect so many, one after the other. Raises NotMeasured where one is refused for good."""
        tokens = [self._token, *_idle_tokens(self._server)]
        turns = cycle(tokens[1:])
        while len(self._sockets) < count:
            token = tokens[0] if len(self._sockets) < LISTENERS else next(turns)
            self._sockets.append(self._connect(token))
            if len(self._sockets) % 500 == 0:
                say(f"  {len(self._sockets)} sockets")

    def close(self) -> None:
        for one in self._sockets:
            one.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read everything that comes, in a thread of its own, and note when."""
        thread = threading.Thread(target=self._read, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    def _connect(self, token: str) -> socket.socket:
        """The kernel deals connections out to the workers as it likes: a full one is asked again."""
        for _ in range(50):
            found = socket.create_connection(("127.0.0.1", self._server.port), timeout=30)
            found.sendall(
                b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\n"
                b"X-Forwarded-For: " + self._address() + b"\r\n\r\n"
            )
            status = _until(found, b"\r\n\r\n").split(b" ", 2)[1]
            if status == b"101":
                found.sendall(masked(json.dumps({"type": "auth", "token": token}).encode()))
                _until(found, b"auth_ok")
                return found
            found.close()
            if status != b"503":
                raise NotMeasured(f"/ws answered {status.decode()}")
        raise NotMeasured("no worker had a place left")

    def _address(self) -> bytes:
        number = len(self._sockets)
        return f"10.0.{number // 250}.{number % 250}".encode()

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            for one in self._sockets:
                one.setblocking(False)
                selector.register(one, selectors.EVENT_READ)
            while not self._done.is_set():
                for key, _ in selector.select(0.1):
                    self._take(key.fileobj, selector)  # type: ignore[arg-type]

    def _take(self, one: socket.socket, selector: selectors.BaseSelector) -> None:
        data = one.recv(1 << 16)
        now = time.time()
        if not data:
            selector.unregister(one)
        for part in data.split(b'"turn":')[1:]:
            self.heard.setdefault(int(part.partition(b",")[0]), []).append(now)
        if data.startswith(b"\x89"):
            one.sendall(masked(b"", opcode=0x8A))


def masked(payload: bytes, opcode: int = 0x81) -> bytes:
    """A client's frame, whose mask changes nothing."""
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([opcode]) + size + bytes(4) + payload


def _until(found: socket.socket, word: bytes) -> bytes:
    seen = b""
    while word not in seen:
        data = found.recv(4096)
        if not data:
            raise NotMeasured(f"a socket was closed: {seen[-80:]!r}")
        seen += data
    return seen


def _idle_tokens(server: Server) -> list[str]:
    """Tokens of a hundred other users."""
    from flask import Flask
    from flask_jwt_extended import JWTManager

    from microdock_server.api.core.auth import sign
    from microdock_server.clock import utcnow
    from microdock_server.services.accounts.tokens import REMEMBERED, Claims

    users = [new_id() for _ in range(100)]
    engine = create_engine(f"sqlite:///{server.database}")
    with engine.begin() as connection:
        rows = [
            {"id": one, "username": one, "username_key": one, "password_hash": "!", "role": "user"} for one in users
        ]
        connection.execute(insert(User.__table__), rows)
    engine.dispose()
    app = Flask("tokens")
    app.config["JWT_SECRET_KEY"] = (server.directory / "jwt-secret").read_text().strip()
    JWTManager(app)
    with app.app_context():
        return [sign(Claims(new_id(), "access", one, 0, "", utcnow() + REMEMBERED)) for one in users]


def _healthz(server: Server, length: int) -> tuple[float, float]:
    """The 50th and 99th percentile of a plain request over kept connections, one request at a time."""
    connections = cycle([connect(server.port) for _ in range(4)])
    taken: list[float] = []
    ends = time.perf_counter() + length
    while time.perf_counter() < ends:
        begun = time.perf_counter()
        ask(next(connections), HEALTHZ)
        taken.append(time.perf_counter() - begun)
    for _ in range(4):
        next(connections).close()
    return percentiles(taken)


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    parts = statistics.quantiles(values, n=100)
    return parts[49], parts[98]


def _weight(grown: int, server: Server) -> Row:
    weights = [grown / SOCKETS / 1024]
    total = "/".join(number(resident(pid) / MIB) for pid in server.workers)
    detail = f"workers weigh {total} MiB with them"
    return value_row("memory of a WebSocket", weights, WEIGHT, log=DEFAULT_LEVEL, detail=detail)


def _noticed(stage: Stage, server: Server, other: Server) -> list[Row]:
    """The crowded server and one without sockets take turns."""
    beside, alone = [], []
    for _ in range(stage.plan.rounds):
        beside.append(_healthz(server, stage.plan.seconds))
        alone.append(_healthz(other, stage.plan.seconds))
    rows = []
    for name, place in (("p50", 0), ("p99", 1)):
        mine, other = (Samples([pair[place] for pair in pairs]) for pairs in (beside, alone))
        what = f"/healthz beside {SOCKETS:,} idle sockets, {name}"
        rows.append(ratio_row(what, mine, other, "without", NOTICED, log=DEFAULT_LEVEL, show=seconds_exactly))
    return rows


def near_quiet_row(
    what: str, quiet: Sequence[Sequence[float]], during: Sequence[Sequence[float]], detail: str = ""
) -> Row:
    """The 99th percentile of all that was timed during something: at most twice the quiet one, or 50 ms."""
    before, after = ([percentiles(values)[1] for values in rounds] for rounds in (quiet, during))
    calm, value = (percentiles(list(chain.from_iterable(rounds)))[1] for rounds in (quiet, during))
    goal = Goal(max(TIMES_QUIET * calm, NEAR_QUIET) * 1000, at_most=True, unit=" ms")
    milliseconds = [each * 1000 for each in after]
    return Row(
        what,
        DEFAULT_LEVEL,
        seconds_exactly(value),
        f"quiet: {seconds_exactly(calm)}{detail}",
        f"{number(value / calm)}×",
        spread_of(milliseconds, " ms"),
        goal.text(),
        judged(goal, value * 1000, milliseconds),
        rounds={"measured": after, "quiet": before},
    )


def seconds_exactly(value: float) -> str:
    return f"{value * 1000:.2f} ms" if value < 0.1 else seconds(value)


def _deliveries(server: Server, crowd: Crowd, turns: int) -> list[Row]:
    """From the commit of a notification to its arrival at all of its user's sockets."""
    engine = create_engine(f"sqlite:///{server.database}", connect_args={"timeout": 15})
    users = User.__table__
    with engine.connect() as connection:
        admin = connection.execute(users.select().where(users.c.username == "admin")).one().id
    committed: dict[int, float] = {}
    for turn in range(turns):
        row = {"user_id": admin, "event": Event.MAINTENANCE, "data": {"text": "t", "turn": turn}}
        with engine.begin() as connection:
            connection.execute(insert(Notification.__table__), [row | {"created_at": datetime.now(UTC)}])
        committed[turn] = time.time()
        # Not a multiple of the poller's rhythm.
        time.sleep(PAUSE)
    time.sleep(2)
    engine.dispose()
    late = [moment - committed[turn] for turn, moments in crowd.heard.items() for moment in moments]
    if len(late) != turns * LISTENERS:
        raise NotMeasured(f"{len(late)} of {turns * LISTENERS} notifications arrived")
    p50, p99 = (value * 1000 for value in percentiles(late))
    detail = f"{turns} notifications to {LISTENERS} sockets of one user; all arrived; worst {max(late) * 1000:.0f} ms"
    return [
        value_row("commit to arrival, p50", [p50], DELIVERY, log=DEFAULT_LEVEL, detail=detail),
        value_row("commit to arrival, p99", [p99], DELIVERY, log=DEFAULT_LEVEL),
    ]
