"""The workshop: what may, must and has already been done. One file a noun; no HTTP in here."""
