"""Inside QGIS (``qgis --code``): the panel of publishing at work, photographed; see ``pictures_ioc``."""

import os
import traceback
from pathlib import Path

import qgis.utils
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QApplication, QDockWidget
from qgis.utils import iface

OUT = Path(os.environ["DOTHI_PICTURES"])
WIDTH, HEIGHT = (int(side) for side in os.environ["DOTHI_PICTURE_SIZE"].split("x"))
POLL_MS, STILL = 250, 5
PANEL = 900  # pixels
PLAN, TROUBLES, SAID = range(3)


def photograph(name):
    iface.messageBar().clearWidgets()
    QApplication.processEvents()
    picture = QApplication.primaryScreen().grabWindow(0, 0, 0, WIDTH, HEIGHT)
    if not picture.save(str(OUT / f"{name}.png")):
        raise OSError(name)


def arrange(*away):
    main = iface.mainWindow()
    main.showNormal()
    main.setGeometry(0, 0, WIDTH, HEIGHT)
    hidden = ("Browser", "Browser2", "LayerOrder", "Undo", "GPSInformation", "MessageLog", *away)
    for dock in main.findChildren(QDockWidget):
        if dock.objectName() in hidden:
            dock.hide()
    iface.messageBar().clearWidgets()


def show_networks():
    project = QgsProject.instance()
    place = next(one for one in project.bookmarkManager().bookmarks() if one.id() == "tan_uyen")
    themes = project.mapThemeCollection()
    model = iface.layerTreeView().layerTreeModel()
    names = [name for name in themes.mapThemes() if "iếu sáng" in name or "ạ tầng" in name] or [place.group()]
    themes.applyTheme(names[0], project.layerTreeRoot(), model)
    iface.mapCanvas().setReferencedExtent(place.extent())
    iface.mapCanvas().refresh()


def scenes():
    arrange()
    yield
    show_networks()
    window = qgis.utils.plugins["dothi"].window
    window.ioc_action.trigger()
    dock = window.ioc
    arrange("Layers")
    iface.mainWindow().resizeDocks([dock], [PANEL], Qt.Orientation.Horizontal)
    while len(dock.known) < 2:
        yield
    page = dock.page
    for row in range(page.targets.topLevelItemCount() - 1, -1, -1):
        page.targets.setCurrentItem(page.targets.topLevelItem(row))
        dock.preview()
        while dock.running.task is not None:
            yield
    last = page.targets.topLevelItemCount() - 1
    page.targets.setCurrentItem(page.targets.topLevelItem(last))
    page.tabs.setCurrentIndex(PLAN)
    yield
    photograph("ioc-panel")
    page.tabs.setCurrentIndex(TROUBLES)
    yield
    photograph("ioc-conflict")
    page.tabs.setCurrentIndex(SAID)
    yield
    photograph("ioc-said")


class Tour:
    """Steps through the scenes, each when the maps have come to rest."""

    def __init__(self):
        self.steps = scenes()
        self.still = 0
        self.timer = QTimer()
        self.timer.timeout.connect(self.look)
        self.timer.start(POLL_MS)

    def look(self):
        """Take the next step if nothing is being drawn any more."""
        self.still = 0 if any(one.isDrawing() for one in iface.mapCanvases()) else self.still + 1
        if self.still < STILL or not QgsProject.instance().mapLayers():
            return
        self.still = 0
        try:
            next(self.steps)
        except StopIteration:
            self.end(0)
        except Exception:
            traceback.print_exc()
            self.end(1)

    def end(self, code):
        """Leave QGIS without its questions."""
        self.timer.stop()
        QgsProject.instance().setDirty(False)
        QgsApplication.instance().processEvents()
        os._exit(code)  # QGIS would ask and save settings; the profile is thrown away


tour = Tour()
