"""What goes wrong around publishing, each fault by itself: the other side, the disk, the clock, the state, the data."""
