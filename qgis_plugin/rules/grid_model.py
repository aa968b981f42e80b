"""The table of a rule as a grid: breakpoints tinted, the open-ended row last, mistakes red with their sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QFont

from ..language import tr
from . import figures, rule_words, tables
from .draft import Draft, Place, text_of, value_at
from .rule_words import Words

_HEAD, _WRONG, _CORNER = QColor("#eef3f2"), QColor("#f8d3d0"), QColor("#f4f4f0")
_INK = QColor("#222222")
_NONE = QModelIndex()


class GridModel(QAbstractTableModel):
    """Table or classes of the draft's limit; every change goes through the draft, so it can be undone."""

    def __init__(self, draft: Draft, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self.words = Words()
        self._cells: list[list[Place | None]] = []
        self._problems: dict[str, str] = {}
        draft.opened.connect(self._reset)
        draft.changed.connect(self._changed)

    @property
    def limit(self) -> dict[str, Any]:
        """What is edited."""
        limit: dict[str, Any] = self._draft.values.get("limit") or {}
        return limit

    def _read(self) -> list[list[Place | None]]:
        if tables.is_table(self.limit):
            return [[None if one is None else ("limit", *one) for one in row] for row in tables.cells(self.limit)]
        return [[None, ("limit", "classes", name)] for name in self.limit.get("classes", {})]

    def _reset(self) -> None:
        self.beginResetModel()
        self._cells, self._problems = self._read(), {}
        self.endResetModel()

    def _changed(self) -> None:
        cells = self._read()
        if cells != self._cells:
            self.beginResetModel()
            self._cells = cells
            self.endResetModel()
        elif cells:
            self.dataChanged.emit(self.index(0, 0), self.index(len(cells) - 1, len(cells[0]) - 1))

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Sentences by place; those of the table are shown at its cells."""
        self._problems = {place: told for place, told in problems.items() if place.startswith("limit")}
        self._changed()

    def place(self, index: QModelIndex) -> Place | None:
        """Where the cell's number stands in the rule; None where it holds none."""
        inside = index.isValid() and index.row() < len(self._cells) and index.column() < len(self._cells[index.row()])
        return self._cells[index.row()][index.column()] if inside else None

    def is_head(self, index: QModelIndex) -> bool:
        """Whether the cell is a breakpoint."""
        place = self.place(index)
        return place is not None and (place[1] == "columns" or (place[1] == "rows" and place[3] == 0))

    def rowCount(self, parent: QModelIndex = _NONE) -> int:
        """Rows, with that of the columns' breakpoints and the open-ended one."""
        return 0 if parent.isValid() else len(self._cells)

    def columnCount(self, parent: QModelIndex = _NONE) -> int:
        """Breakpoint and values."""
        return 0 if parent.isValid() or not self._cells else len(self._cells[0])

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Numbers can be edited while the draft can."""
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        editable = self._draft.editable and self.place(index) is not None
        return plain | Qt.ItemFlag.ItemIsEditable if editable else plain

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, tint and tooltip of a cell."""
        place = self.place(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return figures.show(value_at(self._draft.values, place)) if place else self._label(index)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            return int(right if place else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.BackgroundRole:
            tint = (
                _WRONG if self.problem(index) else _CORNER if place is None else _HEAD if self.is_head(index) else None
            )
            return QBrush(tint) if tint else None
        if role == Qt.ItemDataRole.ForegroundRole and (place is None or self.is_head(index) or self.problem(index)):
            return QBrush(_INK)  # on a light tint, whatever the theme
        if role == Qt.ItemDataRole.FontRole:
            font = QFont()
            font.setBold(self.is_head(index) or place is None)
            font.setItalic(self._status(place) not in ("", *rule_words.MARKLESS))
            return font
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            status = self._status(place)
            return self.problem(index) or (rule_words.status(status) if status else None)
        return None

    def _label(self, index: QModelIndex) -> str:
        if "classes" in self.limit:
            return self.words.value(self.limit["by_class"], list(self.limit["classes"])[index.row()])
        rows = self.limit.get("rows") or [[""]]
        return tr("plugin.rules.corner") if index.row() == 0 else f"> {figures.show(rows[-1][0])}"

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What the first column and the values are looked up by, with units."""
        if role != Qt.ItemDataRole.DisplayRole or way != Qt.Orientation.Horizontal:
            return None
        limit = self.limit
        if section == 0:
            by = limit.get("by") or [limit.get("by_class", "")]
            return self.words.axis(by[0])
        by = limit.get("by") or []
        return self.words.axis(by[1]) if len(by) > 1 else self.words.limit_axis(self._draft.values)

    def _status(self, place: Place | None) -> str:
        """How sure the cell is, where the table says it cell by cell."""
        if place is None or place[1] != "rows" or place[3] == 0:
            return ""
        found = value_at(self.limit, ("cell_status", place[2], int(place[3]) - 1))
        return str(found) if isinstance(found, str) else ""

    def problem(self, index: QModelIndex) -> str:
        """What is wrong with the cell."""
        place = self.place(index)
        if place is None:
            return ""
        here = text_of(place)
        if here in self._problems:
            return self._problems[here]
        if self._draft.editable and not figures.is_number(value_at(self._draft.values, place)):
            return tr("plugin.rules.no_number")
        for where, told in self._problems.items():
            if _covers(where, place):
                return told
        return ""

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A typed number; what is none stays as text and is told."""
        place = self.place(index)
        if role != Qt.ItemDataRole.EditRole or place is None or not self._draft.editable:
            return False
        self._draft.set(place, figures.read(str(value)), tr("plugin.rules.step_cell"))
        return True


def _covers(where: str, place: Place) -> bool:
    """Whether a mistake told of a row, a column or the whole of a part is at the cell too."""
    if where == f"limit.{place[1]}":
        return place[1] != "rows" or place[3] == 0
    if place[1] != "rows":
        return False
    row = re.fullmatch(r"limit\.rows\[(\d+)\]", where)
    column = re.fullmatch(r"limit\.rows\[…\]\[(\d+)\]", where)
    return bool((row and int(row[1]) == place[2]) or (column and int(column[1]) == place[3]))
