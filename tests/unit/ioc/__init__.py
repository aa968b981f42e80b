"""Publishing: what leaves, in which form, and that it arrives whole."""
