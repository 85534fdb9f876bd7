"""The OpenAPI document: valid, complete, and readable without internet."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from microdock_server import errors
from microdock_server.api.core.openapi import meanings
from microdock_server.errors import DomainError
from microdock_server.messages import CATALOGUE

from ..support import Api
from .conftest import LISTED

METHODS = {"GET", "POST", "PUT", "DELETE", "PATCH"}


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    answer = api.get("/openapi.json")
    assert answer.mimetype == "application/json"
    return dict(answer.get_json())


# What people read: no part of the API.
PAGES = {"gallery", "pages"}


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method.upper() in METHODS
    ]


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_it_describes_exactly_the_routes_that_exist(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method in METHODS and not rule.rule.startswith(("/docs", "/admin")) and not rule.websocket
        if rule.endpoint.partition(".")[0] not in PAGES
    }
    alias = {(method, path) for method, path in routes if path.startswith("/v1/")}
    assert {(method, path) for method, path, _ in operations(document)} == routes - alias


def test_the_host_surface_uses_get_and_post_and_no_parameters_in_paths(document: dict[str, Any]) -> None:
    host = [
        (method, path)
        for method, path, _ in operations(document)
        if path.startswith("/api/") and not path.startswith("/api/v1/")
    ]
    assert len(host) >= 21
    assert {method for method, _ in host} == {"GET", "POST"}
    assert not [path for _, path in host if "{" in path]


def test_what_stands_at_api_v1_stands_at_v1_as_well_and_is_named_once(app: Flask, document: dict[str, Any]) -> None:
    every = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    long = {(method, path.removeprefix("/api")) for method, path in every if path.startswith("/api/v1/")}
    assert len(long) > 60
    assert long == {(method, path) for method, path in every if path.startswith("/v1/")}
    assert document["x-aliases"] == {"/v1": "/api/v1"}
    assert "`/v1`" in document["info"]["description"]


def test_topics_stand_in_the_order_of_reading(document: dict[str, Any]) -> None:
    topics = [tag["name"] for tag in document["tags"]]
    used = [operation["tags"] for _, _, operation in operations(document)]
    assert {tuple(tags) for tags in used} == {(topic,) for topic in topics}
    assert topics.index("Host: plugins") < topics.index("Plugins") < topics.index("Reviews") < topics.index("Users")
    assert all(tag["description"].endswith(".") for tag in document["tags"])


def test_refusals_list_their_slugs_and_each_has_its_text(document: dict[str, Any]) -> None:
    found = set()
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if "x-slugs" in answer:
                found |= set(answer["x-slugs"])
                # What every contract test is held to, generated requests among them.
                assert answer["x-slugs"] == LISTED[method, re.sub(r"{(\w+)}", r"<\1>", path)][int(status)]
                assert all(f"`{slug}`" in answer["description"] for slug in answer["x-slugs"])
            else:
                assert int(status) < 400 or path in ("/api/health", "/readyz")
    assert len(found) > 60
    assert not [slug for slug in found if f"error.{slug}" not in CATALOGUE]


def test_every_refusal_of_an_operation_is_raised_by_one(document: dict[str, Any]) -> None:
    said = {
        slug for _, _, one in operations(document) for a in one["responses"].values() for slug in a.get("x-slugs", ())
    }
    # On the command line, of the live connection, of the web's origins, and bases of others.
    elsewhere = {"developer_exists", "too_many_sockets", "host_not_allowed"}
    kinds = {kind.slug for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DomainError)}
    assert kinds - said == elsewhere | {"malformed_request", "storage_unavailable"}


# What is free-form, and stays so. Whoever reads an event or a line of the log shows what they know of it.
FREE = {"MarketAuditEntry.details"}


def open_ends(node: Any, place: str = "") -> list[str]:
    """Where a schema says `object` without saying its fields, or nothing at all."""
    if isinstance(node, list):
        return [found for one in node for found in open_ends(one, place)]
    if not isinstance(node, dict):
        return []
    is_object = "object" in node.get("type", ())
    says = "properties" in node or node.get("additionalProperties") not in (None, {}, True)
    found = [place] if is_object and not says else []
    for name, inner in node.get("properties", {}).items():
        found += [f"{place}.{name}"] if not {"type", "$ref", "anyOf", "allOf", "const"} & inner.keys() else []
        found += open_ends(inner, f"{place}.{name}")
    parts = [node[name] for name in ("items", "anyOf", "allOf", "additionalProperties") if name in node]
    return found + [one for part in parts for one in open_ends(part, place)]


def test_every_schema_says_its_fields(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert {place for name, schema in schemas.items() for place in open_ends(schema, name)} == FREE
    assert all(schemas[name]["properties"][field]["description"] for name, field in (one.split(".") for one in FREE))


def test_every_answer_says_its_fields(document: dict[str, Any]) -> None:
    contents = [
        (path, media_type, content["schema"])
        for _, path, operation in operations(document)
        for answer in [*operation["responses"].values(), operation.get("requestBody", {})]
        for media_type, content in answer.get("content", {}).items()
    ]
    assert len(contents) > 500
    assert {path for path, _, schema in contents if open_ends(schema, path)} == {"/openapi.json"}
    files = [(path, schema) for path, media_type, schema in contents if media_type in ("application/zip", "image/*")]
    assert files and all(schema == {"type": "string", "format": "binary"} for _, schema in files)


def test_every_field_and_parameter_has_a_meaning_and_no_meaning_is_left_over(document: dict[str, Any]) -> None:
    found = list(meanings.fields_of(document))
    assert len(found) > 600
    assert [f"{name}.{field}" for name, field, says in found if len(says.get("description", "")) < 4] == []
    used = {key for name, field, _ in found for key in meanings.keys(name, field)}
    assert meanings.FIELDS.keys() <= used
    parameters = [parameter for _, _, operation in operations(document) for parameter in operation["parameters"]]
    assert all(parameter["description"] for parameter in parameters)
    assert meanings.PARAMETERS.keys() <= {parameter["name"] for parameter in parameters}


def test_every_operation_is_described_in_a_sentence(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        assert re.fullmatch(r"[A-Z].*[.?] [A-Z].*\.", operation["description"]), path
        assert operation["description"].startswith(operation["summary"])


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_every_operation_has_a_summary_and_a_tag(document: dict[str, Any]) -> None:
    assert [path for _, path, found in operations(document) if not found["summary"] or not found["tags"]] == []


def test_who_needs_a_token_is_said(document: dict[str, Any]) -> None:
    secured = {path for _, path, found in operations(document) if found.get("security") == [{"bearer": []}]}
    assert {"/api/plugins/delete", "/api/backups/list-all", "/api/v1/plugins/installed"} <= secured
    assert not {"/api/plugins/upload", "/api/auth/login", "/api/v1/auth/register"} & secured


def test_forms_are_one_multipart_body(document: dict[str, Any]) -> None:
    body = document["paths"]["/api/plugins/upload"]["post"]["requestBody"]["content"]
    assert set(body) == {"multipart/form-data"}
    reference = body["multipart/form-data"]["schema"]["$ref"].rpartition("/")[2]
    schema = document["components"]["schemas"][reference]
    assert set(schema["properties"]) == {"file", "plugin_key", "upload_secret", "rollout"}
    assert sorted(schema["required"]) == ["file", "plugin_key"]
    assert schema["properties"]["file"]["format"] == "binary"


class Links(HTMLParser):
    """Everything a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href") and value]


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_the_documentation_page_loads_nothing_from_elsewhere(api: Api, path: str) -> None:
    page = api.get(path)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    links = Links()
    links.feed(page.text)
    assert any(link.endswith(".js") for link in links.found)
    for link in links.found:
        assert link.startswith("/docs/"), link
        assert api.get(link).status_code == 200, link


def test_the_documentation_page_reads_our_document(api: Api) -> None:
    page = api.get("/docs/").text
    assert '"url": "/openapi.json"' in page
    assert '"filter": true' in page
    assert "petstore" not in page


def test_the_documentation_page_may_run_its_scripts_but_load_none_from_elsewhere(api: Api) -> None:
    policy = api.get("/docs/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "http" not in policy
