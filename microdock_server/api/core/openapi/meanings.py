"""Meanings of fields, for the document: once per name, and per schema where it differs.

`Schema.field` wins over `field`; a field's own metadata wins over both. A test checks that no field is without a
meaning and that no meaning is unused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from . import field_names, schema_fields

FIELDS: Final = {**field_names.FIELDS, **schema_fields.FIELDS}

# In paths and query strings.
PARAMETERS: Final = {
    "appeal_id": "id of the appeal",
    "category_id": "id of the category",
    "developer_id": "id of the developer's account",
    "image_id": "id of the picture, as its address shows it",
    "plugin_id": "the plugin's id or package name",
    "review_id": "id of the review or rating",
    "user_id": "id of the account",
    "version": "the version, SemVer 2.0.0",
    "action": "what was done; ending in `.`, all that begins so",
    "actor": "id of who did it",
    "category": "id of a category, with all below it",
    "developer": "id of the owner",
    "hidden": "only those that are hidden, or that are not",
    "limit": "how many a page has at most",
    "order": "which way it is sorted",
    "page": "which page, from 1",
    "period": "of which period the numbers are",
    "priority": "only of this priority",
    "reason": "only what is in the queue for this",
    "reported": "only those that were reported, or that were not",
    "reviewer": "id of whose they are",
    "role": "only of this role",
    "search": "words to look for",
    "since": "not before this moment",
    "sort": "what it is sorted by",
    "status": "only of this status",
    "target_id": "id of what it was done to",
    "target_type": "the kind of what it was done to",
    "unread": "only what is unread, or what is read",
    "until": "before this moment",
    "verification": "only of this status of verification",
}


def describe(document: dict[str, Any]) -> None:
    """Give every field and parameter of a document its meaning, unless it has one."""
    for name, field, found in fields_of(document):
        if "description" not in found:
            found["description"] = meaning(name, field)
    for operation in (one for path in document["paths"].values() for one in path.values()):
        for parameter in operation["parameters"]:
            if "description" not in parameter:
                parameter["description"] = PARAMETERS[parameter["name"]]


def fields_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each named schema's fields: the schema's name, the field's name, and its description."""
    for name, schema in document["components"]["schemas"].items():
        for field, found in schema.get("properties", {}).items():
            yield name, field, found


def keys(schema: str, field: str) -> tuple[str, ...]:
    """The keys under which a field's meaning may be found, best first: schema with surface, schema, field alone."""
    short = schema.removeprefix("Host").removeprefix("Market").removeprefix("Installs")
    return f"{schema}.{field}", f"{short}.{field}", field


def meaning(schema: str, field: str) -> str:
    """A field's meaning. Raises KeyError where none is declared."""
    key = next((key for key in keys(schema, field) if key in FIELDS), field)
    return FIELDS[key]
