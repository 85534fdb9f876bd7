"""Checks for all contract suites: every refusal has a slug that its operation lists."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, Response, request, request_finished

from microdock_server import MOUNTED
from microdock_server.api.core.openapi.refusals import refusals_of

LISTED = {
    (endpoint.method, f"{prefix}{endpoint.rule}"): refusals_of(surface.envelope, endpoint)
    for surface, prefix in MOUNTED
    for endpoint in surface.endpoints
}


@pytest.fixture(autouse=True)
def slugs_are_listed() -> Iterator[None]:
    """Every refusal that a test is answered with stands in the document, with its status and slug."""
    unlisted: set[tuple[str, str, int, str]] = set()

    def look(_: Flask, response: Response) -> None:
        method = "GET" if request.method == "HEAD" else request.method
        at = (method, request.url_rule.rule if request.url_rule else "")
        body = response.get_json(silent=True) if response.status_code >= 400 and at in LISTED else None
        if isinstance(body, dict) and body.get("error"):
            slug = body["error"] if isinstance(body["error"], str) else body["error"]["slug"]
            if slug not in LISTED[at].get(response.status_code, ()):
                unlisted.add((*at, response.status_code, slug))

    with request_finished.connected_to(look):
        yield
    assert unlisted == set()
