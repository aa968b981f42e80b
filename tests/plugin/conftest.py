"""A QGIS for the tests: started once, in a profile of its own, with Processing; a window that stands in for iface."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PROFILE = tempfile.TemporaryDirectory(prefix="dothi-qgis-")
os.environ["QGIS_CUSTOM_CONFIG_PATH"] = _PROFILE.name
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import QgsApplication, QgsProcessingFeedback, QgsProject, QgsSettings  # noqa: E402
from qgis.gui import QgsMapCanvas  # noqa: E402
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QObject, Qt, pyqtSignal  # noqa: E402
from qgis.PyQt.QtWidgets import QDockWidget, QMainWindow, QToolBar, QWidget  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def application() -> Iterator[QgsApplication]:
    """QGIS, started once for all tests."""
    app = QgsApplication([], True)
    app.initQgis()
    sys.path.append(str(Path(app.pkgDataPath()) / "python" / "plugins"))
    from processing.core.Processing import Processing

    Processing.initialize()
    yield app
    QgsProject.instance().clear()
    app.exitQgis()


_ended_with = 0


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep how the tests ended for :func:`pytest_unconfigure`."""
    global _ended_with
    _ended_with = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """End the process here: the tests are done, their report is written.

    Python would now destroy what is left of Qt in no particular order, which now and then ends in a crash of its own.
    """
    _PROFILE.cleanup()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_ended_with)


class Bar:
    """Remembers what the message bar was told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def pushMessage(self, *words: object) -> None:
        self.said.append(" ".join(str(word) for word in words))


class Desk(QObject):
    """The part of ``QgisInterface`` that the plugin uses, on a real window."""

    layoutDesignerOpened = pyqtSignal(object)  # noqa: N815 - as QGIS names it

    def __init__(self) -> None:
        super().__init__()
        self.main = QMainWindow()
        self.help = self.main.menuBar().addMenu("Help")
        self.canvas = QgsMapCanvas(self.main)
        self.main.setCentralWidget(self.canvas)
        self.bar = Bar()
        self.pages: list[object] = []

    def mainWindow(self) -> QMainWindow:
        return self.main

    def mapCanvas(self) -> QgsMapCanvas:
        return self.canvas

    def messageBar(self) -> Bar:
        return self.bar

    def firstRightStandardMenu(self) -> QWidget:
        return self.help

    def addToolBar(self, name: str) -> QToolBar:
        return self.main.addToolBar(name)

    def addDockWidget(self, area: Qt.DockWidgetArea, dock: QDockWidget) -> None:
        self.main.addDockWidget(area, dock)

    def removeDockWidget(self, dock: QDockWidget) -> None:
        self.main.removeDockWidget(dock)

    def registerOptionsWidgetFactory(self, page: object) -> None:
        self.pages.append(page)

    def unregisterOptionsWidgetFactory(self, page: object) -> None:
        self.pages.remove(page)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.main.deleteLater()
    settle()


@pytest.fixture
def settings() -> Iterator[QgsSettings]:
    """Settings that are forgotten after the test."""
    kept = QgsSettings()
    yield kept
    kept.remove("dothi")


@pytest.fixture
def plugin(desk: Desk, settings: QgsSettings) -> Iterator[object]:
    """The plugin, loaded as QGIS loads it and unloaded after the test."""
    import dothi

    settings.setValue("dothi/language", "vi")
    loaded = dothi.classFactory(desk)
    loaded.initGui()
    yield loaded
    loaded.unload()
    settle()


def settle(until: Callable[[], bool] | None = None, seconds: float = 20.0) -> bool:
    """Let Qt work: delete what is due, deliver what waits; with ``until``, as long as that is not true."""
    import time

    end = time.monotonic() + seconds
    while True:
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if until is None or until():
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.01)


class Heard(QgsProcessingFeedback):
    """A feedback that remembers, and may cancel when it hears a word."""

    def __init__(self, cancel_at: str = "") -> None:
        super().__init__(False)
        self.warnings: list[str] = []
        self.infos: list[str] = []
        self.debug: list[str] = []
        self.texts: list[str] = []
        self._cancel_at = cancel_at

    def pushWarning(self, warning: str) -> None:
        self.warnings.append(warning)

    def pushInfo(self, info: str) -> None:
        self.infos.append(info)

    def pushDebugInfo(self, info: str) -> None:
        self.debug.append(info)

    def setProgressText(self, text: str) -> None:
        self.texts.append(text)
        if self._cancel_at and self._cancel_at in text:
            self.cancel()


@pytest.fixture
def heard() -> Heard:
    return Heard()
