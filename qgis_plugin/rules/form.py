"""The fields of a rule beside its table, each with what is wrong with it right below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.gui import QgsDateEdit
from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..language import tr
from . import figures, rule_words
from .draft import Draft, Place, text_of, value_at
from .rule_words import Words

_ISO = Qt.DateFormat.ISODate
_SOURCE = ("document", "clause", "table", "address")
_SEVERITIES = ("error", "warning", "info")
_TRANSITIONS = ("none", "plan_approved_or_appraised")
_RED, _AMBER = "color: #b01818;", "color: #8a5a00;"


@dataclass
class Field:
    """One field: where its value stands, what is edited, how it is filled, and the label of its mistakes."""

    place: Place
    widget: QWidget
    fill: Callable[[Any], None]
    problem: QLabel


class Form(QScrollArea):
    """Titles, source, validity, level, status and what lets a province loosen a limit."""

    def __init__(self, draft: Draft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._filling = False
        self.words = Words()
        self.fields: dict[str, Field] = {}
        inside = QWidget()
        layout = QVBoxLayout(inside)
        self.limit_box = self._limit_group()
        for group in (
            self._group("about", [("title", "vi"), ("title", "en")]),
            self._source_group("source"),
            self._standing_group(),
            self._source_group("permitted_by"),
            self.limit_box,
        ):
            layout.addWidget(group)
        layout.addStretch(1)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        draft.opened.connect(self.read)
        draft.changed.connect(self.read)

    # ---- making

    def _add(self, form: QFormLayout, place: Place, widget: QWidget, fill: Callable[[Any], None]) -> None:
        problem = QLabel(wordWrap=True)
        problem.hide()
        held = QWidget()
        column = QVBoxLayout(held)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(widget)
        column.addWidget(problem)
        key = text_of(place)
        name = tr(f"plugin.rules.field.{key}")
        label = QLabel(name)
        label.setBuddy(widget)
        widget.setAccessibleName(name)
        widget.setObjectName(key)
        form.addRow(label, held)
        self.fields[key] = Field(place, widget, fill, problem)

    def _line(self, form: QFormLayout, place: Place, *, number: bool = False) -> None:
        line = QLineEdit()

        def edited(text: str) -> None:
            value = figures.read(text) if number else text
            self._set(place, value if value != "" or place == ("source", "document") else None)

        def fill(value: Any) -> None:
            text = figures.show(value)
            if line.text() != text and not (line.hasFocus() and number and figures.read(line.text()) == value):
                line.setText(text)
                line.setCursorPosition(0)

        line.textEdited.connect(edited)
        self._add(form, place, line, fill)

    def _box(self, form: QFormLayout, place: Place, offered: Sequence[tuple[str, str]] = (), default: str = "") -> None:
        box = QComboBox()
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(24)
        for code, word in offered:
            box.addItem(word, code)
            box.setItemData(box.count() - 1, word, Qt.ItemDataRole.ToolTipRole)
        box.activated.connect(lambda _: self._set(place, box.currentData()))
        self._add(form, place, box, lambda value: box.setCurrentIndex(box.findData(value or default)))

    def _day(self, form: QFormLayout, place: Place) -> None:
        edit = QgsDateEdit()
        edit.setAllowNull(True)
        edit.setNullRepresentation(tr("plugin.rules.no_day"))
        edit.setDisplayFormat("dd/MM/yyyy")

        def changed(_: Any) -> None:
            self._set(place, None if edit.isNull() else edit.date().toString(_ISO))

        def fill(value: Any) -> None:
            day = QDate.fromString(str(value or ""), _ISO)
            if not day.isValid():
                if not edit.isNull():
                    edit.clear()
            elif edit.isNull() or edit.date() != day:
                edit.setDate(day)

        edit.valueChanged.connect(changed)
        self._add(form, place, edit, fill)

    def _group(self, name: str, lines: Sequence[Place]) -> QGroupBox:
        group = QGroupBox(tr(f"plugin.rules.group.{name}"))
        form = QFormLayout(group)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for place in lines:
            self._line(form, place)
        return group

    def _source_group(self, name: str) -> QGroupBox:
        group = self._group(name, [(name, part) for part in _SOURCE])
        problem = QLabel(wordWrap=True)
        problem.hide()
        form = group.layout()
        if name == "permitted_by":
            form.insertRow(0, QLabel(tr("plugin.rules.permitted_note"), wordWrap=True))
        form.addRow(problem)
        self.fields[name] = Field((name,), group, lambda _value: None, problem)
        return group

    def _standing_group(self) -> QGroupBox:
        group = self._group("standing", [])
        form = group.layout()
        self._box(form, ("level",))
        self._box(form, ("mode",), default="tighten")
        self._box(form, ("status",))
        self._box(form, ("severity",), [(code, rule_words.domain("severity", code)) for code in _SEVERITIES])
        self._day(form, ("valid", "from"))
        self._day(form, ("valid", "to"))
        offered = [(code, tr(f"plugin.rules.transition.{code}")) for code in _TRANSITIONS]
        self._box(form, ("valid", "transition"), offered, default="none")
        return group

    def _limit_group(self) -> QGroupBox:
        group = self._group("limit", [])
        form = group.layout()
        self._line(form, ("limit", "constant"), number=True)
        self._line(form, ("limit", "surely", "constant"), number=True)
        self._line(form, ("limit", "surely", "depends_on", "vi"))
        self._line(form, ("limit", "surely", "depends_on", "en"))
        self._line(form, ("tolerance",), number=True)
        return group

    # ---- filling and hearing

    def offer(self, words: Words) -> None:
        """The lists of levels, modes and statuses that the engine knows."""
        self.words = words
        held = words.vocabulary
        for key, codes, word in (
            ("level", held["levels"], rule_words.level),
            ("mode", held["modes"], lambda code: tr(f"plugin.rules.mode.{code}")),
            ("status", held["statuses"], rule_words.status),
        ):
            box = self.fields[key].widget
            box.clear()
            for code in codes:
                box.addItem(word(code), code)
                box.setItemData(box.count() - 1, word(code), Qt.ItemDataRole.ToolTipRole)

    def _set(self, place: Place, value: Any) -> None:
        if not self._filling:
            self._draft.set(
                place, value, tr("plugin.rules.step_field", field=tr(f"plugin.rules.field.{text_of(place)}"))
            )

    def read(self) -> None:
        """Show what the draft says."""
        self._filling = True
        values = self._draft.values
        for field in self.fields.values():
            field.fill(value_at(values, field.place))
            if isinstance(field.widget, QLineEdit):
                field.widget.setReadOnly(not self._draft.editable)
            elif not isinstance(field.widget, QGroupBox):
                field.widget.setEnabled(self._draft.editable)
        limit = values.get("limit") or {}
        surely = limit.get("surely") or {}
        for key, wanted in (
            ("limit.constant", "constant" in limit),
            ("limit.surely.constant", "constant" in surely),
            ("limit.surely.depends_on.vi", bool(surely)),
            ("limit.surely.depends_on.en", bool(surely)),
        ):
            self._show_line(key, wanted)
        loosens = values.get("mode", "tighten") != "tighten" or "permitted_by" in values
        self.fields["permitted_by"].widget.setVisible(loosens or not self.fields["permitted_by"].problem.isHidden())
        self._filling = False

    def _show_line(self, key: str, wanted: bool) -> None:
        """A field of the limit with its name, or neither."""
        held = self.fields[key].widget.parentWidget()
        held.setVisible(wanted)
        label = self.limit_box.layout().labelForField(held)
        if label is not None:
            label.setVisible(wanted)

    def show_problems(self, problems: Mapping[str, tuple[str, str]]) -> list[str]:
        """Sentences with their level by place, each beside its field; returns the places that no field stands for."""
        told: dict[str, list[tuple[str, str]]] = {}
        homeless = []
        for place, found in problems.items():
            home = next((key for key in sorted(self.fields, key=len, reverse=True) if _within(place, key)), None)
            if home is None:
                homeless.append(place)
            else:
                told.setdefault(home, []).append(found)
        for key, field in self.fields.items():
            mine = told.get(key, [])
            field.problem.setText("\n".join(text for text, _ in mine))
            field.problem.setStyleSheet(_RED if any(level == "error" for _, level in mine) else _AMBER)
            field.problem.setVisible(bool(mine))
        self.read()
        return homeless

    def focus(self, place: str) -> bool:
        """Bring the field of ``place`` into view and let it be typed into; False where none stands for it."""
        home = next((key for key in sorted(self.fields, key=len, reverse=True) if _within(place, key)), None)
        if home is None:
            return False
        widget = self.fields[home].widget
        if isinstance(widget, QGroupBox):
            widget = self.fields[f"{home}.document"].widget
        self.ensureWidgetVisible(widget)
        widget.setFocus(Qt.FocusReason.OtherFocusReason)
        return True


def _within(place: str, key: str) -> bool:
    return place == key or place.startswith((f"{key}.", f"{key}["))
