"""The document's examples are what the server answers, and fit the schemas beside them."""

from __future__ import annotations

import os
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator

from microdock_server.api.core.openapi.examples import FILE

from ..support import Api
from .examples import record, recorded, shape, written


def test_the_examples_are_what_the_server_answers(app: Flask) -> None:
    found = record(app)
    if os.environ.get("RECORD_EXAMPLES"):
        FILE.write_text(written(found), encoding="utf-8")
    assert {name: shape(one) for name, one in recorded().items()} == {name: shape(one) for name, one in found.items()}


def test_the_examples_fit_the_schemas_and_stand_in_the_document(app: Flask) -> None:
    document: dict[str, Any] = Api(app).get("/openapi.json").get_json()
    shown = 0
    for operation in (one for path in document["paths"].values() for one in path.values()):
        contents = [*operation["responses"].values(), operation.get("requestBody", {})]
        for content in (content for one in contents for content in one.get("content", {}).items()):
            if "example" not in content[1] or content[0] != "application/json":
                continue
            shown += 1
            schema = {**content[1]["schema"], "components": document["components"]}
            errors = [error.message for error in Draft202012Validator(schema).iter_errors(content[1]["example"])]
            assert errors == [], operation["operationId"]
    assert shown > 130


def test_every_operation_has_an_example_of_request_and_answer(app: Flask) -> None:
    document: dict[str, Any] = Api(app).get("/openapi.json").get_json()
    names = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    # They take nothing, or answer what is no JSON of ours.
    image = "get_api_v1_marketplace_plugins_plugin_id_images_image_id"
    assert names - recorded().keys() == {"get_metrics", "get_openapi_json", image}
    for operation in (one for path in document["paths"].values() for one in path.values()):
        if operation["operationId"] in recorded():
            done = next(answer for status, answer in operation["responses"].items() if status < "300")
            bodies = operation.get("requestBody", {}).get("content", {}).values()
            assert not bodies or any("example" in body for body in bodies), operation["operationId"]
            assert "example" in done["content"].get("application/json", {"example": ""}), operation["operationId"]
            needed = [one for one in operation["parameters"] if one["in"] == "path"]
            assert all("example" in parameter for parameter in needed), operation["operationId"]
