"""From a layer's declaration to everything QGIS shows of it: symbols, labels, form, constraints, relations, tips.

The declaration holds the data (fields, domains, the table ``[style]``), this room holds the kinds. The keys of
``[style]``, all optional:

``visible_to``, ``visible_from``
    the layer is drawn on maps of 1:``visible_from`` (larger) to 1:``visible_to`` (smaller)
``opacity``
    0 to 1, of the whole layer
``symbol``
    list of symbol layers, bottom first; each has a ``kind``: see :mod:`.symbols`
``by``
    field with a domain: one class for each of its values, in the domain's colours. The colour ``class`` in a symbol
    layer stands for the colour of the value, ``class/dark`` and ``class/light`` for its shades
``colours``
    value → hex: overrides the domain's colours
``class``
    list of ``{ value, symbol }``: values that have a symbol of their own
``rule``
    list of ``{ name = { vi, en }, where, symbol, colour, visible_to, visible_from }``: classes by QGIS expression,
    instead of ``by``; an empty ``where`` stands for all the rest
``crossings``
    true: lines of one layer join at their crossings (all casings below all fills)
``label``
    list of labels: see :mod:`.labels`
``tip``
    ids of the fields that the map tip shows
``extrusion``
    how its polygons stand as blocks in a 3D view: see :mod:`.extrusion`
``order``
    place among the layers of its kind in a project: larger is higher
"""

from .apply import apply, layer_id_of
from .products import apply_product
from .raster import apply_raster

__all__ = ["apply", "apply_product", "apply_raster", "layer_id_of"]
