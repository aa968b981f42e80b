"""The tree of findings: pages are fetched as they are scrolled into sight, names of groups have the whole width."""

from __future__ import annotations

from qgis.PyQt.QtCore import QModelIndex, Qt
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from .model import COLUMNS, FindingsModel

_WIDTHS = {"code": 150, "state": 150, "rule": 190, "street": 120, "measured": 84, "limit_value": 76, "margin": 88}
_SAID = {
    "rule": ("rule",),
    "street": ("street",),
    "feature": ("rule", "street"),
    "state": ("street",),
}  # the rule stands in the first then
_WIDEST = {"rule": "street", "feature": "code"}  # grouping → the column that takes the room left; else the rule
_AHEAD = 40  # rows before the end of what is fetched at which the next page is asked for


class FindingsView(QTreeView):
    """Rows of equal height, one selected at a time."""

    def __init__(self, model: FindingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings = model
        self.setModel(model)
        self.setUniformRowHeights(True)  # without it every row is measured
        self.setAlternatingRowColors(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setExpandsOnDoubleClick(True)
        self.setAllColumnsShowFocus(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.header()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(False)
        for number, column in enumerate(COLUMNS):
            header.resizeSection(number, _WIDTHS[column])
        self.verticalScrollBar().valueChanged.connect(lambda _: self._fetch_ahead())
        model.rowsInserted.connect(self._inserted)

    def hide_what_groups_say(self, grouping: str, *, states: bool = False) -> None:
        """The column that all rows of a group have in common; of a feature, the rule takes the first column.

        ``states``: whether there is anything to tell of what became of findings.
        """
        for number, column in enumerate(COLUMNS[1:], 1):
            hidden = column in _SAID.get(grouping, ()) or (column == "state" and not states)
            self.setColumnHidden(number, hidden)
        header, widest = self.header(), _WIDEST.get(grouping, "rule")
        for number, column in enumerate(COLUMNS):
            modes = QHeaderView.ResizeMode
            header.setSectionResizeMode(number, modes.Stretch if column == widest else modes.Interactive)
            header.resizeSection(number, _WIDTHS[column])

    def _inserted(self, parent: QModelIndex, first: int, last: int) -> None:
        if parent.isValid():
            return
        for row in range(first, last + 1):
            self.setFirstColumnSpanned(row, QModelIndex(), True)
        if first == 0:
            self.expand(self._findings.index(0, 0))

    def _fetch_ahead(self) -> None:
        """Ask for the next page of whatever ends near the bottom of what is seen."""
        last = self.indexAt(self.viewport().rect().bottomLeft())
        if not last.isValid():
            if self._findings.canFetchMore(QModelIndex()):
                self._findings.fetchMore(QModelIndex())
            return
        group = last.parent()
        if group.isValid() and last.row() + _AHEAD >= self._findings.rowCount(group):
            self._findings.fetchMore(group)
        top = group if group.isValid() else last
        if top.row() + _AHEAD >= self._findings.rowCount():
            self._findings.fetchMore(QModelIndex())
