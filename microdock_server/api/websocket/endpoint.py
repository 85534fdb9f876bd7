"""The WebSocket endpoint at `/ws`: who may connect, and the messages exchanged. See docs/api.md."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Flask, Response, current_app, request

from ...addresses.client import counted
from ...clock import utcnow
from ...context import Context, context
from ...errors import ForeignOrigin, InvalidToken, Malformed
from ...messages import LANGUAGES, Language, Message
from ..core import auth
from ..core.envelopes import Refusal
from ..core.errors import refuse
from ..core.middleware import UPGRADED
from ..core.mounts import SOCKET
from ..core.request import language
from ..core.state import api_state
from ..core.surface import RATE_HEADERS, ROUTE
from .hub import UNAUTHENTICATED, Hub, Member, frame

if TYPE_CHECKING:
    from .connection import Connection

log = logging.getLogger(__name__)

HUB: Final = "microdock.hub"
HELLO_WITHIN: Final = 10.0
MAX_SENSELESS: Final = 5
TOO_MANY_OF_USER: Final = 4429
MAX_ID: Final = 2**63 - 1

_PLACE: Final = "microdock.socket_place"
_LANGUAGE: Final = "microdock.socket_language"

live = Blueprint("live", __name__)


class _Upgraded(Response):
    """The response of a request that became a WebSocket: tells gunicorn that nothing is left to send."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """See werkzeug's Response. Under `flask run`, werkzeug's server needs a response to call."""
        if "gunicorn.socket" in environ:
            raise StopIteration
        return super().__call__(environ, start_response)


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
        app.extensions[HUB] = Hub(
            context.autocommit, context.wakeups, settings.ws_max_connections, settings.ws_max_per_user
        )
        app.register_blueprint(live)


@live.before_request
def _admit() -> Response | None:
    """Before the upgrade: count the request, check it, and reserve a place."""
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
    request.environ[_LANGUAGE] = language()
    return None


@live.teardown_request
def _leave(_error: BaseException | None) -> None:
    place = request.environ.pop(_PLACE, None)
    if place is not None:
        _hub().release(place)


@live.route(SOCKET, websocket=True)
def converse() -> Response:
    """The whole life of a WebSocket. No error in it becomes an HTTP response: that was sent already."""
    from .connection import upgraded  # noqa: PLC0415  (loads wsproto, which a server without WebSockets never needs)

    environ = request.environ
    sock = environ.get("gunicorn.socket") or environ["werkzeug.socket"]
    connection = upgraded(sock, environ["HTTP_SEC_WEBSOCKET_KEY"])
    environ[UPGRADED]()
    with _hub().watching(connection):
        try:
            _serve(connection)
        except Exception:
            log.exception("a WebSocket failed")
            connection.close(1011, "internal error")
        finally:
            connection.end()
    return _Upgraded()


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
    """The member that the first message introduces; None where that closed the connection."""
    try:
        hello = _hello(connection.receive(HELLO_WITHIN))
        claims = auth.read(hello.token, "access")
        auth.actor_of(claims)
    except (TimeoutError, ValueError, InvalidToken):
        connection.close(UNAUTHENTICATED, "the first message must carry a valid access token")
        return None
    member = _hub().join(connection, claims, hello.language, hello.last_id)
    if member is None:
        connection.close(TOO_MANY_OF_USER, "too many connections of this user")
        return None
    _hub().introduce(request.environ[_PLACE])
    # Sent only where it applies: existing clients know this message without the field.
    over = {"resync": True} if member.starts_over else {}
    connection.send(frame("auth_ok", user_id=claims.user_id, last_id=member.newest, timestamp=utcnow(), **over))
    return member


def _hello(text: str | None) -> Hello:
    """The first message, validated. Raises ValueError."""
    message = _parsed(text)
    token, last_id = message.get("token"), message.get("last_id")
    spoken = message.get("language", request.environ[_LANGUAGE])
    if message.get("type") != "auth" or not isinstance(token, str) or len(token) > auth.MAX_TOKEN:
        raise ValueError
    if last_id is not None and (type(last_id) is not int or not 0 <= last_id <= MAX_ID):
        raise ValueError
    if not isinstance(spoken, str) or spoken not in LANGUAGES:
        raise ValueError
    return Hello(token, last_id, spoken)


def _listen(connection: Connection) -> None:
    """Answer the client's messages until the connection closes."""
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
    """Parse a JSON object. Raises ValueError for anything else."""
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


def _hub() -> Hub:
    found = current_app.extensions[HUB]
    assert isinstance(found, Hub)
    return found
