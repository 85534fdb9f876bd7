"""Request bodies: read once, limited while they arrive, and refused with the domain's errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, Final

import marshmallow as ma
import orjson
from flask import request

from ...errors import (
    ClientTooSlow,
    Detail,
    FileTooLarge,
    Invalid,
    MalformedBody,
    ServerBusy,
    TooLarge,
    WrongContentType,
)
from ...messages import Message
from ...observability import metrics
from ...schemas import fields
from ...schemas.base import Schema
from ...serving.sockets import PlaceLost, SlowClient
from ...storage.incoming import human_size

MAX_JSON: Final = 1024 * 1024
# At most this many faults are reported for one request: a body may have a hundred thousand.
MAX_DETAILS: Final = 100
# A client sees the refusal of a body that is too large only once it has sent it: read on for a while.
MAX_DRAIN: Final = 512 * 1024 * 1024
CHUNK: Final = 1024 * 1024


def json_body(schema: Schema) -> dict[str, Any]:
    """The JSON body as `schema` reads it. Raises MalformedBody, WrongContentType, TooLarge or Invalid."""
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        drain()
        raise WrongContentType(expected="application/json")
    body = _read_small()
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as reason:
        raise MalformedBody() from reason
    return load(schema, data)


def query(schema: Schema) -> dict[str, Any]:
    """The query string as `schema` reads it; of a repeated name, the first value."""
    given = request.args.to_dict()
    for name, field in schema.load_fields.items():
        if isinstance(field, fields.Spaceless) and name in given:
            given[name] = field.from_query(given[name])
    return load(schema, given)


def load(schema: Schema, data: Any) -> dict[str, Any]:
    """`data` as `schema` reads it. Raises Invalid with a detail for each wrong field, up to a hundred."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ma.ValidationError as wrong:
        raise Invalid(details=list(islice(_details(wrong.messages), MAX_DETAILS))) from wrong
    return loaded


def drain() -> None:
    """Read the rest of the body, so that the client can see the answer; no longer than a body may take."""
    left = MAX_DRAIN
    with suppress(ClientTooSlow, ServerBusy), client_errors():
        while left > 0 and (chunk := request.stream.read(min(CHUNK, left))):
            left -= len(chunk)


@dataclass(frozen=True, slots=True)
class BodyReader:
    """The raw body in chunks of up to 1 MiB."""

    stream: IO[bytes]

    def chunks(self) -> Iterator[bytes]:
        while chunk := self.stream.read(CHUNK):
            yield chunk


@contextmanager
def client_errors() -> Iterator[None]:
    """Within this context, a truncated or badly framed body is a client error, whatever the server raises.

    So is one that arrives too slowly. One that lost its place to another request may be sent again.
    """
    try:
        yield
    except SlowClient as reason:
        raise ClientTooSlow from reason
    except PlaceLost as reason:
        metrics.busy("upload")
        raise ServerBusy from reason
    except Exception as reason:
        raise MalformedBody() from reason


def ensure_length(limit: int) -> None:
    """Refuse a body whose announced length means that its file is larger than `limit` bytes."""
    length = request.content_length
    if length is not None and length > limit + MAX_JSON:
        drain()
        raise FileTooLarge(limit=human_size(limit))


def _read_small() -> bytes:
    length = request.content_length
    if length is not None and length > MAX_JSON:
        drain()
        raise TooLarge(limit=human_size(MAX_JSON))
    with client_errors():
        body = request.stream.read(MAX_JSON + 1)
    if len(body) > MAX_JSON:
        drain()
        raise TooLarge(limit=human_size(MAX_JSON))
    return bytes(body)


def _details(messages: Any, path: str = "") -> Iterator[Detail]:
    """marshmallow's tree of messages as a flat list; `items.0.name` is a path."""
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            inner = path if key == "_schema" else f"{path}.{key}" if path else str(key)
            yield from _details(value, inner)
    elif isinstance(messages, list):
        for message in messages:
            yield from _details(message, path)
    else:
        message = messages if isinstance(messages, Message) else Message("field.characters")
        yield Detail(message, field=path or None, rule=message.key.partition(".")[2])
