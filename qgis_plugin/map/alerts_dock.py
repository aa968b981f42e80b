"""The panel of alerts: filter, search, count, and a click that goes there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qgis.core import QgsFeature, QgsVectorLayer
from qgis.gui import QgsFilterLineEdit
from qgis.PyQt.QtCore import QModelIndex, QSortFilterProxyModel, Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...layers import catalogue
from ...layers.messages import number
from ..language import language, tr
from ..project_data import data_of_project
from . import place
from .alerts import TABLE, AlertsModel, newest_run, open_table

_WIDEST = 190  # pixels of a column at first; the tip has the whole text


class Filter(QSortFilterProxyModel):
    """By state and by words."""

    def __init__(self, model: AlertsModel) -> None:
        super().__init__(model)
        self._state, self._words = "", ""
        self.setSourceModel(model)
        self.setSortRole(Qt.ItemDataRole.UserRole)

    def use(self, state: str, words: str) -> None:
        """Show rows of ``state`` (all: empty) that hold every one of ``words``."""
        self._state, self._words = state, words.lower()
        self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        """Called by Qt."""
        model: AlertsModel = self.sourceModel()
        if self._state and model.raw(row, "status") != self._state:
            return False
        if not self._words:
            return True
        text = model.words(row).lower()
        return all(word in text for word in self._words.split())


class AlertsPanel(QWidget):
    """The rows of the newest detection on the project's data set."""

    def __init__(self, iface: Any) -> None:
        super().__init__()
        self.iface = iface
        self.table: QgsVectorLayer | None = None
        self.model = AlertsModel(self)
        self.shown = Filter(self.model)
        self.head = QLabel(wordWrap=True)
        self.relation, self.state = QComboBox(), QComboBox()
        self.search = QgsFilterLineEdit()
        self.search.setPlaceholderText(tr("plugin.alerts.search"))
        self.count = QLabel()
        self.again = QToolButton()
        self.again.setIcon(QIcon(":/images/themes/default/mActionRefresh.svg"))
        self.again.setToolTip(tr("plugin.alerts.refresh"))
        self.again.setAutoRaise(True)
        self._arrange()
        self.relation.addItem(tr("plugin.alerts.all_relations"), "")
        for code, word in catalogue.domain(catalogue.layer(TABLE).find("relation")).values.items():
            self.relation.addItem(word[language()], code)
        self.relation.currentIndexChanged.connect(self._fill)
        self.state.currentIndexChanged.connect(self._narrow)
        self.search.textChanged.connect(self._narrow)
        self.again.clicked.connect(lambda _: self.read(data_of_project()))

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
        self.state.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        foot = QHBoxLayout()
        foot.addWidget(self.count, 1)
        foot.addWidget(self.again)
        layout = QVBoxLayout(self)
        for widget in (self.head, self.relation, self.state, self.search):
            layout.addWidget(widget)
        layout.addWidget(self.view, 1)
        layout.addLayout(foot)

    def read(self, data: str) -> None:
        """Show the newest detection on the data set ``data``."""
        run = newest_run(data)
        self.table = open_table(run, TABLE) if run else None
        rows = open_table(run, "run") if run else None
        first = next(rows.getFeatures(), None) if rows is not None else None
        told = [self._told(first) if first is not None else tr("plugin.alerts.none"), *_accuracy(run)]
        self.head.setText("\n".join(told))
        self._fill()
        self.view.resizeColumnsToContents()
        for column in range(self.model.columnCount()):
            self.view.setColumnWidth(column, min(self.view.columnWidth(column), _WIDEST))

    def _told(self, row: QgsFeature) -> str:
        counts = json.loads(row["counts"] or "{}")
        domain = catalogue.domain(catalogue.layer(TABLE).find("relation"))
        told = [
            f"{domain.values[code][language()]}: {number(count, language())}"
            for code, count in counts.items()
            if code in domain.values and isinstance(count, int)
        ]
        started = row["started_at"]
        when = started.toString("dd/MM/yyyy HH:mm") if hasattr(started, "toString") else str(started)[:16]
        return tr("plugin.alerts.run", started=when, counts=", ".join(told) or "–")

    def _fill(self) -> None:
        self.model.read(self.table, self.relation.currentData() or "")
        chosen = self.state.currentData()
        words = catalogue.domain(catalogue.layer(TABLE).find("status")).values
        self.state.blockSignals(True)
        self.state.clear()
        self.state.addItem(tr("plugin.alerts.all_states"), "")
        for state in self.model.states():
            self.state.addItem(words[state][language()], state)
        self.state.setCurrentIndex(max(0, self.state.findData(chosen)))
        self.state.blockSignals(False)
        self._narrow()

    def _narrow(self) -> None:
        self.shown.use(self.state.currentData() or "", self.search.text())
        self.count.setText(tr("plugin.alerts.shown", shown=self.shown.rowCount(), total=self.model.total))

    def _go(self, index: QModelIndex) -> None:
        """Zoom to the alert and flash it."""
        if self.table is None:
            return
        alert = self.table.getFeature(self.model.feature_id(self.shown.mapToSource(index).row()))
        if alert.geometry().isNull():
            self.iface.messageBar().pushMessage(tr("plugin.name"), tr("plugin.alerts.no_geometry"))
            return
        place.go(self.iface, alert.geometry(), self.table.crs().authid())


def _accuracy(run: str | Path | None) -> list[str]:
    """What a labelled sample said of the run, kept beside it; nothing where nobody has labelled."""
    path = Path(run).with_suffix(".accuracy.json") if run else None
    if path is None or not path.is_file():
        return []
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        overall, labelled = told["overall"], int(told["labelled"])
        half = 100.0 * (float(overall["high"]) - float(overall["value"]))
        value = 100.0 * float(overall["value"])
    except (KeyError, TypeError, ValueError, OSError):
        return [tr("plugin.alerts.accuracy_unreadable", file=path.name)]
    return [
        tr(
            "plugin.alerts.accuracy",
            value=number(value, language(), 1),
            half=number(half, language(), 1),
            count=number(labelled, language(), 0),
        )
    ]
