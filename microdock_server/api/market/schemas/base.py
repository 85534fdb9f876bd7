"""Fields and helpers that several of the marketplace's schemas share."""

from __future__ import annotations

import copy
from typing import Any, Final

import marshmallow as ma
from marshmallow import fields as plain

from ....errors import Invalid
from ....schemas import fields
from ....schemas.base import Schema, StrictSchema
from ....services.paging import DEFAULT_LIMIT, page_count

MAX_LIMIT: Final = 100


class Page(Schema):
    """`page` and `limit` of a query string."""

    page = fields.Number(min=1, max=1_000_000, from_text=True, load_default=1)
    limit = fields.Number(min=1, max=MAX_LIMIT, from_text=True, load_default=DEFAULT_LIMIT)


class Pagination(Schema):
    page = plain.Integer(required=True)
    limit = plain.Integer(required=True)
    total = plain.Integer(required=True)
    pages = plain.Integer(required=True)


def pagination(query: dict[str, Any], total: int) -> dict[str, int]:
    """The position of an answer within a list."""
    limit = query["limit"]
    return {"page": query["page"], "limit": limit, "total": total, "pages": page_count(total, limit)}


def paged(name: str, item: type[Schema], **further: plain.Field[Any]) -> type[Schema]:
    """A schema of `{<name>: [item], pagination}`, with further members."""
    members = {
        name: plain.List(plain.Nested(item), required=True),
        "pagination": plain.Nested(Pagination, required=True),
        **further,
    }
    made = Schema.from_dict(members, name=f"{item.__name__}Page")
    made.__module__ = item.__module__
    return made  # type: ignore[return-value]


def shown(name: str, asked: type[Schema]) -> type[Schema]:
    """The answer form of a request's partial schema: with all its fields."""
    members = {field: copy.deepcopy(found) for field, found in asked().fields.items()}
    for found in members.values():
        found.required, found.load_default, found.dump_default = True, ma.missing, ma.missing
    made = Schema.from_dict(members, name=name)
    made.__module__ = asked.__module__
    return made  # type: ignore[return-value]


def stars() -> plain.Nested:
    """The number of ratings by number of stars."""
    return plain.Nested(_Stars, required=True)


_Stars = Schema.from_dict({str(number): plain.Integer(required=True) for number in range(5, 0, -1)}, name="Stars")
_Stars.__module__ = __name__


def revision_field() -> plain.String:
    """The field by which a client names the revision that it changes."""
    return plain.String(required=True, metadata={"description": "of what is saved together; in double quotes the ETag"})


class Link(Schema):
    """A document or other evidence, as a URL. The server never fetches it."""

    type = fields.Text(min=1, max=50, required=True)
    url = fields.Url(min=1, required=True)
    description = fields.Prose(max=1000, load_default="")


class Overridable(StrictSchema):
    """A decision on one's own submission, allowed with a reason where nobody else could decide."""

    override = fields.Flag(load_default=False)
    reason = fields.Text(
        max=2000, lines=True, load_default="", metadata={"description": "why it is overridden; for the audit log"}
    )


def override_of(body: dict[str, Any]) -> str | None:
    """The reason of an override; None if there is no override. Raises Invalid for a blank reason."""
    if not body["override"]:
        return None
    reason = str(body["reason"])
    if not any(char.isprintable() and not char.isspace() for char in reason):
        raise Invalid.field("reason", "field.required")
    return reason
