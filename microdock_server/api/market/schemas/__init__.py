"""Request and answer schemas of the marketplace surface, in its document's spelling."""
