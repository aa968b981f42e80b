"""Asks where to look for the newest cloud-free scene: a catalogue's address, and how much cloud is still clear."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsSettings
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QLabel, QLineEdit, QWidget

from ...engine.contract import scene
from ..language import tr

SETTING_CATALOGUE = "dothi/catalogue"


class NewestDialog(QDialog):
    """The address is remembered from time to time; :meth:`given` is what ``scene.newest`` takes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("plugin.surveillance.timeline.newest"))
        self.catalogue = QgsFileWidget()
        self.catalogue.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.catalogue.setFilePath(str(QgsSettings().value(SETTING_CATALOGUE, "") or ""))
        self.catalogue.lineEdit().setPlaceholderText(tr("plugin.surveillance.timeline.catalogue_hint"))
        self.catalogue.lineEdit().setMinimumWidth(380)
        self.hosts = QLineEdit()
        self.hosts.setPlaceholderText(tr("plugin.surveillance.timeline.hosts_hint"))
        self.cloud = QDoubleSpinBox()
        self.cloud.setRange(0.0, 100.0)
        self.cloud.setDecimals(0)
        self.cloud.setSuffix(" %")
        default = next(one.default for one in scene.NEWEST.parameters if one.id == "max_cloud")
        self.cloud.setValue(float(default))
        note = QLabel(tr("plugin.surveillance.timeline.newest_note"), wordWrap=True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setText(tr("plugin.surveillance.timeline.newest_go"))
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("plugin.surveillance.timeline.cancel"))
        self.catalogue.lineEdit().textChanged.connect(lambda text: ok.setEnabled(bool(text.strip())))
        ok.setEnabled(bool(self.catalogue.filePath().strip()))
        form = QFormLayout(self)
        form.addRow(note)
        form.addRow(tr("plugin.surveillance.timeline.catalogue"), self.catalogue)
        form.addRow(tr("plugin.surveillance.timeline.hosts"), self.hosts)
        form.addRow(tr("plugin.surveillance.timeline.most_cloud"), self.cloud)
        form.addRow(buttons)

    def given(self) -> dict[str, Any]:
        """Parameters of the job; the address is kept for the next time."""
        address = self.catalogue.filePath().strip()
        QgsSettings().setValue(SETTING_CATALOGUE, address)
        hosts = self.hosts.text().replace(",", " ").split()
        return {"catalogue": address, "max_cloud": self.cloud.value()} | ({"asset_hosts": hosts} if hosts else {})
