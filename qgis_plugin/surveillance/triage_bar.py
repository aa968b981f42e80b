"""The acts of triage: a button each that shows its key, and the line in which a reason or a note is written."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QShortcut,
    QVBoxLayout,
    QWidget,
)

from ..language import tr

# act → its key; the letters are those of the Vietnamese words where they can be
KEYS = {
    "next": "J", "previous": "K", "confirmed": "X", "rejected": "B", "in_field": "T", "note": "N", "dossier": "D",
    "closed": "C",
}  # fmt: skip
STATES = ("confirmed", "rejected", "in_field", "closed")
NEEDS_WORDS = ("rejected", "closed", "note")  # the engine refuses these without
TRIAGE = ("previous", "next", "confirmed", "rejected", "in_field", "note", "dossier")
_IN_A_ROW = 4


class TriageBar(QWidget):
    """Emits ``acted(act, words)``; keys are heard while ``place`` or something in it has the focus."""

    acted = pyqtSignal(str, str)

    def __init__(self, acts: Sequence[str], place: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self._asked = ""
        self.buttons: dict[str, QPushButton] = {}
        grid = QGridLayout()
        grid.setSpacing(4)
        for number, act in enumerate(acts):
            button = QPushButton(tr(f"plugin.surveillance.act.{act}", key=KEYS[act]))
            button.setToolTip(tr(f"plugin.surveillance.act_tip.{act}", key=KEYS[act]))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the list keeps it, and with it the keys
            button.clicked.connect(lambda _, act=act: self.act(act))
            self.buttons[act] = button
            grid.addWidget(button, number // _IN_A_ROW, number % _IN_A_ROW)
            context = Qt.ShortcutContext.WidgetWithChildrenShortcut
            QShortcut(QKeySequence(KEYS[act]), place, lambda act=act: self.act(act), context=context)
        self.question, self.words = QLabel(), QLineEdit()
        self.save = QPushButton(tr("plugin.surveillance.save"))
        self.asking = QWidget()
        line = QHBoxLayout(self.asking)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.question)
        line.addWidget(self.words, 1)
        line.addWidget(self.save)
        self.asking.hide()
        self.words.returnPressed.connect(self._answer)
        self.save.clicked.connect(lambda _: self._answer())
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self.asking, self.give_up,
                  context=Qt.ShortcutContext.WidgetWithChildrenShortcut)  # fmt: skip
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(grid)
        layout.addWidget(self.asking)

    def act(self, act: str) -> None:
        """Do it, or ask for the words first that it needs."""
        if not self.buttons[act].isEnabled():
            return
        if act not in NEEDS_WORDS:
            self.acted.emit(act, "")
            return
        self._asked = act
        self.question.setText(tr(f"plugin.surveillance.words_for.{act}"))
        self.words.clear()
        self.asking.show()
        self.words.setFocus()

    def _answer(self) -> None:
        told = self.words.text().strip()
        if not told:
            return
        act = self._asked
        self.give_up()
        self.acted.emit(act, told)

    def give_up(self) -> None:
        """Close the line; what was typed is forgotten."""
        self.asking.hide()
        self.words.clear()
        self._place.setFocus()

    def enable(self, acts: Sequence[str]) -> None:
        """Only these can be done to what is selected."""
        for act, button in self.buttons.items():
            button.setEnabled(act in acts)
