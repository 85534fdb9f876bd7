"""How gunicorn's worker meets its clients: whoever is slow, or comes in numbers, costs no thread that others need."""
