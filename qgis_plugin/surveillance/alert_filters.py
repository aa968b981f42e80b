"""Which alerts are shown: run, class, relation to a licence, state, watch, least area, words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from qgis.gui import QgsFilterLineEdit
from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QWidget

from ..language import tr
from . import words
from .choosing import EXPIRED, NO_CASE, Question

_PAUSE_MS = 250  # of typing, before the list is asked
_MOST_HA = 100_000.0


class AlertFilters(QWidget):
    """Emits ``changed`` when something else shall be shown, ``watch_chosen(name)`` when a watch is (empty: none)."""

    changed = pyqtSignal()
    watch_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind, self.relation, self.state, self.watch = (_box() for _ in range(4))
        self.least = QDoubleSpinBox()
        self.least.setRange(0.0, _MOST_HA)
        self.least.setDecimals(2)
        self.least.setSingleStep(0.1)
        self.least.setPrefix(tr("plugin.surveillance.least_prefix"))
        self.least.setSuffix(" ha")
        self.least.setSpecialValueText(tr("plugin.surveillance.any_area"))
        self.search = QgsFilterLineEdit()
        self.search.setShowClearButton(True)
        self.search.setPlaceholderText(tr("plugin.surveillance.search"))
        self.watched: Collection[str] | None = None
        self._typing = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._typing.timeout.connect(self.changed)
        self._offer_all()
        self._arrange()
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.least.valueChanged.connect(lambda _: self._typing.start())
        for box in (self.kind, self.relation, self.state):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.watch.currentIndexChanged.connect(lambda _: self._choose_watch())

    def _offer_all(self) -> None:
        fill(
            self.kind,
            tr("plugin.surveillance.all_classes"),
            [(words.kind(one), one) for one in words.codes("change_class")],
        )
        related = [(words.relation(one), one) for one in words.codes("alert_relation")]
        related.append((words.word("licence_state", EXPIRED), EXPIRED))
        fill(self.relation, tr("plugin.surveillance.all_relations"), related)
        states = [(tr("plugin.surveillance.no_case"), NO_CASE)]
        states += [(words.state(one), one) for one in words.codes("case_status")]
        fill(self.state, tr("plugin.surveillance.all_states"), states)
        self.offer_watches(())

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for number, (widget, name) in enumerate(
            ((self.kind, "class"), (self.relation, "relation"), (self.state, "state"),
             (self.watch, "watch"), (self.least, "least"), (self.search, "text"))
        ):  # fmt: skip
            grid.addWidget(widget, number // 3, number % 3)
            grid.setColumnStretch(number % 3, 1)
            widget.setToolTip(tr(f"plugin.surveillance.filter.{name}"))
            widget.setAccessibleName(tr(f"plugin.surveillance.filter.{name}"))

    def offer_watches(self, names: Sequence[str]) -> None:
        """The watches of the data set; what was chosen stays where it can."""
        was = self.watch.currentData()
        self.watch.blockSignals(True)
        fill(self.watch, tr("plugin.surveillance.all_watches"), [(one, one) for one in names])
        self.watch.setCurrentIndex(max(0, self.watch.findData(was)))
        self.watch.setEnabled(bool(names))
        self.watch.blockSignals(False)
        if was and was not in names:
            self._choose_watch()

    def _choose_watch(self) -> None:
        name = self.watch.currentData() or ""
        if not name:
            self.watched = None
            self.changed.emit()
        self.watch_chosen.emit(name)

    def use_watch(self, watched: Collection[str]) -> None:
        """The alerts (uids) that the chosen watch takes."""
        self.watched = frozenset(watched)
        self.changed.emit()

    def question(self, column: str, *, descending: bool) -> Question:
        """What the user wants to see, sorted by ``column``."""
        return Question(
            change_class=self.kind.currentData() or "",
            relation=self.relation.currentData() or "",
            state=self.state.currentData() or "",
            least_m2=self.least.value() * words.HA,
            text=self.search.text(),
            watched=self.watched,
            column=column,
            descending=descending,
        )


def _box() -> QComboBox:
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    return box


def fill(box: QComboBox, every: str, items: Sequence[tuple[str, Any]]) -> None:
    """Offer ``every`` for no choice, then the items."""
    box.clear()
    box.addItem(every, "")
    for name, value in items:
        box.addItem(name, value)
