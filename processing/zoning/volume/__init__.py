"""Room above the ground: the allowed envelope of a lot, what of a building lies outside, sun and shadow."""
