"""The inspector's desk: a window of its own, in the engine's environment, where people label the points of a sample.

``imagery`` (where the scenes of a run lie, both dates cut out around a point) and ``session`` (the points, one
labeller's labels, undo, progress) know no Qt. ``loading`` and ``saving`` do their work in threads; ``chip_view``,
``label_panel``, ``ending`` and ``start`` are parts of ``window``. Needs PySide6 (``requirements/desk.lock``), which the
engine does not: ``make desk``, or ``python -m dothi.desk``.
"""
