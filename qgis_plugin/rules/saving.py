"""What is about to be saved: every value that differs from the rule that ships, before the file is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..language import tr
from . import figures
from .rule_words import Words, day, domain, level, status

_SIZE = (760, 460)
_UNTOLD = ("format", "version")  # counted by the engine


class SaveDialog(QDialog):
    """The difference and a yes or no."""

    def __init__(
        self, changes: Sequence[Mapping[str, Any]], values: Mapping[str, Any], words: Words, data: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("plugin.rules.save_title"))
        self.resize(*_SIZE)
        told = [one for one in changes if one["path"] not in _UNTOLD]
        head = QLabel(tr("plugin.rules.save_about", count=len(told), data=data), wordWrap=True)
        self.table = QTableWidget(len(told), 3)
        self.table.setHorizontalHeaderLabels([tr(f"plugin.rules.change.{name}") for name in ("place", "old", "new")])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        for row, one in enumerate(told):
            cells = (words.place(one["path"], values), _value(one["path"], one["old"]), _value(one["path"], one["new"]))
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        buttons = QDialogButtonBox()
        self.save = buttons.addButton(tr("plugin.rules.save"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(tr("plugin.rules.cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.save.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(head)
        layout.addWidget(self.table, 1)
        layout.addWidget(buttons)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)


def _value(place: str, value: Any) -> str:
    if value is None:
        return "–"
    if place == "status":
        return status(str(value))
    if place == "level":
        return level(str(value))
    if place == "mode":
        return tr(f"plugin.rules.mode.{value}")
    if place in ("valid.from", "valid.to"):
        return day(value)
    if place == "severity" or place.endswith("expect.outcome"):
        return domain("severity" if place == "severity" else "outcome", str(value))
    return figures.show(value)
