"""Packages as people build them, from source, judged by a runtime as the host runs it: the review has to agree."""
