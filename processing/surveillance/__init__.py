"""Surveillance of mining from satellite images: scenes in, alerts with area, certainty and licence out, cases kept.

Rooms, each of which may use those above it: ``scenes`` (what was seen, readers, grids), ``alignment`` (dates on one
grid), ``change`` (two dates to a map of change), ``series`` (many dates: season, departures, states), ``kinds`` (what a
change is; its ``indices`` are for all), ``terrain`` (elevation models: difference, volumes, depth), ``cases`` (what it
means for the inspector), ``accuracy`` (how right a map is, from a labelled sample). ``detect`` is the whole way over
two images, ``detect_series`` over many dates, ``night`` the watch that walks both, day by day.
"""
