"""Name a target and say what it gets: layers, fields, states, areas; and which account of QGIS opens it here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgis.gui import QgsAuthConfigSelect
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..language import language, tr

_ON, _OFF = Qt.CheckState.Checked, Qt.CheckState.Unchecked
_ID = Qt.ItemDataRole.UserRole
_TEXTS = ("address", "context", "contract", "authority", "sign")


class TargetForm(QDialog):
    """Asks for a target; ``given`` is one that is changed. A tick that is taken away stays in the house."""

    def __init__(
        self, parent: QWidget | None, may_leave: Mapping[str, Any], given: Mapping[str, Any] | None, authcfg: str
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("plugin.ioc.form_title"))
        self.resize(560, 720)
        known = given or {}
        self.name = QLineEdit(str(known.get("name", "")))
        self.name.setEnabled(given is None)
        self.texts = {name: QLineEdit(str(known.get(name, ""))) for name in _TEXTS}
        self.texts["address"].setPlaceholderText(tr("plugin.ioc.address_hint"))
        self.wards = QLineEdit(", ".join(known.get("wards", ())))
        self.wards.setPlaceholderText(tr("plugin.ioc.wards_hint"))
        self.account = QgsAuthConfigSelect()
        self.account.setConfigId(authcfg)
        self.scope = self._scope(may_leave, known)
        self._layout()

    def _layout(self) -> None:
        form = QFormLayout()
        form.addRow(_word("name"), self.name)
        form.addRow(_word("address"), self.texts["address"])
        form.addRow(_word("wards"), self.wards)
        for name in ("context", "contract", "authority", "sign"):
            form.addRow(_word(name), self.texts[name])
        note = QLabel(tr("plugin.ioc.account_note"), wordWrap=True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(QLabel(tr("plugin.ioc.scope"), wordWrap=True))
        layout.addWidget(self.scope, 1)
        layout.addWidget(self.account)
        layout.addWidget(note)
        layout.addWidget(buttons)

    def _scope(self, may_leave: Mapping[str, Any], known: Mapping[str, Any]) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setHeaderHidden(True)
        layers, without, states = known.get("layers", ()), known.get("without", ()), known.get("states", {})
        for layer, one in may_leave.items():
            item = _ticked(tree, one["title"][language()], layer, not layers or layer in layers)
            fields = _branch(item, tr("plugin.ioc.fields"))
            for name in one["fields"]:
                _ticked(fields, name, name, f"{layer}.{name}" not in without)
            if one["states"]:
                branch = _branch(item, tr("plugin.ioc.states"))
                for code in one["states"]:
                    _ticked(branch, code, code, layer not in states or code in states[layer])
        return tree

    def values(self) -> dict[str, Any]:
        """What was given, as the job takes it. What is ticked whole is left out: what may leave later, leaves too."""
        layers, without, states = [], list[str](), dict[str, list[str]]()
        for row in range(self.scope.topLevelItemCount()):
            item = self.scope.topLevelItem(row)
            layer = item.data(0, _ID)
            if item.checkState(0) == _ON:
                layers.append(layer)
            branches = [item.child(number) for number in range(item.childCount())]
            without += [f"{layer}.{name}" for name, on in _ticks(branches[0]) if not on]
            if len(branches) > 1 and not all(on for _, on in _ticks(branches[1])):
                states[layer] = [code for code, on in _ticks(branches[1]) if on]
        return {
            "name": self.name.text().strip(),
            **{name: one.text().strip() for name, one in self.texts.items()},
            "layers": [] if len(layers) == self.scope.topLevelItemCount() else layers,
            "without": without,
            "states": states,
            "wards": [code.strip() for code in self.wards.text().split(",") if code.strip()],
        }


def _word(name: str) -> str:
    return tr(f"job.ioc.add_target.{name}.name")


def _ticked(parent: QTreeWidget | QTreeWidgetItem, text: str, code: str, on: bool) -> QTreeWidgetItem:
    item = QTreeWidgetItem(parent, [text])
    item.setData(0, _ID, code)
    item.setToolTip(0, code)
    item.setCheckState(0, _ON if on else _OFF)
    return item


def _branch(parent: QTreeWidgetItem, text: str) -> QTreeWidgetItem:
    return QTreeWidgetItem(parent, [text])


def _ticks(branch: QTreeWidgetItem) -> list[tuple[str, bool]]:
    children = [branch.child(number) for number in range(branch.childCount())]
    return [(str(one.data(0, _ID)), one.checkState(0) == _ON) for one in children]
