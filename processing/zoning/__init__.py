"""The planning-code check: rules as data, measures as functions, one place that joins them into verdicts.

``rules`` and ``packs`` read the rule files; ``limits`` looks a limit up; ``overlay``, ``lots`` and ``streets`` measure
the map; ``measures`` is the registry of formulas; ``judge`` gives the verdicts; ``findings`` writes them down for
people; ``check`` is all of it over the layers of one data set.
"""
