"""What is shown: grouping, outcome, severity, rule, level, what became of it, and words."""

from __future__ import annotations

from qgis.gui import QgsFilterLineEdit
from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from ...layers import catalogue
from ..language import language, tr
from ..map.rule_titles import rule_title
from . import words
from .changes import STATES
from .index import GROUPINGS, SHOWN_OUTCOMES, Facets, Question, words_of

_PAUSE_MS = 250  # of typing, before the list is asked


class FilterBar(QWidget):
    """Emits ``changed`` when the user wants something else shown; :meth:`question` says what."""

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grouping, self.outcome, self.severity, self.rule, self.level = (_box() for _ in range(5))
        self.state, self.standing = _box(), _box()
        for grouping in GROUPINGS:
            if grouping != "state":  # only while two runs are compared
                self.grouping.addItem(tr(f"plugin.findings.by.{grouping}"), grouping)
        _fill(
            self.standing,
            tr("plugin.findings.all_standings"),
            [(tr(f"plugin.findings.standing.{one}"), one) for one in ("open", "waived")],
        )
        _fill(self.outcome, tr("plugin.findings.all_outcomes"), [(words.outcome(one), one) for one in SHOWN_OUTCOMES])
        severities = catalogue.domains()["severity"].values
        _fill(
            self.severity,
            tr("plugin.findings.all_severities"),
            [(severities[one][language()], one) for one in ("error", "warning", "info")],
        )
        self.outcome.setCurrentIndex(self.outcome.findData("fail"))  # what must be acted on is shown first
        self.search = QgsFilterLineEdit()
        self.search.setShowClearButton(True)
        self.search.setPlaceholderText(tr("plugin.findings.search"))
        self._typing = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._typing.timeout.connect(self.changed)
        self.search.textChanged.connect(lambda _: self._typing.start())
        boxes = (self.grouping, self.outcome, self.severity, self.rule, self.level, self.state, self.standing)
        for box in boxes:
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.offer(Facets((), (), 0), "")
        self._arrange()

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        label = QLabel(tr("plugin.findings.group_by"))
        label.setBuddy(self.grouping)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.grouping, 0, 1)
        grid.addWidget(self.outcome, 0, 2)
        grid.addWidget(self.severity, 0, 3)
        grid.addWidget(self.rule, 1, 0, 1, 3)
        grid.addWidget(self.level, 1, 3)
        grid.addWidget(self.search, 2, 0, 1, 2)
        grid.addWidget(self.standing, 2, 2)
        grid.addWidget(self.state, 2, 3)
        for column in (1, 2, 3):
            grid.setColumnStretch(column, 1)
        for box, name in (
            (self.outcome, "outcome"), (self.severity, "severity"), (self.rule, "rule"), (self.level, "level"),
            (self.state, "state"), (self.standing, "standing"),
        ):  # fmt: skip
            box.setToolTip(tr(f"plugin.findings.filter.{name}"))
            box.setAccessibleName(tr(f"plugin.findings.filter.{name}"))

    def offer(self, facets: Facets, data: str) -> None:
        """Rules and levels of the run that is shown; what was chosen stays where it can."""
        rules = sorted(((rule_title(one, data), one) for one in facets.rules), key=lambda pair: pair[0].casefold())
        for box, every, items in (
            (self.rule, "plugin.findings.all_rules", rules),
            (self.level, "plugin.findings.all_levels", [(words.level(one), one) for one in facets.levels]),
        ):
            chosen = box.currentData()
            box.blockSignals(True)
            _fill(box, tr(every), items)
            box.setCurrentIndex(max(0, box.findData(chosen)))
            box.setEnabled(box.count() > 1)
            box.blockSignals(False)
        self._offer_states(facets)

    def _offer_states(self, facets: Facets) -> None:
        """What became of the findings can be chosen, and grouped by, only while two runs are compared."""
        chosen = self.state.currentData()
        self.state.blockSignals(True)
        known = [(tr(f"plugin.findings.state.{one}"), one) for one in STATES if facets.states.get(one)]
        _fill(self.state, tr("plugin.findings.all_states"), known)
        self.state.setCurrentIndex(max(0, self.state.findData(chosen)))
        self.state.setEnabled(bool(known))
        self.state.blockSignals(False)
        self.grouping.blockSignals(True)
        at = self.grouping.findData("state")
        if known and at < 0:
            self.grouping.addItem(tr("plugin.findings.by.state"), "state")
        elif not known and at >= 0:
            self.grouping.removeItem(at)
        self.grouping.blockSignals(False)

    def question(self, sort: str = "code", descending: bool = False) -> Question:
        """What the user wants to see."""
        return Question(
            grouping=self.grouping.currentData(),
            outcome=self.outcome.currentData(),
            severity=self.severity.currentData(),
            rule=self.rule.currentData(),
            level=self.level.currentData(),
            state=self.state.currentData(),
            standing=self.standing.currentData(),
            words=words_of(self.search.text()),
            sort=sort,
            descending=descending,
        )


def _box() -> QComboBox:
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    return box


def _fill(box: QComboBox, every: str, items: list[tuple[str, str]]) -> None:
    box.clear()
    box.addItem(every, "")
    for name, value in items:
        box.addItem(name, value)
