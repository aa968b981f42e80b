"""Publishing to the operations centre: what may leave, in which words, and a target written whole or not at all.

``mapping`` says what leaves (data: ``resources/ngsi/mapping``), ``selection`` takes it from the data set, ``geojson``,
``geopackage`` and ``entities`` give it its forms, ``drop`` is the folder target, ``publish`` joins them. Another kind
of target is another module beside ``drop``.
"""
