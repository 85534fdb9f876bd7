"""Serves the pages."""

from __future__ import annotations

from typing import Final

from flask import Flask

from . import gone, machines, publishing, results, rule_help
from .views import always, gallery

# They declare their files and pages when they are imported.
DECLARED: Final = (gone, machines, publishing, results, rule_help)


def register(app: Flask, *, shows_gallery: bool) -> None:
    """Serve the help pages, and the gallery where it is shown."""
    app.register_blueprint(always)
    if shows_gallery:
        app.register_blueprint(gallery)
