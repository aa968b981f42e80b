"""Measure joined with limit: outcomes, findings and their sentences, one feature explained, two runs compared."""
