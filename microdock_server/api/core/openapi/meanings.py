"""Meanings of fields, for the document: once per name, and per schema where it differs.

`Schema.field` wins over `field`; a field's own metadata wins over both. A test checks that no field is without a
meaning and that no meaning is unused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from . import field_names, release_fields, review_fields, schema_fields

FIELDS: Final = {**field_names.FIELDS, **schema_fields.FIELDS, **release_fields.FIELDS, **review_fields.FIELDS}

# In paths and query strings.
PARAMETERS: Final = {
    "appeal_id": "id of the appeal",
    "block_id": "id of the block",
    "category_id": "id of the category",
    "developer_id": "id of the developer's account",
    "image_id": "id of the image, from its URL",
    "job_id": "id of the job",
    "name": "the plugin's package name, ignoring case",
    "plugin_id": "the plugin's id or package name",
    "reply_id": "id of the saved reply",
    "review_id": "id of the review or rating",
    "user_id": "id of the account",
    "version": "the version, SemVer 2.0.0",
    "action": "what was done; one that ends in `.` is a prefix",
    "actor": "id of the acting account",
    "actor_name": "exact name of who acted; for the server itself, which has no id, too",
    "category": "slug or id of a category, with all below it",
    "developer": "id of the owner",
    "hidden": "only hidden ones, or only visible ones",
    "limit": "the maximum number per page",
    "order": "the sort direction",
    "page": "the page number, from 1",
    "path": "the path of a changed file, as the list gives it",
    "period": "the period of the statistics",
    "plugin": "only of the plugin with this name",
    "priority": "only with this priority",
    "reason": "only with this reason for review",
    "reported": "only reported ones, or only others",
    "reviewer": "id of the assigned reviewer",
    "role": "only with this role",
    "search": "words to search for",
    "since": "not before this time",
    "sort": "the sort key",
    "state": "only in this state: queued, running, done or failed",
    "status": "only with this status",
    "target": "a text in the target's name; what is about a plugin has the plugin's",
    "target_id": "id of the target",
    "target_type": "the kind of target",
    "unread": "only unread ones, or only read ones",
    "until": "before this time",
    "verification": "only with this verification status",
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
