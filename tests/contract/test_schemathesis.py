"""Generated requests for the whole OpenAPI document: every answer must conform to it."""

from __future__ import annotations

from contextlib import suppress

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

from ..peers import postgresql
from ..support import Api, signed_in

GENERATED = settings(
    # How requests are made up and read, and answers checked, is the same on PostgreSQL, and asked in full on SQLite:
    # there so many are enough to have each operation ask the database. Making them up is most of what this takes.
    max_examples=3 if postgresql.is_wanted() else 12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
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
