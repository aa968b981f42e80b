"""Pick one building or parcel on the map and read its verdict; saved, or as it is being drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsFeature, QgsProject, QgsVectorLayer
from qgis.gui import QgsDockWidget, QgsHighlight, QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsMapToolIdentify
from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QAction, QColor
from qgis.PyQt.QtWidgets import QCheckBox, QTextBrowser, QVBoxLayout, QWidget

from ...engine.contract import zoning
from ...layers import catalogue
from ...layers.errors import DothiError, EnvironmentTroubleError
from ..language import language, tr
from ..project_data import data_of_project, file_of, layer_id
from ..serve_client import ServeClient
from .live import Live
from .unsaved import as_drawn, is_unsaved, uid_of
from .verdict_page import PAPER, drawn_mark, note, page, papers

LAYERS = ("building", "parcel")  # what can be asked about; where both lie under the mouse, the building is meant
DOCK = "dothi_verdict"
_OUTLINE = QColor(11, 122, 117)
_FILL = QColor(11, 122, 117, 60)


def askable_layers(project: QgsProject, data: str) -> list[QgsVectorLayer]:
    """The layers of the data set that can be asked about, buildings first."""
    found = [
        layer
        for layer in project.mapLayers().values()
        if isinstance(layer, QgsVectorLayer) and layer_id(layer) in LAYERS and str(file_of(layer)) == data
    ]
    return sorted(found, key=lambda layer: LAYERS.index(layer_id(layer)))


class PickTool(QgsMapToolIdentify):
    """A click gives the building or parcel under it."""

    def __init__(self, canvas: QgsMapCanvas, picked: Callable[[QgsVectorLayer, QgsFeature], None]) -> None:
        super().__init__(canvas)
        self._picked = picked
        self.setCursor(Qt.CursorShape.WhatsThisCursor)
        self.nothing: Callable[[], None] = lambda: None

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Called by QGIS at the end of a click."""
        layers = askable_layers(QgsProject.instance(), data_of_project())
        mode = QgsMapToolIdentify.IdentifyMode.TopDownStopAtFirst
        for layer in layers:
            found = self.identify(event.pos().x(), event.pos().y(), [layer], mode)
            if found:
                self._picked(layer, found[0].mFeature)
                return
        self.nothing()


class Explain:
    """The tool, its panel and the warm engine behind them."""

    def __init__(self, iface: Any, action: QAction) -> None:
        self.iface = iface
        self.client = ServeClient()
        self.tool = PickTool(iface.mapCanvas(), self.ask)
        self.tool.nothing = self._nothing
        self.tool.setAction(action)
        self._before: QgsMapTool | None = None
        self._highlight: QgsHighlight | None = None
        self._question = 0
        self.text = QTextBrowser()
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._follow)
        self._asked = ("", "")  # data set and uid of what is shown; no uid while it is not saved
        self._waiting = False
        self.live = Live(
            lambda: askable_layers(QgsProject.instance(), data_of_project()), self.ask, lambda: self._waiting
        )
        self.while_drawing = QCheckBox(tr("plugin.explain.live"))
        self.while_drawing.setToolTip(tr("plugin.explain.live_help"))
        self.while_drawing.setChecked(True)
        self.while_drawing.toggled.connect(self.live.watch)
        self.dock = QgsDockWidget(tr("plugin.explain.title"), iface.mainWindow())
        self.dock.setObjectName(DOCK)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.while_drawing)
        column.addWidget(self.text, 1)
        self.dock.setWidget(inside)
        self.dock.closed.connect(self._forget)
        self.dock.opened.connect(lambda: self.live.watch(self.while_drawing.isChecked()))
        iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)

    def use(self, wanted: bool) -> None:
        """Switch the tool on or off."""
        canvas = self.iface.mapCanvas()
        if not wanted:
            canvas.unsetMapTool(self.tool)
            if self._before is not None:
                canvas.setMapTool(self._before)
            return
        self._before = canvas.mapTool() if canvas.mapTool() is not self.tool else self._before
        canvas.setMapTool(self.tool)
        self.dock.setVisible(True)
        self.live.watch(self.while_drawing.isChecked())
        self._show(note(tr("plugin.explain.pick" if data_of_project() else "plugin.explain.no_data")))

    def ask(self, layer: QgsVectorLayer, feature: QgsFeature) -> None:
        """Ask for the verdicts on ``feature`` and show them when they come."""
        self._mark(layer, feature)
        data, uid, drawn = data_of_project(), uid_of(layer, feature), is_unsaved(layer, feature)
        if not uid and not drawn:
            self._show(note(tr("plugin.explain.no_uid")))
            return
        title = self._title(layer, feature)
        asked: dict[str, Any]
        if drawn:
            asked, told = {"drawn": as_drawn(layer, feature)}, drawn_mark()
        else:
            asked, told = {"uid": uid}, note(tr("plugin.explain.unsaved")) if layer.isModified() else ""
        below = "" if drawn else papers()
        if not self._waiting and (data, uid) != self._asked:
            self._show(note(tr("plugin.explain.asking")))  # of the same feature the old verdict stays until the new one
        self.client.forget(self._question)
        self._asked = (data, "" if drawn else uid)
        self._waiting = True
        try:
            self._question = self.client.ask(
                zoning.EXPLAIN,
                {"data": data, **asked},
                lambda value: self._answered(told + page(title, value["verdicts"], data) + below),
                self._refused,
            )
        except EnvironmentTroubleError as error:
            self._refused(error)

    def _answered(self, html: str) -> None:
        self._waiting = False
        place = self.text.verticalScrollBar().value()
        self._show(html)
        self.text.verticalScrollBar().setValue(place)

    def _title(self, layer: QgsVectorLayer, feature: QgsFeature) -> str:
        declared = catalogue.layer(layer_id(layer))
        code = feature[declared.label] if layer.fields().lookupField(declared.label) >= 0 else ""
        return f"{declared.name[language()]} {code or ''}".strip()

    def _mark(self, layer: QgsVectorLayer, feature: QgsFeature) -> None:
        self._unmark()
        self._highlight = QgsHighlight(self.iface.mapCanvas(), feature.geometry(), layer)
        self._highlight.setColor(_OUTLINE)
        self._highlight.setFillColor(_FILL)
        self._highlight.setWidth(3)
        self._highlight.show()

    def _unmark(self) -> None:
        if self._highlight is not None:
            self.iface.mapCanvas().scene().removeItem(self._highlight)
            self._highlight = None

    def _nothing(self) -> None:
        self._unmark()
        self._show(note(tr("plugin.explain.nothing_here", data=data_of_project() or "–")))

    def _refused(self, error: DothiError) -> None:
        self._waiting = False
        self._show(note(tr(error.code, **error.arguments)))

    def _show(self, html: str) -> None:
        self.text.setHtml(html)

    def _follow(self, link: QUrl) -> None:
        """A document was asked for below the verdicts."""
        from .. import documents

        data, uid = self._asked
        if link.scheme() == PAPER and link.path() in documents.JOBS and uid:
            documents.make(link.path(), data, uid)

    def _forget(self) -> None:
        """The panel was closed: the mark goes and the engine may rest."""
        self.live.watch(False)
        self._waiting = False
        self._unmark()
        self.client.stop()

    def close(self) -> None:
        """Leave nothing behind."""
        self.use(False)
        self._forget()
        self.iface.removeDockWidget(self.dock)
        self.dock.deleteLater()
        self.tool.deleteLater()
