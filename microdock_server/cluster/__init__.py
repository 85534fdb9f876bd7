"""What nodes share besides the database, which is authoritative: Redis, and wake-ups."""
