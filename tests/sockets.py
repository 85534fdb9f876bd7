"""WebSockets as tests use them: clients that are not ours, on a real server and beside an application on its data."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import struct
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import requests
import websocket
from flask import Flask
from websocket import ABNF, WebSocket

from microdock_server.api.core.auth import sign
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.services import accounts, notifications
from microdock_server.services.accounts import tokens
from microdock_server.vocabulary import Event

from .live import Server
from .support import add_user

Starter = Callable[..., Server]
CLOSE = ABNF.OPCODE_CLOSE
# No promise: after so long something hangs.
SECONDS = 60.0


class Socket:
    """A client's end of a WebSocket, closed with the test."""

    def __init__(self, server: Server, **options: Any) -> None:
        options.setdefault("suppress_origin", True)
        url = options.pop("url", f"ws://127.0.0.1:{server.port}/ws")
        self.raw: WebSocket = websocket.create_connection(url, timeout=SECONDS, **options)

    def say(self, **message: Any) -> None:
        self.raw.send(json.dumps(message))

    def hear(self) -> dict[str, Any]:
        """The next message; fails where the server closes instead."""
        opcode, data = self.raw.recv_data()
        assert opcode == ABNF.OPCODE_TEXT, (opcode, data)
        message: dict[str, Any] = json.loads(data)
        return message

    def closed_with(self) -> tuple[int, str]:
        """The close frame's code and reason; what comes before it is passed over."""
        while True:
            opcode, data = self.raw.recv_data()
            if opcode == CLOSE:
                return struct.unpack("!H", data[:2])[0], data[2:].decode()


class SocketHarness:
    """A server, an application on its data, and sockets to it."""

    def __init__(self, server: Server, app: Flask) -> None:
        self.server, self.app = server, app
        self.sockets: list[Socket] = []
        self.users = 0

    def user(self) -> str:
        """The name of a new user, who has nothing unread: announcements of the second in which the account is created
        count as later ones.
        """
        self.users += 1
        name = f"listener{self.users}-{os.urandom(4).hex()}"
        add_user(self.app, name)
        user_id = self.id_of(name)
        with self.app.app_context(), unit_of_work():
            notifications.mark_read(user_id, None)
        return name

    def token(self, username: str, lifetime: float = 3600) -> str:
        with self.app.app_context(), unit_of_work(writing=False):
            user = accounts.find(username)
            assert user is not None
            return sign(tokens.host_token(user, timedelta(seconds=lifetime)))

    def id_of(self, username: str) -> str:
        with self.app.app_context(), unit_of_work(writing=False):
            user = accounts.find(username)
            assert user is not None
            return str(user.id)

    def open(self, **options: Any) -> Socket:
        found = Socket(self.server, **options)
        self.sockets.append(found)
        return found

    def join(self, username: str, **fields: Any) -> Socket:
        """A socket on which this user is known; what `auth_ok` said is `.welcome`."""
        found = self.open()
        found.say(type="auth", token=self.token(username), **fields)
        assert found.hear()["type"] == "auth_ok"
        return found

    def tell(self, username: str | None, **data: Any) -> None:
        """Notify a user (None: everybody) that a plugin has another status."""
        user_id = self.id_of(username) if username else None
        with self.app.app_context(), unit_of_work():
            notifications.notify(user_id, Event.STATUS_CHANGED, **{"plugin_name": "p", "new_status": "s", **data})

    def has_nothing_more(self, found: Socket, username: str) -> bool:
        """Is what this user is told now the next that comes on the socket, so that nothing else was on its way?

        Notifications are handed out in order, and whoever is sent away for what happened before is sent away before.
        """
        mark = os.urandom(8).hex()
        self.tell(username, mark=mark)
        return found.hear()["data"].get("mark") == mark

    def latest(self) -> int:
        return notifications.latest_id(self.app.extensions["microdock"].autocommit)


@contextlib.contextmanager
def socket_harness(server: Server) -> Iterator[SocketHarness]:
    with server.application() as app:
        harness = SocketHarness(server, app)
        try:
            yield harness
        finally:
            for one in harness.sockets:
                with contextlib.suppress(OSError, websocket.WebSocketException):
                    one.raw.shutdown()


def upgrade(server: Server, method: str = "GET", **headers: str | None) -> requests.Response:
    """A request for an upgrade, of which only the refusal is of interest."""
    usual = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    changed = {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return server.client.call(method, "/ws", headers={k: v for k, v in changed.items() if v is not None}, timeout=60)
