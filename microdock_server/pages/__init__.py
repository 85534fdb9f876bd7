"""The gallery: what everybody may see of the marketplace, as pages made on the server. They need no script."""
