"""Data sets on disk: create, read, check, import; run files beside them; coordinates of frames and arrays."""
