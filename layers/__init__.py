"""The vocabulary, standard library only: layers, fields, domains, coordinates, provinces, messages, errors.

Everything that several rooms must name alike is declared here once; QGIS and the engine both read it.
"""
