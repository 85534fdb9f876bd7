"""What several nodes share beside the database, which stays the truth about everything: a Redis, and wake-ups."""
