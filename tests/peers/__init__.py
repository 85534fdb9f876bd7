"""Servers that stand beside ours in tests, started from Debian's packages."""
