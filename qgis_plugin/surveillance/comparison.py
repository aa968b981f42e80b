"""Before and after on the map: both scenes as layers, the later one right of the line that is dragged across."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsCoordinateTransform, QgsMapLayer, QgsProject
from qgis.PyQt import sip

from ..language import tr
from ..map.swipe import Swipe
from . import images
from .scenes import Scene


class Comparison:
    """Shows one pair at a time; :meth:`end` takes the line away, the layers stay in the project."""

    def __init__(self, iface: Any) -> None:
        self.iface = iface
        self.swipe: Swipe | None = None
        self._after: QgsMapLayer | None = None

    def show(self, before: Scene, after: Scene, colours: str, *, simulated: bool) -> None:
        """Put both on the map. Raises :class:`InputError` where a decoded copy cannot be opened."""
        self.end()
        project = QgsProject.instance()
        left, right = images.add_pair(project, before, after, colours, simulated=simulated)
        root = project.layerTreeRoot()
        self._after = right
        root.findLayer(right.id()).setItemVisibilityChecked(False)  # it would hide the other side
        self._go_where_it_is(left)
        shown = {layer.id() for layer in root.checkedLayers()}
        beyond = [right if one == left else one for one in root.layerOrder() if one.id() in shown]
        mark = f" · {tr('plugin.surveillance.timeline.simulated')}" if simulated else ""
        names = [
            tr(f"plugin.surveillance.timeline.flag_{role}", day=scene.day) + mark
            for role, scene in (("before", before), ("after", after))
        ]
        self.swipe = Swipe(self.iface.mapCanvas(), beyond, (names[0], names[1]))

    def _go_where_it_is(self, layer: QgsMapLayer) -> None:
        """Move the map only if nothing of the scene is in sight."""
        canvas = self.iface.mapCanvas()
        change = QgsCoordinateTransform(layer.crs(), canvas.mapSettings().destinationCrs(), QgsProject.instance())
        place = change.transformBoundingBox(layer.extent())
        if not canvas.extent().intersects(place) or canvas.extent().width() > 50 * place.width():
            canvas.setExtent(place)
            canvas.refresh()

    def end(self) -> None:
        """The line goes; what was hidden for it is seen again."""
        swipe, self.swipe = self.swipe, None
        if swipe is not None:
            swipe.close()
        after, self._after = self._after, None
        if after is not None and not sip.isdeleted(after):
            node = QgsProject.instance().layerTreeRoot().findLayer(after.id())
            if node is not None:
                node.setItemVisibilityChecked(True)
