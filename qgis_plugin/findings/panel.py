"""The panel: choose a run, see its counts, group and filter its findings, read why, go there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from qgis.core import Qgis
from qgis.PyQt.QtCore import QItemSelection, Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QGuiApplication, QIcon, QKeySequence
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QShortcut,
    QSplitter,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...layers.errors import DothiError
from ...layers.messages import number
from ..language import language, tr
from ..map import place
from ..map.rule_titles import titles
from ..map.verdict_page import finding_page, note
from ..project_data import data_of_project, unsaved_layers
from . import export, runs, words
from .changes import STATES
from .comparison import Comparison
from .details import Details, details
from .drawing import DrawingView
from .filters import FilterBar
from .index import SHOWN_OUTCOMES, Facets, Index, Question, Row
from .list_view import FindingsView
from .model import COLUMNS, FindingsModel
from .waiving import Waiving
from .worker import Worker

_THEME = ":/images/themes/default/"


class FindingsPanel(QWidget):
    """Everything about the findings of one run of the project's data set."""

    def __init__(self, iface: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.iface = iface
        self.data = ""
        self.run: runs.Run | None = None
        self.shown: Details | None = None
        self._index: Index | None = None
        self._go_when_read = False
        self._facets = Facets((), (), 0)
        self._before: Path | None = None
        self.worker = Worker(self._refused, self)
        self.waiving = Waiving(self, self._let_stand, self._tell)
        self.export = export.Export(self._exported)
        self.model = FindingsModel(self._fetch_groups, self._fetch_rows, self)
        self._make()
        self._arrange()
        self._listen()

    def _make(self) -> None:
        self.runs = QComboBox()
        self.runs.setAccessibleName(tr("plugin.findings.choose_run"))
        self.runs.setToolTip(tr("plugin.findings.choose_run"))
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.again = _button("mActionRefresh.svg", tr("plugin.findings.refresh"))
        self.save = _button("mActionFileSaveAs.svg", tr("plugin.findings.export"))
        self.save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.save)
        for suffix in export.SUFFIXES:
            menu.addAction(tr(f"plugin.findings.export_{suffix}"), partial(self.export_as, suffix))
        self.save.setMenu(menu)
        self.save.setEnabled(False)
        self.head = QLabel(wordWrap=True)
        self.head.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.comparison = Comparison()
        self.filters = FilterBar()
        self.view = FindingsView(self.model)
        self.count = QLabel()
        self.drawing = DrawingView()
        self.text = QTextBrowser()
        self.text.setOpenLinks(False)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.runs, 1)
        top.addWidget(self.again)
        top.addWidget(self.save)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.head, self.comparison, self.filters):
            column.addWidget(widget)
        column.addWidget(self.view, 1)
        column.addWidget(self.count)
        self.split = QSplitter(Qt.Orientation.Vertical)
        for widget, stretch in ((upper, 5), (self.drawing, 3), (self.text, 3)):
            self.split.addWidget(widget)
            self.split.setStretchFactor(self.split.count() - 1, stretch)
        self.split.setCollapsible(0, False)
        self.split.setSizes([430, 230, 200])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(top)
        layout.addWidget(self.split, 1)

    def _listen(self) -> None:
        self.runs.currentIndexChanged.connect(lambda _: self._open_run())
        self.again.clicked.connect(lambda _: self.read())
        self.head.linkActivated.connect(self._choose_outcome)
        self.comparison.compared.connect(self._compare)
        self.filters.changed.connect(self.ask)
        self.view.header().sortIndicatorChanged.connect(lambda *_: self.ask())
        self.view.selectionModel().selectionChanged.connect(self._selected)
        self.view.clicked.connect(lambda _: self.go())
        self.view.doubleClicked.connect(lambda _: self.open_form())
        self.view.customContextMenuRequested.connect(self._menu)
        for keys, do in (
            (Qt.Key.Key_Return, self.go),
            (Qt.Key.Key_Enter, self.go),
            ("Ctrl+Return", self.open_form),
        ):
            QShortcut(QKeySequence(keys), self.view, do, context=Qt.ShortcutContext.WidgetShortcut)
        everywhere = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.filters.search.setFocus, context=everywhere)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Refresh), self, self.read, context=everywhere)

    # Which run.

    def read(self) -> None:
        """List the runs of the project's data set again and show the newest."""
        self.data = data_of_project()
        try:
            found = runs.runs_of(self.data)
        except DothiError as error:
            self._refused(error)
            return
        self.runs.blockSignals(True)
        self.runs.clear()
        for path in found:
            self.runs.addItem(tr("plugin.findings.run_of", started=runs.started(path)), path)
        self.runs.setEnabled(bool(found))
        self.runs.blockSignals(False)
        if found:
            self._open_run()
        else:
            self._empty(tr("plugin.findings.none"))

    def _open_run(self) -> None:
        path: Path = self.runs.currentData()
        self._empty(tr("plugin.findings.reading"))
        self.worker.ask(partial(self._opened_in_thread, path, self.data), self._opened)

    def _opened_in_thread(self, path: Path, data: str) -> tuple[runs.Run, Index, Facets]:
        words.prepare()
        run = runs.read_run(path)
        index = Index(path, titles(data))
        return run, index, index.facets()

    def _opened(self, read: tuple[runs.Run, Index, Facets]) -> None:
        self.run, self._index, facets = read
        self.head.setText(self._told(self.run))
        self.save.setEnabled(True)
        known = [self.runs.itemData(number) for number in range(self.runs.count())]
        self.comparison.offer(self.data, self.run.path, known)
        self._offer(facets)
        self.waiving.read(self.data, self.run.judged_on)

    def _offer(self, facets: Facets) -> None:
        self._facets = facets
        self.filters.offer(facets, self.data)
        self.ask()

    # What became of it.

    def _compare(self, before: Path | None, rows: list[dict[str, Any]]) -> None:
        index = self._index
        if index is None or before == self._before:
            return
        self._before = before
        self._again(partial(index.compare, before, rows))

    def _let_stand(self, documents: dict[tuple[str, str], str]) -> None:
        index = self._index
        if index is not None and (documents or self._facets.waived):
            self._again(partial(index.let_stand, documents))

    def _again(self, change: Callable[[], None]) -> None:
        """Change the index in its thread, then show it again; the change is never given up for a newer question."""
        index = self._index
        if index is None:
            return

        def changed() -> Facets:
            change()
            return index.facets()

        self.worker.ask(changed, lambda facets: self._offer(facets) if index is self._index else None, kept=True)

    def _told(self, run: runs.Run) -> str:
        """The day judged by, and all four outcomes; those that are rows lead to them."""
        told = []
        for code in ("fail", "not_checkable", "pass", "not_applicable"):
            if code in run.counts:
                name = words.outcome(code).replace(" ", "&nbsp;")
                text = f"{name}:&nbsp;<b>{number(run.counts[code], language())}</b>"
                link = f'<a href="{code}" style="color:{_ink(self)};text-decoration:none">{text}</a>'
                dot = f'<span style="color:{words.colour(code)}">●</span>&nbsp;'
                told.append(dot + (link if code in SHOWN_OUTCOMES else text))
        day = "/".join(reversed(run.judged_on.split("-"))) if language() == "vi" else run.judged_on
        lines = [tr("plugin.findings.judged_on", day=day or "–")]
        if run.simulated:
            lines.append(tr("zoning.simulated"))
        return f"{' · '.join(lines)}<br>{' &nbsp; '.join(told)}"

    def _choose_outcome(self, code: str) -> None:
        self.filters.outcome.setCurrentIndex(max(0, self.filters.outcome.findData(code)))

    # What is shown of it.

    def question(self) -> Question:
        """What the user wants to see now."""
        header = self.view.header()
        descending = header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        section = header.sortIndicatorSection()
        return self.filters.question(COLUMNS[section] if 0 <= section < len(COLUMNS) else "code", descending)

    def ask(self) -> None:
        """Show what the filters let through."""
        if self._index is None:
            return
        self.worker.forget()
        question = self.question()
        states = bool(self._facets.waived or self._facets.states)
        self.view.hide_what_groups_say(question.grouping, states=states)
        self.model.show(question, self.data)
        self._forget_details()
        self.worker.ask(partial(self._index.count, question), self._counted)

    def _counted(self, count: int) -> None:
        told = [tr("plugin.findings.shown", shown=count, total=self._facets.total)]
        told += [
            f"{words.state(one)}: {number(self._facets.states.get(one, 0), language())}"
            for one in (STATES if self._facets.states else ())
        ]
        if self._facets.waived:
            told.append(f"{tr('plugin.findings.standing.waived')}: {number(self._facets.waived, language())}")
        self.count.setText(" · ".join(told))

    def _fetch_groups(self, question: Question, offset: int, then: Callable[..., None]) -> None:
        if self._index is not None:
            self.worker.ask(partial(self._index.groups, question, offset), then)

    def _fetch_rows(self, question: Question, key: str, offset: int, then: Callable[..., None]) -> None:
        if self._index is not None:
            self.worker.ask(partial(self._index.rows, question, key, offset), then)

    # One finding.

    def _selected(self, *_: QItemSelection) -> None:
        row = self.model.row_at(self.view.currentIndex())
        if row is None or self.run is None:
            self._forget_details()
            return
        self.shown = None
        self.worker.ask(partial(details, self._run_of(row), row.uid, Path(self.data)), self._show)

    def _run_of(self, row: Row) -> Path:
        """The run whose row it is: of what is fixed, the earlier one."""
        if self.run is None:
            raise RuntimeError("a row without a run")
        return self._before if row.state == "fixed" and self._before is not None else self.run.path

    def _show(self, read: Details) -> None:
        row = self.model.row_at(self.view.currentIndex())
        if row is None or row.uid != read.finding["uid"]:
            return  # another one was selected in the meantime
        self.shown = read
        notes = []
        if row.state == "fixed":
            notes.append(tr("plugin.findings.fixed_since"))
        if row.waiver:
            notes.append(self.waiving.told(row))
        if read.gone and row.state != "fixed":
            notes.append(tr("plugin.findings.feature_gone", feature=words.feature(row.code, row.layer)))
        if read.trouble is not None:
            notes.append(tr(read.trouble.code, **read.trouble.arguments))
        if unsaved_layers(self.data):
            notes.append(tr("plugin.explain.unsaved"))
        self.drawing.show_sketch(read.drawn, "" if read.drawn else tr("plugin.findings.no_geometry"))
        title = words.feature(row.code, row.layer)
        self.text.setHtml("".join(note(one) for one in notes) + finding_page(title, read.finding, self.data))
        if self._go_when_read:
            self.go()

    def go(self) -> None:
        """Zoom to the selected finding and flash it; as soon as it is read."""
        if self.model.row_at(self.view.currentIndex()) is None:
            return
        self._go_when_read = self.shown is None
        if self.shown is None:
            return
        if self.shown.place.isNull():
            self.iface.messageBar().pushMessage(tr("plugin.name"), tr("plugin.findings.no_geometry"))
            return
        place.go(self.iface, self.shown.place, self.shown.system)

    def open_form(self) -> None:
        """The form of the feature that the selected finding is about."""
        row = self.model.row_at(self.view.currentIndex())
        if row is None:
            return
        layer = place.layer_of(row.layer, self.data)
        feature = place.feature_of(layer, row.feature_uid) if layer is not None and row.feature_uid else None
        if layer is None or feature is None:
            code = "plugin.findings.layer_not_open" if layer is None else "plugin.findings.feature_gone"
            told = tr(code, layer=words.layer(row.layer), feature=words.feature(row.code, row.layer))
            self.iface.messageBar().pushMessage(tr("plugin.name"), told)
            return
        self.iface.openFeatureForm(layer, feature, False, False)

    def _menu(self, at: Any) -> None:
        row = self.model.row_at(self.view.indexAt(at))
        if row is None:
            return
        menu = QMenu(self)
        menu.addAction(tr("plugin.findings.menu_go"), self.go)
        menu.addAction(tr("plugin.findings.menu_form"), self.open_form)
        menu.addAction(tr("plugin.findings.menu_copy"), self.copy)
        menu.addAction(tr("plugin.findings.menu_svg"), self.save_drawing)
        self.waiving.offer(menu, row)
        menu.exec(self.view.viewport().mapToGlobal(at))
        menu.deleteLater()

    def copy(self) -> None:
        """The explanation as text to the clipboard."""
        QGuiApplication.clipboard().setText(self.text.toPlainText())

    def save_drawing(self) -> None:
        """The drawing to an SVG of the user's choice."""
        chosen, _ = QFileDialog.getSaveFileName(self, tr("plugin.findings.menu_svg"), "", "SVG (*.svg)")
        if chosen and not self.drawing.save_svg(Path(chosen)):
            self._tell(tr("plugin.findings.drawing.not_saved", path=chosen), Qgis.MessageLevel.Warning)

    # To an office program.

    def export_as(self, suffix: str) -> None:
        """Write what is shown, in its order, to a file of the user's choice."""
        if self._index is None or self.run is None:
            return
        suggested = Path(self.data).with_name(
            f"{Path(self.data).stem}-{runs.started(self.run.path)[:10].replace('/', '-')}"
        )
        path = export.ask_for_file(self, suggested, suffix)
        if path is not None:
            self.export_to(path)

    def export_to(self, path: Path) -> None:
        """Write what is shown to ``path``, in the background; an old file there was agreed to be replaced."""
        if self._index is None or self.run is None:
            return
        run, data, replace = self.run.path, self.data, path.exists()
        self.worker.ask(
            partial(self._index.uids, self.question()),
            lambda uids: self._export(data, run, uids, path, replace),
        )

    def _export(self, data: str, run: Path, uids: list[str], path: Path, replace: bool) -> None:
        if not uids:  # an empty choice would mean everything
            self._tell(tr("plugin.findings.export_nothing"), Qgis.MessageLevel.Info)
            return
        self.export.start(data, run, uids, path, replace=replace)

    def _exported(self, path: Path, rows: int, trouble: str) -> None:
        if trouble:
            self._tell(trouble, Qgis.MessageLevel.Warning)
            return
        self._tell(tr("plugin.findings.exported", rows=rows, path=str(path)), Qgis.MessageLevel.Success)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

    def _tell(self, text: str, level: Any) -> None:
        self.iface.messageBar().pushMessage(tr("plugin.name"), text, level)

    # Ends.

    def _empty(self, told: str) -> None:
        self.worker.forget()
        self.comparison.stop()
        self._before, self._facets = None, Facets((), (), 0)
        index, self._index, self.run = self._index, None, None
        if index is not None:
            self.worker.ask(index.close, lambda _: None, kept=True)
        self.model.show(None)
        self._forget_details()
        self.save.setEnabled(False)
        self.head.setText(told)
        self.count.clear()

    def _forget_details(self) -> None:
        self.shown, self._go_when_read = None, False
        self.drawing.show_sketch(None, tr("plugin.findings.select_one"))
        self.text.clear()

    def _refused(self, error: DothiError) -> None:
        self._empty(tr(error.code, **error.arguments))

    def shut(self) -> None:
        """End the thread and what is under way; nothing is left behind."""
        self.export.stop()
        self.comparison.stop()
        self.waiving.stop()
        index, self._index = self._index, None
        self.worker.close(index.close if index is not None else lambda: None)


def _ink(widget: QWidget) -> str:
    """The colour of plain text, for links that should not look like any."""
    return str(widget.palette().windowText().color().name())


def _button(icon: str, text: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(QIcon(_THEME + icon))
    button.setToolTip(text)
    button.setAccessibleName(text)
    button.setAutoRaise(True)
    return button
