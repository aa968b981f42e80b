"""The cases of the data set: list, history, evidence, states, decision, dossier, and the proof by repetition."""

from __future__ import annotations

from functools import partial
from typing import Any

from qgis.gui import QgsFilterLineEdit
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QMenu,
    QPushButton,
    QShortcut,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ...layers.errors import DothiError
from ..findings.worker import Worker
from ..language import tr
from ..map import place
from . import cases, reading, words
from .acts import Acts
from .alert_filters import fill
from .alert_model import table_view
from .case_model import WIDTHS, CaseModel
from .case_page import case_page
from .cases import COLUMNS, CaseFile, CaseRow
from .mark import Mark
from .paper import Papers
from .triage_bar import STATES, TriageBar

ACTS = ("previous", "next", "confirmed", "rejected", "in_field", "closed", "note", "dossier")
_MOVES = ("previous", "next")
_KINDS = ("photo", "citizen_report", "document")
_ROOMS = (380, 380)
_PAUSE_MS = 250


class CasesTab(QWidget):
    """Cases, those that changed last first."""

    def __init__(self, iface: Any, acts: Acts, mark: Mark) -> None:
        super().__init__()
        self.iface, self.acts = iface, acts
        self.papers = Papers(iface, acts)
        self.mark = mark
        self.data, self._current = "", ""
        self.all: tuple[CaseRow, ...] = ()
        self.worker = Worker(self._refused, self)
        self.model = CaseModel(self)
        self._build()
        self._arrange()
        self._listen()

    def _build(self) -> None:
        self.state = QComboBox()
        fill(
            self.state,
            tr("plugin.surveillance.all_states"),
            [(words.state(one), one) for one in words.codes("case_status")],
        )
        self.state.setToolTip(tr("plugin.surveillance.filter.state"))
        self.search = QgsFilterLineEdit()
        self.search.setShowClearButton(True)
        self.search.setPlaceholderText(tr("plugin.surveillance.search_case"))
        self.view = table_view(self.model, list(WIDTHS.values()))
        self.view.horizontalHeader().setSortIndicator(COLUMNS.index("last_seen"), Qt.SortOrder.DescendingOrder)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)  # several go into one dossier
        self.count = QLabel(wordWrap=True)
        self.bar = TriageBar(ACTS, self.view)
        self.assign = QPushButton(tr("plugin.surveillance.assign"))
        self.decide = QPushButton(tr("plugin.surveillance.decide"))
        self.add = QPushButton(tr("plugin.surveillance.add_evidence"))
        menu = QMenu(self.add)
        for kind in _KINDS:
            menu.addAction(tr(f"plugin.surveillance.add.{kind}"), partial(self._ask_for_file, kind))
        self.add.setMenu(menu)
        self.again = QPushButton(tr("plugin.surveillance.reproduce"))
        self.again.setToolTip(tr("plugin.surveillance.reproduce_tip"))
        self.page = QTextBrowser()
        self.page.setOpenExternalLinks(True)
        self.page.setPlaceholderText(tr("plugin.surveillance.select_case"))
        self.typing = QTimer(self, singleShot=True, interval=_PAUSE_MS)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.state)
        top.addWidget(self.search, 1)
        more = QHBoxLayout()
        for button in (self.assign, self.decide, self.add, self.again):
            more.addWidget(button, 1)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self.view, 1)
        column.addWidget(self.count)
        column.addWidget(self.bar)
        column.addLayout(more)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(upper)
        split.addWidget(self.page)
        split.setCollapsible(0, False)
        split.setSizes(list(_ROOMS))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(split, 1)

    def _listen(self) -> None:
        self.state.currentIndexChanged.connect(lambda _: self.ask())
        self.search.textChanged.connect(lambda _: self.typing.start())
        self.typing.timeout.connect(self.ask)
        self.view.horizontalHeader().sortIndicatorChanged.connect(lambda *_: self.ask())
        self.view.selectionModel().currentRowChanged.connect(lambda *_: self._selected())
        self.view.clicked.connect(lambda _: self._show_file(go=True))
        self.bar.acted.connect(self._act)
        self.assign.clicked.connect(lambda _: self._ask_for_words("assign", "assignee"))
        self.decide.clicked.connect(lambda _: self._ask_for_words("decide", "decision"))
        self.again.clicked.connect(lambda _: self._reproduce())
        self.acts.written.connect(lambda _: self.read(self.data))
        self.acts.waits.connect(lambda: self.model.wait_for(tuple(self.acts.waiting)))
        everywhere = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys, do in (
            (QKeySequence.StandardKey.Find, self.search.setFocus),
            (QKeySequence.StandardKey.Refresh, lambda: self.read(self.data)),
        ):
            QShortcut(QKeySequence(keys), self, do, context=everywhere)

    # ---- the list

    def read(self, data: str) -> None:
        """Read the cases of ``data`` again; the one that is shown stays."""
        if data != self.data:
            self._current = ""
        self.data = data
        self.worker.forget()
        self.worker.ask(partial(cases.read, data), self._opened)

    def _opened(self, rows: tuple[CaseRow, ...]) -> None:
        self.all = rows
        self.ask()

    def ask(self) -> None:
        """Show what the filters let through."""
        header = self.view.horizontalHeader()
        descending = header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        column = COLUMNS[header.sortIndicatorSection()]
        at, uid = self.view.currentIndex().row(), self._current
        self.model.show(
            cases.chosen(self.all, self.state.currentData() or "", self.search.text(), column, descending=descending)
        )
        told = tr("plugin.surveillance.cases_shown", shown=self.model.rowCount(), total=len(self.all))
        self.count.setText(told if self.all else tr("plugin.surveillance.no_cases"))
        kept = self.model.place_of(uid) if uid else -1
        self._go_to(kept if kept >= 0 else min(max(at, 0), self.model.rowCount() - 1), quietly=kept >= 0)

    def _go_to(self, row: int, *, quietly: bool = False) -> None:
        """Select a row. ``quietly``: the same case as before, so the map stays where the user has moved it."""
        if not 0 <= row < self.model.rowCount():
            self._current = ""
            self.page.clear()
            self.mark.clear()
            self._allow()
            return
        index = self.model.index(row, 0)
        self.view.selectionModel().blockSignals(quietly)
        self.view.setCurrentIndex(index)
        self.view.selectionModel().blockSignals(False)
        self.view.scrollTo(index)
        if quietly:
            self.view.viewport().update()
            self._show_file(go=False)

    def current(self) -> CaseRow | None:
        """The case that is selected."""
        row = self.view.currentIndex().row()
        return self.model.rows[row] if 0 <= row < len(self.model.rows) else None

    def _selected_rows(self) -> list[int]:
        return sorted(index.row() for index in self.view.selectionModel().selectedRows())

    # ---- one case

    def _selected(self) -> None:
        row = self.current()
        if row is not None and row.uid != self._current:
            self._show_file(go=True)

    def _show_file(self, *, go: bool) -> None:
        row = self.current()
        if row is None:
            return
        self._current = row.uid
        self._allow()
        self.worker.forget()
        self.worker.ask(partial(cases.case_file, self.data, row.uid), partial(self._show, row, go))

    def _show(self, row: CaseRow, go: bool, read: CaseFile) -> None:
        if row.uid != self._current:
            return
        self.page.setHtml(case_page(read, row, reading.cases_of(self.data).with_name("cases") / row.uid))
        if not self.isVisible():  # the outline belongs to the tab in sight
            return
        if read.place.isNull():
            self.mark.clear()
            return
        self.mark.show(read.place, read.system, words.colour("change_class", row.change_class))
        if go:
            place.go(self.iface, read.place, read.system)

    def _allow(self) -> None:
        row = self.current()
        self.bar.enable([one for one in ACTS if row is not None and one != row.status])
        for button in (self.assign, self.decide, self.add, self.again):
            button.setEnabled(row is not None)

    # ---- acts

    def _act(self, act: str, said: str) -> None:
        row = self.current()
        if act in _MOVES:
            self._go_to(self.view.currentIndex().row() + (1 if act == "next" else -1))
        elif row is None:
            return
        elif act == "dossier":
            self.papers.dossier(self.data, [self.model.rows[n].code for n in self._selected_rows()] or [row.code])
        elif act == "note":
            self.acts.set(self.data, row.uid, note=said)
        elif act in STATES:
            self.acts.set(self.data, row.uid, status=act, note=said)

    def _ask_for_words(self, what: str, field: str) -> None:
        row = self.current()
        if row is None:
            return
        was = row.assignee if field == "assignee" else ""
        said, agreed = QInputDialog.getText(self, row.code, tr(f"plugin.surveillance.{what}_words"), text=was)
        if agreed and said.strip():
            self.acts.set(self.data, row.uid, **{field: said.strip()})

    def _ask_for_file(self, kind: str) -> None:
        row = self.current()
        if row is None:
            return
        chosen, _ = QFileDialog.getOpenFileName(
            self, tr(f"plugin.surveillance.add.{kind}"), "", tr(f"plugin.surveillance.file_filter.{kind}")
        )
        if chosen:
            self.acts.evidence(self.data, row.uid, kind=kind, file=chosen)

    def _reproduce(self) -> None:
        row = self.current()
        if row is not None:
            self.papers.reproduce(self.data, row.code)

    # ---- ends

    def _refused(self, error: DothiError) -> None:
        self.all = ()
        self.ask()
        self.count.setText(tr(error.code, **error.arguments))

    def rest(self) -> None:
        """Take the outline from the map."""
        self.mark.clear()

    def shut(self) -> None:
        """End the thread, and take the outline from the map."""
        self.worker.close()
        self.mark.clear()
