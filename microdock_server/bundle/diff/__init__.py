"""What changed in one file between two packages: facts about both sides, and texts line by line."""
