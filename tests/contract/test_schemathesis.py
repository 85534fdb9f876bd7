"""Generated requests against the whole OpenAPI document: no answer may depart from what it says."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from ..support import Api, signed_in

GENERATED = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def slug_conformance(context: Any, response: Any, case: schemathesis.Case) -> None:
    """A refusal's slug is one of those that the document lists for its operation and status."""
    if response.status_code < 400 or case.operation.path in ("/api/health", "/readyz"):
        return
    path = unquote(urlsplit(response.request.url).path)
    if not case.operation.app.url_map.bind("localhost").test(path, case.method):
        # What stands for a name makes it another path, which leads nowhere.
        return
    body = response.json()
    slug = body["error"] if isinstance(body["error"], str) else body["error"]["slug"]
    listed = case.operation.definition.raw["responses"][str(response.status_code)]["x-slugs"]
    assert slug in listed, f"{slug} is not among {listed}"


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    slug_conformance,
]


def administrator(app: Flask) -> dict[str, str]:
    """A fresh token for every call: logging out is one of the calls."""
    return {"Authorization": f"Bearer {signed_in(app).token}"}


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_every_operation_keeps_to_the_document(
    app: Flask,
    subtests: pytest.Subtests,
    mode: schemathesis.GenerationMode,
) -> None:
    Api(app).upload()
    Api(app).back_up()
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    for found in schema.get_all_operations():
        operation = found.ok()
        with subtests.test(operation=operation.label):

            @GENERATED
            @given(case=operation.as_strategy(generation_mode=mode))
            def keeps_to_it(case: schemathesis.Case) -> None:
                # To make a request up costs more than to answer it: who may do nothing asks it, then who may do all.
                for caller in ({}, administrator(app)):
                    case.call_and_validate(checks=CHECKS, headers={"Accept-Encoding": "identity"} | caller)

            # In negative mode: it takes nothing that could be wrong.
            with suppress(Unsatisfiable):
                keeps_to_it()
