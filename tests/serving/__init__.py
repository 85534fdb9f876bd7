"""gunicorn's worker and its connections."""
