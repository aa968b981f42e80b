"""What the panel of scenarios looks like: list, tools, assumptions, table. It knows nothing of engine or map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qgis.gui import QgsFilterLineEdit
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QAction,
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..language import tr
from .table import FIRST, TITLE, UNIT, ComparisonModel

_QGIS = ":/images/themes/default/"
_LIST_HEIGHT = 120
_HALVES = (190, 600)  # pixels at first: the numbers need the room
_CHANGES = ("added", "changed", "deleted")
_TITLE_WIDTH, _LEAST_WIDTH, _MOST_WIDTH = 290, 90, 240


class Page(QWidget):
    """The inside of the dock."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = ""  # the scenario to pick when the list is filled next
        self.head = QLabel(wordWrap=True)
        self.list = QListWidget()
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setMinimumHeight(_LIST_HEIGHT // 2)
        self.save = QPushButton(QIcon(f"{_QGIS}mActionFileSave.svg"), tr("plugin.scenario.save"))
        self.again = self._tool("mActionRefresh.svg", "plugin.scenario.refresh")
        self.show_layers = self._tool("mActionAddLayer.svg", "plugin.scenario.show")
        self.swipe = self._tool("mActionSplitFeatures.svg", "plugin.scenario.swipe", checked=True)
        self.linked = self._tool("mActionNewMap.svg", "plugin.scenario.linked", checked=True)
        for one in (self.show_layers, self.swipe, self.linked):
            one.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more = QToolButton(text="…", autoRaise=True)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)
        self.rename: QAction = menu.addAction(tr("plugin.scenario.rename"))
        self.remove: QAction = menu.addAction(tr("plugin.scenario.remove"))
        self.more.setMenu(menu)
        self.message = QLabel(wordWrap=True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.message.hide()
        self._numbers()
        self._arrange()
        self.enable(False)

    def _tool(self, icon: str, code: str, *, checked: bool = False) -> QToolButton:
        made = QToolButton(autoRaise=True)
        made.setIcon(QIcon(_QGIS + icon))
        made.setText(tr(code))
        made.setToolTip(tr(f"{code}_tip"))
        made.setCheckable(checked)
        return made

    def _numbers(self) -> None:
        """The lower half: what is taken for granted, and the table."""
        self.floor = QDoubleSpinBox(minimum=0.0, maximum=500.0, decimals=1, suffix=" m²")
        self.floor.setSpecialValueText(tr("plugin.scenario.floor_none"))
        self.floor.setToolTip(tr("job.scenario.compare.floor_per_person.help"))
        self.green = QgsFilterLineEdit()
        self.green.setPlaceholderText(tr("plugin.scenario.green_none"))
        self.green.setToolTip(tr("job.scenario.compare.green_uses.help"))
        self.compare = QPushButton(QIcon(f"{_QGIS}mActionShowAllLayers.svg"), tr("plugin.scenario.compare"))
        self.compare.setToolTip(tr("plugin.scenario.compare_tip"))
        self.progress = QProgressBar(maximum=0, textVisible=False)
        self.progress.setMaximumHeight(6)
        self.progress.hide()
        self.different = QCheckBox(tr("plugin.scenario.only_different"))
        self.different.setChecked(True)
        self.zones = QCheckBox(tr("plugin.scenario.zones"))
        self.foot = QLabel(tr("plugin.scenario.foot"), wordWrap=True)
        self.model = ComparisonModel(self)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAlternatingRowColors(True)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        # Every row has room for two lines: to measure hundreds of rows would hold the window up.
        self.table.verticalHeader().setDefaultSectionSize(2 * self.fontMetrics().height() + 6)
        self.table.horizontalHeader().setResizeContentsPrecision(0)
        self.table.setWordWrap(True)
        wrapped = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag(wrapped))
        self.table.horizontalHeader().setMinimumHeight(2 * self.fontMetrics().height() + 8)  # names of two lines
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.different.toggled.connect(self._narrow)
        self.zones.toggled.connect(self._narrow)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.save, 1)
        row.addWidget(self.again)
        tools = QHBoxLayout()
        for one in (self.show_layers, self.swipe, self.linked):
            tools.addWidget(one)
        tools.addStretch(1)
        tools.addWidget(self.more)
        upper, lower = QWidget(), QWidget()
        top = QVBoxLayout(upper)
        top.setContentsMargins(0, 0, 0, 0)
        top.addLayout(row)
        top.addWidget(self.list, 1)
        top.addLayout(tools)
        assumed = QFormLayout()
        assumed.addRow(tr("plugin.scenario.floor"), self.floor)
        assumed.addRow(tr("plugin.scenario.green"), self.green)
        ticks = QHBoxLayout()
        ticks.addWidget(self.different)
        ticks.addWidget(self.zones)
        ticks.addStretch(1)
        bottom = QVBoxLayout(lower)
        bottom.setContentsMargins(0, 0, 0, 0)
        bottom.addLayout(assumed)
        bottom.addWidget(self.compare)
        bottom.addWidget(self.progress)
        bottom.addLayout(ticks)
        bottom.addWidget(self.table, 1)
        bottom.addWidget(self.foot)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(upper)
        halves.addWidget(lower)
        halves.setStretchFactor(1, 1)
        halves.setChildrenCollapsible(False)
        halves.setSizes(list(_HALVES))
        layout = QVBoxLayout(self)
        layout.addWidget(self.head)
        layout.addWidget(halves, 1)
        layout.addWidget(self.message)

    # ---- shown and asked

    def about(self, data: str) -> None:
        """Which data set the scenarios belong to."""
        self.head.setText(tr("plugin.scenario.of", data=data) if data else "")
        self.message.hide()

    def say(self, text: str, *, bad: bool = False) -> None:
        """A sentence at the foot; none hides it."""
        self.message.setText(text)
        self.message.setStyleSheet("color: #b01818;" if bad else "")
        self.message.setVisible(bool(text))

    def enable(self, picked: bool) -> None:
        """The tools that need a picked scenario."""
        for one in (self.show_layers, self.swipe, self.linked, self.more):
            one.setEnabled(picked)

    def busy(self, working: bool) -> None:
        """A comparison is under way."""
        self.compare.setEnabled(not working)
        self.progress.setVisible(working)

    def fill(self, scenarios: Sequence[Mapping[str, Any]]) -> None:
        """The list; what was picked and ticked stays so."""
        item = self.list.currentItem()
        picked = self.wanted or (item.data(Qt.ItemDataRole.UserRole)["scenario"] if item is not None else "")
        ticked = set(self.ticked())
        self.wanted = ""
        self.list.blockSignals(True)
        self.list.clear()
        for one in scenarios:
            item = QListWidgetItem(f"{one['name']}\n{self._told(one)}", self.list)
            item.setData(Qt.ItemDataRole.UserRole, dict(one))
            item.setToolTip(one["note"] or one["name"])
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            tick = one["scenario"] in ticked
            item.setCheckState(Qt.CheckState.Checked if tick else Qt.CheckState.Unchecked)
        self.list.blockSignals(False)
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole)["scenario"] == picked:
                self.list.setCurrentRow(row)
        self.enable(self.list.currentItem() is not None)

    def _told(self, one: Mapping[str, Any]) -> str:
        totals = {change: sum(counts[change] for counts in one["counts"].values()) for change in _CHANGES}
        words = tr("plugin.scenario.counts", **totals)
        return f"{words} · {tr('plugin.scenario.simulated')}" if one["simulated"] else words

    def ticked(self) -> list[str]:
        """The scenarios that are ticked."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [
            item.data(Qt.ItemDataRole.UserRole)["scenario"]
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        ]

    def assumptions(self) -> dict[str, Any]:
        """What the user takes for granted, as the job takes it."""
        codes = [code.strip().upper() for code in self.green.text().replace(";", ",").split(",") if code.strip()]
        floor = self.floor.value()
        return {"floor_per_person": floor if floor >= 1.0 else None, "green_uses": codes or None}

    def compared(self, value: Mapping[str, Any]) -> None:
        """Show the numbers."""
        self.model.fill(value["columns"], value["rows"])
        self._narrow()
        self.table.setColumnWidth(TITLE, _TITLE_WIDTH)
        self.table.resizeColumnToContents(UNIT)
        for column in range(FIRST, self.model.columnCount()):
            wanted = self.table.sizeHintForColumn(column) + 14  # of the values: a long name is wrapped
            self.table.setColumnWidth(column, max(_LEAST_WIDTH, min(_MOST_WIDTH, wanted)))

    def _narrow(self, *_: Any) -> None:
        self.model.narrow(only_different=self.different.isChecked(), zones=self.zones.isChecked())
