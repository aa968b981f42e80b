"""The first question of the desk: which sample, and who labels."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from ..layers.messages import sentence
from ..store import dataset

_SETTINGS = ("dothi", "desk")


def samples_beside(data: Path) -> list[Path]:
    """The samples of a data set, newest first."""
    found = dataset.beside(data).glob("samples/*.gpkg")
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


class StartDialog(QDialog):
    """Asks for sample and name; remembers the name."""

    def __init__(self, samples: list[Path], labeller: str, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = QSettings(*_SETTINGS)
        self.setWindowTitle(sentence("desk.start", language))
        self._language = language
        self._sample = QComboBox()
        self._sample.setMinimumWidth(360)
        for path in samples:
            self._sample.addItem(path.name, str(path))
        self._name = QLineEdit(labeller or str(self._settings.value("labeller", "")))
        self._name.setPlaceholderText(sentence("desk.name_example", language))
        self._name.textChanged.connect(self._check)
        other = QPushButton(sentence("desk.other_file", language))
        other.clicked.connect(lambda: self._choose())
        row = QHBoxLayout()
        row.addWidget(self._sample, 1)
        row.addWidget(other)
        words = QLabel(sentence("desk.start_words" if samples else "desk.no_samples", language))
        words.setWordWrap(True)
        form = QFormLayout(self)
        form.addRow(words)
        form.addRow(sentence("desk.sample", language), row)
        form.addRow(sentence("desk.labeller", language), self._name)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setText(sentence("desk.begin", language))
        self._buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(sentence("desk.cancel", language))
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        form.addRow(self._buttons)
        self._check()

    @property
    def sample(self) -> Path:
        """The sample that is chosen."""
        return Path(self._sample.currentData())

    @property
    def labeller(self) -> str:
        """The name that is written with every label."""
        return self._name.text().strip()

    def accept(self) -> None:
        """Keep the name for the next time."""
        self._settings.setValue("labeller", self.labeller)
        super().accept()

    def _choose(self) -> None:
        title = sentence("desk.other_file", self._language)
        chosen, _ = QFileDialog.getOpenFileName(self, title, "", "GeoPackage (*.gpkg)")
        if chosen:
            self._sample.insertItem(0, Path(chosen).name, chosen)
            self._sample.setCurrentIndex(0)
        self._check()

    def _check(self) -> None:
        ready = self._sample.count() > 0 and bool(self.labeller)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(ready)
