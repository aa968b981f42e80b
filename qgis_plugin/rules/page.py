"""What the panel of rules looks like: list above, one rule in tabs below, buttons. It knows nothing of the engine."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon, QKeySequence
from qgis.PyQt.QtWidgets import (
    QAction,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QTabWidget,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..language import tr
from .calculator import Calculator
from .curve import CurveView
from .draft import Draft
from .examples import Examples
from .form import Form
from .grid_model import GridModel
from .grid_view import Grid
from .list_view import RulesList

_QGIS = ":/images/themes/default/"
_HALVES = (300, 480)
_SIDES = (400, 340)
READ, TABLE, FIELDS, EXAMPLES, CALCULATOR = range(5)
_TABS = ("read", "table", "fields", "examples", "calculator")


class Page(QWidget):
    """The inside of the dock."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self.head = QLabel(wordWrap=True)
        self.again = _button("mActionRefresh.svg", tr("plugin.rules.refresh"))
        self.list = RulesList()
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(True)
        self.model = GridModel(draft, self)
        self.grid = Grid(self.model, draft)
        self.curve = CurveView()
        self.no_table = QLabel(wordWrap=True)
        self.no_table.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.no_table.hide()
        self.table_problem = _problem()
        self.form = Form(draft)
        self.examples = Examples(draft)
        self.calculator = Calculator()
        self.tabs = QTabWidget()
        self.message = QLabel(wordWrap=True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.message.hide()
        self._buttons()
        self._arrange()
        self.grid.view.selectionModel().currentChanged.connect(lambda *_: self.mark())
        self.model.modelReset.connect(self.mark)

    def _buttons(self) -> None:
        self.edit = QPushButton(tr("plugin.rules.edit"), toolTip=tr("plugin.rules.edit_tip"))
        self.save = QPushButton(QIcon(f"{_QGIS}mActionFileSave.svg"), tr("plugin.rules.save"))
        self.leave = QPushButton(tr("plugin.rules.leave"), toolTip=tr("plugin.rules.leave_tip"))
        self.reload = QPushButton(tr("plugin.rules.reload"), toolTip=tr("plugin.rules.reload_tip"))
        stack = self.draft.stack
        self.undo: QAction = stack.createUndoAction(self, tr("plugin.rules.undo"))
        self.redo: QAction = stack.createRedoAction(self, tr("plugin.rules.redo"))
        for action, keys, icon in (
            (self.undo, QKeySequence.StandardKey.Undo, "mActionUndo.svg"),
            (self.redo, QKeySequence.StandardKey.Redo, "mActionRedo.svg"),
        ):
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setIcon(QIcon(_QGIS + icon))
            self.addAction(action)
        self.sheet = QToolButton(text=tr("plugin.rules.sheet"))
        self.sheet.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.sheet)
        self.export_xlsx: QAction = menu.addAction(tr("plugin.rules.export_xlsx"))
        self.export_csv: QAction = menu.addAction(tr("plugin.rules.export_csv"))
        self.import_sheet: QAction = menu.addAction(tr("plugin.rules.import"))
        self.sheet.setMenu(menu)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.head, 1)
        top.addWidget(self.again)
        sides = QSplitter(Qt.Orientation.Horizontal)
        sides.addWidget(self.grid)
        sides.addWidget(self.curve)
        sides.setChildrenCollapsible(False)
        sides.setSizes(list(_SIDES))
        sides.setStretchFactor(0, 1)
        sides.setStretchFactor(1, 1)
        self.sides = sides
        table = QWidget()
        column = QVBoxLayout(table)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(sides, 1)
        column.addWidget(self.no_table, 1)
        column.addWidget(self.table_problem)
        for name, inside in zip(_TABS, (self.text, table, self.form, self.examples, self.calculator), strict=True):
            self.tabs.addTab(inside, tr(f"plugin.rules.tab_{name}"))
        tools = QHBoxLayout()
        for action in (self.undo, self.redo):
            button = QToolButton(autoRaise=True)
            button.setDefaultAction(action)
            tools.addWidget(button)
        tools.addWidget(self.sheet)
        tools.addStretch(1)
        for one in (self.reload, self.leave, self.edit, self.save):
            tools.addWidget(one)
        lower = QWidget()
        bottom = QVBoxLayout(lower)
        bottom.setContentsMargins(0, 0, 0, 0)
        bottom.addWidget(self.tabs, 1)
        bottom.addWidget(self.message)
        bottom.addLayout(tools)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(self.list)
        halves.addWidget(lower)
        halves.setChildrenCollapsible(False)
        halves.setSizes(list(_HALVES))
        halves.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(top)
        layout.addWidget(halves, 1)

    def say(self, text: str, *, bad: bool = False) -> None:
        """A sentence under the rule; none hides it."""
        self.message.setText(text)
        self.message.setStyleSheet("color: #b01818;" if bad else "")
        self.message.setVisible(bool(text))

    def shape(self) -> None:
        """The grid and the curve where there is something to draw, else a sentence."""
        limit = self.model.limit
        shown = "rows" in limit or "classes" in limit
        self.sides.setVisible(shown)
        self.no_table.setVisible(not shown)
        self.no_table.setText(tr("plugin.rules.no_table") if limit else tr("plugin.rules.choose"))
        self.grid.enable()

    def mark(self) -> None:
        """Ring on the curve what is current in the grid."""
        at = self.grid.view.currentIndex()
        place = self.model.place(at)
        rows = place is not None and place[1] == "rows"
        self.curve.mark(int(place[2]) if rows and place else -1, max(0, at.column() - 1))

    def flag(self, wrong: set[int]) -> None:
        """A mark at the tabs on which something is wrong."""
        for at, name in enumerate(_TABS):
            text = tr(f"plugin.rules.tab_{name}")
            self.tabs.setTabText(at, f"{text} ●" if at in wrong else text)


def _problem() -> QLabel:
    made = QLabel(wordWrap=True)
    made.setStyleSheet("color: #b01818;")
    made.hide()
    return made


def _button(icon: str, text: str) -> QToolButton:
    made = QToolButton(autoRaise=True)
    made.setIcon(QIcon(_QGIS + icon))
    made.setToolTip(text)
    made.setAccessibleName(text)
    return made
