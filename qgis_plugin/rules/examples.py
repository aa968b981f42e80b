"""The worked examples as a grid: a column for each input, what should come out, what does, and whether they agree."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QBrush, QColor
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStyledItemDelegate,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..language import tr
from . import figures, rule_words
from .draft import Draft, Place, value_at
from .rule_words import Words

EXPECT = ("limit", "measured", "outcome")
_OUTCOMES = ("pass", "fail", "not_applicable", "not_checkable")
_GOOD, _BAD, _EXPECTED = QColor("#2e7d32"), QColor("#c62828"), QColor("#eef3f2")
_INK = QColor("#222222")
_NONE = QModelIndex()
_CASES = ("case",)


class ExamplesModel(QAbstractTableModel):
    """One row per example of the draft; ``examples`` are the engine's last answers."""

    def __init__(self, draft: Draft, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self.words = Words()
        self.examples: Sequence[Mapping[str, Any]] = ()
        self._inputs: list[str] = []
        self._count = 0
        draft.opened.connect(self._reset)
        draft.changed.connect(self._changed)

    @property
    def cases(self) -> list[dict[str, Any]]:
        """The draft's own."""
        held: list[dict[str, Any]] = self._draft.values.get("case") or []
        return held

    def _named(self) -> list[str]:
        return list(dict.fromkeys(name for case in self.cases for name in case.get("given", {})))

    def _reset(self) -> None:
        self.beginResetModel()
        self._inputs, self._count, self.examples = self._named(), len(self.cases), ()
        self.endResetModel()

    def _changed(self) -> None:
        named = self._named()
        if not set(named) <= set(self._inputs) or len(self.cases) != self._count:
            self.beginResetModel()
            self._inputs, self._count = named, len(self.cases)
            self.endResetModel()
        elif self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, self.columnCount() - 1))

    def answer(self, examples: Sequence[Mapping[str, Any]]) -> None:
        """What came out."""
        self.examples = examples
        self._changed()

    def rowCount(self, parent: QModelIndex = _NONE) -> int:
        """Examples."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: QModelIndex = _NONE) -> int:
        """Holds or not, inputs, what should come out, what does."""
        return 0 if parent.isValid() else len(self._inputs) + len(EXPECT) + 2

    def place(self, index: QModelIndex) -> Place | None:
        """Where the cell's value stands in the rule."""
        at = index.column() - 1
        if at < 0 or at >= len(self._inputs) + len(EXPECT):
            return None
        if at < len(self._inputs):
            return ("case", index.row(), "given", self._inputs[at])
        return ("case", index.row(), "expect", EXPECT[at - len(self._inputs)])

    def choices(self, index: QModelIndex) -> list[tuple[str, str]]:
        """Code and word of what the cell may hold; none for a number."""
        place = self.place(index)
        if place is None:
            return []
        if place[3] == "outcome":
            return [("", ""), *((code, rule_words.domain("outcome", code)) for code in _OUTCOMES)]
        offered = self.words.choices(str(place[3])) if place[2] == "given" else []
        return [("", ""), *offered] if offered else []

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Inputs and expectations can be edited while the draft can."""
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain | Qt.ItemFlag.ItemIsEditable if self._draft.editable and self.place(index) else plain

    def _answer(self, row: int) -> Mapping[str, Any] | None:
        return self.examples[row] if row < len(self.examples) else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text and colour of a cell."""
        place, answer = self.place(index), self._answer(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            if place is None:
                return self._holds(answer) if index.column() == 0 else self._got(answer)
            value = value_at(self._draft.values, place)
            return dict(self.choices(index)).get(value, value) if isinstance(value, str) else figures.show(value)
        if role == Qt.ItemDataRole.EditRole and place is not None:
            value = value_at(self._draft.values, place)
            return value if isinstance(value, str) else figures.show(value)
        if role == Qt.ItemDataRole.ForegroundRole:
            if answer is not None and index.column() == 0:
                return QBrush(_GOOD if answer["holds"] else _BAD)
            if place is not None and place[2] == "expect":
                return QBrush(_BAD if answer is not None and place[3] in answer["wrong"] else _INK)
        if role == Qt.ItemDataRole.BackgroundRole and place is not None and place[2] == "expect":
            return QBrush(_EXPECTED)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.words.given(self.cases[index.row()].get("given", {}))
        return None

    def _holds(self, answer: Mapping[str, Any] | None) -> str:
        return "…" if answer is None else tr("plugin.rules.holds" if answer["holds"] else "plugin.rules.fails")

    def _got(self, answer: Mapping[str, Any] | None) -> str:
        if answer is None:
            return ""
        got = answer["got"]
        told = [rule_words.domain("outcome", str(got["outcome"]))]
        told += [
            f"{tr(f'plugin.rules.expect.{key}').lower()} {figures.show(round(got[key], 3))}"
            for key in ("limit", "measured")
            if got.get(key) is not None
        ]
        return ", ".join(told)

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names with units."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if way == Qt.Orientation.Vertical:
            return str(section + 1)
        at = section - 1
        if at < 0:
            return tr("plugin.rules.example_holds")
        if at < len(self._inputs):
            return self.words.axis(self._inputs[at])
        if at < len(self._inputs) + len(EXPECT):
            return tr(f"plugin.rules.expect.{EXPECT[at - len(self._inputs)]}")
        return tr("plugin.rules.example_got")

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A typed value; an empty one takes it out of the example."""
        place = self.place(index)
        if place is None or role != Qt.ItemDataRole.EditRole or not self._draft.editable:
            return False
        number = place[2] == "expect" or not self.words.is_text(str(place[3]))
        read = figures.read(str(value)) if number and not self.choices(index) else str(value).strip()
        self._draft.set(place, None if read == "" else read, tr("plugin.rules.step_example"))
        return True


class _Delegate(QStyledItemDelegate):
    """A list where there is one, else a line."""

    def createEditor(self, parent: QWidget, option: Any, index: QModelIndex) -> QWidget:
        """By what the cell may hold."""
        choices = index.model().choices(index)
        if not choices:
            return QLineEdit(parent)
        box = QComboBox(parent)
        for code, word in choices:
            box.addItem(word, code)
        return box

    def setEditorData(self, editor: QWidget, index: QModelIndex) -> None:
        """What the cell holds."""
        value = index.data(Qt.ItemDataRole.EditRole)
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(max(0, editor.findData(value)))
        else:
            editor.setText(str(value))

    def setModelData(self, editor: QWidget, model: Any, index: QModelIndex) -> None:
        """What was chosen or typed."""
        model.setData(index, editor.currentData() if isinstance(editor, QComboBox) else editor.text())


class Examples(QWidget):
    """The grid and its tools."""

    def __init__(self, draft: Draft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self.model = ExamplesModel(draft, self)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(_Delegate(self.view))
        self.view.setAccessibleName(tr("plugin.rules.tab_examples"))
        self.view.setTabKeyNavigation(False)
        wrapped = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        self.view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag(wrapped))
        self.view.horizontalHeader().setMinimumHeight(3 * self.fontMetrics().height() + 8)
        self.view.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)
        self.model.modelReset.connect(self._widen)
        self.note = QLabel(tr("plugin.rules.examples_note"), wordWrap=True)
        self.problem = QLabel(wordWrap=True)
        self.problem.setStyleSheet("color: #b01818;")
        self.problem.hide()
        self.double = QToolButton(text=tr("plugin.rules.tool.double"))
        self.remove = QToolButton(text=tr("plugin.rules.tool.remove_example"))
        self.accept = QToolButton(text=tr("plugin.rules.tool.accept"), toolTip=tr("plugin.rules.tool_tip.accept"))
        self.double.clicked.connect(lambda _=False: self.copy_example())
        self.remove.clicked.connect(lambda _=False: self.remove_example())
        self.accept.clicked.connect(lambda _=False: self.accept_result())
        tools = QHBoxLayout()
        for one in (self.double, self.remove, self.accept):
            one.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            tools.addWidget(one)
        tools.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self.note)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.problem)
        layout.addLayout(tools)
        draft.opened.connect(self._enable)

    def _enable(self) -> None:
        for one in (self.double, self.remove, self.accept):
            one.setVisible(self._draft.editable)

    def _widen(self) -> None:
        for column in range(self.model.columnCount()):
            wanted = self.view.sizeHintForColumn(column) + 14
            last = column == self.model.columnCount() - 1
            self.view.setColumnWidth(column, 300 if last else max(84, min(190, wanted)))

    def show_problem(self, told: str) -> None:
        """What is wrong with the examples."""
        self.problem.setText(told)
        self.problem.setVisible(bool(told))

    def _row(self) -> int:
        return max(0, self.view.currentIndex().row())

    def copy_example(self) -> None:
        """One more like the current one, to change."""
        cases = self.model.cases
        new = copy.deepcopy(cases[self._row()]) if cases else {"given": {}, "expect": {"outcome": "pass"}}
        self._draft.replace(_CASES, [*cases, new], tr("plugin.rules.step_example"))

    def remove_example(self) -> None:
        """The current one goes; a rule keeps at least one."""
        cases = self.model.cases
        if len(cases) > 1:
            row = self._row()
            self._draft.replace(_CASES, cases[:row] + cases[row + 1 :], tr("plugin.rules.step_example"))

    def accept_result(self) -> None:
        """What came out becomes what should: after the user has reckoned it by hand."""
        row = self._row()
        answer = self.model.examples[row] if row < len(self.model.examples) else None
        if answer is None:
            return
        cases = copy.deepcopy(self.model.cases)
        for key in cases[row]["expect"]:
            got = answer["got"].get(key)
            if got is not None:
                cases[row]["expect"][key] = got if isinstance(got, str) else round(got, 4)
        self._draft.replace(_CASES, cases, tr("plugin.rules.step_example"))
