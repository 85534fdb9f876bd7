"""Automatic review: facts are gathered from the package and the catalogue, rules judge them, a table scores them."""
