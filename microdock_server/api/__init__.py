"""Reception: the surfaces, and what they share. Requests are read here and nowhere below."""
