"""What every surface is built from: endpoints, envelopes, parsing, permissions, limits and middleware."""
