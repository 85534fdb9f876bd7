"""Addresses as operators and proxies write them: taken apart, checked, and never quoted."""
