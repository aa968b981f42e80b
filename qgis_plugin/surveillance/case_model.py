"""The list of cases as Qt sees it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QColor

from ..language import tr
from . import words
from .cases import COLUMNS, CaseRow

WIDTHS = {
    "code": 108, "change_class": 172, "state": 166, "assignee": 160, "sightings": 56, "last_seen": 104, "area": 58,
    "growth": 58,
}  # fmt: skip
_RIGHT = ("sightings", "area", "growth")
_GREY = QColor("#8a8a8a")


class CaseModel(QAbstractTableModel):
    """Shows what :func:`cases.chosen` found."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[CaseRow] = []
        self._waiting: Collection[str] = ()

    def show(self, rows: Sequence[CaseRow]) -> None:
        """Take other rows."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def wait_for(self, cases: Collection[str]) -> None:
        """The cases (uids) whose change the engine is writing at the moment."""
        self._waiting = set(cases)
        if self.rows:
            column = COLUMNS.index("state")
            self.dataChanged.emit(self.index(0, column), self.index(len(self.rows) - 1, column))

    def place_of(self, uid: str) -> int:
        """The row in which the case stands; -1: it is not shown."""
        return next((number for number, row in enumerate(self.rows) if row.uid == uid), -1)

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
                return tr(f"plugin.surveillance.case_column.{COLUMNS[section]}")
            if role == Qt.ItemDataRole.ToolTipRole:
                return tr(f"plugin.surveillance.case_column_tip.{COLUMNS[section]}")
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words, and the catalogue's colours as marks."""
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._shown(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column in ("change_class", "state"):
            colour = ("change_class", row.change_class) if column == "change_class" else ("case_status", row.status)
            return QColor(words.colour(*colour))
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _RIGHT:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole and row.status in ("rejected", "closed"):
            return _GREY
        return None

    def _shown(self, row: CaseRow, column: str) -> str:
        if column == "code":
            return row.code
        if column == "change_class":
            return words.kind(row.change_class)
        if column == "state":
            return tr("plugin.surveillance.writing") if row.uid in self._waiting else words.state(row.status)
        if column == "assignee":
            return row.assignee or "–"
        if column == "sightings":
            return str(row.sightings)
        if column == "last_seen":
            return words.day(row.last_seen)
        if column == "area":
            return words.hectares(row.area_m2)
        return words.hectares(row.growth_m2) if row.growth_m2 > 0 else "–"
