"""All that needs QGIS: life cycle, the engine's client, Processing algorithms, map tools, coordinates, projects.

It imports ``qgis``, the standard library, ``layers`` and ``engine/contract``; never a science library, which would
bring a second GDAL and PROJ into the planner's QGIS. The computing happens in the engine, a process of its own.
"""
