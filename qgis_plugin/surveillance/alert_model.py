"""The list of alerts as Qt sees it: rows that were chosen before, words made when a row comes into sight."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QColor, QFont
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ..language import tr
from . import words
from .alerts import AlertRow
from .choosing import COLUMNS

WIDTHS = {
    "code": 122, "change_class": 170, "area": 54, "relation": 116, "band": 56, "confidence": 58, "dates": 128,
    "state": 176,
}  # fmt: skip
_RIGHT = ("area", "confidence")
_GREY = QColor("#8a8a8a")


class AlertModel(QAbstractTableModel):
    """Shows what :func:`choosing.chosen` found."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[AlertRow] = []
        self._place: dict[str, int] = {}
        self._waiting: Collection[str] = ()

    def show(self, rows: Sequence[AlertRow]) -> None:
        """Take other rows."""
        self.beginResetModel()
        self.rows = list(rows)
        self._place = {row.uid: number for number, row in enumerate(self.rows)}
        self.endResetModel()

    def wait_for(self, cases: Collection[str]) -> None:
        """The cases (uids) whose change the engine is writing at the moment."""
        self._waiting = set(cases)
        if self.rows:
            column = COLUMNS.index("state")
            self.dataChanged.emit(self.index(0, column), self.index(len(self.rows) - 1, column))

    def place_of(self, uid: str) -> int:
        """The row in which the alert stands; -1: it is not shown."""
        return self._place.get(uid, -1)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Called by Qt."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Called by Qt."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names of the columns; what is meant by them as a tip."""
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(COLUMNS):
            if role == Qt.ItemDataRole.DisplayRole:
                return tr(f"plugin.surveillance.column.{COLUMNS[section]}")
            if role == Qt.ItemDataRole.ToolTipRole:
                return tr(f"plugin.surveillance.column_tip.{COLUMNS[section]}")
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words, the catalogue's colours as marks; a proposal stands in italics."""
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._shown(row, column)
        if role == Qt.ItemDataRole.DecorationRole:
            return _mark(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _RIGHT:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole and (
            row.case.status in ("rejected", "closed") or _faint(row, column)
        ):
            return _GREY
        if role == Qt.ItemDataRole.FontRole and column == "band":
            font = QFont()
            font.setItalic(True)
            return font
        return None

    def _shown(self, row: AlertRow, column: str) -> str:
        if column == "code":
            return row.code
        if column == "change_class":
            return words.kind(row.change_class)
        if column == "area":
            return words.hectares(row.area_m2)
        if column == "relation":
            return words.relation(row.relation)
        if column == "band":
            return row.band or "–"
        if column == "confidence":
            return words.percent(row.confidence)
        if column == "dates":
            return words.days_short(row.date_before, row.date_after)
        if row.case.uid in self._waiting and row.case.uid:
            return tr("plugin.surveillance.writing")
        return words.state(row.case.status)


def _faint(row: AlertRow, column: str) -> bool:
    return (column == "state" and not row.case.uid) or (column == "band" and not row.band)


def _mark(row: AlertRow, column: str) -> QColor | None:
    if column == "change_class":
        return QColor(words.colour("change_class", row.change_class))
    if column == "relation":
        return QColor(words.colour("alert_relation", row.relation))
    if column == "state" and row.case.uid:
        return QColor(words.colour("case_status", row.case.status))
    return None


def table_view(model: QAbstractTableModel, widths: Sequence[int], parent: QWidget | None = None) -> QTableView:
    """A table of equal rows, one selected at a time, sorted by whoever owns the rows."""
    view = QTableView(parent)
    view.setModel(model)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setAlternatingRowColors(True)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.verticalHeader().hide()
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + 8)
    header = view.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setStretchLastSection(True)
    header.setSectionsClickable(True)
    header.setHighlightSections(False)
    header.setSortIndicatorShown(True)
    for number, width in enumerate(widths):
        header.resizeSection(number, width)
    return view
