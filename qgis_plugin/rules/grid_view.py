"""The grid in the window: typed into directly, pasted into from a spreadsheet, rows and columns added and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QEvent, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QGuiApplication, QKeySequence
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QShortcut,
    QStyledItemDelegate,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..language import tr
from . import tables
from .draft import Draft, plain_cells
from .grid_model import GridModel

_LEAST_WIDTH, _FIRST_WIDTH = 74, 104
_LIMIT = ("limit",)


class NumberDelegate(QStyledItemDelegate):
    """Writes while one types, so that the curve follows; Esc brings back what was there."""

    def createEditor(self, parent: QWidget, option: Any, index: QModelIndex) -> QWidget:
        """A line that hands on each keystroke."""
        line = QLineEdit(parent)
        line.setAlignment(Qt.AlignmentFlag.AlignRight)
        line.setProperty("before", index.data(Qt.ItemDataRole.EditRole))
        line.textEdited.connect(lambda _: self.commitData.emit(line))
        return line

    def setEditorData(self, editor: QWidget, index: QModelIndex) -> None:
        """Only at first: what is being typed must not be rewritten under the hand."""
        if not editor.property("filled"):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))
            editor.setProperty("filled", True)

    def setModelData(self, editor: QWidget, model: Any, index: QModelIndex) -> None:
        """The number as it stands."""
        if editor.text() != index.data(Qt.ItemDataRole.EditRole):
            model.setData(index, editor.text())

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Esc: back to what was there."""
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            editor.setText(str(editor.property("before")))
            self.commitData.emit(editor)
        return bool(super().eventFilter(editor, event))


class GridView(QTableView):
    """The table alone, with copy and paste."""

    def __init__(self, model: GridModel, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self.setModel(model)
        self.setItemDelegate(NumberDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        wrapped = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        head.setDefaultAlignment(Qt.AlignmentFlag(wrapped))
        self.setTabKeyNavigation(False)  # Tab goes on to the next field, arrows go through the grid
        self.setAccessibleName(tr("plugin.rules.tab_table"))
        model.modelReset.connect(self.widen)
        here = Qt.ShortcutContext.WidgetShortcut
        for keys, do in (
            (QKeySequence.StandardKey.Copy, self.copy),
            (QKeySequence.StandardKey.Paste, self.paste),
            (QKeySequence.StandardKey.Delete, self.clear_cells),
        ):
            QShortcut(QKeySequence(keys), self, do, context=here)

    def widen(self) -> None:
        """Columns as wide as there is room, headers unclipped."""
        model = self.model()
        count = model.columnCount()
        if not count:
            return
        classes = "classes" in model.limit
        first = self.sizeHintForColumn(0) + 16 if classes else _FIRST_WIDTH
        room = max(0, self.viewport().width() - first)
        each = max(_LEAST_WIDTH, min(170, room // max(1, count - 1)))
        self.setColumnWidth(0, first)
        metrics = self.fontMetrics()
        deepest = 1
        for column in range(1, count):
            self.setColumnWidth(column, each)
        for column in range(count):
            text = str(model.headerData(column, Qt.Orientation.Horizontal) or "")
            room = self.columnWidth(column) - 10
            box = metrics.boundingRect(0, 0, room, 10_000, int(Qt.TextFlag.TextWordWrap), text)
            deepest = max(deepest, -(-box.height() // metrics.height()))
        self.horizontalHeader().setFixedHeight(deepest * metrics.height() + 8)

    def resizeEvent(self, event: Any) -> None:
        """Room for the columns changed."""
        super().resizeEvent(event)
        self.widen()

    def picked(self) -> tuple[list[int], list[int]]:
        """Rows and columns of the selection, or of the current cell."""
        found = self.selectedIndexes() or [self.currentIndex()]
        held = [one for one in found if one.isValid()]
        return sorted({one.row() for one in held}), sorted({one.column() for one in held})

    def copy(self) -> None:
        """The selection as a spreadsheet takes it."""
        rows, columns = self.picked()
        model = self.model()
        lines = ("\t".join(str(model.index(row, at).data() or "") for at in columns) for row in rows)
        QGuiApplication.clipboard().setText("\n".join(lines))

    def paste(self) -> None:
        """A piece of a spreadsheet from the current cell on: one step of undo."""
        at, text = self.currentIndex(), QGuiApplication.clipboard().text()
        if not self._draft.editable or not at.isValid() or not text.strip():
            return
        limit, pasted = self.model().limit, plain_cells(text)
        if tables.is_table(limit):
            made = tables.paste(limit, at.row(), at.column(), pasted)
            self._draft.replace(_LIMIT, made, tr("plugin.rules.step_paste"))
            return
        for i, line in enumerate(pasted):
            self.model().setData(self.model().index(at.row() + i, 1), line[-1])

    def clear_cells(self) -> None:
        """Delete: the selected cells are empty, which the check tells of."""
        rows, columns = self.picked()
        for row in rows:
            for column in columns:
                self.model().setData(self.model().index(row, column), "")


class Grid(QWidget):
    """The table and its tools."""

    def __init__(self, model: GridModel, draft: Draft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._draft = model, draft
        self.view = GridView(model, draft)
        self._tools: dict[str, QToolButton] = {}
        tools = QHBoxLayout()
        for name, do in (
            ("add_row", self.add_row), ("remove_rows", self.remove_rows),
            ("add_column", self.add_column), ("remove_columns", self.remove_columns), ("above", self.switch_above),
        ):  # fmt: skip
            tools.addWidget(self._tool(name, do))
        self._tools["above"].setCheckable(True)
        tools.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view, 1)
        layout.addLayout(tools)
        model.modelReset.connect(self.enable)

    def _tool(self, name: str, do: Callable[[], None]) -> QToolButton:
        made = QToolButton(text=tr(f"plugin.rules.tool.{name}"), toolTip=tr(f"plugin.rules.tool_tip.{name}"))
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda _=False: do())
        self._tools[name] = made
        return made

    def enable(self) -> None:
        """The tools that make sense."""
        limit = self._model.limit
        table, two = tables.is_table(limit), "columns" in limit
        for name, tool in self._tools.items():
            tool.setEnabled(self._draft.editable and table and (two or "column" not in name))
            tool.setVisible(self._draft.editable and table and (two or "column" not in name))
        self._tools["above"].setChecked("above" in limit)

    def _replace(self, limit: tables.Limit, step: str) -> None:
        at = self.view.currentIndex()
        row, column = at.row(), at.column()
        self._draft.replace(_LIMIT, limit, tr(f"plugin.rules.tool.{step}"))
        there = self._model.index(
            min(max(row, 0), self._model.rowCount() - 1), min(max(column, 0), self._model.columnCount() - 1)
        )
        self.view.setCurrentIndex(there)
        self.enable()

    def _table_rows(self) -> list[int]:
        shift = 1 if "columns" in self._model.limit else 0
        last = len(self._model.limit["rows"])
        return [row - shift for row in self.view.picked()[0] if 0 <= row - shift < last]

    def add_row(self) -> None:
        """After the current row; at the end where none is current."""
        rows = self._table_rows()
        at = rows[-1] + 1 if rows else len(self._model.limit["rows"])
        self._replace(tables.insert_row(self._model.limit, at), "add_row")

    def remove_rows(self) -> None:
        """The selected rows."""
        self._replace(tables.remove_rows(self._model.limit, self._table_rows()), "remove_rows")

    def add_column(self) -> None:
        """After the current column."""
        columns = [at - 1 for at in self.view.picked()[1] if at > 0]
        at = columns[-1] + 1 if columns else tables.width(self._model.limit)
        self._replace(tables.insert_column(self._model.limit, at), "add_column")

    def remove_columns(self) -> None:
        """The selected columns."""
        columns = [at - 1 for at in self.view.picked()[1] if at > 0]
        self._replace(tables.remove_columns(self._model.limit, columns), "remove_columns")

    def switch_above(self) -> None:
        """With or without the open-ended row."""
        self._replace(tables.with_above(self._model.limit, "above" not in self._model.limit), "above")
