"""What the marketplace surface reads and writes, spelled as its document does."""
