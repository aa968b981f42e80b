"""A province's gateway built from its OpenAPI contract: the other side of ``rest+https`` for tests."""
