"""Two dates to a map of change: scores, smoothing, thresholds, blocks, objects."""
