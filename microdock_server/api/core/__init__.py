"""What every surface is made of: endpoints, envelopes, parsing, permission, limits and the layers around them."""
