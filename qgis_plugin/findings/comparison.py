"""The row that chooses an earlier run to compare with, and tells what became of its findings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from ...engine.contract import zoning_life
from ..language import tr
from . import runs
from .background import Background

ALGORITHM = f"dothi:{zoning_life.COMPARE_RUNS.algorithm}"
MOST = 1_000_000  # rows: all that the job hands over at most


class Comparison(QWidget):
    """``compared(before, rows)`` when the engine has answered; ``compared(None, [])`` when nothing is compared."""

    compared = pyqtSignal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = Background()
        self._asked = ("", Path())
        self.earlier = QComboBox()
        self.earlier.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.earlier.setMinimumContentsLength(16)
        self.earlier.setToolTip(tr("plugin.findings.compare.help"))
        self.earlier.setAccessibleName(tr("plugin.findings.compare.help"))
        label = QLabel(tr("plugin.findings.compare.with"))
        label.setBuddy(self.earlier)
        self.told = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label)
        row.addWidget(self.earlier, 1)
        row.addWidget(self.told)
        self.told.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.earlier.currentIndexChanged.connect(lambda _: self._chosen())

    def offer(self, data: str, run: Path, known: Sequence[Path]) -> None:
        """The runs earlier than ``run``; nothing is compared until one is chosen."""
        self._background.stop()
        self._asked = (data, run)
        self.told.clear()
        self.earlier.blockSignals(True)
        self.earlier.clear()
        self.earlier.addItem(tr("plugin.findings.compare.none"), None)
        for path in known:
            if path.name < run.name:
                self.earlier.addItem(tr("plugin.findings.run_of", started=runs.started(path)), path)
        self.earlier.setEnabled(self.earlier.count() > 1)
        self.earlier.blockSignals(False)

    def _chosen(self) -> None:
        before: Path | None = self.earlier.currentData()
        self._background.stop()
        if before is None:
            self.told.clear()
            self.compared.emit(None, [])
            return
        self.told.setText(tr("plugin.findings.compare.busy"))
        data, after = self._asked
        asked = {"data": data, "before": str(before), "after": str(after), "most": MOST}
        self._background.start(ALGORITHM, asked, lambda results, trouble: self._answered(before, results, trouble))

    def _answered(self, before: Path, results: dict[str, Any], trouble: str) -> None:
        self.told.clear()
        if trouble:
            self.earlier.blockSignals(True)
            self.earlier.setCurrentIndex(0)
            self.earlier.blockSignals(False)
            self.told.setText(tr("plugin.findings.compare.failed"))
            self.told.setToolTip(trouble)
            self.compared.emit(None, [])
            return
        self.told.setToolTip("")
        self.compared.emit(before, results["rows"])

    def stop(self) -> None:
        """Give up what is asked."""
        self._background.stop()
