"""In the layout window: a legend that has outgrown its place since its sheet was made is fitted again.

The data change, the map on the sheet is moved, a class is switched on: QGIS then lists more in the legend, which grows
over the title block. When QGIS has found out what the map shows, the legend is measured, and fitted where it needs it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from qgis.core import QgsLayoutItemLegend
from qgis.PyQt.QtCore import QObject

from ..language import tr
from . import legend
from .paper import sheet


class LegendKeeper(QObject):
    """Keeps the legends of the sheet that a layout window shows in their places, as long as the window is there."""

    def __init__(self, designer: Any) -> None:
        """``designer`` is a ``QgsLayoutDesignerInterface``. A layout that the plugin did not make is left alone."""
        super().__init__(designer.window())
        self._bar = designer.messageBar()
        self._warned = False
        for item in designer.layout().items():
            if isinstance(item, QgsLayoutItemLegend) and item.id() == legend.ITEM:
                item.model().hitTestCompleted.connect(partial(self.keep, item))

    def keep(self, item: QgsLayoutItemLegend) -> None:
        """Fit ``item`` again if it is too large for its place and still where it was put."""
        box = legend.box_of(item.page())
        place, needed = item.pagePositionWithUnits(), legend.measured(item)
        moved = abs(place.x() - box[0]) > 0.1 or abs(place.y() - box[1]) > 0.1
        if moved or (needed.width() <= box[2] and needed.height() <= box[3]):
            return
        if not legend.fit(item, box, item.page(), sheet()["legend_pt"]) and not self._warned:
            self._warned = True
            name = item.layout().name()
            self._bar.pushWarning(item.title(), tr("project.legend_too_long", name=name))
