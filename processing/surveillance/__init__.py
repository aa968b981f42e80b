"""Surveillance of mining from satellite images: two dates in, alerts with area, certainty and licence out.

Reading: ``opening`` (what may be opened at all), ``product_files`` and ``metadata_xml`` (products as folder or zip),
``sentinel2``, ``landsat``, ``stack`` (each gives a ``scene``), ``masks``. One grid: ``grid``, ``pair``,
``registration``. Computing, on arrays only: ``score`` (MAD, IR-MAD, CVA), ``smoothing``, ``threshold``. Whole images in
blocks, with memory that does not grow: ``change_map``, ``objects``. In the map: ``alerts``, ``licences``.
"""
