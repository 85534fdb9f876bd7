"""Addresses as operators and proxies write them: parsed and checked, and never quoted in an error."""
