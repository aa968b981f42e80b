"""The plugin's page in the options of QGIS: which Python runs the engine, offline packages, language."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsSettings
from qgis.gui import QgsFileWidget, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from . import language as words
from .language import tr

SETTING_WHEELHOUSE = "dothi/wheelhouse"
_LANGUAGES = (("", "plugin.options_language_auto"), ("vi", "Tiếng Việt"), ("en", "English"))


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page when the dialog opens."""

    PAGE = "dothi_options"

    def __init__(self) -> None:
        super().__init__()
        self.setTitle(tr("plugin.name"))

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return QIcon("dothi:dothi.svg")

    def createWidget(self, parent: QWidget | None = None) -> QgsOptionsPageWidget:
        """Called by QGIS."""
        return OptionsPage(parent)


class OptionsPage(QgsOptionsPageWidget):
    """Shows the settings and whether the engine answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(OptionsFactory.PAGE)
        from . import engine_client

        settings = QgsSettings()
        self._python = _path(settings, engine_client.SETTING_PYTHON, QgsFileWidget.StorageMode.GetFile)
        self._python.lineEdit().setPlaceholderText(tr("plugin.options_python_hint"))
        self._wheelhouse = _path(settings, SETTING_WHEELHOUSE, QgsFileWidget.StorageMode.GetDirectory)
        self._wheelhouse.lineEdit().setPlaceholderText(tr("plugin.options_wheelhouse_hint"))
        self._language = QComboBox()
        for code, name in _LANGUAGES:
            self._language.addItem(tr(name), code)
        self._language.setCurrentIndex(self._language.findData(str(settings.value(words.SETTING, "") or "")))
        self._language.setToolTip(tr("plugin.options_restart"))
        form = QFormLayout()
        form.addRow(tr("plugin.options_python"), self._python)
        form.addRow(tr("plugin.options_wheelhouse"), self._wheelhouse)
        form.addRow(tr("plugin.options_language"), self._language)
        state = QLabel(tr("plugin.options_state", state=engine_client.state()))
        state.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(state)
        layout.addStretch()

    def apply(self) -> None:
        """Called by QGIS when the user says OK."""
        from . import engine_client

        settings = QgsSettings()
        settings.setValue(engine_client.SETTING_PYTHON, self._python.filePath())
        settings.setValue(SETTING_WHEELHOUSE, self._wheelhouse.filePath())
        settings.setValue(words.SETTING, self._language.currentData())


def _path(settings: QgsSettings, key: str, mode: Any) -> QgsFileWidget:
    widget = QgsFileWidget()
    widget.setStorageMode(mode)
    widget.setFilePath(str(settings.value(key, "") or ""))
    return widget
