"""What the desk shows when all points have a label: the accuracy with its intervals, and where people differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..layers.messages import number, sentence
from ..processing.surveillance.accuracy.page import class_words, say
from ..store.interpretations import Interpretation
from .session import Point

_ROWS = 8  # of points on which people differ, before one scrolls
_SQUARE_METRES = 1e4  # in a hectare


class Ending(QWidget):
    """Emits ``back`` (to the points), ``go`` with a point's uid, and ``save`` (the report as a document)."""

    back = Signal()
    go = Signal(str)
    save = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._overall, self._notes, self._differ = QLabel(), QLabel(), QLabel(), QLabel()
        self._classes, self._disputes = _table(), _table()
        self._back, self._save = QPushButton(), QPushButton()
        self._uids: list[str] = []
        self._title.setStyleSheet("font-size: 16pt; font-weight: 600")
        self._overall.setStyleSheet("font-size: 12pt")
        place = QVBoxLayout(self)
        place.setContentsMargins(24, 20, 24, 20)
        place.setSpacing(10)
        for words in (self._title, self._overall):
            words.setWordWrap(True)
            place.addWidget(words)
        place.addWidget(self._classes)
        self._notes.setWordWrap(True)
        place.addWidget(self._notes)
        place.addWidget(self._differ)
        place.addWidget(self._disputes)
        place.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._back)
        buttons.addStretch(1)
        buttons.addWidget(self._save)
        place.addLayout(buttons)
        self._back.clicked.connect(lambda: self.back.emit())
        self._save.clicked.connect(lambda: self.save.emit())
        self._disputes.cellActivated.connect(lambda row, _column: self.go.emit(self._uids[row]))

    def show_result(self, found: Mapping[str, Any], language: str) -> None:
        """The result of ``accuracy.report``."""
        self._retell(language)
        overall = found["overall"]
        half = (overall["high"] - overall["low"]) / 2
        value = {name: number(100 * one, language, 1) for name, one in (("value", overall["value"]), ("half", half))}
        self._overall.setText(say("overall", language, **value))
        heads = [say(f"head_{name}", language) for name in ("class", "users", "producers", "area")]
        rows = [
            [class_words(name, language), _percent(one["users"], language), _percent(one["producers"], language),
             _hectares(one["areas"], language)]
            for name, one in found["classes"].items()
        ]  # fmt: skip
        _fill(self._classes, heads, rows)
        _whole(self._classes)
        self._classes.setVisible(True)
        self._save.setEnabled(True)
        notes = [say("note_interval", language)]
        if any(one["users"]["value"] in (0.0, 1.0) for one in found["classes"].values()):
            notes.append(say("note_all_right", language))
        if found["open"]:
            notes.append(say("note_open", language, count=found["open"]))
        self._notes.setText("\n".join(notes))

    def show_trouble(self, words: str, language: str) -> None:
        """Why there is no result."""
        self._retell(language)
        self._overall.setText(words)
        self._notes.clear()
        self._differ.clear()
        for table in (self._classes, self._disputes):
            table.setVisible(False)
        self._save.setEnabled(False)

    def show_disputes(self, differing: Sequence[tuple[Point, Sequence[Interpretation]]], language: str) -> None:
        """Points that people label differently; activating a row goes there. Their strata may be seen now."""
        self._uids = [point.uid for point, _ in differing]
        key = "differ" if differing else "differ_none"
        self._differ.setText(sentence(f"desk.{key}", language, count=len(differing)))
        heads = [sentence(f"desk.head_{name}", language) for name in ("point", "map", "said")]
        rows = [
            [
                point.code,
                class_words(point.stratum, language),
                "; ".join(f"{one.labeller}: {class_words(one.label, language)}" for one in said),
            ]
            for point, said in differing
        ]
        _fill(self._disputes, heads, rows)
        _whole(self._disputes, _ROWS)
        self._disputes.setVisible(bool(differing))

    def _retell(self, language: str) -> None:
        self._title.setText(say("title", language))
        self._back.setText(sentence("desk.back", language))
        self._save.setText(sentence("desk.save_report", language))


def _table() -> QTableWidget:
    table = QTableWidget()
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.verticalHeader().setVisible(False)
    return table


def _fill(table: QTableWidget, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table.clear()
    table.setColumnCount(len(heads))
    table.setRowCount(len(rows))
    table.setHorizontalHeaderLabels(list(heads))
    for row, cells in enumerate(rows):
        for column, text in enumerate(cells):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            if column and len(heads) > 3:  # numbers
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            table.setItem(row, column, item)
    header = table.horizontalHeader()
    header.setSectionResizeMode(
        QHeaderView.ResizeMode.Stretch if len(heads) > 3 else QHeaderView.ResizeMode.ResizeToContents
    )
    header.setStretchLastSection(True)


def _whole(table: QTableWidget, most: int = 100) -> None:
    """As high as its rows, ``most`` of them: nothing of a result is hidden behind a scroll bar."""
    rows = sum(table.rowHeight(row) for row in range(min(table.rowCount(), most)))
    table.setFixedHeight(rows + table.horizontalHeader().sizeHint().height() + 4)


def _percent(one: Mapping[str, float | None], language: str) -> str:
    return _interval(one, 100.0, 1, language, " %")


def _hectares(one: Mapping[str, float | None], language: str) -> str:
    return _interval(one, 1.0 / _SQUARE_METRES, 2, language, "")


def _interval(one: Mapping[str, float | None], factor: float, decimals: int, language: str, unit: str) -> str:
    value, low, high = (one[name] for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return say("unknown", language)
    told = number(factor * value, language, decimals)
    half = factor * (high - low) / 2
    return f"{told}{unit}" if half != half else f"{told} ± {number(half, language, decimals)}{unit}"
