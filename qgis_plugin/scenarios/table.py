"""Indicators side by side: the base, then each scenario with its difference from the base, coloured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QColor, QFont

from ...layers import catalogue
from ...layers.messages import number
from ..language import language, tr

_DECIMALS = {"m2": 0, "%": 1, "person": 0, "m2_per_person": 2}
_RATIOS = ("far", "zone_far")
_USES = ("planned_area", "existing_area")
_WORDED = ("verdicts", "findings")
ZONES = ("zone_coverage", "zone_far")
# Which way is better: more of the first, less of the second. All else is neither.
_MORE = {("findings", "fixed"), ("green_area", ""), ("green_per_person", "")}
_LESS = {("verdicts", "fail"), ("findings", "new")}
_BETTER, _WORSE, _UP, _DOWN = QColor("#1b7f3b"), QColor("#c01818"), QColor("#1f5fa8"), QColor("#a85f00")
_TELLING = 1e-9
_ASSUMED, _PARTIAL = "*", "†"
TITLE, UNIT, FIRST = 0, 1, 2

Row = Mapping[str, Any]


def decimals(row: Row) -> int:
    """How many decimals a value of the row is shown with."""
    return 2 if row["indicator"] in _RATIOS else _DECIMALS.get(str(row["unit"]), 0)


def differs(row: Row) -> bool:
    """Whether a scenario shows something else than the base, as far as the decimals show it."""
    if row["indicator"] == "findings":
        return any(row["values"][1:])
    shown = {None if value is None else round(value, decimals(row)) for value in row["values"]}
    return len(shown) > 1


def title(row: Row) -> str:
    """What the row is about, in words."""
    name, label = tr(f"scenario.indicator.{row['indicator']}"), str(row["label"])
    if row["indicator"] in _USES and row["key"]:
        known = catalogue.domains()["land_use"].values.get(label)
        label = f"{label} – {known[language()]}" if known else label
    elif row["indicator"] in _WORDED:
        label = tr(f"scenario.{row['indicator']}.{label}")
    return f"{name}: {label}" if label else name


class ComparisonModel(QAbstractTableModel):
    """The rows of ``scenario.compare``."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: list[Mapping[str, Any]] = []
        self._all: list[Row] = []
        self.rows: list[Row] = []

    def fill(self, columns: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> None:
        """Show the result of a comparison."""
        self.beginResetModel()
        self._columns, self._all = list(columns), list(rows)
        self.rows = list(rows)
        self.endResetModel()

    def narrow(self, *, only_different: bool, zones: bool) -> None:
        """Leave out what is the same everywhere, and the rows of single zones."""
        self.beginResetModel()
        self.rows = [
            row
            for row in self._all
            if (not only_different or differs(row)) and (zones or row["indicator"] not in ZONES)
        ]
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Called by Qt."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Called by Qt."""
        return 0 if parent is not None and parent.isValid() else FIRST + len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Called by Qt."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            if section < FIRST:
                return tr(f"scenario.column.{('indicator', 'unit')[section]}")
            return self._columns[section - FIRST]["name"] or tr("scenario.base")
        if role == Qt.ItemDataRole.ToolTipRole and section >= FIRST:
            return self._columns[section - FIRST]["name"] or tr("scenario.base")
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Called by Qt."""
        row, at = self.rows[index.row()], index.column() - FIRST
        if role == Qt.ItemDataRole.DisplayRole:
            if index.column() == TITLE:
                return title(row)
            if index.column() == UNIT:
                return tr(f"scenario.unit.{row['unit']}") if row["unit"] else ""
            return self.shown(row, at)
        if role == Qt.ItemDataRole.ToolTipRole:
            return title(row) if at < 0 else self._told(row, at)
        if at < 0:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(row, at)
        if role == Qt.ItemDataRole.FontRole and self._change(row, at):
            font = QFont()
            font.setBold(True)
            return font
        return None

    def shown(self, row: Row, at: int) -> str:
        """The value in column ``at`` (0: the base), and by how much it differs from the base."""
        value = row["values"][at]
        if value is None:
            return "–"
        text = number(value, language(), decimals(row))
        text += (_ASSUMED if row["assumed"][at] else "") + (_PARTIAL if row["left_out"][at] else "")
        change = self._change(row, at)
        if not change or row["indicator"] == "findings":
            return text
        arrow, sign = ("▲", "+") if change > 0 else ("▼", "−")
        return f"{text}   {arrow} {sign}{number(abs(change), language(), decimals(row))}"

    def _change(self, row: Row, at: int) -> float:
        base, value = row["values"][0], row["values"][at]
        if value is None or at == 0:
            return 0.0
        if row["indicator"] == "findings":
            return float(value) if row["key"] != "unchanged" else 0.0
        if base is None:
            return 0.0
        change = float(value) - float(base)
        return change if abs(round(change, decimals(row))) > _TELLING else 0.0

    def _colour(self, row: Row, at: int) -> QColor | None:
        change = self._change(row, at)
        if not change:
            return None
        what = (row["indicator"], row["key"])
        if what in _MORE:
            return _BETTER if change > 0 else _WORSE
        if what in _LESS:
            return _WORSE if change > 0 else _BETTER
        return _UP if change > 0 else _DOWN

    def _told(self, row: Row, at: int) -> str:
        told = [title(row)]
        if row["missing"][at]:
            told.append(tr("scenario.missing", what=tr(f"scenario.lacking.{row['missing'][at]}")))
        if row["assumed"][at]:
            told.append(tr("scenario.assumed"))
        if row["left_out"][at]:
            told.append(tr("scenario.left_out", count=row["left_out"][at]))
        return "\n".join(told)
