"""gunicorn's worker and its connections: slow or numerous clients take no thread that others need."""
