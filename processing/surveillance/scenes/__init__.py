"""What was seen and when: readers of products and catalogues, the library of scenes, the cache of decoded areas."""
