"""Packs and their rules: searched, filtered, with level, validity and the mark of what nobody compared with the law."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from qgis.gui import QgsFilterLineEdit
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QBrush, QColor
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..language import language, tr
from . import rule_words

COLUMNS = ("title", "level", "valid", "status")
_LINE = Qt.ItemDataRole.UserRole
_FOUND = Qt.ItemDataRole.UserRole + 1
_MARK = QColor("#9a5b00")
_WIDTHS = (372, 128, 168)


def folded(text: str) -> str:
    """Without capitals and diacritics, so that ``mat do`` finds *Mật độ*."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


class RulesList(QWidget):
    """Emits ``picked`` with the line of the chosen entry."""

    picked = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QgsFilterLineEdit()
        self.search.setShowClearButton(True)
        self.search.setPlaceholderText(tr("plugin.rules.search"))
        self.measure, self.layer, self.level = QComboBox(), QComboBox(), QComboBox()
        for box, name in ((self.measure, "measure"), (self.layer, "layer"), (self.level, "level")):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(10)
            box.setAccessibleName(tr(f"plugin.rules.filter_{name}"))
            box.setToolTip(tr(f"plugin.rules.filter_{name}"))
            box.currentIndexChanged.connect(lambda _: self.narrow())
        self.search.textChanged.connect(lambda _: self.narrow())
        self.tree = QTreeWidget()
        self.tree.setColumnCount(len(COLUMNS))
        self.tree.setHeaderLabels([tr(f"plugin.rules.column.{name}") for name in COLUMNS])
        self.tree.setUniformRowHeights(True)
        self.tree.setAlternatingRowColors(True)
        self.tree.setAccessibleName(tr("plugin.rules.title"))
        head = self.tree.header()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        for at, width in enumerate(_WIDTHS):
            self.tree.setColumnWidth(at, width)
        self.tree.currentItemChanged.connect(self._pick)
        self.count = QLabel()
        grid = QGridLayout()
        grid.addWidget(self.search, 0, 0, 1, 3)
        for at, box in enumerate((self.measure, self.layer, self.level)):
            grid.addWidget(box, 1, at)
            grid.setColumnStretch(at, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(grid)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.count)

    def fill(self, value: Mapping[str, Any]) -> None:
        """Show what ``rules.list`` told; the chosen entry stays chosen."""
        chosen = self.chosen()
        self.tree.blockSignals(True)
        self.tree.clear()
        packs: dict[str, QTreeWidgetItem] = {}
        for pack in sorted(value["packs"], key=lambda one: one["pack"] != "own"):  # the province's own come first
            item = QTreeWidgetItem([pack["title"][language()], rule_words.level(pack["level"])])
            item.setToolTip(0, "\n".join(filter(None, (pack["issued_by"], (pack["note"] or {}).get(language())))))
            font = item.font(0)
            font.setBold(True)
            item.setFont(0, font)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            packs[pack["pack"]] = item
        for line in value["rules"]:
            self._add(packs[line["pack"]], line)
        self.tree.addTopLevelItems(list(packs.values()))  # whole: item by item it would be laid out again and again
        self.tree.expandAll()
        self.tree.blockSignals(False)
        self._offer(value["rules"])
        self.narrow()
        if chosen is not None:
            self.choose(chosen["rule"], chosen["pack"], chosen["level"], quietly=True)

    def _add(self, pack: QTreeWidgetItem, line: Mapping[str, Any]) -> None:
        mark = rule_words.mark(line["status"])
        cells = [line["title"][language()], rule_words.level(line["level"]), rule_words.valid(line["valid"])]
        item = QTreeWidgetItem(pack, [*cells, mark or rule_words.status(line["status"])])
        item.setData(0, _LINE, dict(line))
        item.setData(0, _FOUND, folded(" ".join((*line["title"].values(), line["rule"], line["source"]))))
        item.setToolTip(0, f"{line['title'][language()]}\n{line['rule']}, v{line['version']}\n{line['source']}")
        item.setToolTip(3, rule_words.status(line["status"]))
        if mark:
            font = item.font(3)
            font.setItalic(True)
            item.setFont(3, font)
            item.setForeground(3, QBrush(_MARK))

    def _offer(self, lines: Sequence[Mapping[str, Any]]) -> None:
        measures: dict[str, str] = {}
        for line in lines:
            named = line["measure_name"]
            measures.setdefault(line["measure"], named[language()] if named else line["title"][language()])
        layers = {line["layer"]: rule_words.layer(line["layer"]) for line in lines}
        levels = {line["level"]: rule_words.level(line["level"]) for line in lines}
        for box, name, items in (
            (self.measure, "measures", sorted(measures.items(), key=lambda one: folded(one[1]))),
            (self.layer, "layers", sorted(layers.items(), key=lambda one: folded(one[1]))),
            (self.level, "levels", list(levels.items())),
        ):
            before = box.currentData()
            box.blockSignals(True)
            box.clear()
            box.addItem(tr(f"plugin.rules.all_{name}"), "")
            for code, word in items:
                box.addItem(word, code)
            box.setCurrentIndex(max(0, box.findData(before)))
            box.blockSignals(False)

    def _items(self) -> list[QTreeWidgetItem]:
        tops = [self.tree.topLevelItem(at) for at in range(self.tree.topLevelItemCount())]
        return [top.child(at) for top in tops for at in range(top.childCount())]

    def narrow(self) -> None:
        """Hide what the filters do not let through."""
        words = folded(self.search.text()).split()
        wanted = {"measure": self.measure, "layer": self.layer, "level": self.level}
        shown = 0
        for item in self._items():
            line, text = item.data(0, _LINE), item.data(0, _FOUND)
            fits = all(word in text for word in words)
            fits = fits and all(not box.currentData() or line[key] == box.currentData() for key, box in wanted.items())
            item.setHidden(not fits)
            shown += fits
        for at in range(self.tree.topLevelItemCount()):
            top = self.tree.topLevelItem(at)
            top.setHidden(all(top.child(i).isHidden() for i in range(top.childCount())))
        self.count.setText(tr("plugin.rules.shown", shown=shown, total=len(self._items())))

    def chosen(self) -> dict[str, Any] | None:
        """The line of the chosen entry."""
        item = self.tree.currentItem()
        found: dict[str, Any] | None = item.data(0, _LINE) if item is not None else None
        return found

    def choose(self, rule: str, pack: str = "", level: str = "", *, quietly: bool = False) -> bool:
        """Choose an entry; ``quietly``: nobody is told."""
        for item in self._items():
            line = item.data(0, _LINE)
            if line["rule"] == rule and pack in ("", line["pack"]) and level in ("", line["level"]):
                self.tree.blockSignals(quietly)
                self.tree.setCurrentItem(item)
                self.tree.blockSignals(False)
                return True
        return False

    def _pick(self, item: QTreeWidgetItem | None, _before: Any = None) -> None:
        if item is not None and item.data(0, _LINE):
            self.picked.emit(item.data(0, _LINE))
