"""Engines, sessions, and the one place that commits."""
