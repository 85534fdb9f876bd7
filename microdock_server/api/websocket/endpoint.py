"""Notifications as they happen, over a WebSocket at `/ws`: who may connect, and what is said. See docs/api.md."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, request
from flask_sock import Sock  # type: ignore[import-untyped]

from ...addresses.client import counted
from ...clock import utcnow
from ...context import Context, context
from ...errors import ForeignOrigin, InvalidToken, Malformed
from ...messages import Language, Message
from ..core import auth
from ..core.envelopes import Refusal
from ..core.errors import refuse
from ..core.middleware import UPGRADED
from ..core.mounts import SOCKET
from ..core.request import language
from ..core.state import api_state
from ..core.surface import RATE_HEADERS, ROUTE
from .connection import Connection
from .hub import UNAUTHENTICATED, Hub, Member, frame

log = logging.getLogger(__name__)

HUB: Final = "microdock.hub"
HELLO_WITHIN: Final = 10.0
MAX_SENSELESS: Final = 5
TOO_MANY_OF_USER: Final = 4429
MAX_ID: Final = 2**63 - 1

# What is left of the request's headers when the handshake begins; anything else could only confuse it.
_HANDSHAKE: Final = ("HTTP_UPGRADE", "HTTP_CONNECTION", "HTTP_SEC_WEBSOCKET_KEY", "HTTP_SEC_WEBSOCKET_VERSION")
_PLACE: Final = "microdock.socket_place"
_LANGUAGE: Final = "microdock.socket_language"

live = Blueprint("live", __name__)
sock = Sock()


class _NoThread:
    """Stands where simple-websocket would start a second thread to read: the one that handles the socket does it."""

    def __init__(self, target: Callable[[], None]) -> None:
        self.name = ""

    def start(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message."""

    token: str
    last_id: int | None
    language: Language


def mount(app: Flask, context: Context) -> None:
    """Serve `/ws`, unless the settings turn it off."""
    settings = context.settings
    if settings.ws_max_connections:
        app.config["SOCK_SERVER_OPTIONS"] = {"thread_class": _NoThread}
        app.extensions[HUB] = Hub(
            context.autocommit, context.wakeups, settings.ws_max_connections, settings.ws_max_per_user
        )
        app.register_blueprint(live)


@live.before_request
def _admit() -> Response | None:
    """Before the upgrade: count the request, look at it, and take a place."""
    request.environ[ROUTE] = SOCKET
    request.environ[RATE_HEADERS] = api_state().limits.count(request.remote_addr or "", None)
    if request.method != "GET" or not _is_key(request.headers.get("Sec-WebSocket-Key", "")):
        raise Malformed()
    if request.headers.get("Sec-WebSocket-Version") != "13":
        refusal = Refusal(426, "malformed_request", Message("error.malformed_request"))
        return refuse(refusal, {"Sec-WebSocket-Version": "13", "Upgrade": "websocket"})
    if not api_state().origins.is_welcome(request.environ):
        raise ForeignOrigin()
    request.environ[_PLACE] = _hub().reserve(counted(request.remote_addr or ""))
    _strip(request.environ)
    return None


@live.teardown_request
def _leave(_error: BaseException | None) -> None:
    place = request.environ.pop(_PLACE, None)
    if place is not None:
        _hub().release(place)


@sock.route(SOCKET, bp=live)  # type: ignore[untyped-decorator]
def converse(server: Any) -> None:
    """The whole life of a socket. Nothing that goes wrong in it becomes an HTTP answer: it has been given."""
    connection = Connection(server.sock, server.ws)
    # The connection closes the socket; flask-sock shall not try.
    server.connected = False
    request.environ[UPGRADED]()
    with _hub().watching(connection):
        try:
            _serve(connection)
        except Exception:
            log.exception("a WebSocket failed")
            connection.close(1011, "internal error")
        finally:
            connection.end()


def _serve(connection: Connection) -> None:
    member = _authenticate(connection)
    if member is None:
        return
    try:
        member.catch_up(context().autocommit)
        _listen(connection)
    finally:
        _hub().leave(member)


def _authenticate(connection: Connection) -> Member | None:
    """The member that the first message makes; None where the connection is closed for it."""
    try:
        hello = _hello(connection.receive(HELLO_WITHIN))
        claims = auth.read(hello.token, "access")
        auth.believe(claims)
    except (TimeoutError, ValueError, InvalidToken):
        connection.close(UNAUTHENTICATED, "the first message must carry a valid access token")
        return None
    member = _hub().join(connection, claims, hello.language, hello.last_id)
    if member is None:
        connection.close(TOO_MANY_OF_USER, "too many connections of this user")
        return None
    _hub().introduce(request.environ[_PLACE])
    # Said only where it is so: whoever knows this message by its fields need not learn another.
    over = {"resync": True} if member.starts_over else {}
    connection.send(frame("auth_ok", user_id=claims.user_id, last_id=member.newest, timestamp=utcnow(), **over))
    return member


def _hello(text: str | None) -> Hello:
    """The first message, as it must be. Raises ValueError."""
    message = _parsed(text)
    token, last_id = message.get("token"), message.get("last_id")
    spoken = message.get("language", request.environ[_LANGUAGE])
    if message.get("type") != "auth" or not isinstance(token, str) or len(token) > auth.MAX_TOKEN:
        raise ValueError
    if last_id is not None and (type(last_id) is not int or not 0 <= last_id <= MAX_ID):
        raise ValueError
    if spoken not in ("zh", "en"):
        raise ValueError
    return Hello(token, last_id, spoken)


def _listen(connection: Connection) -> None:
    """Answer what comes, until the connection closes."""
    senseless = 0
    while (text := connection.receive()) is not None:
        if _is_ping(text):
            connection.send(frame("pong", timestamp=utcnow()))
            continue
        senseless += 1
        if senseless > MAX_SENSELESS:
            connection.close(1008, "too many messages that make no sense")
        connection.send(frame("error", message=Message("error.malformed_request").render(request.environ[_LANGUAGE])))


def _is_ping(text: str) -> bool:
    try:
        return _parsed(text).get("type") == "ping"
    except ValueError:
        return False


def _parsed(text: str | None) -> dict[str, Any]:
    """A JSON object. Raises ValueError for anything else."""
    try:
        message = json.loads(text or "")
    except RecursionError as reason:
        raise ValueError from reason
    if not isinstance(message, dict):
        raise ValueError
    return message


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _strip(environ: dict[str, Any]) -> None:
    """Leave what the handshake needs. Without extensions nothing is compressed: it would cost memory a connection."""
    environ[_LANGUAGE] = language()
    for name in [name for name in environ if name.startswith("HTTP_") and name not in _HANDSHAKE]:
        del environ[name]
    environ["HTTP_HOST"] = "localhost"


def _hub() -> Hub:
    found = current_app.extensions[HUB]
    assert isinstance(found, Hub)
    return found
