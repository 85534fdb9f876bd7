"""Live notifications: the endpoint at `/ws`, its connections, and the hub of a process."""
