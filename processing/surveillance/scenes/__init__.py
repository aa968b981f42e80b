"""What was seen and when: readers of products and catalogues, the library of scenes, the cache of decoded areas.

``reading`` opens whatever holds a scene; ``image`` gives its pixels on a grid. ``library`` is asked for scenes by area,
day, cloud and season and opens one on the library's one grid (``common_grid``, ``cache``); ``cataloguing`` brings
products in (``quality``, ``checksum``); ``stac`` and ``download`` bring them from elsewhere.
"""
