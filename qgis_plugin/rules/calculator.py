"""What would be allowed: the limit of the rule's measure for stated inputs, with the rule as it is being edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from ...layers.messages import has
from ..language import language, tr
from . import figures, rule_words
from .rule_words import Words

_PAUSE_MS = 300  # of typing
_STATE = "plan_state"
_DATE = "date"


class Calculator(QScrollArea):
    """Emits ``asked`` with the inputs when they change; :meth:`answer` shows what came back."""

    asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = Words()
        self.inputs: dict[str, QWidget] = {}
        self.answer_label = QLabel(wordWrap=True)
        self.answer_label.setTextInteractionFlags(self.answer_label.textInteractionFlags())
        self._inside = QWidget()
        self._layout = QVBoxLayout(self._inside)
        self._note = QLabel(tr("plugin.rules.calculator_note"), wordWrap=True)
        self._fields = QWidget()
        for one in (self._note, self._fields, self.answer_label):
            self._layout.addWidget(one)
        self._layout.addStretch(1)
        self.setWidget(self._inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._typing = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._typing.timeout.connect(self.asked)

    def offer(self, names: Sequence[str], words: Words, example: Mapping[str, Any]) -> None:
        """A field for each input that decides something, filled from a worked ``example``."""
        self.words = words
        new = QWidget()
        form = QFormLayout(new)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setContentsMargins(0, 0, 0, 0)
        self.inputs = {}
        for name in (*dict.fromkeys(names), _STATE, _DATE):
            given = example.get(name, {_STATE: "approved", _DATE: date.today().isoformat()}.get(name))
            self.inputs[name] = self._field(name, given)
            label = QLabel(words.axis(name))
            label.setBuddy(self.inputs[name])
            self.inputs[name].setAccessibleName(words.axis(name))
            form.addRow(label, self.inputs[name])
        self._layout.replaceWidget(self._fields, new)
        self._fields.deleteLater()
        self._fields = new
        self.answer_label.clear()

    def _field(self, name: str, given: Any) -> QWidget:
        offered = self.words.choices(name)
        if offered:
            box = QComboBox()
            box.addItem(tr("plugin.rules.not_stated"), "")
            for code, word in offered:
                box.addItem(word, code)
            box.setCurrentIndex(max(0, box.findData(given)))
            box.currentIndexChanged.connect(lambda _: self._typing.start())
            return box
        line = QLineEdit(str(given) if isinstance(given, str) else figures.show(given))
        line.setPlaceholderText(tr("plugin.rules.date_form") if name == _DATE else tr("plugin.rules.not_stated"))
        line.textEdited.connect(lambda _: self._typing.start())
        return line

    def parameters(self) -> tuple[dict[str, Any], str]:
        """What the job ``rules.limit`` is asked with; and the name of a field that cannot be read, else nothing."""
        given: dict[str, Any] = {}
        for name, widget in self.inputs.items():
            text = str(widget.currentData()) if isinstance(widget, QComboBox) else widget.text().strip()
            if not text:
                continue
            value = text if self.words.is_text(name) else figures.read(text)
            if not self.words.is_text(name) and not figures.is_number(value):
                return {}, self.words.name(name)
            given[name] = value
        told = {name: given.pop(name) for name in (_STATE, _DATE) if name in given}
        return {**told, "given": given}, ""

    def say(self, text: str) -> None:
        """A sentence in place of an answer."""
        self.answer_label.setText(text)

    def answer(self, value: Mapping[str, Any]) -> None:
        """The limit and where it comes from; or what is missing."""
        sides = [value, *value.get("also", ())]
        self.answer_label.setText("<hr>".join(self._side(one, value) for one in sides))

    def _side(self, one: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
        if one["outcome"] != "limit":
            lacking = [self._missing(code) for code in one["missing"]]
            return f"<b>{tr('plugin.rules.no_answer')}</b><br>{tr('plugin.rules.missing', what=', '.join(lacking))}"
        side = tr(f"plugin.rules.op.{one['op']}")
        quantity = f"{figures.show(one['limit'])} {rule_words.unit(asked['unit'])}".strip()
        lines = [f"<span style='font-size:15pt'>{side} <b>{quantity}</b></span>", one["title"][language()]]
        lines.append(f"{rule_words.level(one['level'])} · {one['source']}")
        mark = rule_words.mark(one["status"])
        if mark:
            lines.append(f'<i style="color:#9a5b00">{rule_words.status(one["status"])}</i>')
        lines += [
            f"{rule_words.level(other['level'])}: {figures.show(other['limit'])} ({other['source']})"
            for other in one.get("others", ())
        ]
        return "<br>".join(lines)

    @staticmethod
    def _missing(code: str) -> str:
        named = f"zoning.missing.{code}"
        return tr(named) if has(named) else tr("plugin.rules.no_rule") if code == "rule" else code
