"""A kit for printed documents, of whatever area: what a page holds, drawings of the map, and two writers.

``blocks`` is the vocabulary (headings, tables, cards, pictures); ``drawing`` and ``map_sheet`` draw geometry on paper;
``pdf`` and ``html`` write the same blocks to paper and to the screen; ``fonts`` are the letters. Nothing here knows a
rule or a layer: an area says what stands on its sheets (``zoning/report.py``) and hands the blocks over.
"""
