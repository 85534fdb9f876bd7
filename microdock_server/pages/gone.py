"""What is answered for plugins that were deleted."""

from __future__ import annotations

from flask import Response, redirect, request

from ..database.unit_of_work import unit_of_work
from ..errors import PluginNotFound
from ..services.plugins import tombstones
from .documents import shown
from .problems import refused
from .views import gallery
from .writing import Visit


@gallery.errorhandler(PluginNotFound)
def missing(error: PluginNotFound) -> Response:
    """410 for a deleted plugin that everybody could see, whatever of it was asked for; 404 for all others alike."""
    name = (request.view_args or {}).get("name", "")
    with unit_of_work(writing=False):
        deleted = tombstones.find_public(name)
    if deleted is None:
        return refused(error)
    visit = Visit.of_request()
    if deleted.name != name:
        return redirect(visit.plugin(deleted.name), 301)  # type: ignore[return-value]
    return shown(visit.render("gone.html", deleted=deleted), visit.language, 410)
