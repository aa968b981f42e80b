"""The right side of the desk: one button and key for each label, the progress, what was last written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ..engine.jobs.accuracy import CANNOT_TELL
from ..layers.messages import sentence
from ..processing.surveillance.accuracy.page import class_words

# In the order of the keyboard, so that fourteen classes lie under one hand; 1 to 9 alone where nine are enough.
KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "Q", "W", "E", "R", "T")


def keys_of(choices: Sequence[str]) -> dict[str, str]:
    """Key by label; that one cannot tell is under the space bar."""
    return dict(zip(choices, KEYS, strict=False)) | {CANNOT_TELL: "Space"}


class LabelPanel(QWidget):
    """Emits ``chosen`` with a label, by button; keys are the window's."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys_of(choices)
        self._code, self._count, self._note = QLabel(), QLabel(), QLabel()
        self._question = QLabel()
        self._buttons: dict[str, QPushButton] = {}
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._strata = QGridLayout()
        self._strata_rows: dict[str, tuple[QLabel, QLabel]] = {}
        self._strata_note = QLabel()
        place = QVBoxLayout(self)
        for words, size in ((self._code, 15), (self._count, 0), (self._question, 0)):
            words.setWordWrap(True)
            if size:
                words.setStyleSheet(f"font-size: {size}pt; font-weight: 600")
        place.addWidget(self._code)
        place.addWidget(self._count)
        place.addWidget(self._bar)
        place.addSpacing(10)
        place.addWidget(self._question)
        for label in self._keys:
            button = QPushButton()
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # else the space bar would press it
            button.setStyleSheet("text-align: left; padding: 4px 10px")
            button.clicked.connect(lambda _checked, label=label: self.chosen.emit(label))
            self._buttons[label] = button
            place.addWidget(button)
        place.addWidget(_line())
        place.addLayout(self._strata)
        place.addWidget(self._strata_note)
        place.addStretch(1)
        self._strata_note.setWordWrap(True)
        self._strata_note.setStyleSheet("color: palette(placeholder-text); font-size: 8pt")
        self._note.setWordWrap(True)
        place.addWidget(self._note)

    def retell(self, language: str) -> None:
        """All fixed words in ``language``."""
        self._question.setText(sentence("desk.question", language))
        for label, button in self._buttons.items():
            key = sentence("desk.key_space", language) if self._keys[label] == "Space" else self._keys[label]
            button.setText(f"{key}   {class_words(label, language)}")
        self._strata_note.setText(sentence("desk.strata_note", language))

    def show_point(self, code: str, number: int, labelled: int, total: int, label: str | None, language: str) -> None:
        """The point that is shown, how many are labelled, and the label that it has."""
        self._code.setText(sentence("desk.point", language, point=code))
        self._count.setText(sentence("desk.count", language, number=number, total=total, labelled=labelled))
        self._bar.setRange(0, total)
        self._bar.setValue(labelled)
        for name, button in self._buttons.items():
            button.setChecked(name == label)

    def show_strata(self, progress: Mapping[str, tuple[int, int]], language: str) -> None:
        """How far each stratum is; it moves in steps, so that no single label tells its stratum."""
        for row, (name, (labelled, total)) in enumerate(progress.items()):
            if name not in self._strata_rows:
                self._strata_rows[name] = (QLabel(), QLabel())
                for column, words in enumerate(self._strata_rows[name]):
                    self._strata.addWidget(words, row, column)
                self._strata_rows[name][1].setAlignment(Qt.AlignmentFlag.AlignRight)
            title, count = self._strata_rows[name]
            title.setText(class_words(name, language))
            count.setText(f"{labelled} / {total}")

    def show_note(self, note: str, *, bad: bool = False) -> None:
        """What was last written, or why it could not be."""
        self._note.setStyleSheet("color: #b4231f; font-weight: 600" if bad else "")
        self._note.setText(note)


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Sunken)
    return line
