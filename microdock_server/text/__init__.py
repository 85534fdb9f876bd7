"""Names and addresses as people write them, read and compared. It imports no other package of ours."""
