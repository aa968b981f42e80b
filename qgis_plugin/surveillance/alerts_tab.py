"""The alerts of a detection: choose, filter, go there, read why, and judge them by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from qgis.core import Qgis
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon, QKeySequence
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QShortcut,
    QSplitter,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...engine.contract import case, watches
from ...layers.errors import DothiError
from ...layers.messages import number
from ..findings.worker import Worker
from ..language import language, tr
from ..map import place
from . import alerts, reading, words
from .acts import Acts
from .alert_filters import AlertFilters
from .alert_model import WIDTHS, AlertModel, table_view
from .alerts import AlertRow, Run
from .card import alert_page, told_accuracy
from .choosing import COLUMNS, chosen
from .mark import Mark
from .paper import Papers
from .triage_bar import STATES, TRIAGE, TriageBar

_ROOMS = (430, 330)  # pixels of list and card at first
_MOVES = ("previous", "next")


class AlertsTab(QWidget):
    """``changed`` is called with the data set when something was written to its cases."""

    def __init__(self, iface: Any, acts: Acts, mark: Mark, changed: Callable[[], None]) -> None:
        super().__init__()
        self.iface, self.acts, self._changed = iface, acts, changed
        self.papers = Papers(iface, acts)
        self.mark = mark
        self.data = ""
        self.run: Run | None = None
        self._current = ""  # uid of the alert that the card is about
        self.worker = Worker(self._refused, self)
        self.model = AlertModel(self)
        self._build()
        self._arrange()
        self._listen()

    def _build(self) -> None:
        self.runs = QComboBox()
        self.runs.setToolTip(tr("plugin.surveillance.choose_run"))
        self.runs.setAccessibleName(tr("plugin.surveillance.choose_run"))
        self.again = QToolButton()
        self.again.setIcon(QIcon(":/images/themes/default/mActionRefresh.svg"))
        self.again.setToolTip(tr("plugin.surveillance.refresh"))
        self.again.setAccessibleName(tr("plugin.surveillance.refresh"))
        self.again.setAutoRaise(True)
        self.head = QLabel(wordWrap=True)
        self.filters = AlertFilters()
        self.view = table_view(self.model, list(WIDTHS.values()))
        self.view.horizontalHeader().setSortIndicator(COLUMNS.index("area"), Qt.SortOrder.DescendingOrder)
        self.count = QLabel()
        self.take = QPushButton(tr("plugin.surveillance.take"))
        self.take.setToolTip(tr("plugin.surveillance.take_tip"))
        self.take.hide()
        self.card = QTextBrowser()
        self.card.setPlaceholderText(tr("plugin.surveillance.select_one"))
        self.upper = QWidget()
        self.bar = TriageBar(TRIAGE, self.view)
        self.split = QSplitter(Qt.Orientation.Vertical)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.runs, 1)
        top.addWidget(self.again)
        foot = QHBoxLayout()
        foot.addWidget(self.count, 1)
        foot.addWidget(self.take)
        column = QVBoxLayout(self.upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.head)
        column.addWidget(self.filters)
        column.addWidget(self.view, 1)
        column.addLayout(foot)
        column.addWidget(self.bar)
        self.split.addWidget(self.upper)
        self.split.addWidget(self.card)
        self.split.setCollapsible(0, False)
        self.split.setSizes(list(_ROOMS))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(top)
        layout.addWidget(self.split, 1)

    def _listen(self) -> None:
        self.runs.currentIndexChanged.connect(lambda _: self._open_run())
        self.again.clicked.connect(lambda _: self.read(self.data))
        self.filters.changed.connect(self.ask)
        self.filters.watch_chosen.connect(self._watch)
        self.view.horizontalHeader().sortIndicatorChanged.connect(lambda *_: self.ask())
        self.view.selectionModel().currentRowChanged.connect(lambda *_: self._selected())
        self.view.clicked.connect(lambda _: self._selected(again=True))
        self.take.clicked.connect(lambda _: self.take_all())
        self.bar.acted.connect(self._act)
        self.acts.written.connect(self._written)
        self.acts.waits.connect(lambda: self.model.wait_for(tuple(self.acts.waiting)))
        everywhere = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.filters.search.setFocus, context=everywhere)
        QShortcut(
            QKeySequence(QKeySequence.StandardKey.Refresh), self, lambda: self.read(self.data), context=everywhere
        )

    # ---- which run

    def read(self, data: str) -> None:
        """List the detections on ``data`` again; the one that is shown stays if it is still there, else the newest."""
        was = self.runs.currentData() if data == self.data else None
        self.data = data
        found = reading.runs_of(data)
        self.runs.blockSignals(True)
        self.runs.clear()
        for path in found:
            made = tr(f"plugin.surveillance.run_by.{reading.job_of(path)}")
            self.runs.addItem(tr("plugin.surveillance.run_of", started=reading.started(path), job=made), path)
        shown = found.index(was) if was in found else 0
        self.runs.setCurrentIndex(shown if found else -1)
        self.runs.setEnabled(bool(found))
        self.runs.blockSignals(False)
        if not found:
            self._empty(tr("plugin.surveillance.none"))
            return
        self._open_run()
        if reading.state_of(data).is_file():  # without it nobody has ever set a watch
            self.acts.ask(watches.LIST, {"data": data}, self._offer_watches)

    def _offer_watches(self, told: Mapping[str, Any]) -> None:
        self.filters.offer_watches([str(one["name"]) for one in told["watches"]])

    def _open_run(self) -> None:
        path: Path = self.runs.currentData()
        self.worker.forget()
        self.worker.ask(partial(_read, path, self.data), self._opened)

    def _opened(self, run: Run) -> None:
        self.run = run
        told = [tr("plugin.surveillance.judged_on", day=words.day(run.judged_on) or "–"), told_accuracy(run)]
        if run.simulated:
            told.insert(0, f'<b style="color:#b3261e">{tr("plugin.surveillance.simulated_mark")}</b>')
        self.head.setText(" · ".join(told))
        self.ask()

    def _watch(self, name: str) -> None:
        """Ask the engine which alerts the watch takes: what is within its area and season is its business."""
        if name and self.run is not None:
            asked = {"data": self.data, "name": name, "run": str(self.run.path)}
            self.acts.ask(watches.MATCH, asked, lambda told: self.filters.use_watch(told["alerts"]))

    # ---- what is shown of it

    def ask(self) -> None:
        """Show what the filters let through; the selected alert stays selected where it is still shown."""
        if self.run is None:
            return
        header = self.view.horizontalHeader()
        section, descending = header.sortIndicatorSection(), header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        column = COLUMNS[section] if 0 <= section < len(COLUMNS) else "area"
        at, uid = self.view.currentIndex().row(), self._current
        self.model.show(chosen(self.run.rows, self.filters.question(column, descending=descending)))
        self._told_count()
        kept = self.model.place_of(uid)
        self._go_to(kept if kept >= 0 else min(max(at, 0), self.model.rowCount() - 1), quietly=kept >= 0)

    def _told_count(self) -> None:
        rows = self.run.rows if self.run else ()
        waiting = sum(1 for row in rows if not row.case.uid)
        told = [tr("plugin.surveillance.shown", shown=self.model.rowCount(), total=len(rows))]
        if waiting:
            told.append(tr("plugin.surveillance.without_case", count=waiting))
        self.count.setText(" · ".join(told))
        self.take.setVisible(bool(waiting))
        self.take.setEnabled(not self.acts.busy)

    def _go_to(self, row: int, *, quietly: bool = False) -> None:
        """Select a row. ``quietly``: the same alert as before, so the map stays where the user has moved it."""
        if not 0 <= row < self.model.rowCount():
            self._current = ""
            self.card.clear()
            self.mark.clear()
            self._allow()
            return
        chosen_index = self.model.index(row, 0)
        self.view.selectionModel().blockSignals(quietly)
        self.view.setCurrentIndex(chosen_index)
        self.view.selectionModel().blockSignals(False)
        self.view.scrollTo(chosen_index)
        if quietly:
            self.view.viewport().update()
            self._show_details(go=False)

    def current(self) -> AlertRow | None:
        """The alert that is selected."""
        row = self.view.currentIndex().row()
        return self.model.rows[row] if 0 <= row < len(self.model.rows) else None

    # ---- one alert

    def _selected(self, *, again: bool = False) -> None:
        row = self.current()
        if row is not None and (again or row.uid != self._current):
            self._show_details(go=True)

    def _show_details(self, *, go: bool) -> None:
        row = self.current()
        if row is None or self.run is None:
            return
        self._current = row.uid
        self._allow()
        self.worker.forget()
        self.worker.ask(partial(alerts.details, self.run.path, row.uid), partial(self._show, row, go))

    def _show(self, row: AlertRow, go: bool, read: alerts.Details) -> None:
        if self.run is None or row.uid != self._current:
            return
        case_told = f"{row.case.code}: {words.state(row.case.status)}" if row.case.uid else words.state("")
        self.card.setHtml(alert_page(read, self.run, case_told))
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
        if row is None:
            self.bar.enable(())
        elif not row.case.uid:
            self.bar.enable(_MOVES)
        else:
            self.bar.enable([one for one in TRIAGE if one != row.case.status])

    # ---- triage

    def _act(self, act: str, said: str) -> None:
        row = self.current()
        if act in _MOVES:
            self._go_to(self.view.currentIndex().row() + (1 if act == "next" else -1))
        elif row is None or not row.case.uid:
            return
        elif act == "dossier":
            self.papers.dossier(self.data, [row.case.code])
        elif act == "note":
            self.acts.set(self.data, row.case.uid, note=said)
        elif act in STATES:
            self.acts.set(self.data, row.case.uid, status=act, note=said)
            if self.view.currentIndex().row() + 1 < self.model.rowCount():
                self._go_to(self.view.currentIndex().row() + 1)

    def take_all(self) -> None:
        """Bring the alerts of this run into cases; with a watch chosen, those that it takes."""
        if self.run is None or self.acts.busy:
            return
        watch = self.filters.watch.currentData()
        given = {"data": self.data, "run": str(self.run.path)} | ({"watches": [watch]} if watch else {})
        self.take.setEnabled(False)
        self.acts.run(case.TAKE, given, self._taken)

    def _taken(self, told: Mapping[str, Any]) -> None:
        counts = {one: number(len(told[one]), language()) for one in ("raised", "grew", "seen", "reopened")}
        self._tell(tr("plugin.surveillance.taken", **counts), Qgis.MessageLevel.Success)
        self._changed()

    def _written(self, _uid: str) -> None:
        """The engine has written a change: the states are read again, the rows stay."""
        run = self.run
        if run is not None:
            self.worker.ask(partial(alerts.with_cases, run.rows, self.data), partial(self._restate, run), kept=True)

    def _restate(self, run: Run, rows: tuple[AlertRow, ...]) -> None:
        if self.run is run:
            self.run = Run(run.path, run.simulated, run.judged_on, run.accuracy, rows)
            self.ask()

    # ---- ends

    def _tell(self, text: str, level: Any) -> None:
        self.iface.messageBar().pushMessage(tr("plugin.name"), text, level)

    def _refused(self, error: DothiError) -> None:
        self._empty(tr(error.code, **error.arguments))

    def _empty(self, told: str) -> None:
        self.worker.forget()
        self.run, self._current = None, ""
        self.model.show(())
        self.card.clear()
        self.mark.clear()
        self.count.clear()
        self.take.hide()
        self.head.setText(told)
        self._allow()

    def rest(self) -> None:
        """Take the outline from the map."""
        self.mark.clear()

    def shut(self) -> None:
        """End the thread, and take the outline from the map."""
        self.worker.close()
        self.mark.clear()


def _read(path: Path, data: str) -> Run:
    words.prepare()
    return alerts.read(path, data)
