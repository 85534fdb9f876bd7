"""Endpoints about the server as a whole: health, metrics, and the admin page's files."""
