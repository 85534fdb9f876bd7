"""A surface: endpoints, each declared above a short view. The declaration is the whole contract.

    @host.operation("POST", "/plugins/detail", body=PluginRef, answer=PluginDetail, errors=(PluginNotFound,))
    def detail(body): ...

One declaration drives parsing, permission, rate limit, transaction, envelope, and the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, wraps
from typing import Any, Final, Literal

import orjson
from flask import Blueprint, Response, request
from werkzeug.datastructures import Headers
from werkzeug.routing import Map, Rule, UnicodeConverter

from ...addresses.client import counted
from ...database.unit_of_work import unit_of_work
from ...errors import DomainError, MalformedIfMatch, Unauthenticated
from ...messages import text
from ...schemas.base import Schema
from ...services.accounts import hashing
from ...services.accounts.tokens import Actor
from ...services.revisions import Expected
from . import auth, parsing, preconditions
from .envelopes import HostEnvelope
from .rate_limits import FAILURES
from .rendering import dumper
from .request import language, request_id
from .state import api_state

View = Callable[..., Any]

# Keys under which the middleware finds facts about a request.
RATE_HEADERS: Final = "microdock.rate_headers"
# A Content-Security-Policy header of its own, as a pair.
POLICY: Final = "microdock.policy"
ROUTE: Final = "microdock.route"
UNMATCHED: Final = "unmatched"


@dataclass(frozen=True, slots=True)
class Answer:
    """Data with headers of its own, or with another status and message than declared."""

    data: Any
    headers: Mapping[str, str] | Headers = field(default_factory=dict)
    status: int | None = None
    message: str | None = None


class Access(Enum):
    """Who may call an endpoint that needs no single permission."""

    PUBLIC = "public"
    # A request whose token is invalid counts as anonymous.
    OPTIONAL = "optional"
    # Anonymous, or the token's user; an invalid token is refused.
    GUEST = "guest"
    LOGGED_IN = "logged in"
    REFRESH = "refresh token"


# How a view uses the database: in one unit of work around it (one that writes the caller's rows alone, where it says
# "caller"), or in units that services open while they hash or receive.
Transaction = Literal["read", "write", "caller", "own"]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The declared contract of one endpoint."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    rule: str
    message: str = "success"
    status: int = 200
    access: Access | str = Access.PUBLIC
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    # A multipart form: its text fields and files. The view receives it, because only the view knows where files go.
    form: type[Schema] | None = None
    path: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    answer: type[Schema] | None = None
    many: bool = False
    # JSON Schema of an answer that is not an object. With neither, `data` is null.
    plain_answer: Mapping[str, Any] | None = None
    # The media type of answers that are files, not JSON.
    file_type: str | None = None
    # Repeat the data's fields beside the envelope's: the host document shows a login both ways.
    at_top: bool = False
    transaction: Transaction = "read"
    # The answer has a `revision`, also sent as `ETag`. Endpoints that change such a thing get the value of `If-Match`
    # as `expected`; their service compares it inside the unit of work that writes.
    conditional: bool = False
    # Errors that this endpoint refuses with, beside those its parts imply. A number is a status that it answers data
    # with.
    errors: tuple[type[DomainError] | int, ...] = ()
    # A rate limit of its own, in addition to the caller's; with `limited=False` nothing is counted.
    act: str | None = None
    limited: bool = True
    view: View

    @property
    def is_guarded(self) -> bool:
        """Does it make changes only at the revision that If-Match names?"""
        return self.conditional and self.method != "GET"

    @cached_property
    def body_schema(self) -> Schema | None:
        return self.body() if self.body else None

    @cached_property
    def query_schema(self) -> Schema | None:
        return self.query() if self.query else None

    @cached_property
    def dump(self) -> Callable[[Any], Any]:
        """The view's data as JSON: dumped by `answer`; as it is where there is none or it is rendered already."""
        if self.answer is None:
            return lambda data: data
        one = dumper(self.answer())

        def dump(data: Any) -> Any:
            if data is None or isinstance(data, orjson.Fragment):
                return data
            return [one(item) for item in data] if self.many else one(data)

        return dump


class Segment(UnicodeConverter):
    """A path segment. One with a control character matches no route: nothing has such a name."""

    def __init__(self, rules: Map, *args: Any, **options: Any) -> None:
        super().__init__(rules, *args, **options)
        self.regex = self.regex.replace("[^/]", r"[^/\x00-\x1f\x7f]")


class Route(Rule):
    """A URL rule whose functions that build URLs are compiled when a URL is built: no page of ours builds any, and of
    all rules they take 0.1 s of a start.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            return compiled(append_unknown)(rule, **values)

        return build


class Surface(Blueprint):
    """A blueprint that speaks one envelope."""

    def __init__(self, name: str, import_name: str, envelope: HostEnvelope) -> None:
        super().__init__(name, import_name)
        self.envelope = envelope
        self.endpoints: list[Endpoint] = []

    def operation(self, method: Any, rule: str, **contract: Any) -> Callable[[View], View]:
        """Declare an endpoint; `contract` holds Endpoint's fields."""

        def declare(view: View) -> View:
            endpoint = Endpoint(method=method, rule=rule, view=view, **contract)
            self.endpoints.append(endpoint)
            name = f"{view.__module__.rpartition('.')[2]}_{view.__name__}"
            self.add_url_rule(rule, name, _handler(self.envelope, endpoint), methods=[method])
            return view

        return declare


def _handler(envelope: HostEnvelope, endpoint: Endpoint) -> Callable[..., Response]:
    @wraps(endpoint.view)
    def handle(**arguments: Any) -> Response:
        request.environ[ROUTE] = route_of(request.url_rule)
        with _reading(endpoint):
            return answer(arguments)

    def answer(arguments: dict[str, Any]) -> Response:
        who = _admit(endpoint)
        if who is not None:
            arguments["actor"] = who
        if endpoint.query_schema is not None:
            arguments["query"] = parsing.query(endpoint.query_schema)
        # Where a form is accepted as well, the view receives whichever came.
        if endpoint.body_schema is not None and endpoint.form is None:
            with _counting_failures(endpoint, who):
                arguments["body"] = parsing.json_body(endpoint.body_schema)
        if endpoint.is_guarded:
            arguments["expected"] = _expected()
        with _counting_failures(endpoint, who), _transaction(endpoint, who):
            result = endpoint.view(**arguments)
            if isinstance(result, Response):
                return result
            found = result if isinstance(result, Answer) else Answer(result)
            # Inside the unit of work: the answer may read rows while it is rendered.
            data = endpoint.dump(found.data)
        return _respond(envelope, endpoint, found, data)

    return handle


def _admit(endpoint: Endpoint) -> Actor | None:
    """The caller, if they may call: identified, counted, authorized, in this order."""
    hashing.client.set(counted(request.remote_addr or ""))
    who, problem = _identify(endpoint.access)
    if endpoint.limited:
        headers = api_state().limits.count(request.remote_addr or "", who, endpoint.act)
        request.environ[RATE_HEADERS] = headers
    if problem is not None:
        raise problem
    if who is not None and not isinstance(endpoint.access, Access):
        auth.ensure_permitted(who, endpoint.access)
    return who


def _expected() -> Expected:
    try:
        return preconditions.expected(request.environ)
    except MalformedIfMatch:
        # Read the rest of the body: a client that is sending a form sees the answer only then.
        parsing.drain()
        raise


@contextmanager
def _counting_failures(endpoint: Endpoint, who: Actor | None) -> Iterator[None]:
    """For an action whose limit is on failures, count what is refused."""
    try:
        yield
    except DomainError:
        if endpoint.limited and endpoint.act in FAILURES:
            headers = api_state().limits.failed(request.remote_addr or "", who, endpoint.act)
            request.environ[RATE_HEADERS] = headers
        raise


def _identify(access: Access | str) -> tuple[Actor | None, Unauthenticated | None]:
    if access in (Access.PUBLIC, Access.REFRESH):
        return None, None
    if access is Access.GUEST and "Authorization" not in request.headers:
        return None, None
    try:
        return auth.actor(), None
    except Unauthenticated as problem:
        return None, None if access is Access.OPTIONAL else problem


def _reading(endpoint: Endpoint) -> AbstractContextManager[Any]:
    """One unit of work for authentication and answer, where no body is received in between."""
    if endpoint.transaction == "read" and endpoint.body is None:
        return unit_of_work(writing=False)
    return nullcontext()


def _transaction(endpoint: Endpoint, who: Actor | None) -> AbstractContextManager[Any]:
    if endpoint.transaction == "own":
        return nullcontext()
    if endpoint.transaction == "caller":
        assert who is not None
        return unit_of_work(of=who.id)
    return unit_of_work(writing=endpoint.transaction == "write")


def _respond(envelope: HostEnvelope, endpoint: Endpoint, answer: Answer, data: Any) -> Response:
    status = answer.status or endpoint.status
    message = text(answer.message or endpoint.message, language())
    body = envelope.success(status, message, data, request_id())
    if endpoint.at_top and isinstance(data, dict):
        body |= data
    response = Response(orjson.dumps(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if endpoint.conditional and isinstance(data, dict):
        response.headers["ETag"] = f'"{data["revision"]}"'
    response.headers.update(answer.headers)
    return response


def route_of(rule: Rule | None) -> str:
    """The rule that a request matched: metrics are by route, never by path."""
    return rule.rule if rule is not None else UNMATCHED
