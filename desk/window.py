"""The desk's window: a point's ground on both dates at two zooms, the labels beside it; every key is written at once.

Nothing here waits: chips are cut, labels written and the accuracy computed in threads.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..engine.contract import JOBS
from ..engine.jobs import perform
from ..layers.errors import DothiError
from ..layers.messages import sentence
from ..layers.report import SILENT
from ..processing.surveillance.accuracy.page import class_words
from ..store import interpretations
from .chip_view import ChipView
from .ending import Ending
from .imagery import Chips
from .label_panel import LabelPanel, keys_of
from .session import Point, Session, differing
from .threads import Background, ChipLoader

_REPORT, _DISPUTES, _DOCUMENT = "report", "disputes", "document"
_ACTIONS = ("previous", "next", "undo", "bands", "result", "language")


class DeskWindow(QMainWindow):
    """One labeller at one sample."""

    def __init__(self, session: Session, language: str = "vi") -> None:
        super().__init__()
        self.session = session
        self.language = language
        self._agreeing = False
        self._chips: Chips | None = None
        self._loader = ChipLoader(session, self)
        self._loader.loaded.connect(self._chips_arrived)
        self._loader.failed.connect(self._chips_failed)
        self._writer = Background(self)
        self._writer.done.connect(self._was_written)
        self._ending = Background(self)
        self._ending.done.connect(self._ended)
        self._views = [ChipView() for _ in range(4)]
        self.panel = LabelPanel(session.choices)
        self.panel.chosen.connect(self.choose)
        self.ending = Ending()
        self.ending.back.connect(self._to_points)
        self.ending.go.connect(self.review)
        self.ending.save.connect(self._ask_document)
        self._banner = QLabel()
        self._banner.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._banner.setStyleSheet("background: #fff3cd; color: #5c4400; padding: 4px")
        self._pages = QStackedWidget()
        self._pages.addWidget(self._labelling_page())
        self._pages.addWidget(self.ending)
        whole = QWidget()
        place = QVBoxLayout(whole)
        place.addWidget(self._banner)
        place.addWidget(self._pages, 1)
        self.setCentralWidget(whole)
        self._actions = self._make_actions()
        for label, key in keys_of(session.choices).items():
            QShortcut(QKeySequence(key), self, partial(self.choose, label))
        self.resize(1280, 860)
        self.retell()
        self.show_point()
        if session.finished:
            self.show_ending()

    def _labelling_page(self) -> QWidget:
        chips = QGridLayout()
        chips.setSpacing(6)
        for number, view in enumerate(self._views):
            chips.addWidget(view, number // 2, number % 2)
        chips.setRowStretch(0, 3)  # the near ones are what is judged
        chips.setRowStretch(1, 2)
        side = QScrollArea()
        side.setWidget(self.panel)
        side.setWidgetResizable(True)
        side.setFrameShape(QScrollArea.Shape.NoFrame)
        side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        side.setFixedWidth(300)
        page = QWidget()
        place = QHBoxLayout(page)
        place.setContentsMargins(0, 0, 0, 0)
        place.addLayout(chips, 1)
        place.addWidget(side)
        return page

    def _make_actions(self) -> dict[str, QAction]:
        does = {
            "previous": (partial(self._step, -1), "Left"),
            "next": (partial(self._step, 1), "Right"),
            "undo": (self.undo, "Z"),
            "bands": (self.change_bands, "B"),
            "result": (self.show_ending, "F5"),
            "language": (self.change_language, "F2"),
        }
        bar = self.addToolBar("")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        made = {}
        for name in _ACTIONS:
            work, key = does[name]
            action = QAction(self)
            action.setShortcut(QKeySequence(key))
            action.triggered.connect(lambda _checked=False, work=work: work())
            bar.addAction(action)
            made[name] = action
        return made

    def retell(self) -> None:
        """All words of the window in its language."""
        here = {"sample": self.session.sample.name, "labeller": self.session.labeller}
        self.setWindowTitle(sentence("desk.window", self.language, **here))
        for name, action in self._actions.items():
            action.setText(sentence(f"desk.action_{name}", self.language))
        changed = [scene.path.name for scene in self.session.scenes if scene.same is False]
        lines = [sentence("desk.simulated", self.language)] if self.session.simulated else []
        if changed:
            lines.append(sentence("desk.scene_changed", self.language, names=changed))
        self._banner.setText("\n".join(lines))
        self._banner.setVisible(bool(lines))
        self.panel.retell(self.language)

    def show_point(self) -> None:
        """The session's point: its chips when they are there, its label, the progress."""
        session, point = self.session, self.session.point
        label = session.labels.get(point.uid)
        self.panel.show_point(
            point.code, session.row + 1, len(session.labels), len(session.points), label, self.language
        )
        self.panel.show_strata(session.progress(), self.language)
        self._actions["previous"].setEnabled(session.row > 0)
        self._actions["next"].setEnabled(session.row < len(session.points) - 1)
        self._actions["bands"].setEnabled(all(scene.infrared for scene in session.scenes))
        self._actions["result"].setEnabled(session.finished)  # blind until then
        self._chips = None
        self._loader.want(session.row)
        if self._chips is None:
            for view in self._views:
                view.show_note(sentence("desk.loading", self.language))

    def choose(self, label: str) -> None:
        """Give the point that is shown ``label``, write it, go on."""
        if self._pages.currentIndex() != 0:
            return
        session = self.session
        if self._agreeing:
            self._agree(session.point, label)
            return
        before = session.labels.get(session.point.uid)
        point = session.label(label)
        self._write(point, label, before)
        if session.finished and before is None:
            self.show_ending()
        self.show_point()

    def undo(self) -> None:
        """Take the last label back."""
        taken = self.session.labels.copy()
        found = self.session.undo()
        if found is None:
            self.panel.show_note(sentence("desk.nothing_to_undo", self.language))
            return
        point, label = found
        self._to_points()
        self._write(point, label, taken.get(point.uid))

    def change_bands(self) -> None:
        """Natural colour, or infrared as red, in which plants and water stand out."""
        self._loader.set_infrared(not self._loader.infrared)
        self.show_point()

    def change_language(self) -> None:
        """The other language."""
        self.language = "en" if self.language == "vi" else "vi"
        self.retell()
        self.show_point()
        if self._pages.currentIndex() == 1:
            self.show_ending()

    def show_ending(self) -> None:
        """The accuracy of the map, and where people differ; only when all points have a label."""
        if not self.session.finished:
            return
        self._agreeing = False
        self._pages.setCurrentIndex(1)
        self.ending.show_trouble(sentence("desk.computing", self.language), self.language)
        self._writer.start(None, lambda: None)  # its answer comes after all labels are written

    def review(self, uid: str) -> None:
        """Go to a point on which people differ, to agree."""
        self._agreeing = True
        self.session.go(next(row for row, point in enumerate(self.session.points) if point.uid == uid))
        self._pages.setCurrentIndex(0)
        self.show_point()
        self.panel.show_note(sentence("desk.agree", self.language))

    def _step(self, by: int) -> None:
        if self._pages.currentIndex() == 0:
            self.session.go(self.session.row + by)
            self.show_point()

    def _to_points(self) -> None:
        self._agreeing = False
        self._pages.setCurrentIndex(0)
        self.show_point()

    def _write(self, point: Point, label: str | None, before: str | None) -> None:
        sample, who, day = self.session.sample, self.session.labeller, date.today()
        what = (point, label, before)
        self._writer.start(what, lambda: interpretations.put(sample, point.uid, who, label, day))

    def _agree(self, point: Point, label: str) -> None:
        sample, day = self.session.sample, date.today()

        def write() -> None:
            said = [one for one in interpretations.read(sample) if one.point == point.uid and not one.agreed]
            people = interpretations.PEOPLE.join(dict.fromkeys(one.labeller for one in said))
            interpretations.put(sample, point.uid, people, label, day, agreed=True)

        self._writer.start((point, label, self.session.labels.get(point.uid)), write)
        self.show_ending()

    def _was_written(self, what: tuple[Point, str | None, str | None] | None, _: Any, error: DothiError | None) -> None:
        if what is None:
            if self._pages.currentIndex() == 1:
                self._compute()
            return
        point, label, before = what
        if error is not None:
            self.session.put_back(point.uid, before)
            self.panel.show_note(error.sentence(self.language), bad=True)
            self._pages.setCurrentIndex(0)
            self.show_point()
            return
        words = class_words(label, self.language) if label else sentence("desk.taken_back", self.language)
        self.panel.show_note(sentence("desk.written", self.language, point=point.code, label=words))

    def _compute(self) -> None:
        sample = str(self.session.sample)
        self._ending.start(_REPORT, lambda: perform(JOBS["accuracy.report"], {"sample": sample}, SILENT))
        self._ending.start(_DISPUTES, partial(differing, self.session))

    def _ended(self, what: str, made: Any, error: DothiError | None) -> None:
        if error is not None:
            self.ending.show_trouble(error.sentence(self.language), self.language)
        elif what == _REPORT:
            self.ending.show_result(made, self.language)
        elif what == _DISPUTES:
            self.ending.show_disputes(made, self.language)
        else:
            self.statusBar().showMessage(sentence("desk.report_saved", self.language, path=made["out"]))

    def _ask_document(self) -> None:
        name = str(self.session.sample.with_suffix(".pdf"))
        title = sentence("desk.save_report", self.language)
        chosen, _ = QFileDialog.getSaveFileName(self, title, name, "PDF (*.pdf);;HTML (*.html)")
        if chosen:
            self.save_document(Path(chosen))

    def save_document(self, out: Path) -> None:
        """Write the report of accuracy to ``out`` (``.pdf`` or ``.html``)."""
        values = {"sample": str(self.session.sample), "out": str(out), "language": self.language}
        self._ending.start(_DOCUMENT, lambda: perform(JOBS["accuracy.report"], values, SILENT))

    def _chips_arrived(self, uid: str, chips: Chips) -> None:
        if uid != self.session.point.uid:
            return
        self._chips = chips
        for number, (view, chip) in enumerate(zip(self._views, (*chips.near, *chips.wide), strict=True)):
            title = sentence(f"desk.{('before', 'after')[number % 2]}", self.language)
            view.show_chip(chip, chips.outline, title, self.language)

    def _chips_failed(self, uid: str, error: DothiError) -> None:
        if uid == self.session.point.uid:
            for view in self._views:
                view.show_note(error.sentence(self.language))

    def wait(self) -> None:
        """Until all that was started is done."""
        self._loader.wait()
        self._writer.wait()
        self._ending.wait()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Labels that are on their way are written before the window goes."""
        self._loader.stop()
        self.wait()
        super().closeEvent(event)
