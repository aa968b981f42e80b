"""Other sides for tests, written to their specifications and apart from the product: nothing of ``dothi`` is used."""
