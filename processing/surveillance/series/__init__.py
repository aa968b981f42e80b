"""Many dates of one place: what the season makes of it, and where it has left that for good.

``season`` (days to a design matrix), ``baseline`` (a harmonic regression per pixel), ``monitoring`` (CUSUM and MOSUM
with their boundaries), ``states`` (what each pixel knows: none, suspected, confirmed, ended), ``measure`` (a number per
pixel from bands), ``series_file`` (states and baseline as rasters, written whole), ``dates`` (scenes to read),
``follow`` (build and update), ``place`` and ``chart`` (one place over time), ``products`` (polygons of a run).
"""
