"""Pick a lot, see its edges by kind, click one and say what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qgis.core import Qgis, QgsFeature, QgsGeometry, QgsPointXY, QgsProject, QgsVectorLayer
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapToolIdentify, QgsRubberBand
from qgis.PyQt import sip
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QAction, QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import QLabel, QMenu, QMessageBox

from ...engine.contract import zoning_seeing
from ...layers import catalogue
from ...layers.errors import DothiError, EnvironmentTroubleError
from ..language import language, tr
from ..project_data import data_of_project
from ..serve_client import ServeClient
from . import edge_corrections as corrections
from . import place
from .unsaved import uid_of

_NEAR_PX = 8  # a click so close to an edge means the edge
_WIDTH = 4
_CHOSEN_WIDTH = 7


@dataclass(frozen=True)
class Edge:
    """A stretch of outline in the system of the parcel layer; ``decided``: a planner said so."""

    kind: str
    street: str | None
    label: str
    line: QgsGeometry
    decided: bool


class EdgeTool(QgsMapToolIdentify):
    """A click on an edge of the picked lot asks for its kind, any other picks a lot."""

    def __init__(self, canvas: QgsMapCanvas, clicked: Callable[[QgsMapMouseEvent], None]) -> None:
        super().__init__(canvas)
        self._clicked = clicked
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Called by QGIS at the end of a click."""
        self._clicked(event)


class LotEdges:
    """The tool, what it draws, and the warm engine behind it."""

    def __init__(self, iface: Any, action: QAction) -> None:
        self.iface, self.canvas = iface, iface.mapCanvas()
        self.client = ServeClient()
        self.tool = EdgeTool(self.canvas, self._click)
        self.tool.setAction(action)
        self.tool.deactivated.connect(self._clear)
        self.lot = ""
        self.layer: QgsVectorLayer | None = None
        self.edges: list[Edge] = []
        self._computed: list[Mapping[str, Any]] = []
        self._question = 0
        self._bands: list[QgsRubberBand] = []
        self._before: Any = None
        self._watched: QgsVectorLayer | None = None
        self.legend = QLabel(self.canvas)
        self.legend.setStyleSheet("background:rgba(255,255,255,235);border:1px solid #9aa5ad;padding:6px;color:#14202b")
        self.legend.move(10, 10)
        self.legend.hide()

    def use(self, wanted: bool) -> None:
        """Switch the tool on or off."""
        if not wanted:
            self.canvas.unsetMapTool(self.tool)
            if self._before is not None:
                self.canvas.setMapTool(self._before)
            return
        self._before = self.canvas.mapTool() if self.canvas.mapTool() is not self.tool else self._before
        self.canvas.setMapTool(self.tool)
        self._tell(tr("plugin.edges.pick" if data_of_project() else "plugin.explain.no_data"))

    # What was clicked.

    def _click(self, event: QgsMapMouseEvent) -> None:
        at = self.edge_at(event.mapPoint())
        if at is not None:
            self._offer(at, event)
            return
        mode = QgsMapToolIdentify.IdentifyMode.TopDownStopAtFirst
        for layer in corrections.lots(QgsProject.instance(), data_of_project()):
            found = self.tool.identify(event.pos().x(), event.pos().y(), [layer], mode)
            if found:
                self.pick(layer, found[0].mFeature)
                return
        self._clear()
        self._tell(tr("plugin.edges.pick"))

    def edge_at(self, point: QgsPointXY) -> int | None:
        """Number of the nearest edge within reach of a click at ``point`` (of the map); None for none."""
        if not self.edges or self._gone():
            return None
        here = self.canvas.mapSettings().mapToLayerCoordinates(self.layer, point)
        away = self.canvas.mapSettings().mapToLayerCoordinates(
            self.layer, QgsPointXY(point.x() + _NEAR_PX * self.canvas.mapUnitsPerPixel(), point.y())
        )
        place_ = QgsGeometry.fromPointXY(here)
        distance, number = min((edge.line.distance(place_), number) for number, edge in enumerate(self.edges))
        return number if distance <= here.distance(away) else None

    def pick(self, layer: QgsVectorLayer, feature: QgsFeature) -> None:
        """Ask for the edges of a lot and show them when they come."""
        self._clear()
        uid = uid_of(layer, feature)
        if not uid or feature.id() < 0:
            self._tell(tr("plugin.explain.no_uid"))
            return
        self.lot, self.layer = uid, layer
        self._ask()

    def _ask(self) -> None:
        if not self.lot:
            return
        self.client.forget(self._question)
        asked = {"data": data_of_project(), "uid": self.lot}
        try:
            self._question = self.client.ask(zoning_seeing.EDGES_OF_LOT, asked, self._answered, self._refused)
        except EnvironmentTroubleError as error:
            self._refused(error)

    def _answered(self, value: Mapping[str, Any]) -> None:
        self._computed = value["edges"]
        self.show()

    # What is shown.

    def show(self) -> None:
        """Draw the edges as computed, those that were decided since, saved or not, in their kind."""
        if not self.lot or self._gone():
            self._clear()
            return
        decided = self._decided()
        self.edges = []
        for one in self._computed:
            line = QgsGeometry.fromWkt(one["wkt"])
            kind, street, mine = one["kind"], one["street"], bool(one["corrected"])
            for feature in decided:
                if corrections.same(feature.geometry(), line):
                    kind, street, mine = str(feature["kind"]), feature["street"] or None, True
            self.edges.append(Edge(kind, street, str(one["label"] or ""), line, mine))
        self._draw()
        self._legend()

    def _decided(self) -> list[QgsFeature]:
        layer = place.layer_of(corrections.LAYER, data_of_project())
        if layer is None:
            return []
        if self._watched is not layer:
            self._unwatch()
            self._watched = layer
            layer.afterCommitChanges.connect(self._ask)
            layer.afterRollBack.connect(self.show)
        return corrections.of_lot(layer, self.lot)

    def _unwatch(self) -> None:
        watched, self._watched = self._watched, None
        if watched is not None and not sip.isdeleted(watched):  # a project that is closed takes its layers along
            watched.afterCommitChanges.disconnect(self._ask)
            watched.afterRollBack.disconnect(self.show)

    def _draw(self, chosen: int = -1) -> None:
        self._undraw()
        colours = catalogue.domains()["lot_edge_kind"].colours
        for number, edge in enumerate(self.edges):
            band = QgsRubberBand(self.canvas, Qgis.GeometryType.Line)
            band.setToGeometry(edge.line, self.layer)
            band.setColor(QColor(colours.get(edge.kind, "#969696")))
            band.setSecondaryStrokeColor(QColor(255, 255, 255, 220))
            band.setWidth(_CHOSEN_WIDTH if number == chosen else _WIDTH)
            if edge.decided:
                band.setLineStyle(Qt.PenStyle.DashLine)
            self._bands.append(band)

    def _legend(self) -> None:
        domain = catalogue.domains()["lot_edge_kind"]
        lines = [f"<b>{tr('plugin.edges.title')}</b>"]
        for kind, name in domain.values.items():
            length = sum(edge.line.length() for edge in self.edges if edge.kind == kind)
            if length:
                lines.append(
                    f'<span style="color:{domain.colours[kind]}">▬</span> {name[language()]}: '
                    + tr("plugin.edges.length", length=round(length, 2))
                )
        if any(edge.decided for edge in self.edges):
            lines.append(f"<i>{tr('plugin.edges.dashed')}</i>")
        lines.append(f'<span style="color:#555555">{tr("plugin.edges.click")}</span>')
        self.legend.setText("<br>".join(lines))
        self.legend.adjustSize()
        self.legend.show()
        self.legend.raise_()

    def _gone(self) -> bool:
        """Whether the layer of the lot has left the project."""
        return self.layer is None or bool(sip.isdeleted(self.layer))

    # What is decided.

    def menu(self, number: int) -> QMenu:
        """The kinds that the edge may be said to be of, its own marked."""
        edge, domain = self.edges[number], catalogue.domains()["lot_edge_kind"]
        menu = QMenu(self.canvas)
        for kind, name in domain.values.items():
            picture = QPixmap(12, 12)
            picture.fill(QColor(domain.colours[kind]))
            action = menu.addAction(QIcon(picture), name[language()], lambda kind=kind: self.decide(number, kind))
            action.setCheckable(True)
            action.setChecked(kind == edge.kind)
        if edge.decided:
            menu.addSeparator()
            menu.addAction(tr("plugin.edges.take_back"), lambda: self.decide(number, ""))
        return menu

    def _offer(self, number: int, event: QgsMapMouseEvent) -> None:
        self._draw(number)
        menu = self.menu(number)
        menu.exec(self.canvas.mapToGlobal(event.pos()))
        menu.deleteLater()
        if self.edges:
            self._draw()

    def decide(self, number: int, kind: str) -> None:
        """Let an edge be of ``kind`` (empty: as computed), in the edit buffer; saving is the user's."""
        edge, data = self.edges[number], data_of_project()
        try:
            layer = corrections.layer_of(data)
            if layer is None:
                if self.layer is None or self._gone() or not self._agrees():
                    return
                layer = corrections.make_layer(data, self.layer.crs())
            corrections.decide(layer, self.lot, edge.line, kind, edge.street)
        except DothiError as error:
            self._refused(error)
            return
        self.show()
        self._tell(tr("plugin.edges.to_be_saved", layer=layer.name()))

    def _agrees(self) -> bool:
        yes = QMessageBox.StandardButton.Yes
        answer = QMessageBox.question(self.iface.mainWindow(), tr("plugin.name"), tr("plugin.edges.make_layer"))
        return bool(answer == yes)

    # Ends.

    def _refused(self, error: DothiError) -> None:
        self._tell(tr(error.code, **error.arguments))

    def _tell(self, text: str) -> None:
        self.iface.messageBar().pushMessage(tr("plugin.name"), text, Qgis.MessageLevel.Info)

    def _undraw(self) -> None:
        for band in self._bands:
            self.canvas.scene().removeItem(band)
        self._bands = []

    def _clear(self) -> None:
        self._undraw()
        self.client.forget(self._question)
        self.lot, self.edges, self._computed = "", [], []
        self.legend.hide()

    def close(self) -> None:
        """Leave nothing behind."""
        self.use(False)
        self._clear()
        self._unwatch()
        self.client.stop()
        self.legend.deleteLater()
        self.tool.deleteLater()
