"""Two or many dates on one grid: reprojection, measured shifts, radiometry brought together."""
