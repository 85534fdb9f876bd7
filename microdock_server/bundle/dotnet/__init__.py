"""Reads PE images and .NET metadata (ECMA-335) within bounds. Nothing is ever run."""
