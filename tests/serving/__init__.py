"""How the worker meets its clients."""
