"""What the panel of publishing looks like. It knows nothing of the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QBrush, QColor, QIcon
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTabWidget,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..language import tr
from .trees import counts, disputed, moment

_QGIS = ":/images/themes/default/"
HOURS = (0, 1, 2, 4, 8, 24)
_BAD, _GOOD = QColor("#b01818"), QColor("#1d6f42")
_WIDTH, _WHAT_WIDTH = 170, 280  # pixels
_SAID_WIDTHS = (130, 110, 130, 300)
_TROUBLES = ("unproved", "failed", "conflicts")
PLAN, TROUBLES, SAID = range(3)


class Page(QWidget):
    """The inside of the dock."""

    def __init__(self) -> None:
        super().__init__()
        self.head = QLabel(wordWrap=True)
        self.targets = _tree("target", "kind", "proof", "behind", "troubles")
        self.targets.setRootIsDecorated(False)
        self.add = _tool("symbologyAdd.svg", "plugin.ioc.add")
        self.change = _tool("symbologyEdit.svg", "plugin.ioc.change")
        self.remove = _tool("symbologyRemove.svg", "plugin.ioc.remove")
        self.again = _tool("mActionRefresh.svg", "plugin.ioc.refresh")
        self.every = QComboBox()
        for hours in HOURS:
            self.every.addItem(tr("plugin.ioc.every_hours", hours=hours) if hours else tr("plugin.ioc.by_hand"), hours)
        self.every.setToolTip(tr("plugin.ioc.every_tip"))
        self.server = QLabel(wordWrap=True)
        self.server.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.preview = _button("mActionIdentify.svg", "plugin.ioc.preview")
        self.publish = _button("mActionSharing.svg", "plugin.ioc.publish")
        self.verify = _button("mIconSuccess.svg", "plugin.ioc.verify")
        self.repair = _button("mActionOptions.svg", "plugin.ioc.repair")
        self.progress = QProgressBar(visible=False)
        self.stop = _tool("mTaskCancel.svg", "plugin.ioc.stop")
        self.stop.hide()
        self.message = QLabel(wordWrap=True, visible=False)
        self.plan = _tree("what", "before", "after")
        self.troubles = _tree("what", "ours", "theirs")
        self.troubles.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.ours = _button("mActionSaveEdits.svg", "plugin.ioc.ours")
        self.theirs = _button("mActionSelectAll.svg", "plugin.ioc.theirs")
        self.said = _tree("at", "kind", "sender", "text", "feature")
        self.said.setRootIsDecorated(False)
        for column, width in enumerate(_SAID_WIDTHS):
            self.said.setColumnWidth(column, width)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for name, widget in (("plan", self.plan), ("troubles", self._troubles_tab()), ("said", self.said)):
            self.tabs.addTab(widget, tr(f"plugin.ioc.tab.{name}", count=0))
        self._lay_out()
        self.enable(False)

    def _troubles_tab(self) -> QWidget:
        tab = QWidget()
        layout = QVBoxLayout(tab)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.troubles, 1)
        decide = QHBoxLayout()
        decide.addStretch()
        decide.addWidget(self.ours)
        decide.addWidget(self.theirs)
        layout.addLayout(decide)
        return tab

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        for one in (self.add, self.change, self.remove, self.again):
            tools.addWidget(one)
        tools.addStretch()
        tools.addWidget(QLabel(tr("plugin.ioc.every")))
        tools.addWidget(self.every)
        deeds = QHBoxLayout()
        for one in (self.preview, self.publish, self.verify, self.repair):
            deeds.addWidget(one)
        deeds.addStretch()
        deeds.addWidget(self.progress, 1)
        deeds.addWidget(self.stop)
        upper = QWidget()
        layout = QVBoxLayout(upper)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.targets, 1)
        layout.addLayout(tools)
        layout.addWidget(self.server)
        layout.addLayout(deeds)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(upper)
        halves.addWidget(self.tabs)
        halves.setStretchFactor(1, 1)
        halves.setSizes([260, 500])
        whole = QVBoxLayout(self)
        whole.addWidget(self.head)
        whole.addWidget(halves, 1)
        whole.addWidget(self.message)

    # ---- shown

    def say(self, text: str, *, bad: bool = False) -> None:
        """A sentence at the foot; none hides it."""
        self.message.setText(text)
        self.message.setStyleSheet(f"color: {_BAD.name()};" if bad else "")
        self.message.setVisible(bool(text))

    def enable(self, picked: bool, *, working: bool = False) -> None:
        """What needs a chosen target, and what must wait while a job runs."""
        for one in (self.preview, self.publish, self.verify, self.repair):
            one.setEnabled(picked and not working)
        for one in (self.ours, self.theirs):
            one.setEnabled(picked and not working and bool(disputed(self.troubles)))
        for one in (self.change, self.remove, self.every):
            one.setEnabled(picked)
        for one in (self.progress, self.stop):
            one.setVisible(working)

    def chosen(self) -> str:
        """The name of the chosen target; empty for none."""
        item = self.targets.currentItem()
        return str(item.data(0, Qt.ItemDataRole.UserRole)) if item is not None else ""

    def fill(self, targets: Sequence[Mapping[str, Any]], behind: Mapping[str, Mapping[str, Any]]) -> None:
        """The list of targets; what was chosen stays so, and one of several is always chosen."""
        before = self.chosen()
        self.targets.blockSignals(True)
        self.targets.clear()
        for one in targets:
            item = QTreeWidgetItem(self.targets)
            item.setData(0, Qt.ItemDataRole.UserRole, one["name"])
            item.setText(0, one["name"])
            item.setToolTip(0, one["address"])
            item.setText(1, tr(f"plugin.ioc.kind.{one['kind']}"))
            item.setText(2, moment(one.get("last_proof")) or tr("plugin.ioc.never"))
            _behind(item, one, behind.get(one["name"]))
            bad = [(key, int(one["counts"][key])) for key in _TROUBLES if one["counts"][key]]
            item.setText(4, ", ".join(tr(f"plugin.ioc.count.{key}", count=number) for key, number in bad))
            item.setForeground(4, QBrush(_BAD))
            if one["name"] == before:
                self.targets.setCurrentItem(item)
        if self.targets.currentItem() is None and targets:
            self.targets.setCurrentItem(self.targets.topLevelItem(0))
        self.targets.blockSignals(False)

    def count(self, tab: int, name: str, number: int) -> None:
        """How much there is under a tab."""
        self.tabs.setTabText(tab, tr(f"plugin.ioc.tab.{name}", count=number))


def _behind(item: QTreeWidgetItem, one: Mapping[str, Any], known: Mapping[str, Any] | None) -> None:
    if known is None:
        item.setText(3, tr("plugin.ioc.not_looked" if one["published"] else "plugin.ioc.nothing_there"))
        return
    late = counts(known)
    item.setText(3, late or tr("plugin.ioc.equal"))
    item.setForeground(3, QBrush(_BAD if late else _GOOD))


def _tree(*columns: str) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setHeaderLabels([tr(f"plugin.ioc.column.{name}") for name in columns])
    tree.setUniformRowHeights(True)
    tree.setAlternatingRowColors(True)
    tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    tree.header().setDefaultSectionSize(_WIDTH)
    if columns[0] == "what":
        tree.setColumnWidth(0, _WHAT_WIDTH)
    return tree


def _tool(icon: str, words: str) -> QToolButton:
    made = QToolButton(autoRaise=True)
    made.setIcon(QIcon(f"{_QGIS}{icon}"))
    made.setToolTip(tr(words))
    return made


def _button(icon: str, words: str) -> QPushButton:
    made = QPushButton(QIcon(f"{_QGIS}{icon}"), tr(words))
    made.setToolTip(tr(f"{words}_tip"))
    return made
