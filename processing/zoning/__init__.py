"""The planning-code check: rules as data, measures as functions, one place that joins them into verdicts.

Rooms: ``rulebook`` (rule files and the limit that holds), ``land`` (the measured map), ``subjects`` and ``measures``
(what is judged and how it is measured, by families), ``verdicts`` (measure and limit joined, explained, compared),
``volume`` (envelope, shadow), ``plans`` (plans against plans and the ground), ``sheets`` (what is handed out).
"""
