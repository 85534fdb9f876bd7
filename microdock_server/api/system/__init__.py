"""Endpoints about the server as a whole: health, metrics, feeds, and the admin page's files."""
