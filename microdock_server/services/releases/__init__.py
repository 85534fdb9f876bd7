"""Releases: which version of a plugin a host should have, and why no other."""
