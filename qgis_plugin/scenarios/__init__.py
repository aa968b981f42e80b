"""Scenarios in QGIS: unsaved edits kept as a scenario, its differences on the map, indicators and maps side by side."""
