"""Inside QGIS (``qgis --code``): the panel of scenarios at work, photographed; see ``pictures_scenarios``."""

import os
import traceback
from pathlib import Path

import qgis.utils
from qgis.core import QgsApplication, QgsProject, QgsRectangle
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QApplication, QDockWidget
from qgis.utils import iface

OUT = Path(os.environ["DOTHI_PICTURES"])
WIDTH, HEIGHT = (int(side) for side in os.environ["DOTHI_PICTURE_SIZE"].split("x"))
POLL_MS, STILL = 250, 5
AROUND = float(os.environ.get("DOTHI_PICTURE_AROUND", "2.2"))
BLOCKS = "\"code\" IN ('QH-ODT-086', 'QH-ODT-094')"


def photograph(name):
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


def show_planning():
    project = QgsProject.instance()
    place = next(one for one in project.bookmarkManager().bookmarks() if one.id() == "tan_uyen")
    model = iface.layerTreeView().layerTreeModel()
    project.mapThemeCollection().applyTheme(place.group(), project.layerTreeRoot(), model)
    for group in project.layerTreeRoot().findGroups():
        group.setExpanded(False)


def go():
    zones = next(
        one for one in QgsProject.instance().mapLayers().values() if one.customProperty("dothi/layer") == "planned_zone"
    )
    box = QgsRectangle()
    zones.selectByExpression(BLOCKS)
    box.combineExtentWith(zones.boundingBoxOfSelected())
    zones.removeSelection()
    box.scale(AROUND)
    iface.mapCanvas().setExtent(box)
    iface.mapCanvas().refresh()


def pick(dock, word):
    for row in range(dock.page.list.count()):
        if word in dock.page.list.item(row).text():
            dock.page.list.setCurrentRow(row)


def scenes():
    arrange()
    yield
    show_planning()
    window = qgis.utils.plugins["dothi"].window
    window.scenarios_action.trigger()
    dock = window.scenarios
    arrange("Layers")
    iface.mainWindow().resizeDocks([dock], [760], Qt.Orientation.Horizontal)
    while dock.page.list.count() < 2:
        yield
    go()
    yield
    dock.page.floor.setValue(25.0)
    dock.page.green.setText("DKV")
    dock.compare()
    while dock.task is not None:
        yield
    pick(dock, "A –")
    dock.page.swipe.setChecked(True)
    yield
    iface.messageBar().clearWidgets()
    yield
    photograph("scenario-compare")
    dock.page.swipe.setChecked(False)
    pick(dock, "B –")
    dock.page.linked.setChecked(True)
    iface.mainWindow().removeDockWidget(dock)
    beside = dock.linked
    iface.mainWindow().resizeDocks([beside], [WIDTH // 2 - 8], Qt.Orientation.Horizontal)
    yield
    yield
    photograph("scenario-linked")


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
