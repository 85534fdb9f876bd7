"""Releases: which version of a plugin a host should have, and why no other.

What decides and reads stands here; what acts stands in `releasing`, because acts need `plugins`, which asks here.
"""
