"""What rules say: files, levels, tables, the limit that holds; reading, checking, comparing and writing them."""
