"""How right a change map is, after Olofsson et al. 2014 (Remote Sens. Environ. 148, 42-57): a stratified random sample,
labels given by people, accuracy and area with their intervals. Pixels counted in a map are no estimate of an area.

``design`` says how many points and where in which stratum, ``strata`` cuts the map of a run into strata and draws the
points, ``estimate`` computes accuracy and area from the labels, ``page`` writes them as a document.
"""
