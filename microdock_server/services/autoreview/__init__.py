"""Automatic review: gathers facts from package and catalogue, applies rules to them, and computes scores."""
