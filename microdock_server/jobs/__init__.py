"""The night shift: what is done beside requests."""
