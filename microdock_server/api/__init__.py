"""The HTTP layer: three API surfaces, WebSocket and system endpoints. Only this package reads requests."""
