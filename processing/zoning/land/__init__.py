"""The measured map: what is read, which geometry is sound, how lots, buildings, streets and zones lie to each other."""
