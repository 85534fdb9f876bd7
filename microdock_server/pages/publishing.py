"""What a developer does first. Served without the gallery too: the API is there all the same."""

from __future__ import annotations

from flask import Response

from .documents import kept
from .views import always, page
from .writing import Visit


@page("/help/publishing", always)
def publishing() -> Response:
    """From a package to a published plugin."""
    visit = Visit.of_request()
    return kept(lambda: visit.render("publishing.html"), visit)
