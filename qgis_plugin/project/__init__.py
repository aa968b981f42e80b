"""The QGIS project of a data set, made from the catalogue: groups, styles, forms, relations, themes, places, drawings.

:func:`builder.build` makes the ``.qgz``; ``resources/styles/project.toml`` says what it is made of, and
``resources/layouts`` how a drawing is laid out.
"""
