"""The panel of findings and alerts: filter, search, count, and a click that goes there."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import QgsCoordinateTransform, QgsFeature, QgsFeatureRequest, QgsProject, QgsRectangle, QgsVectorLayer
from qgis.gui import QgsDockWidget, QgsFilterLineEdit
from qgis.PyQt.QtCore import QModelIndex, QSortFilterProxyModel, Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...layers import catalogue
from ...layers.messages import number
from ..language import language, tr
from ..project_data import data_of_project, file_of, layer_id
from .records import ALERTS, FINDINGS, Listing, RecordsModel, newest_run, open_table
from .rule_titles import rule_title

DOCK = "dothi_findings"
_AROUND = 1.8  # how much more than the feature itself the map shows
_WIDEST = 190  # pixels of a column at first; the tip has the whole sentence
_LEAST = 40.0  # metres across, so that a point or a sliver keeps its surroundings


class Filter(QSortFilterProxyModel):
    """By kind and by words."""

    def __init__(self, model: RecordsModel) -> None:
        super().__init__(model)
        self._kind, self._words = "", ""
        self.setSourceModel(model)
        self.setSortRole(Qt.ItemDataRole.UserRole)

    def use(self, kind: str, words: str) -> None:
        """Show rows of ``kind`` (all: empty) that hold every one of ``words``."""
        self._kind, self._words = kind, words.lower()
        self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        """Called by Qt."""
        model: RecordsModel = self.sourceModel()
        if self._kind and model.raw(row, model.listing.kinds) != self._kind:
            return False
        if not self._words:
            return True
        text = model.words(row).lower()
        return all(word in text for word in self._words.split())


class RecordList(QWidget):
    """One tab: the rows of one listing."""

    def __init__(self, iface: Any, listing: Listing) -> None:
        super().__init__()
        self.iface = iface
        self.listing = listing
        self.table: QgsVectorLayer | None = None
        self.model = RecordsModel(listing, self)
        self.shown = Filter(self.model)
        self.head = QLabel(wordWrap=True)
        self.by, self.kind = QComboBox(), QComboBox()
        self.search = QgsFilterLineEdit()
        self.search.setPlaceholderText(tr("plugin.findings.search"))
        self.count = QLabel()
        self.again = QToolButton()
        self.again.setIcon(QIcon(":/images/themes/default/mActionRefresh.svg"))
        self.again.setToolTip(tr("plugin.findings.refresh"))
        self.again.setAutoRaise(True)
        self._arrange()
        self.by.addItem(tr(listing.every), "")
        domain = catalogue.domain(catalogue.layer(listing.table).find(listing.by))
        for code, word in domain.values.items():
            self.by.addItem(word[language()], code)
        self.by.setCurrentIndex(self.by.findData(listing.chosen))
        self.by.currentIndexChanged.connect(self._fill)
        self.kind.currentIndexChanged.connect(self._narrow)
        self.search.textChanged.connect(self._narrow)

    def _arrange(self) -> None:
        self.view = QTableView()
        self.view.setModel(self.shown)
        self.view.setSortingEnabled(True)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setAlternatingRowColors(True)
        self.view.verticalHeader().hide()
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.view.horizontalHeader().setStretchLastSection(True)
        self.view.clicked.connect(self._go)
        self.view.activated.connect(self._go)
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        foot = QHBoxLayout()
        foot.addWidget(self.count, 1)
        foot.addWidget(self.again)
        layout = QVBoxLayout(self)
        layout.addWidget(self.head)
        layout.addWidget(self.by)
        layout.addWidget(self.kind)
        layout.addWidget(self.search)
        layout.addWidget(self.view, 1)
        layout.addLayout(foot)

    def read(self, data: str) -> None:
        """Show the newest run on the data set ``data``."""
        run = newest_run(data, self.listing.job)
        self.table = open_table(run, self.listing.table) if run else None
        rows = open_table(run, "run") if run else None
        self.head.setText(self._told(next(rows.getFeatures())) if rows is not None else tr("plugin.findings.none"))
        self._fill()
        self.view.resizeColumnsToContents()
        for column in range(self.model.columnCount()):
            self.view.setColumnWidth(column, min(self.view.columnWidth(column), _WIDEST))

    def _told(self, row: QgsFeature) -> str:
        counts = json.loads(row["counts"] or "{}")
        domain = catalogue.domain(catalogue.layer(self.listing.table).find(self.listing.by))
        told = [
            f"{domain.values[code][language()]}: {number(count, language())}"
            for code, count in counts.items()
            if code in domain.values and isinstance(count, int)
        ]
        started = row["started_at"]
        when = started.toString("dd/MM/yyyy HH:mm") if hasattr(started, "toString") else str(started)[:16]
        return tr("plugin.findings.run", started=when, counts=", ".join(told) or "–")

    def _fill(self) -> None:
        self.model.read(self.table, self.by.currentData() or "", data_of_project())
        chosen = self.kind.currentData()
        field = catalogue.layer(self.listing.table).find(self.listing.kinds)
        data = data_of_project()
        self.kind.blockSignals(True)
        self.kind.clear()
        self.kind.addItem(tr(self.listing.every_kind), "")
        for kind in self.model.kinds():
            words = catalogue.domain(field).values[kind][language()] if field.domain else rule_title(kind, data)
            self.kind.addItem(words, kind)
        self.kind.setCurrentIndex(max(0, self.kind.findData(chosen)))
        self.kind.blockSignals(False)
        self._narrow()

    def _narrow(self) -> None:
        self.shown.use(self.kind.currentData() or "", self.search.text())
        self.count.setText(tr("plugin.findings.shown", shown=self.shown.rowCount(), total=self.model.total))

    def _go(self, index: QModelIndex) -> None:
        """Zoom to the record's place, or to the feature it is about, and flash it."""
        if self.table is None:
            return
        feature = self.table.getFeature(self.model.feature_id(self.shown.mapToSource(index).row()))
        place, layer = feature.geometry(), self.table
        if place.isNull():
            place, layer = self._subject(feature)
        if layer is None or place.isNull():
            self.iface.messageBar().pushMessage(tr("plugin.name"), tr("plugin.findings.no_geometry"))
            return
        canvas = self.iface.mapCanvas()
        change = QgsCoordinateTransform(layer.crs(), canvas.mapSettings().destinationCrs(), QgsProject.instance())
        box = QgsRectangle(change.transformBoundingBox(place.boundingBox()))
        box.scale(_AROUND)
        box.grow(max(0.0, (_LEAST - max(box.width(), box.height())) / 2))
        canvas.setExtent(box)
        canvas.refresh()
        canvas.flashGeometries([place], layer.crs())

    def _subject(self, record: QgsFeature) -> tuple[Any, QgsVectorLayer | None]:
        """The geometry of the feature that a record without one is about."""
        data = data_of_project()
        if record.fields().lookupField("feature_uid") >= 0:
            for layer in QgsProject.instance().mapLayers().values():
                if (
                    isinstance(layer, QgsVectorLayer)
                    and layer_id(layer) == record["layer"]
                    and str(file_of(layer)) == data
                ):
                    request = QgsFeatureRequest().setFilterExpression(f"\"uid\" = '{record['feature_uid']}'")
                    for feature in layer.getFeatures(request):
                        return feature.geometry(), layer
        return record.geometry(), None


class RecordsDock(QgsDockWidget):
    """Findings and alerts of the newest runs on the project's data set."""

    def __init__(self, iface: Any) -> None:
        super().__init__(tr("plugin.findings.title"), iface.mainWindow())
        self.setObjectName(DOCK)
        self.lists = [RecordList(iface, listing) for listing in (FINDINGS, ALERTS)]
        self.tabs = QTabWidget()
        for one in self.lists:
            self.tabs.addTab(one, tr(one.listing.title))
            one.again.clicked.connect(self.read)
        self.tabs.setMinimumWidth(self.tabs.tabBar().sizeHint().width() + 12)  # both names whole
        self.setWidget(self.tabs)

    def read(self, *_: Any) -> None:
        """Read the newest runs again."""
        data = data_of_project()
        for one in self.lists:
            one.read(data)
