"""Servers that tests need beside our own, started by the tests."""
